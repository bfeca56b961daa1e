"""A made-up lint rule, added as CONTRIBUTING.md says: a function, a line, an explanation and cases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cvbuild import lint
from cvbuild.content.cv import Cv
from cvbuild.diagnostics import Diagnostic
from cvbuild.explain import read
from tests.projects import write_project
from tests.test_cases import check, files_of, read_cases

CASE = """\
A title in one word, and one in two
.
== bib/a.bib ==
@misc{a, author = {Example, Ada}, title = {Tides}, year = 2020}
@misc{b, author = {Example, Ada}, title = {Deep Tides}, year = 2020}
.
note[lint-short-title]: the title of `a` is one word
  --> bib/a.bib:1:43
 1 | @misc{a, author = {Example, Ada}, title = {Tides}, year = 2020}
   |                                           ^^^^^^^
   = add its subtitle

1 note
exit code 0
.
"""
EXPLANATION = """\
A title of one word is hard to find again.

Example:

    $ cvbuild check --lint
    == bib/a.bib ==
    @misc{a, author = {Example, Ada}, title = {Tides}, year = 2020}

Cure: add the subtitle.
"""


def short_title(cv: Cv) -> Iterator[Diagnostic]:
    """Titles of one word."""
    for item in cv.publications:
        if len(str(item.title).split()) == 1:
            message, hints = f"the title of `{item.key}` is one word", ("add its subtitle",)
            yield Diagnostic("lint-short-title", message, item.title.span, "note", hints=hints)


@pytest.fixture(autouse=True)
def entered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enter the function as its line in `RULES` would, for one test."""
    monkeypatch.setattr(lint, "RULES", (*lint.RULES, short_title))


def test_a_case_is_printed_as_expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "titles.txt").write_text(CASE, encoding="utf-8")
    [case] = read_cases(tmp_path / "titles.txt")
    write_project(tmp_path / "project", files_of(case.given))
    printed = check(tmp_path / "project", monkeypatch, "--lint")
    assert re.sub(r"(?m)[ \t]+$", "", printed) == case.expected


def test_the_example_of_its_explanation_fires(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    explained = read("lint-short-title", EXPLANATION)
    command, given = explained.example.split("\n", 1)
    assert command == "$ cvbuild check --lint"
    write_project(tmp_path, files_of(given))
    assert "note[lint-short-title]: the title of `a` is one word" in check(tmp_path, monkeypatch, "--lint")
