"""Permanent numbers: the lock file, what `cvbuild number` does to it, and what is printed."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cvbuild.diagnostics import Diagnostic
from cvbuild.load.bibtex import load_bibtex
from cvbuild.load.numberlock import NumberLock, load_numbers, with_lines
from cvbuild.load.yaml import load_yaml
from cvbuild.model.cv import Cv, LoadedContent, make_cv
from cvbuild.numbering import given_numbers, keep_numbers
from cvbuild.pipeline import load_cv
from cvbuild.project import find_project
from cvbuild.source import SourceFile
from cvbuild.variant import select
from tests.conftest import FakeEngine, RunCli
from tests.projects import write_project

TODAY = date(2026, 11, 25)
SETTINGS = """\
owner: {name: Ada Example}
variants:
  full: {}
  short: {sections: [{section: publications, grouped: false, limit: 2}]}
"""
SECTION = """\
kind: publications
title: Publications
numbering: permanent
categories:
  - {id: journal, title: Articles, match: {type: article}, prefix: J}
  - {id: conference, title: Papers, match: {type: inproceedings}, prefix: C}
"""


def entry(key: str, year: str | int, kind: str = "article", title: str = "", more: str = "") -> str:
    title = title or f"On {key.capitalize()}"
    return f"@{kind}{{{key}, author={{Example, Ada}}, title={{{title}}}, year={{{year}}}{more}}}\n"


FIRST = entry("b", 2020) + entry("a", 2018) + entry("c", 2020) + entry("p", 2019, "inproceedings")


def files(bib: str, lock: str | None = None, section: str = SECTION) -> Mapping[str, str | None]:
    return {
        "content/cv.yaml": SETTINGS,
        "content/publications.yaml": section,
        "bib/all.bib": bib,
        "bib/numbers.lock": lock,
    }


def number(folder: Path, bib: str, today: date = TODAY) -> tuple[dict[str, str], list[Diagnostic]]:
    """What the file holds after `cvbuild number` with this bibliography; the file stays as it was left."""
    lock = folder / "bib" / "numbers.lock"
    write_project(folder, files(bib, lock.read_text(encoding="utf-8") if lock.is_file() else None))
    project = find_project(folder)
    cv, found = load_cv(project)
    assert cv is not None, found
    given = given_numbers(cv)
    assert given is not None
    keep_numbers(project, given, today)
    return held(lock), list(given.findings)


def held(lock: Path) -> dict[str, str]:
    """The numbers of a file, several of a key joined."""
    read, found = load_numbers(SourceFile("numbers.lock", lock.read_text(encoding="utf-8")))
    assert found.items == []
    numbers: dict[str, str] = {}
    for line in read.lines:
        numbers[str(line.key)] = " ".join(filter(None, (numbers.get(str(line.key)), line.number)))
    return numbers


def printed(folder: Path, variant: str = "full") -> tuple[list[str], list[Diagnostic]]:
    """The numbers and keys that a variant prints, in order."""
    cv, found = load_cv(find_project(folder))
    assert cv is not None, found
    selected, findings = select(cv, variant)
    publications = [item for category in selected.sections[0].categories for item in category.publications]
    return [f"{item.number} {item.key}" for item in publications], findings.items


def test_first_the_oldest_get_the_lowest_numbers_and_entries_of_one_date_in_file_order(
    tmp_path: Path,
) -> None:
    numbers, _ = number(tmp_path, FIRST)
    assert numbers == {"a": "J1", "b": "J2", "c": "J3", "p": "C1"}


def test_within_a_year_the_month_counts_and_what_is_in_press_comes_last(tmp_path: Path) -> None:
    bib = (
        entry("press", "in press")
        + entry("dec", 2020, more=", month=dec")
        + entry("feb", 2020, more=", month=feb")
        + entry("plain", 2020)
    )
    assert number(tmp_path, bib)[0] == {"plain": "J1", "feb": "J2", "dec": "J3", "press": "J4"}


def test_print_is_newest_first_with_falling_numbers(tmp_path: Path) -> None:
    number(tmp_path, FIRST)
    assert printed(tmp_path) == (["J3 c", "J2 b", "J1 a", "C1 p"], [])


def test_every_variant_prints_the_same_number(tmp_path: Path) -> None:
    number(tmp_path, FIRST)
    assert printed(tmp_path, "short")[0] == ["J3 c", "J2 b"]


def test_a_new_entry_gets_the_next_number_though_it_is_older(tmp_path: Path) -> None:
    before, _ = number(tmp_path, FIRST)
    after, _ = number(tmp_path, entry("old", 1999) + FIRST)
    assert after == before | {"old": "J4"}
    assert printed(tmp_path)[0] == ["J3 c", "J2 b", "J1 a", "J4 old", "C1 p"]


def test_the_number_of_a_removed_entry_is_never_given_again(tmp_path: Path) -> None:
    number(tmp_path, FIRST)
    number(tmp_path, FIRST.replace(entry("c", 2020), ""))
    assert number(tmp_path, FIRST.replace(entry("c", 2020), entry("d", 2021)))[0] == {
        "a": "J1", "b": "J2", "c": "J3", "d": "J4", "p": "C1",
    }  # fmt: skip


def test_an_entry_of_another_category_gets_a_number_there_and_keeps_the_old_one(tmp_path: Path) -> None:
    number(tmp_path, FIRST)
    moved = FIRST.replace("@inproceedings{p", "@article{p")
    assert number(tmp_path, moved)[0]["p"] == "C1 J4"
    assert "J4 p" in printed(tmp_path)[0]
    assert number(tmp_path, FIRST)[0]["p"] == "C1 J4"
    assert "C1 p" in printed(tmp_path)[0]


def test_categories_without_a_prefix_are_one_series(tmp_path: Path) -> None:
    section = SECTION.replace(", prefix: J", "").replace(", prefix: C", "")
    write_project(tmp_path, files(FIRST, section=section))
    assert printed(tmp_path)[0] == ["4 c", "3 b", "1 a", "2 p"]


def test_the_day_is_kept_of_what_joins_a_numbered_list_only(tmp_path: Path) -> None:
    number(tmp_path, FIRST, date(2025, 1, 31))
    number(tmp_path, FIRST + entry("d", 2021) + entry("s", 2021, "software"), date(2026, 2, 1))
    lines = (tmp_path / "bib" / "numbers.lock").read_text(encoding="utf-8").splitlines()
    assert lines[3:] == [
        "a | J1 | - | 2018 | - | On A",
        "b | J2 | - | 2020 | - | On B",
        "c | J3 | - | 2020 | - | On C",
        "d | J4 | 2026-02-01 | 2021 | - | On D",
        "p | C1 | - | 2019 | - | On P",
        "s | 1 | - | 2021 | - | On S",
    ]


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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            entry("c", 2020, more=", doi={10.1000/182}"),
            entry("renamed", 2021, title="Another", more=", doi={https://doi.org/10.1000/182}"),
            id="same DOI",
        ),
        pytest.param(
            entry("c", 2020, title="On {C}ommas, and Dots"),
            entry("renamed", 2020, title="On commas and dots"),
            id="same title and year",
        ),
    ],
)
def test_a_renamed_key_is_reported_with_its_cure_and_keeps_its_number(
    tmp_path: Path, run_cli: RunCli, old: str, new: str
) -> None:
    number(tmp_path, entry("a", 2018) + old)
    numbers, findings = number(tmp_path, entry("a", 2018) + new)
    assert numbers == {"a": "J1", "c": "J2"}
    assert [item.code for item in findings] == ["renamed-entry"]
    assert findings[0].hints[0] == "write `renamed` in place of `c` here"
    assert printed(tmp_path)[0] == ["J2 renamed", "J1 a"]
    assert run_cli("-C", tmp_path, "number").code == 1
    lock = tmp_path / "bib" / "numbers.lock"
    lock.write_text(lock.read_text(encoding="utf-8").replace("c |", "renamed |"), encoding="utf-8")
    assert printed(tmp_path) == (["J2 renamed", "J1 a"], [])
    assert run_cli("-C", tmp_path, "number", "--check").code == 0


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(entry("other", 2021, title="On C"), id="another year"),
        pytest.param(entry("other", 2020, title="On See"), id="another title"),
        pytest.param(entry("other", 2020, title="On C", more=", doi={10.1000/2}"), id="another DOI"),
        pytest.param(entry("other", 2020, "inproceedings", title="On C"), id="another category"),
    ],
)
def test_another_work_gets_a_number_of_its_own(tmp_path: Path, new: str) -> None:
    number(tmp_path, FIRST.replace(entry("c", 2020), entry("c", 2020, more=", doi={10.1000/1}")))
    numbers, findings = number(tmp_path, FIRST.replace(entry("c", 2020), new))
    assert numbers["other"] in {"J4", "C2"}
    assert findings == []


def test_a_line_cut_down_to_key_and_number_is_of_another_work(tmp_path: Path) -> None:
    write_project(tmp_path, files("", "gone | J7\n"))
    assert number(tmp_path, entry("a", 2018))[0] == {"gone": "J7", "a": "J8"}


def test_two_entries_cannot_both_be_the_renamed_one(tmp_path: Path) -> None:
    number(tmp_path, entry("a", 2018, title="Same"))
    numbers, findings = number(tmp_path, entry("x", 2018, title="Same") + entry("y", 2018, title="Same"))
    assert numbers == {"a": "J1", "y": "J2"}
    assert [item.code for item in findings] == ["renamed-entry"]


def test_what_a_person_wrote_into_the_file_stays(tmp_path: Path) -> None:
    typed = "# Mine.\r\n\r\n  z | J3\r\n# about b\r\nb|J9|2020-02-02 # no\r\n"
    typed = typed.replace(" # no", " | 2020 | - | A Title | with a bar")
    write_project(tmp_path, {**files(FIRST), "bib/numbers.lock": typed.encode()})
    project = find_project(tmp_path)
    cv, found = load_cv(project)
    assert cv is not None, found
    given = given_numbers(cv)
    assert given is not None
    keep_numbers(project, given, TODAY)
    lines = (tmp_path / "bib" / "numbers.lock").read_bytes().decode().split("\r\n")
    assert [line for line in lines if line in typed.split("\r\n")] == typed.split("\r\n")
    assert [line.split(" | ")[:2] for line in lines if "2026-11-25" in line] == [["a", "J10"], ["c", "J11"]]


def test_with_nothing_new_the_file_is_not_touched(tmp_path: Path) -> None:
    write_project(tmp_path, files(entry("a", 2018), "b | J2\na | J1"))
    number(tmp_path, entry("a", 2018))
    assert (tmp_path / "bib" / "numbers.lock").read_bytes() == b"b | J2\na | J1"


def test_lines_are_added_in_the_order_of_their_keys() -> None:
    source = SourceFile("numbers.lock", "# head\nb | J1\n# of d\nd | J2\n")
    added, _ = load_numbers(SourceFile("new", "e | J6\na | J3\nc | J4\nb | C1\n"))
    assert with_lines(source, added.lines).splitlines() == [
        "# head", "a | J3 | - | - | - | -", "b | J1", "b | C1 | - | - | - | -", "c | J4 | - | - | - | -",
        "# of d", "d | J2", "e | J6 | - | - | - | -",
    ]  # fmt: skip


def problems(lock: str) -> list[tuple[str, str]]:
    _, found = load_numbers(SourceFile("numbers.lock", lock))
    assert all(item.severity == "error" and item.hints for item in found.items)
    return [(item.code, item.span.place) for item in found.items if item.span]


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        ("a | J1\nb | J1\n", [("duplicate-number", "numbers.lock:2:1")]),
        ("a | J1\n a | J2\n", [("duplicate-number", "numbers.lock:2:2")]),
        ("a | J1\na | J1 | 2026-01-01\n", [("duplicate-number", "numbers.lock:2:1")]),
        ("a | J1\na | C1\nb | 1\n", []),
        ("a J1\n", [("number-line", "numbers.lock:1:1")]),
        ("\n\n   a | J\n", [("number-line", "numbers.lock:3:4")]),
        ("a | J01\n", [("number-line", "numbers.lock:1:1")]),
        ("a | J0\n", [("number-line", "numbers.lock:1:1")]),
        (f"a | J{'9' * 5000}\n", [("number-line", "numbers.lock:1:1")]),
        ("| J1\n", [("number-line", "numbers.lock:1:1")]),
        ("a | J1 | yesterday\n", [("number-line", "numbers.lock:1:1")]),
        ("a | J1 | 2025-02-30\n", [("number-line", "numbers.lock:1:1")]),
        ("a | A1.1\n# a | A1.1\nb | Ω-2 | - | - | - | -\n", []),
        ("<<<<<<< HEAD\na | J1\n=======\nb | J1\n>>>>>>> x\n", [("number-conflict", "numbers.lock:1:1")]),
        ("a | J1\n=======\nb | J1\n", [("number-conflict", "numbers.lock:2:1")]),
    ],
)
def test_what_is_wrong_in_the_file_is_an_error_at_its_line(
    lock: str, expected: list[tuple[str, str]]
) -> None:
    assert problems(lock) == expected


def test_a_file_with_errors_is_not_written(tmp_path: Path, run_cli: RunCli) -> None:
    write_project(tmp_path, files(FIRST, "a | J1\nb | J1\n"))
    assert run_cli("-C", tmp_path, "number").code == 1
    assert (tmp_path / "bib" / "numbers.lock").read_text(encoding="utf-8") == "a | J1\nb | J1\n"


def test_branches_that_add_entries_merge_and_a_number_given_twice_is_found(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=Ada Example", "-c", "user.email=ada@example.org")
        done = subprocess.run(
            ["git", "-C", str(tmp_path), *identity, *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    lock = tmp_path / "bib" / "numbers.lock"
    git("init", "-q", "-b", "main")
    number(tmp_path, FIRST)
    git("add", "bib/numbers.lock")
    git("commit", "-q", "-m", "first")
    for branch, added in (("left", entry("aa", 2021)), ("right", entry("zz", 2021))):
        git("checkout", "-q", "-b", branch, "main")
        number(tmp_path, FIRST + added)
        git("commit", "-q", "-a", "-m", branch)
    git("merge", "-q", "-m", "both", "left")
    assert problems(lock.read_text(encoding="utf-8")) == [("duplicate-number", "numbers.lock:9:1")]


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


@pytest.mark.parametrize("prefix", ["J1", "J ", "'#'", "a|b"])
def test_a_prefix_that_numbers_cannot_be_told_from_is_refused(tmp_path: Path, prefix: str) -> None:
    section = SECTION.replace("prefix: J", f"prefix: '{prefix.strip(chr(39))}'")
    write_project(tmp_path, files(FIRST, section=section))
    codes = {item.code for item in printed(tmp_path)[1]}
    assert "number-prefix" in codes


def test_the_number_after_six_digits_is_one_that_can_be_read_again(tmp_path: Path) -> None:
    write_project(tmp_path, files(FIRST, "gone | J999999 | - | 1999\n"))
    assert number(tmp_path, FIRST)[0]["a"] == "J1000000"
    assert number(tmp_path, FIRST)[0]["a"] == "J1000000"


@pytest.mark.parametrize(("prefix", "warned"), [("A", ["unused-prefix"]), ("J", [])])
def test_a_variants_own_prefix_is_not_left_out_in_silence(
    tmp_path: Path, prefix: str, warned: list[str]
) -> None:
    number(tmp_path, FIRST)
    chosen = f"{{section: publications, categories: [{{id: journal, prefix: {prefix}}}]}}"
    settings = f"owner: {{name: Ada Example}}\nvariants:\n  full: {{sections: [{chosen}]}}\n"
    (tmp_path / "content/cv.yaml").write_text(settings, encoding="utf-8")
    numbers, findings = printed(tmp_path)
    assert numbers == ["J3 c", "J2 b", "J1 a"]
    assert [item.code for item in findings] == warned


def test_an_entry_whose_key_is_another_ones_too_takes_no_number_from_others(tmp_path: Path) -> None:
    numbers, findings = number(tmp_path, FIRST + entry("a", 2017, title="Another"))
    assert numbers == {"a": "J1", "b": "J2", "c": "J3", "p": "C1"}
    assert [item.code for item in findings] == ["number-key"]
    assert printed(tmp_path)[0] == ["J3 c", "J2 b", "J1 a", "J4 a", "C1 p"]


def _cv(keys: Mapping[str, int], lock: str) -> Cv:
    """A CV of articles with these keys and years."""
    trees = {}
    for name, text in {"cv": SETTINGS, "publications": SECTION}.items():
        source = SourceFile(f"{name}.yaml", text)
        trees[name] = source, load_yaml(source)[0]
    bib = "".join(entry(key, year, title=f"Work {key}") for key, year in keys.items())
    library, _ = load_bibtex([SourceFile("all.bib", bib)])
    numbers = load_numbers(SourceFile("numbers.lock", lock))[0] if lock else NumberLock()
    sections = {"publications": trees["publications"]}
    cv, found = make_cv(LoadedContent(*trees["cv"], sections, library, numbers=numbers))
    assert cv is not None, found.items
    return cv


STATES = st.lists(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(2015, 2020), max_size=8), min_size=1, max_size=5
)
"""A bibliography through its life: its keys with their years, as it stands at each numbering."""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STATES)
def test_no_number_ever_changes_whatever_is_added_or_removed(states: list[dict[str, int]]) -> None:
    lock = ""
    known: dict[str, int] = {}
    for state in states:
        given = given_numbers(_cv(state, lock))
        assert given is not None
        lock = with_lines(given.lock.source, given.lines)
        lines, found = load_numbers(SourceFile("numbers.lock", lock))
        assert found.items == []
        numbers = {str(line.key): line.value for line in lines.lines}
        assert known.items() <= numbers.items()
        assert set(numbers) == set(known) | set(state)
        assert [line.split(" | ")[0] for line in lock.splitlines() if "#" not in line] == sorted(numbers)
        selected, findings = select(_cv(state, lock), "full")
        assert findings.items == [] or not state
        shown = [item for part in selected.sections for c in part.categories for item in c.publications]
        assert {str(item.key): item.number for item in shown} == {key: f"J{numbers[key]}" for key in state}
        known = numbers


FILE = st.text(st.sampled_from("ab #|-J10\n\r\t<=>é\x85"), max_size=80)


@settings(max_examples=150, deadline=None)
@given(FILE)
def test_any_file_is_read_and_nothing_in_it_is_lost(text: str) -> None:
    source = SourceFile("numbers.lock", text)
    load_numbers(source)
    added, _ = load_numbers(SourceFile("new", "ab | J77\nb | J78\n"))
    written = with_lines(source, added.lines).split("\n")
    for line in added.lines:
        written.remove(str(line))
    assert [line for line in written if line.strip()] == [line for line in text.split("\n") if line.strip()]


def test_the_first_lines_of_a_new_file_say_what_it_is(tmp_path: Path) -> None:
    number(tmp_path, FIRST)
    head = (tmp_path / "bib" / "numbers.lock").read_text(encoding="utf-8").splitlines()[:3]
    assert all(line.startswith("# ") for line in head)
    assert re.search("`cvbuild number`", head[0])
