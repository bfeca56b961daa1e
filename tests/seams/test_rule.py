"""A made-up kind of rule, added as CONTRIBUTING.md says: one class under the decorator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cvbuild.content.values import Positive
from cvbuild.funders.profile import check, complaints
from cvbuild.funders.rule import RULES, Measurement, Rule, Subject, at, of_text, rule
from tests.conftest import RunCli
from tests.funders.rules import HEAD, holds, profile_of, subject_of
from tests.pdfs import A4, Sheet, page_of, write_pdf


class MaxRunLength(Rule, kw_only=True):
    """Maximum number of characters in a row."""

    remedy = "`layout: {columns: 2}`"

    characters: Positive | None = None
    or_words: Positive | None = None

    def check(self, subject: Subject) -> list[Measurement]:
        required = f"at most {self.characters} characters in a row"
        runs = [(run.characters, page.number, run.text) for page in subject.pdf.pages for run in page.visible]
        longest = max(runs, default=(0, 0, ""))
        if self.characters is not None and longest[0] > self.characters:
            return [Measurement(False, required, str(longest[0]), at(*longest[1:]))]
        return [of_text(subject, True, required, str(longest[0]))]


@pytest.fixture(autouse=True)
def entered() -> Iterator[None]:
    """Enter the class as its decorator would, for one test."""
    rule("max_run_length", one_of=("characters", "or_words"))(MaxRunLength)
    yield
    del RULES["max_run_length"]


def test_it_passes_just_fails_and_is_not_measurable(tmp_path: Path) -> None:
    written = "{rule: max_run_length, characters: 10}"
    scan = Sheet().image(0, 0, *A4).text(100, 700, 6, "read", more="3 Tr")
    assert holds(written, subject_of(tmp_path, page_of("Ada Example"))) is True
    assert holds(written, subject_of(tmp_path, page_of("Ada Examples"))) is False
    assert holds(written, subject_of(tmp_path, page_of(), scan)) is None


def test_its_message_has_all_that_the_class_says(tmp_path: Path) -> None:
    profile = profile_of("{rule: max_run_length, characters: 10, id: runs, source: page 4}")
    [found] = complaints(profile, check(profile, subject_of(tmp_path, page_of("Ada Examples"))), None)
    assert found.message == (
        "example, runs: at most 10 characters in a row; found 11, on page 1: “Ada Examples”"
    )
    assert found.hints == ("`layout: {columns: 2}`", "source: page 4 (confidence: medium)")


def test_commands_know_it(run_cli: RunCli, tmp_path: Path) -> None:
    file = tmp_path / "profiles/own.yaml"
    file.parent.mkdir()
    (tmp_path / "content").mkdir()
    (tmp_path / "content/cv.yaml").write_text("owner: {name: Ada Example}\n", encoding="utf-8")
    write_pdf(tmp_path / "cv.pdf", page_of())
    file.write_text(HEAD + "  - {rule: max_run_length, characters: 10}\n", encoding="utf-8")
    assert "at most 10 characters in a row" in run_cli("-C", tmp_path, "profiles", "own").out
    assert run_cli("-C", tmp_path, "check", "--profile", "own", "--pdf", "cv.pdf").code == 0
    slips = "  - {rule: max_run_length}\n  - {rule: max_run_length, id: b, charakters: 1}\n  - {rule: runs}\n"
    file.write_text(HEAD + slips, encoding="utf-8")
    messages = run_cli("-C", tmp_path, "profiles", "own").err
    assert "this rule asks nothing: give it `characters` or `or_words`" in messages
    assert "did you mean `characters`?" in messages
    assert "by_eye, max_run_length" in messages
