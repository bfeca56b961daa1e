"""Which signs stand behind names, and what the legend says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.loading import load_cv
from cvbuild.project import find_project
from tests.projects import write_project
from tests.select.marked import ALL, SECTION, chosen, entry, legend, marks


def test_nothing_is_marked_that_was_not_asked_for(tmp_path: Path) -> None:
    bib = entry("a", "Örnek, Li and Example, Ada*", more=", author+an={1=equal}")
    section, found = chosen(tmp_path, bib)
    assert (marks(section), section.legend, section.new) == ({"a": {}}, (), frozenset())
    assert found == []


def test_signs_stand_behind_names_and_the_legend_counts(tmp_path: Path) -> None:
    bib = (
        entry(
            "a",
            "Örnek, Li and Example, Ada and Other, Bob",
            more=", author+an={1=equal;2=equal,corresponding}",
        )
        + entry("b", "Örnek, L.", 2021)
        + entry("c", "Other, Bob", 2022)
    )
    section, _ = chosen(tmp_path, bib, ALL)
    assert marks(section) == {"a": {0: "*†", 1: "*‡"}, "b": {0: "†"}, "c": {}}
    assert legend(section) == [("equal", "*", 1, 3), ("students", "†", 2, 3), ("corresponding", "‡", 1, 3)]


def test_the_legend_has_only_what_is_printed(tmp_path: Path) -> None:
    authors = " and ".join(["Example, Ada", *(f"Other, {letter}." for letter in "BCDE"), "Örnek, Li"])
    bib = entry("a", authors, more=", author+an={1=corresponding; 5=equal}")
    section, _ = chosen(tmp_path, bib, ALL + "max_authors: 3\n")
    assert legend(section) == [("corresponding", "‡", 1, 1)]


def test_editors_of_a_volume_are_marked_as_authors_are(tmp_path: Path) -> None:
    bib = "@book{a, editor={Example, Ada and Other, Bob}, editor+an={2=equal}, title={T}, year=2020}"
    assert marks(chosen(tmp_path, bib, ALL)[0]) == {"a": {1: "*"}}


def test_a_sign_that_was_typed_is_not_printed_twice(tmp_path: Path) -> None:
    bib = entry("a", "Other, Bob$^*$ and Example, Ada", more=", author+an={1=equal;2=equal}")
    assert marks(chosen(tmp_path, bib, ALL)[0]) == {"a": {0: "*", 1: "*"}}


def test_a_sign_that_was_typed_for_something_else_is_left_to_it(tmp_path: Path) -> None:
    bib = entry("a", "Other, Bob* and Example, Ada", more=", author+an={2=equal}") + entry("b", "Örnek, Li†")
    section, _ = chosen(tmp_path, bib, ALL)
    assert marks(section) == {"a": {0: "*", 1: "§"}, "b": {0: "†"}}
    assert legend(section) == [("equal", "§", 1, 2), ("students", "†", 1, 2)]


def test_the_section_says_what_typed_signs_mean(tmp_path: Path) -> None:
    bib = entry("a", "Other, Bob∗ and Example, Ada", more=", author+an={2=equal}") + entry("b", "Örnek, Li")
    section, _ = chosen(tmp_path, bib, ALL + 'signs: {equal: "*", students: s}\n')
    assert marks(section) == {"a": {0: "∗", 1: "*"}, "b": {0: "s"}}
    assert legend(section) == [("equal", "*", 1, 2), ("students", "s", 1, 2)]


@pytest.mark.parametrize("signs", ['{equal: "**"}', '{equal: "*", students: "*"}'])
def test_a_sign_is_one_character_and_means_one_thing(tmp_path: Path, signs: str) -> None:
    write_project(tmp_path, {"content/publications.yaml": f"{SECTION}signs: {signs}\n"})
    _, found = load_cv(find_project(tmp_path))
    assert [(item.code, item.message) for item in found] == [
        ("wrong-value", "each sign is one character, another one for each meaning")
    ]


def test_a_variant_has_its_own_marks(tmp_path: Path) -> None:
    bib = entry("a", "Örnek, Li and Example, Ada", more=", author+an={1=equal}")
    none, _ = chosen(tmp_path / "none", bib, ALL, choice="{section: publications, mark: []}")
    equal, _ = chosen(tmp_path / "equal", bib, choice="{section: publications, mark: equal}")
    assert (marks(none), marks(equal)) == ({"a": {}}, {"a": {0: "*"}})
