"""What is new since a day."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.content.values import Date
from cvbuild.select import select
from tests.projects import load
from tests.select.marked import chosen, entry, legend, new


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
def test_what_is_dated_on_the_day_or_later_is_new(
    tmp_path: Path, when: str, since: str, verdict: str
) -> None:
    section, found = chosen(tmp_path, entry("a", "Example, Ada", when), since=since)
    unknown = [item for item in found if item.code == "new-since-unknown"]
    assert ("new" if new(section) else "unknown" if unknown else "old") == verdict
    assert legend(section) == ([("new", "", 1, 1)] if verdict == "new" else [])


def test_where_it_is_known_the_day_of_its_number_decides(tmp_path: Path) -> None:
    years = {"a": 1999, "b": 2026, "c": 2026, "d": 2025}
    bib = "".join(entry(key, "Example, Ada", year) for key, year in years.items())
    lock = "a | 1 | 2025-07-01\nb | 2 | 2025-05-31\nc | 3\n"
    section, found = chosen(tmp_path, bib, "numbering: permanent\n", since="2025-06", lock=lock)
    assert sorted(new(section)) == ["a", "c", "d"], "d has no number yet: it is added today"
    assert [item.code for item in found] == ["unnumbered"]


def test_with_another_category_an_entry_is_not_new_again(tmp_path: Path) -> None:
    lock = "a | P1 | 2024-01-01\na | 1 | 2025-07-01\nb | 2 | 2025-07-01\n"
    bib = entry("a", "Example, Ada", 2025) + entry("b", "Example, Ada", 2025)
    section, _ = chosen(tmp_path, bib, "numbering: permanent\n", since="2025-06", lock=lock)
    assert new(section) == ["b"]


@pytest.mark.parametrize(("term", "is_new"), [("SS 2025", False), ("WS 2025/26", True)])
def test_of_a_term_its_beginning_counts(tmp_path: Path, term: str, is_new: bool) -> None:
    courses = f"kind: courses\ntitle: C\nitems: [{{term: {term}, courses: [{{title: A}}]}}]\n"
    cv, _ = load(tmp_path, {"content/courses.yaml": courses})
    selected, findings = select(cv, "full", Date.parse("2025-06"))
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
