"""Marks behind the names of authors, and of what is new since a day; and what the legend says of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from cvbuild.commands.lists import count
from cvbuild.content.values import Date
from cvbuild.diagnostics import Diagnostic
from cvbuild.loading import load_cv
from cvbuild.select.request import Request
from cvbuild.select.selection import select
from cvbuild.select.types import SelectedSection
from tests.projects import load, make_project

SECTION = "kind: publications\ntitle: Publications\ncategories: [{id: all, title: All, match: {}}]\n"
STUDENTS = """\
kind: students
title: Supervision
items:
  - {name: Li Örnek, degree: PhD, period: 2019-10 – 2022-03}
  - {name: Jan van Voorbeeld, period: 2023 – present, also_published_as: "Specimen, Jan"}
"""
ALL = "mark: [students, equal, corresponding]\n"
MARK = "mark: students\n"


def entry(key: str, authors: str, year: str | int = 2020, more: str = "") -> str:
    return f"@article{{{key}, author={{{authors}}}, title={{On {key}}}, year={{{year}}}{more}}}\n"


def annotated(key: str, authors: str, annotation: str) -> str:
    return entry(key, authors, more=f", author+an={{{annotation}}}")


def chosen(
    folder: Path,
    bib: str,
    section: str = "",
    students: str = STUDENTS,
    *,
    since: str = "",
    choice: str = "publications",
    lock: str | None = None,
) -> tuple[SelectedSection, list[Diagnostic]]:
    """The section of publications as selected, and what was found on the way."""
    files = {
        "content/cv.yaml": f"owner: {{name: Ada Example}}\nvariants:\n  full: {{sections: [{choice}]}}\n",
        "content/publications.yaml": SECTION + section,
        "content/students.yaml": students,
        "bib/all.bib": bib,
        "bib/numbers.lock": lock,
    }
    cv, found = load(folder, files)
    selected, findings = select(cv, "full", Request(new_since=Date.parse(since) if since else None))
    return selected.sections[0], [*found, *findings.items]


def marks(section: SelectedSection) -> dict[str, Mapping[int, str]]:
    return {str(item.key): item.marks for item in section.publications}


def new(section: SelectedSection) -> list[str]:
    return [str(item.key) for item in section.publications if item.is_new]


def legend(section: SelectedSection) -> list[tuple[str, str, int, int]]:
    return [(line.meaning, line.sign, line.count, line.total) for line in section.legend]


# ---- signs

TEAM = "Örnek, Li and Example, Ada and Other, Bob"
FIVE = " and ".join(["Example, Ada", *(f"Other, {letter}." for letter in "BCDE"), "Örnek, Li"])


@pytest.mark.parametrize(
    ("bib", "section", "expected", "explained"),
    [
        pytest.param(
            annotated("a", "Örnek, Li and Example, Ada*", "1=equal"), "", {"a": {}}, [], id="none asked for",
        ),
        pytest.param(
            annotated("a", TEAM, "1=equal;2=equal,corresponding") + entry("b", "Örnek, L.", 2021)
            + entry("c", "Other, Bob", 2022), ALL, {"a": {0: "*†", 1: "*‡"}, "b": {0: "†"}, "c": {}},
            [("equal", "*", 1, 3), ("students", "†", 2, 3), ("corresponding", "‡", 1, 3)], id="counted",
        ),
        pytest.param(
            annotated("a", FIVE, "1=corresponding; 5=equal"), ALL + "max_authors: 3\n", {"a": {0: "‡"}},
            [("corresponding", "‡", 1, 1)], id="the legend has only what is printed",
        ),
        pytest.param(
            "@book{a, editor={Example, Ada and Other, Bob}, editor+an={2=equal}, title={T}, year=2020}",
            ALL, {"a": {1: "*"}}, [("equal", "*", 1, 1)], id="editors of a volume",
        ),
        pytest.param(
            annotated("a", "Other, Bob$^*$ and Example, Ada", "1=equal;2=equal"), ALL,
            {"a": {0: "*", 1: "*"}}, [("equal", "*", 1, 1)], id="a typed sign is not printed twice",
        ),
        pytest.param(
            annotated("a", "Other, Bob* and Example, Ada", "2=equal") + entry("b", "Örnek, Li†"), ALL,
            {"a": {0: "*", 1: "§"}, "b": {0: "†"}}, [("equal", "§", 1, 2), ("students", "†", 1, 2)],
            id="a sign typed for something else is left to it",
        ),
        pytest.param(
            annotated("a", "Other, Bob∗ and Example, Ada", "2=equal") + entry("b", "Örnek, Li"),
            ALL + 'signs: {equal: "*", students: s}\n', {"a": {0: "∗", 1: "*"}, "b": {0: "s"}},
            [("equal", "*", 1, 2), ("students", "s", 1, 2)], id="the section says what typed signs mean",
        ),
    ],
)  # fmt: skip
def test_signs_stand_behind_names_as_asked(
    tmp_path: Path, bib: str, section: str, expected: object, explained: object
) -> None:
    selected, found = chosen(tmp_path, bib, section)
    assert (marks(selected), legend(selected), found) == (expected, explained, [])


@pytest.mark.parametrize("signs", ['{equal: "**"}', '{equal: "*", students: "*"}'])
def test_a_sign_is_one_character_and_means_one_thing(tmp_path: Path, signs: str) -> None:
    section = f"{SECTION}signs: {signs}\n"
    _, found = load_cv(make_project(tmp_path, {"content/publications.yaml": section}))
    assert [(item.code, item.message) for item in found] == [
        ("wrong-value", "each sign is one character, another one for each meaning")
    ]


def test_a_variant_has_its_own_marks(tmp_path: Path) -> None:
    bib = annotated("a", "Örnek, Li and Example, Ada", "1=equal")
    none, _ = chosen(tmp_path / "none", bib, ALL, choice="{section: publications, mark: []}")
    equal, _ = chosen(tmp_path / "equal", bib, choice="{section: publications, mark: equal}")
    assert (marks(none), marks(equal)) == ({"a": {}}, {"a": {0: "*"}})


# ---- students


@pytest.mark.parametrize(
    ("author", "when", "is_student"),
    [
        ("Örnek, Li", 2020, True), ("{\\\"O}rnek, L.", 2020, True), ("Ornek, L.", 2020, True),
        ("Örnek, Lo", 2020, False), ("Örnek, K.", 2020, False), ("Jan van Voorbeeld", 2020, False),
        ("{Örnek Li}", 2020, False), ("Specimen, J.", 2024, True), ("van Voorbeeld, J.", 2024, True),
        ("Van Voorbeeld, Jan", 2024, True), ("van Voorbeeld, Jan", "in press", True),
    ],
)  # fmt: skip
def test_a_student_is_known_by_name(tmp_path: Path, author: str, when: str, is_student: bool) -> None:
    section, _ = chosen(tmp_path, entry("a", f"Example, Ada and {author}", when), MARK)
    assert marks(section) == {"a": {1: "†"} if is_student else {}}


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
    section, _ = chosen(tmp_path, bib, f"{MARK}student_grace: {grace}\n")
    assert bool(marks(section)["a"]) == is_student


def supervised(*students: str) -> str:
    return f"kind: students\ntitle: S\nitems: [{', '.join(f'{{name: {student}}}' for student in students)}]\n"


TWO = supervised("Max Muster, period: 2019 – 2020", "Maria Muster, period: 2016 – 2021")


@pytest.mark.parametrize(
    ("bib", "section", "students", "expected", "codes"),
    [
        pytest.param(
            entry("a", "Muster, M. and Example, Ada") + entry("b", "Muster, M. and Example, Ada"),
            MARK, TWO, {"a": {}, "b": {}}, ["student-ambiguous"],
            id="a name that fits two is nobody's and said once",
        ),
        pytest.param(
            annotated("a", "Muster, M. and Example, Ada", "1=student") + entry("b", "Muster, Max"),
            MARK, TWO, {"a": {0: "†"}, "b": {0: "†"}}, [],
            id="it is marked where the entry says so or the name is whole",
        ),
        pytest.param(
            entry("a", "Muster, M.", 2011) + entry("b", "Muster, M.", 2016) + entry("c", "Muster, M.", 2019),
            MARK, supervised("Max Muster, period: 2019 – 2020", "Max Muster, period: 2010 – 2011"),
            {"a": {0: "†"}, "b": {}, "c": {0: "†"}}, [],
            id="a student listed twice is one person with both periods",
        ),
        pytest.param(
            entry("a", "Example, A."), MARK, supervised("Anna Example, period: 2019 – 2020"), {"a": {}}, [],
            id="the owner is no student of their own",
        ),
        pytest.param(
            entry("a", "Muster, Max"), MARK, supervised("Max Muster"), {"a": {}}, ["student-no-period"],
            id="without a period",
        ),
        pytest.param(
            entry("a", "Muster, Max"), "", supervised("Max Muster"), {"a": {}}, [],
            id="without a period, where students are not marked",
        ),
    ],
)  # fmt: skip
def test_students_are_told_apart(
    tmp_path: Path,
    bib: str,
    section: str,
    students: str,
    expected: dict[str, dict[int, str]],
    codes: list[str],
) -> None:
    selected, found = chosen(tmp_path, bib, section, students)
    assert (marks(selected), [item.code for item in found]) == (expected, codes)
    if codes == ["student-ambiguous"]:
        assert [label.span.text for label in found[0].labels] == ["Max Muster", "Maria Muster"]


def test_a_cv_without_students_counts_none(tmp_path: Path) -> None:
    cv, _ = load(tmp_path, {"content/publications.yaml": SECTION, "bib/all.bib": entry("a", "Example, Ada")})
    assert count(cv).with_students is None


# ---- new since a day


@pytest.mark.parametrize(
    ("when", "since", "verdict"),
    [
        ("2025", "2025", "new"), ("2024", "2025", "old"), ("2026", "2025-06", "new"),
        ("2025", "2025-06", "unknown"), ("2025", "2025-01", "new"), ("2025-05", "2025-06", "old"),
        ("2025-06", "2025-06", "new"), ("2025-06", "2025-06-15", "unknown"),
        ("2025-06-14", "2025-06-15", "old"),
        ("2025-06-15", "2025-06-15", "new"), ("2025-07", "2025", "new"), ("in press", "2025", "new"),
        ("", "2025", "old"),
    ],
)  # fmt: skip
def test_what_is_dated_that_day_or_later_is_new(tmp_path: Path, when: str, since: str, verdict: str) -> None:
    section, found = chosen(tmp_path, entry("a", "Example, Ada", when), since=since)
    unknown = any(item.code == "new-since-unknown" for item in found)
    assert ("new" if new(section) else "unknown" if unknown else "old") == verdict
    assert legend(section) == ([("new", "", 1, 1)] if verdict == "new" else [])


@pytest.mark.parametrize(
    ("years", "lock", "expected", "codes"),
    [
        # "d" has no number yet: it joins today.
        ({"a": 1999, "b": 2026, "c": 2026, "d": 2025}, "a | 1 | 2025-07-01\nb | 2 | 2025-05-31\nc | 3\n",
         ["a", "c", "d"], ["unnumbered"]),
        # With another category an entry is not new again.
        ({"a": 2025, "b": 2025}, "a | P1 | 2024-01-01\na | 1 | 2025-07-01\nb | 2 | 2025-07-01\n", ["b"], []),
    ],
)  # fmt: skip
def test_the_day_of_a_permanent_number_comes_before_the_date(
    tmp_path: Path, years: Mapping[str, int], lock: str, expected: list[str], codes: list[str]
) -> None:
    bib = "".join(entry(key, "Example, Ada", year) for key, year in years.items())
    section, found = chosen(tmp_path, bib, "numbering: permanent\n", since="2025-06", lock=lock)
    assert (sorted(new(section)), [item.code for item in found]) == (expected, codes)


@pytest.mark.parametrize(("term", "is_new"), [("SS 2025", False), ("WS 2025/26", True)])
def test_of_a_term_its_beginning_counts(tmp_path: Path, term: str, is_new: bool) -> None:
    courses = f"kind: courses\ntitle: C\nitems: [{{term: {term}, courses: [{{title: A}}]}}]\n"
    cv, _ = load(tmp_path, {"content/courses.yaml": courses})
    selected, findings = select(cv, "full", Request(new_since=Date.parse("2025-06")))
    assert bool(selected.sections[0].new) is is_new
    assert [item.code for item in findings.items] == ([] if is_new else ["nothing-new"])


def test_those_whose_date_does_not_say_are_warned_of_together(tmp_path: Path) -> None:
    bib = "".join(entry(key, "Example, Ada", 2025) for key in "abc")
    _, found = chosen(tmp_path, bib, since="2025-06")
    assert [item.message for item in found] == [
        "the date of `a` does not tell whether it is new since 2025-06, nor of 2 others in its section;"
        " not marked as new"
    ]


def test_a_variant_says_since_when_and_the_call_comes_first(tmp_path: Path) -> None:
    bib = entry("a", "Example, Ada", 2024) + entry("b", "Example, Ada", 2025)
    choice = "{section: publications, new_since: 2025}"
    assert new(chosen(tmp_path, bib, choice=choice)[0]) == ["b"]
    assert new(chosen(tmp_path, bib, choice=choice, since="2024")[0]) == ["b", "a"]


def test_a_date_is_shown_as_it_was_typed() -> None:
    for typed in ("2025", "2025-06", "2025-06-03", "WS 2024/25", "spring 2024"):
        assert str(Date.parse(typed)) == typed
