"""`cvbuild number`, and a build without it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import FakeEngine, RunCli
from tests.projects import write_project
from tests.select.numbered import FIRST, SECTION, SETTINGS, entry, files, held, number, printed


def test_a_build_numbers_the_same_way_warns_once_and_writes_nothing(
    tmp_path: Path, run_cli: RunCli, fake_engine: FakeEngine
) -> None:
    write_project(tmp_path, files(FIRST))
    numbers, findings = printed(tmp_path)
    done = run_cli("-C", tmp_path, "pdf")
    assert done.code == 0
    assert done.err.count("warning[unnumbered]") == 1
    assert "`a` (J1), `b` (J2), `c` (J3) and 1 more" in done.err
    assert not (tmp_path / "bib" / "numbers.lock").exists()
    number(tmp_path, FIRST)
    assert printed(tmp_path) == (numbers, [])
    assert [item.code for item in findings] == ["unnumbered"]


def test_a_file_with_errors_is_not_written(tmp_path: Path, run_cli: RunCli) -> None:
    write_project(tmp_path, files(FIRST, "a | J1\nb | J1\n"))
    assert run_cli("-C", tmp_path, "number").code == 1
    assert (tmp_path / "bib" / "numbers.lock").read_text(encoding="utf-8") == "a | J1\nb | J1\n"


def test_check_fails_while_a_number_is_missing_and_writes_nothing(tmp_path: Path, run_cli: RunCli) -> None:
    write_project(tmp_path, files(FIRST, "a | J1\n"))
    checked = run_cli("-C", tmp_path, "number", "--check")
    assert (checked.code, checked.out.splitlines()) == (
        1,
        ["J2  b  On B", "J3  c  On C", "C1  p  On P", "3 new numbers to give"],
    )
    assert (tmp_path / "bib" / "numbers.lock").read_text(encoding="utf-8") == "a | J1\n"
    written = run_cli("-C", tmp_path, "number")
    assert written.code == 0
    assert written.out.splitlines()[-1].endswith("numbers.lock: 3 new numbers, 1 kept")
    assert held(tmp_path / "bib" / "numbers.lock") == {"a": "J1", "b": "J2", "c": "J3", "p": "C1"}
    checked = run_cli("-C", tmp_path, "number", "--check")
    assert (checked.code, checked.out) == (0, "every entry has its number\n")


def test_the_numbers_for_programs(tmp_path: Path, run_cli: RunCli) -> None:
    write_project(tmp_path, files(entry("a", 2018)))
    told = json.loads(run_cli("-C", tmp_path, "number", "--check", "--format", "json").out)
    assert told["numbers"] == [{"key": "a", "number": "J1"}]


def test_without_permanent_numbers_the_command_says_how_to_ask_for_them(
    tmp_path: Path, run_cli: RunCli
) -> None:
    write_project(tmp_path, files(FIRST, section=SECTION.replace("permanent", "down")))
    done = run_cli("-C", tmp_path, "number")
    assert done.code == 2
    assert "numbering: permanent" in done.err


def test_no_number_is_written_out_of_the_project(tmp_path: Path, run_cli: RunCli) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    settings = SETTINGS + "bibliography: [papers.bib]\n"
    write_project(
        project,
        {"content/cv.yaml": settings, "content/publications.yaml": SECTION, "papers.bib": FIRST},
    )
    elsewhere.mkdir()
    (project / "bib").symlink_to(elsewhere)
    done = run_cli("-C", project, "number")
    assert done.code == 1
    assert "error[outside-project]" in done.err
    assert list(elsewhere.iterdir()) == []
