"""Comments that silence: what they hold for. Whole projects: tests/cases/lint/silencing.txt."""

from __future__ import annotations

import pytest

from cvbuild.diagnostics import Diagnostic, Label, Severity
from cvbuild.read.comments import unknown_codes, without_silenced
from cvbuild.source import SourceFile, Span

YAML = """\
kind: awards
# cvbuild: ignore some-code
title: Awards
items:  # cvbuild: ignore other-code, third-code
- title: A
  date: 2020  # cvbuild: ignore some-code
- title: B
  text: >-
    long
    text
  date: 2021
note: N
"""


ITEMS = """\
items:
  - title: A
  # cvbuild: ignore some-code
  # on B
  - title: B
    date: 2020

  - title: C
"""
BLANK = "# cvbuild: ignore some-code\n\ntitle: A\n# cvbuild: ignore some-code\n"
ENTRIES = "@misc{a,\n  t = {A},\n}\n% cvbuild: ignore some-code\n% more\n@misc{b,\n  t = {B},\n}\n@misc{c}\n"


def at_line(source: SourceFile, number: int) -> Span:
    """Return the span of a line, counted from 1."""
    return source.span_of_line(number - 1)


@pytest.mark.parametrize(
    ("name", "text", "code", "silent"),
    [
        ("its line, or the line below", YAML, "some-code", [3, 6]),
        ("all that is indented under its line", YAML, "other-code", [4, 5, 6, 7, 8, 9, 10, 11]),
        ("each of two codes", YAML, "third-code", [4, 5, 6, 7, 8, 9, 10, 11]),
        ("the item below alone", ITEMS, "some-code", [5, 6, 7]),
        ("nothing above a blank line or at the end of the file", BLANK, "some-code", []),
        ("nothing within a text", "text: write cvbuild: ignore some-code\n", "some-code", []),
        (".bib: the whole entry below", ENTRIES, "some-code", [6, 7, 8]),
        (".bib: the same without `%`", "cvbuild: ignore some-code\n@misc{b}", "some-code", [2]),
        (".bib: nothing behind a hash", "# cvbuild: ignore some-code\n@misc{b}", "some-code", []),
    ],
)
def test_a_comment_holds_for(name: str, text: str, code: str, silent: list[int]) -> None:
    source = SourceFile("a.bib" if name.startswith(".bib") else "a.yaml", text)
    lines = range(1, len(source.line_starts) + 1)
    warnings = [Diagnostic(code, "", at_line(source, line), "warning") for line in lines]
    assert [
        line for line, item in zip(lines, warnings, strict=True) if not without_silenced([item])[0]
    ] == silent


@pytest.mark.parametrize("severity", ["error", "warning", "note"])
def test_warnings_and_notes_of_any_code_are_silenced_and_errors_are_not(severity: Severity) -> None:
    source = SourceFile("a.yaml", "# cvbuild: ignore unlisted-section\nkind: text\n")
    item = Diagnostic("unlisted-section", "", at_line(source, 2), severity)
    expected = ([item], []) if severity == "error" else ([], [item])
    assert without_silenced([item]) == expected
    assert without_silenced([Diagnostic("a", "", None, severity)], ["a"])[0] == (
        [Diagnostic("a", "", None, severity)] if severity == "error" else []
    )


def test_one_of_two_places_is_enough() -> None:
    source = SourceFile("a.bib", "@misc{a}\n% cvbuild: ignore some-code\n@misc{b}\n")
    one, other = at_line(source, 1), at_line(source, 3)
    assert without_silenced([Diagnostic("some-code", "", one, "warning", (Label(other, ""),))])[0] == []
    assert without_silenced([Diagnostic("some-code", "", other, "warning", (Label(one, ""),))])[0] == []


def test_codes_that_no_message_has_are_pointed_at() -> None:
    source = SourceFile("a.yaml", "# cvbuild: ignore some-code, som-code\na: b\n")
    (found,) = unknown_codes([source], {"some-code"})
    assert found.severity == "warning"
    assert found.span is not None
    assert found.span.text == "som-code"
    assert found.hints == ("did you mean `some-code`?",)
