"""Which number an entry gets, and that it keeps it.

What `cvbuild number` prints: tests/cases/commands/number.txt.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cvbuild.commands.lists import keep_numbers
from cvbuild.content.cv import Cv, make_cv
from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.read.numberlock import NumberLock, load_numbers, with_lines
from cvbuild.select.numbers import permanent_numbers
from cvbuild.select.selection import select
from cvbuild.source import SourceFile
from tests.conftest import FakeEngine, RunCli
from tests.projects import load_project, write_project

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
    project, cv = load_project(folder)
    findings = Findings()
    keep_numbers(project, cv, permanent_numbers(cv, findings), today)
    return held(lock), [item for item in findings.items if item.code != "unnumbered"]


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
    _, cv = load_project(folder)
    selected, findings = select(cv, variant)
    publications = [item for category in selected.sections[0].categories for item in category.publications]
    return [f"{item.number} {item.key}" for item in publications], findings.items


FOUR = {"a": "J1", "b": "J2", "c": "J3", "p": "C1"}
NO_C = FIRST.replace(entry("c", 2020), "")
MOVED = FIRST.replace("@inproceedings{p", "@article{p")
MONTHS = (
    entry("press", "in press")
    + entry("dec", 2020, more=", month=dec")
    + entry("feb", 2020, more=", month=feb")
    + entry("plain", 2020)
)


@pytest.mark.parametrize(
    ("lock", "bibs", "numbers", "shown", "codes"),
    [
        pytest.param(None, [FIRST], FOUR, "J3 c, J2 b, J1 a, C1 p", [], id="the oldest first"),
        pytest.param(
            None, [MONTHS], {"plain": "J1", "feb": "J2", "dec": "J3", "press": "J4"},
            "J4 press, J3 dec, J2 feb, J1 plain", [], id="by month, in press last",
        ),
        pytest.param(
            None, [FIRST, entry("old", 1999) + FIRST], FOUR | {"old": "J4"},
            "J3 c, J2 b, J1 a, J4 old, C1 p", [], id="a new entry is numbered next though it is older",
        ),
        pytest.param(
            None, [FIRST, NO_C, NO_C + entry("d", 2021)], FOUR | {"d": "J4"}, "J4 d, J2 b, J1 a, C1 p", [],
            id="the number of a removed entry is never given again",
        ),
        pytest.param(
            None, [FIRST, MOVED], FOUR | {"p": "C1 J4"}, "J3 c, J2 b, J4 p, J1 a", [], id="another category",
        ),
        pytest.param(
            None, [FIRST, MOVED, FIRST], FOUR | {"p": "C1 J4"}, "J3 c, J2 b, J1 a, C1 p", [],
            id="back from another category",
        ),
        pytest.param(
            "gone | J999999 | - | 1999\n", [entry("a", 2018)] * 2, {"gone": "J999999", "a": "J1000000"},
            "J1000000 a", [], id="a number of seven digits can be read again",
        ),
        pytest.param(
            None, [FIRST + entry("a", 2017, title="Another")], FOUR, "J3 c, J2 b, J1 a, J4 a, C1 p",
            ["number-key"], id="a second entry of a key takes no number from others",
        ),
        pytest.param(
            "gone | J7\n", [entry("a", 2018)], {"gone": "J7", "a": "J8"}, "J8 a", [],
            id="a line cut down to key and number is of another work",
        ),
        pytest.param(
            None, [entry("a", 2018, title="Same"), "".join(entry(key, 2018, title="Same") for key in "xy")],
            {"a": "J1", "y": "J2"}, "J2 y, J1 x", ["renamed-entry"], id="two cannot both be the renamed one",
        ),
    ],
)  # fmt: skip
def test_a_number_is_given_once_and_kept(
    tmp_path: Path, lock: str | None, bibs: list[str], numbers: dict[str, str], shown: str, codes: list[str]
) -> None:
    write_project(tmp_path, files("", lock))
    for bib in bibs:
        given, findings = number(tmp_path, bib)
    assert (given, [item.code for item in findings]) == (numbers, codes)
    assert printed(tmp_path)[0] == shown.split(", ")


def test_every_variant_prints_the_same_numbers(tmp_path: Path) -> None:
    number(tmp_path, FIRST)
    assert printed(tmp_path, "short") == (["J3 c", "J2 b"], [])


def test_categories_without_a_prefix_are_one_series(tmp_path: Path) -> None:
    section = SECTION.replace(", prefix: J", "").replace(", prefix: C", "")
    write_project(tmp_path, files(FIRST, section=section))
    assert printed(tmp_path)[0] == ["4 c", "3 b", "1 a", "2 p"]


@pytest.mark.parametrize("prefix", ["J1", "J ", "'#'", "a|b"])
def test_a_prefix_that_numbers_cannot_be_told_from_is_refused(tmp_path: Path, prefix: str) -> None:
    section = SECTION.replace("prefix: J", f"prefix: '{prefix.strip(chr(39))}'")
    write_project(tmp_path, files(FIRST, section=section))
    codes = {item.code for item in printed(tmp_path)[1]}
    assert "number-prefix" in codes


@pytest.mark.parametrize(("prefix", "warned"), [("A", ["unused-prefix"]), ("J", [])])
def test_a_variants_prefix_is_not_left_out_in_silence(tmp_path: Path, prefix: str, warned: list[str]) -> None:
    number(tmp_path, FIRST)
    chosen = f"{{section: publications, categories: [{{id: journal, prefix: {prefix}}}]}}"
    settings = f"owner: {{name: Ada Example}}\nvariants:\n  full: {{sections: [{chosen}]}}\n"
    (tmp_path / "content/cv.yaml").write_text(settings, encoding="utf-8")
    numbers, findings = printed(tmp_path)
    assert numbers == ["J3 c", "J2 b", "J1 a"]
    assert [item.code for item in findings] == warned


def _cv(keys: Mapping[str, int], lock: str) -> Cv:
    """A CV of articles with these keys and years."""
    settings, section = SourceFile("cv.yaml", SETTINGS), SourceFile("publications.yaml", SECTION)
    bib = "".join(entry(key, year, title=f"Work {key}") for key, year in keys.items())
    bibliography = (SourceFile("all.bib", bib),)
    numbers = load_numbers(SourceFile("numbers.lock", lock))[0] if lock else NumberLock()
    cv, found = make_cv(settings, {"publications": section}, bibliography, numbers=numbers)
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
        cv = _cv(state, lock)
        lock = with_lines(cv.numbers.source, permanent_numbers(cv, Findings()).missing)
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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            entry("c", 2020, more=", doi={10.1000/182}"),
            entry("renamed", 2021, title="Another", more=", doi={https://doi.org/10.1000/182}"), id="DOI",
        ),
        pytest.param(
            entry("c", 2020, title="On {C}ommas, and Dots"),
            entry("renamed", 2020, title="On commas and dots"), id="title and year",
        ),
    ],
)  # fmt: skip
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
        entry("other", 2021, title="On C"),
        entry("other", 2020, title="On See"),
        entry("other", 2020, title="On C", more=", doi={10.1000/2}"),
        entry("other", 2020, "inproceedings", title="On C"),
    ],
    ids=["another year", "another title", "another DOI", "another category"],
)
def test_another_work_gets_a_number_of_its_own(tmp_path: Path, new: str) -> None:
    number(tmp_path, FIRST.replace(entry("c", 2020), entry("c", 2020, more=", doi={10.1000/1}")))
    numbers, findings = number(tmp_path, FIRST.replace(entry("c", 2020), new))
    assert numbers["other"] in {"J4", "C2"}
    assert findings == []


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
    ("lock", "check"), [("a | J1\nb | J1\n", ""), ("a | J1\n", "--check"), ("a | J1\n", "")]
)
def test_checks_and_errors_write_nothing(tmp_path: Path, run_cli: RunCli, lock: str, check: str) -> None:
    path = write_project(tmp_path, files(FIRST, lock)) / "bib/numbers.lock"
    if run_cli("-C", tmp_path, "number", *check.split()).code:
        assert path.read_text(encoding="utf-8") == lock
    else:
        assert held(path) == FOUR


def test_no_number_is_written_out_of_the_project(tmp_path: Path, run_cli: RunCli) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    settings = SETTINGS + "bibliography: [papers.bib]\n"
    write_project(
        project, {"content/cv.yaml": settings, "content/publications.yaml": SECTION, "papers.bib": FIRST}
    )
    elsewhere.mkdir()
    (project / "bib").symlink_to(elsewhere)
    done = run_cli("-C", project, "number")
    assert done.code == 1
    assert "error[outside-project]" in done.err
    assert list(elsewhere.iterdir()) == []
