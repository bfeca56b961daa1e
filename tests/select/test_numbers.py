"""Which number an entry gets, and that it keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cvbuild.content.cv import Cv, LoadedContent, make_cv
from cvbuild.diagnostics import Findings
from cvbuild.read.numberlock import NumberLock, load_numbers, with_lines
from cvbuild.select import permanent_numbers, select
from cvbuild.source import SourceFile
from tests.projects import write_project
from tests.select.numbered import FIRST, SECTION, SETTINGS, entry, files, number, printed


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
    settings, section = SourceFile("cv.yaml", SETTINGS), SourceFile("publications.yaml", SECTION)
    bib = "".join(entry(key, year, title=f"Work {key}") for key, year in keys.items())
    bibliography = (SourceFile("all.bib", bib),)
    numbers = load_numbers(SourceFile("numbers.lock", lock))[0] if lock else NumberLock()
    loaded = LoadedContent(settings, {"publications": section}, bibliography, numbers=numbers)
    cv, found = make_cv(loaded)
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
