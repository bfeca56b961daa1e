"""`check --profile`, `profiles`, and `pdf` with a variant's profile."""

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


def outcomes(table: str) -> dict[str, str]:
    """Rules with their outcomes, from the rows of a table."""
    found = {}
    for outcome in ("failed", "warned", "not measurable", "passed"):
        for line in table.splitlines():
            if line.startswith(f"{outcome}  "):
                found[line[len(outcome) :].split()[0]] = outcome
    return found


def test_a_pdf_is_checked_outside_a_project(run_cli: RunCli, tmp_path: Path) -> None:
    write_pdf(tmp_path / "cv.pdf", page_of(), page_of("small", 9))
    outcome = run_cli("-C", tmp_path, "check", "--profile", "erc-b1-cv", "--pdf", "cv.pdf")
    assert outcome.code == 1
    assert outcomes(outcome.out) == {
        "max_pages": "passed",
        "allowed_fonts": "passed",
        "min_font_size": "failed",
        "margins_min": "passed",
        "min_line_spacing": "not measurable",
        "max_items": "not measurable",
        "explanations": "not measurable",
        "metrics": "passed",
        "has_text_layer": "passed",
    }
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
    assert checked["verdicts"][1] == {
        "rule": "min_font_size",
        "kind": "min_font_size",
        "severity": "warning",
        "required": "any text 11 pt or larger",
        "measured": "10.00 pt (10 characters)",
        "where": "page 1: “Ada Example”",
        "place": None,
        "outcome": "warned",
        "confidence": "medium",
        "source": "page 3",
    }


@pytest.mark.parametrize(
    ("style", "line"),
    [
        (
            "short",
            "cv.pdf: error[profile-rule]: foundation, max_pages: at most 1; found 2 pages; source: its call",
        ),
        (
            "github",
            "::error file=cv.pdf,title=error[profile-rule]::foundation, max_pages: at most 1; found 2 pages",
        ),
    ],
)
def test_verdicts_a_line_each(run_cli: RunCli, make_project: MakeProject, style: str, line: str) -> None:
    root = make_project(FILES)
    write_pdf(root / "cv.pdf", page_of(), page_of())
    outcome = run_cli("-C", root, "check", "--profile", "foundation", "--pdf", "cv.pdf", "--format", style)
    assert outcome.code == 1
    assert any(found.startswith(line) for found in (outcome.out + outcome.err).splitlines())
    assert "profile-not-measurable" in outcome.out + outcome.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--profile", "dfg-53.20", "--pdf", "cv.pdf"), "did you mean `dfg-53.200`?"),
        (("--profile", "erc-b1-cv", "--pdf", "none.pdf"), "there is no file"),
        (("--profile", "erc-b1-cv", "--pdf", "."), "is a folder, not a PDF"),
        (("--profile", "erc-b1-cv", "--pdf", "content/cv.yaml"), "is no PDF, or a broken one"),
        (("--profile", "erc-b1-cv"), "which variant is to be held against erc-b1-cv?"),
        (("--profile", "erc-b1-cv", "--variant", "grnat"), "did you mean `grant`?"),
        (("--profile", "erc-b1-cv", "--variant", "grant", "--pdf", "cv.pdf"), "choose"),
        (("--profile", "erc-b1-cv", "--lint"), "call them one by one"),
        (("--pdf", "cv.pdf"), "`--pdf` goes with `--profile`"),
    ],
)
def test_calls_that_cannot_be_answered(
    run_cli: RunCli, make_project: MakeProject, arguments: tuple[str, ...], message: str
) -> None:
    outcome = run_cli("-C", make_project(FILES), "check", *arguments)
    assert outcome.code == 2
    assert message in outcome.err


@pytest.mark.parametrize("arguments", [(), ("--pdf", "none.pdf")])
def test_where_a_portal_makes_the_document_there_is_advice(
    run_cli: RunCli, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    outcome = run_cli("-C", tmp_path, "check", "--profile", "nih", *arguments)
    assert outcome.code == 0
    assert "the funder's portal makes the document: no PDF of your own is taken" in outcome.out
    assert "At most 5 works related to the project, and 5 others." in outcome.out


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


def test_profiles_are_listed_with_their_sources_and_shown_with_their_rules(
    run_cli: RunCli, make_project: MakeProject
) -> None:
    root = make_project(FILES)
    outcome = run_cli("-C", root, "profiles")
    assert outcome.code == 0
    listed = [line.split()[0] for line in outcome.out.splitlines() if not line.startswith(" ")]
    assert listed == ["foundation", *shipped_names()]
    assert "its call for proposals; 2026; checked 2026-11; confidence medium" in " ".join(outcome.out.split())
    given = json.loads(run_cli("-C", root, "profiles", "--json").out)
    assert [profile["profile"] for profile in given["profiles"]] == listed
    shown = run_cli("-C", root, "profiles", "foundation").out.splitlines()
    assert "  min_font_size  any text 11 pt or larger  [warning; page 3 (medium)]" in shown
    given = json.loads(run_cli("-C", root, "profiles", "foundation", "--json").out)
    assert given["profiles"][0]["rules"][0] == {
        "rule": "max_pages",
        "kind": "max_pages",
        "severity": "error",
        "confidence": "medium",
        "source": "its call for proposals",
        "asks": "pages 1",
    }
    assert run_cli("-C", root, "profiles", "foundatoin").code == 2


def test_a_profile_with_slips_does_not_hide_the_others(run_cli: RunCli, make_project: MakeProject) -> None:
    root = make_project(FILES | {"profiles/broken.yaml": "title: Broken\n"})
    outcome = run_cli("-C", root, "profiles")
    assert outcome.code == 1
    assert "profiles/broken.yaml:1:1" in outcome.err
    assert "foundation" in outcome.out


def test_a_profile_that_is_no_file_of_text_is_an_error_at_its_name(
    run_cli: RunCli, make_project: MakeProject
) -> None:
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


def test_profiles_extend_one_another_so_far_and_no_further(
    run_cli: RunCli, make_project: MakeProject
) -> None:
    head = "title: P\nsource: its call\nversion: '1'\nchecked: 2026-11\nconfidence: low\n"
    chain = {f"profiles/p{at}.yaml": f"{head}extends: p{at + 1}\n" for at in range(12)}
    root = make_project({"profiles/p12.yaml": head, **chain})
    assert run_cli("-C", root, "profiles", "p2").code == 0
    outcome = run_cli("-C", root, "profiles", "p0")
    assert outcome.code == 1
    assert "the profile `p0` extends more than 10 others, one behind the other" in outcome.err
    assert "profiles/p10.yaml:6:10" in outcome.err


def test_a_strangers_own_profile_is_refused(run_cli: RunCli, make_project: MakeProject) -> None:
    """Its regular expressions could take for ever."""
    outcome = run_cli("-C", make_project(FILES), "check", "--untrusted")
    assert outcome.code == 1
    assert "the profile `foundation` is the project's own, which `--untrusted` refuses" in outcome.err


BIBLIOGRAPHY = "".join(
    f"@article{{key{number}, author={{Example, Ada}}, title={{Work {number}}}, year={{{2000 + number}}}}}\n"
    for number in range(11)
)
PORTAL = {
    "content/cv.yaml": """\
owner: {name: Ada Example}
variants:
  all: {}
  ten:
    profile: snsf
    sections: [{section: works, limit: 10}]
""",
    "content/works.yaml": "kind: publications\ntitle: Works\ncategories: [{id: a, title: A, match: {}}]\n",
    "bib/works.bib": BIBLIOGRAPHY,
}


def test_what_goes_to_a_portal_is_held_against_its_limits(run_cli: RunCli, make_project: MakeProject) -> None:
    root = make_project(PORTAL)
    assert run_cli("-C", root, "check", "--profile", "snsf").out.splitlines()[-1] == "ten: 1 passed"
    outcome = run_cli("-C", root, "check", "--profile", "snsf", "-v", "all")
    assert outcome.code == 1
    assert "bib/works.bib:1:10" in outcome.out
    assert outcome.out.splitlines()[-1] == "all: 1 failed"


def test_text_for_a_portal_is_printed_with_what_its_rules_came_to(
    run_cli: RunCli, make_project: MakeProject
) -> None:
    root = make_project(PORTAL)
    outcome = run_cli("-C", root, "text", "-v", "ten", "--profile", "snsf")
    assert outcome.code == 0
    assert "10. Example A (2001). “Work 1”." in outcome.out
    assert "ten, snsf: 1 passed" in outcome.err
    outcome = run_cli("-C", root, "text", "-v", "all", "--profile", "nih")
    assert outcome.code == 1
    assert "11. Example A (2000). “Work 0”." in outcome.out
    assert "error[profile-rule]: nih, max_items: at most 10: works; found 11" in outcome.err


def test_text_is_not_held_against_rules_on_a_pdf(run_cli: RunCli, make_project: MakeProject) -> None:
    outcome = run_cli("-C", make_project(PORTAL), "text", "--profile", "erc-b1-cv")
    assert outcome.code == 2
    assert "`cvbuild check --profile erc-b1-cv --variant NAME`" in outcome.err
