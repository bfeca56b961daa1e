"""`check --profile`, `profiles`, and `pdf` with a variant's profile.

Calls without a PDF are text cases: `tests/cases/commands/profiles.txt`.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cvbuild.funders import shipped_names
from cvbuild.funders.profile import check, find_profile
from cvbuild.funders.rule import read_pdf
from cvbuild.report.verdicts import print_table
from cvbuild.typeset.engine import Run
from tests.conftest import FakeEngine, MakeProject, RunCli
from tests.pdfs import Sheet, page_of, write_pdf

FOUNDATION = """\
title: Example Foundation
source: its call for proposals
version: "2026"
checked: 2026-11
rules:
  - {rule: max_pages, pages: 1}
  - {rule: min_font_size, any: 11 pt, severity: warning, source: page 3}
  - {rule: by_eye, id: order, what: dates stand newest first}
"""
SETTINGS = """\
owner:
  name: Ada Example
variants:
  grant:
    profile: foundation
  other: {}
"""
FILES = {"content/cv.yaml": SETTINGS, "profiles/foundation.yaml": FOUNDATION}


def writing(*sheets: Sheet) -> Callable[[Path, int], Run]:
    """An engine that writes these pages."""

    def behave(folder: Path, runs: int) -> Run:
        write_pdf(folder / "cv.pdf", *sheets)
        (folder / "cv.log").write_text("fine\n", encoding="utf-8")
        return Run(True, "fine\n")

    return behave


def test_a_pdf_is_checked_outside_a_project(run_cli: RunCli, tmp_path: Path) -> None:
    write_pdf(tmp_path / "cv.pdf", page_of(), page_of("small", 9))
    outcome = run_cli("-C", tmp_path, "check", "--profile", "erc-b1-cv", "--pdf", "cv.pdf")
    assert outcome.code == 1
    rows = re.findall(r"(?m)^(?:failed|not measurable|passed) +\w+", outcome.out)
    assert [re.sub(" +", " ", row) for row in rows] == [
        "failed min_font_size",
        *(f"not measurable {rule}" for rule in ("min_line_spacing", "max_items", "explanations")),
        *(f"passed {rule}" for rule in ("max_pages", "allowed_fonts", *["margins_min"] * 4)),
        "passed metrics",
        "passed has_text_layer",
    ]
    assert "source: ERC template of part B1" in outcome.out
    assert "tolerance of 0.02 pt" in outcome.out
    assert outcome.out.splitlines()[-1] == "cv.pdf: 1 failed, 3 not measurable, 8 passed"
    assert outcome.err == ""
    write_pdf(tmp_path / "cv.pdf", page_of())
    outcome = run_cli("-C", tmp_path, "check", "--profile", "erc-b1-cv", "--pdf", "cv.pdf")
    assert outcome.code == 0, "what is not measurable is no failure"
    assert outcome.out.splitlines()[-1] == "cv.pdf: 3 not measurable, 9 passed"


def test_what_to_change_is_said_of_a_variant_and_not_of_a_pdf_made_elsewhere(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project(FILES)
    fake_engine.behave = writing(page_of(), page_of(size=10))
    cures = [
        "  max_pages: `fit: 1` leaves out what matters least",
        "  min_font_size: `layout: {font_size: 11}` with `theme: sans` or `theme: times`,"
        " which set everything at least as large",
    ]
    ours = run_cli("-C", root, "check", "--profile", "foundation", "-v", "grant").out.splitlines()
    at = ours.index("what to change:")
    assert ours[at + 1 : at + 3] == cures
    short = run_cli("-C", root, "check", "--profile", "foundation", "-v", "grant", "--format", "short")
    assert "`fit: 1` leaves out what matters least; source" in short.out + short.err
    write_pdf(root / "cv.pdf", page_of(), page_of())
    theirs = run_cli("-C", root, "check", "--profile", "foundation", "--pdf", "cv.pdf")
    assert theirs.code == 1
    assert "what to change" not in theirs.out


def test_a_table_in_a_narrow_terminal_has_what_was_asked_and_found_in_one_column(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    profile, _ = find_profile(None, "erc-b1-cv")
    assert profile is not None
    terminal = Terminal()
    verdicts = check(profile, read_pdf(write_pdf(tmp_path / "cv.pdf", page_of(size=10))))
    print_table(profile, verdicts, terminal)
    lines = [re.sub("\x1b\\[[0-9;]*m", "", line).rstrip() for line in terminal.getvalue().splitlines()]
    assert lines[0] == "outcome         rule              required, and found"
    assert lines[1:4] == [
        "failed          min_font_size     any text 11 pt or larger",
        "                                  found: 10.00 pt (10 characters)",
        "                                  page 1: “Ada Example”",
    ]
    assert "passed          max_pages         at most 4: 1 page" in lines
    assert all(len(line) <= 80 for line in lines)


def test_a_warning_fails_when_strict(run_cli: RunCli, make_project: MakeProject) -> None:
    root = make_project(FILES)
    write_pdf(root / "cv.pdf", page_of(size=10))
    command = ("-C", root, "check", "--profile", "foundation", "--pdf", "cv.pdf")
    assert run_cli(*command).code == 0
    assert run_cli(*command, "--strict").code == 1


def test_verdicts_for_programs(run_cli: RunCli, make_project: MakeProject) -> None:
    root = make_project(FILES)
    write_pdf(root / "cv.pdf", page_of(size=10), page_of())
    outcome = run_cli("-C", root, "check", "--profile", "foundation", "--pdf", "cv.pdf", "--format", "json")
    given = json.loads(outcome.out)
    assert outcome.code == 1
    assert (given["errors"], given["warnings"], given["notes"]) == (1, 1, 1)
    assert given["profile"]["source"] == "its call for proposals"
    assert given["profile"]["tolerance_pt"] == 0.02
    [checked] = given["checked"]
    assert checked["document"] == "cv.pdf"
    assert [(item["rule"], item["outcome"]) for item in checked["verdicts"]] == [
        ("max_pages", "failed"),
        ("min_font_size", "warned"),
        ("order", "not measurable"),
        ("has_text_layer", "passed"),
    ]
    told = {"where": "page 1: “Ada Example”", "place": None, "source": "page 3", "confidence": "medium"}
    told |= {"required": "any text 11 pt or larger", "measured": "10.00 pt (10 characters)"}
    kind = dict.fromkeys(("rule", "kind"), "min_font_size")
    assert checked["verdicts"][1] == {**kind, **told, "severity": "warning", "outcome": "warned"}


@pytest.mark.parametrize(
    ("style", "begins"),
    [
        ("short", "cv.pdf: error[profile-rule]: "),
        ("github", "::error file=cv.pdf,title=error[profile-rule]::"),
    ],
)
def test_verdicts_a_line_each(run_cli: RunCli, make_project: MakeProject, style: str, begins: str) -> None:
    root = make_project(FILES)
    write_pdf(root / "cv.pdf", page_of(), page_of())
    outcome = run_cli("-C", root, "check", "--profile", "foundation", "--pdf", "cv.pdf", "--format", style)
    assert outcome.code == 1
    line = f"{begins}foundation, max_pages: at most 1; found 2 pages"
    assert any(found.startswith(line) for found in (outcome.out + outcome.err).splitlines())
    assert "profile-not-measurable" in outcome.out + outcome.err


def test_a_variant_is_compiled_for_its_check_and_nothing_is_put_in_place(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project(FILES)
    fake_engine.behave = writing(page_of(), page_of(size=10))
    outcome = run_cli("-C", root, "check", "--profile", "foundation")
    assert outcome.code == 1
    assert outcome.out.splitlines()[-1] == "grant: 1 failed, 1 warned, 1 not measurable, 1 passed"
    assert list((root / "build").glob("*.pdf")) == []
    outcome = run_cli("-C", root, "check", "--profile", "foundation", "-v", "other", "-v", "grant")
    assert [line.split(":")[0] for line in outcome.out.splitlines() if "1 failed" in line] == [
        "other",
        "grant",
    ]


def test_a_pdf_that_breaks_a_rule_is_refused_and_the_last_good_one_stays(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project(FILES)
    fake_engine.behave = writing(page_of(size=10))
    good = run_cli("-C", root, "pdf", "-v", "grant")
    assert good.code == 0
    assert good.out.rstrip().endswith("foundation: 1 warned, 1 not measurable, 2 passed")
    assert "warning[profile-rule]: foundation, min_font_size" in good.err
    assert "note[profile-not-measurable]: foundation: 1 rule could not be measured" in good.err
    before = (root / "build/cv-grant.pdf").read_bytes()
    fake_engine.behave = writing(page_of(), page_of())
    bad = run_cli("-C", root, "pdf", "-v", "grant")
    assert bad.code == 1
    assert "error[profile-rule]: foundation, max_pages: at most 1; found 2 pages" in bad.err
    assert "--> content/cv.yaml:5:5" in bad.err
    assert "the refused PDF is kept as build/cv-grant.refused.pdf" in bad.err
    assert (root / "build/cv-grant.pdf").read_bytes() == before
    assert (root / "build/cv-grant.refused.pdf").is_file()
    fake_engine.behave = writing(page_of())
    assert run_cli("-C", root, "pdf", "-v", "grant").code == 0
    assert not (root / "build/cv-grant.refused.pdf").exists()


def test_profiles_are_listed_with_their_sources(run_cli: RunCli, make_project: MakeProject) -> None:
    root = make_project(FILES)
    outcome = run_cli("-C", root, "profiles")
    assert outcome.code == 0
    listed = [line.split()[0] for line in outcome.out.splitlines() if not line.startswith(" ")]
    assert listed == ["foundation", *shipped_names()]
    assert "its call for proposals; 2026; checked 2026-11; confidence medium" in " ".join(outcome.out.split())
    given = json.loads(run_cli("-C", root, "profiles", "--json").out)
    assert [profile["profile"] for profile in given["profiles"]] == listed


def test_a_profile_with_slips_does_not_hide_the_others(run_cli: RunCli, make_project: MakeProject) -> None:
    root = make_project(FILES | {"profiles/broken.yaml": "title: Broken\n"})
    outcome = run_cli("-C", root, "profiles")
    assert outcome.code == 1
    assert "profiles/broken.yaml:1:1" in outcome.err
    assert "foundation" in outcome.out


def test_a_profile_that_is_no_file_is_an_error(run_cli: RunCli, make_project: MakeProject) -> None:
    root = make_project(FILES)
    (root / "profiles/folder.yaml").mkdir()
    (root / "profiles/nothing.yaml").symlink_to("gone.yaml")
    (root / "profiles/outside.yaml").symlink_to("/nowhere/profile.yaml")
    outcome = run_cli("-C", root, "profiles")
    assert outcome.code == 1
    assert [line for line in outcome.err.splitlines() if line.startswith("error")] == [
        "error[unreadable-file]: profiles/folder.yaml cannot be read: is a directory",
        "error[missing-file]: there is no file profiles/nothing.yaml",
        "error[outside-project]: profiles/outside.yaml is a link that leads out of the project",
    ]
    assert "foundation" in outcome.out
