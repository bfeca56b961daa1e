"""What an entry says of its names (biblatex's `author+an`), read."""

from __future__ import annotations

import pytest

from cvbuild.content.persons import annotated_places
from cvbuild.diagnostics import Findings
from cvbuild.source import Scalar, SourceFile, Span


def places_in(value: str, length: int = 3, field: str = "author+an") -> tuple[dict[str, set[int]], list[str]]:
    """Places by word, and what the warnings say."""
    typed = Scalar(value, Span(SourceFile("a.bib", value), 0, len(value)))
    findings = Findings()
    found = annotated_places({field: typed}, "author", length, findings)
    return {word: set(places) for word, places in found.items()}, [item.message for item in findings.items]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1=equal;2=equal,corresponding;3=student", {"equal": {0, 1}, "corresponding": {1}, "student": {2}}),
        (' 2 = Equal , "corresponding" ; ', {"equal": {1}, "corresponding": {1}}),
        ("1=highlight", {"highlight": {0}}),
        ("1=first; 2=mine", {}),
        ("1:family=equal", {}),
        ("=equal", {}),
        ("", {}),
    ],
)
def test_annotations_are_read_as_biblatex_writes_them(value: str, expected: dict[str, set[int]]) -> None:
    assert places_in(value) == (expected, [])


def test_a_named_annotation_counts_too_and_another_fields_does_not() -> None:
    assert places_in("1=equal", field="author+an:contribution")[0] == {"equal": {0}}
    assert places_in("1=equal", field="editor+an")[0] == {}
    assert places_in("1=equal", field="author+another")[0] == {}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("4=equal", "`4=equal` marks a name that is not there: `author` has 3"),
        ("0=equal", "`0=equal` marks a name that is not there: `author` has 3"),
        ("1=corespondig", "the annotation `corespondig` means nothing here"),
        ("1:equal", "`1:equal` is not an annotation of a name"),
        ("equal", "`equal` is not an annotation of a name"),
    ],
)
def test_an_annotation_that_marks_nobody_is_warned_of(value: str, message: str) -> None:
    assert places_in(f"{value}; 2=equal") == ({"equal": {1}}, [message])
