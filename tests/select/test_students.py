"""Which authors are supervised students."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.stats import count
from tests.projects import load
from tests.select.marked import SECTION, chosen, entry, marks


@pytest.mark.parametrize(
    ("author", "is_student"),
    [
        ("Örnek, Li", True), ("{\\\"O}rnek, L.", True), ("Ornek, L.", True), ("Örnek, Lo", False),
        ("Örnek, K.", False), ("Jan van Voorbeeld", False), ("{Örnek Li}", False),
    ],
)  # fmt: skip
def test_a_student_is_known_by_name(tmp_path: Path, author: str, is_student: bool) -> None:
    section, _ = chosen(tmp_path, entry("a", f"Example, Ada and {author}"), "mark: students\n")
    assert marks(section) == {"a": {1: "†"} if is_student else {}}


@pytest.mark.parametrize("author", ["Specimen, J.", "van Voorbeeld, J.", "Van Voorbeeld, Jan"])
def test_a_student_is_known_by_particles_and_other_names(tmp_path: Path, author: str) -> None:
    section, _ = chosen(tmp_path, entry("a", f"{author} and Example, Ada", 2024), "mark: students\n")
    assert marks(section) == {"a": {0: "†"}}


@pytest.mark.parametrize(
    ("when", "grace", "is_student"),
    [
        ("2018", 2, False), ("2019", 2, True), ("2019-09", 2, False), ("2019-10", 2, True),
        ("2022-03", 2, True), ("2024", 2, True), ("2024-03", 2, True), ("2024-04", 2, False),
        ("2025", 2, False), ("2022", 0, True), ("2022-04", 0, False), ("2025-03", 3, True),
        ("in press", 2, False),
    ],
)  # fmt: skip
def test_publications_count_from_the_beginning_to_some_years_after_the_end(
    tmp_path: Path, when: str, grace: int, is_student: bool
) -> None:
    bib = entry("a", "Example, Ada and Örnek, Li", when)
    section, _ = chosen(tmp_path, bib, f"mark: students\nstudent_grace: {grace}\n")
    assert bool(marks(section)["a"]) == is_student


def test_what_is_in_press_is_of_supervisions_that_go_on(tmp_path: Path) -> None:
    bib = entry("a", "Example, Ada and van Voorbeeld, Jan", "in press")
    assert marks(chosen(tmp_path, bib, "mark: students\n")[0]) == {"a": {1: "†"}}


TWO = """\
kind: students
title: Supervision
items:
  - {name: Max Muster, period: 2019 – 2020}
  - {name: Maria Muster, period: 2016 – 2021}
"""


def test_a_name_that_fits_two_students_is_nobodys_and_said_once(tmp_path: Path) -> None:
    bib = entry("a", "Muster, M. and Example, Ada") + entry("b", "Muster, M. and Example, Ada")
    section, found = chosen(tmp_path, bib, "mark: students\n", TWO)
    assert marks(section) == {"a": {}, "b": {}}
    assert [item.code for item in found] == ["student-ambiguous"]
    assert [label.span.text for label in found[0].labels] == ["Max Muster", "Maria Muster"]


def test_a_name_that_fits_two_is_marked_where_the_entry_says_so_or_the_name_is_whole(tmp_path: Path) -> None:
    bib = entry("a", "Muster, M. and Example, Ada", more=", author+an={1=student}") + entry(
        "b", "Muster, Max"
    )
    section, found = chosen(tmp_path, bib, "mark: students\n", TWO)
    assert marks(section) == {"a": {0: "†"}, "b": {0: "†"}}
    assert found == []


def test_a_student_listed_twice_is_one_person_with_both_periods(tmp_path: Path) -> None:
    twice = TWO.replace("Maria", "Max").replace("2016 – 2021", "2010 – 2011")
    bib = entry("a", "Muster, M.", 2011) + entry("b", "Muster, M.", 2016) + entry("c", "Muster, M.", 2019)
    section, found = chosen(tmp_path, bib, "mark: students\n", twice)
    assert marks(section) == {"a": {0: "†"}, "b": {}, "c": {0: "†"}}
    assert found == []


def test_the_owner_is_no_student_of_their_own(tmp_path: Path) -> None:
    students = "kind: students\ntitle: S\nitems: [{name: Anna Example, period: 2019 – 2020}]\n"
    section, found = chosen(tmp_path, entry("a", "Example, A."), "mark: students\n", students)
    assert (marks(section), found) == ({"a": {}}, [])


def test_a_student_without_a_period_is_warned_of_where_students_are_marked(tmp_path: Path) -> None:
    students = "kind: students\ntitle: S\nitems: [{name: Max Muster}]\n"
    bib = entry("a", "Muster, Max and Example, Ada")
    assert chosen(tmp_path / "off", bib, "", students)[1] == []
    section, found = chosen(tmp_path / "on", bib, "mark: students\n", students)
    assert (marks(section), [item.code for item in found]) == ({"a": {}}, ["student-no-period"])


def test_a_cv_without_students_counts_none(tmp_path: Path) -> None:
    cv, _ = load(tmp_path, {"content/publications.yaml": SECTION, "bib/all.bib": entry("a", "Example, Ada")})
    assert count(cv).with_students is None
