"""Comments that silence: what they hold for. Whole projects: tests/cases/lint/silencing.txt."""

from __future__ import annotations

import pytest

from cvbuild.diagnostics import Diagnostic, Label, Severity
from cvbuild.read.comments import ignores_in, unknown_codes, without_silenced
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


def at_line(source: SourceFile, number: int) -> Span:
    """The span of a line, counted from 1."""
    return source.span_of_line(number - 1)


def silent_lines(source: SourceFile, code: str) -> list[int]:
    """The lines, counted from 1, at which a warning with the code is not heard."""
    return [
        number
        for number in range(1, len(source.line_starts) + 1)
        if not without_silenced([Diagnostic(code, "", at_line(source, number), "warning")])[0]
    ]


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("some-code", [3, 6]),
        ("other-code", [4, 5, 6, 7, 8, 9, 10, 11]),
        ("third-code", [4, 5, 6, 7, 8, 9, 10, 11]),
    ],
)
def test_in_yaml_a_comment_holds_for_its_line_and_what_is_indented_under_it(
    code: str, lines: list[int]
) -> None:
    assert silent_lines(SourceFile("a.yaml", YAML), code) == lines


def test_a_comment_above_an_item_holds_for_the_item_alone() -> None:
    text = (
        "items:\n  - title: A\n  # cvbuild: ignore some-code\n  # on B\n  - title: B\n    date: 2020\n"
        "\n  - title: C\n"
    )
    assert silent_lines(SourceFile("a.yaml", text), "some-code") == [5, 6, 7]


def test_a_comment_above_a_blank_line_or_at_the_end_of_the_file_holds_for_nothing() -> None:
    source = SourceFile("a.yaml", "# cvbuild: ignore some-code\n\ntitle: A\n# cvbuild: ignore some-code\n")
    assert silent_lines(source, "some-code") == []


def test_in_bibtex_a_comment_holds_for_the_whole_entry_below_it() -> None:
    text = (
        "@misc{a,\n  title = {A},\n}\n% cvbuild: ignore some-code\n% more\n@misc{b,\n  title = {B},\n}\n"
        "@misc{c}\n"
    )
    assert silent_lines(SourceFile("a.bib", text), "some-code") == [6, 7, 8]


def test_in_bibtex_the_percent_sign_may_be_left_out_and_a_hash_is_no_comment() -> None:
    assert silent_lines(SourceFile("a.bib", "cvbuild: ignore some-code\n@misc{b}"), "some-code") == [2]
    assert silent_lines(SourceFile("a.bib", "# cvbuild: ignore some-code\n@misc{b}"), "some-code") == []


def test_text_that_only_contains_the_words_is_no_comment() -> None:
    assert list(ignores_in(SourceFile("a.yaml", "text: write cvbuild: ignore some-code\n"))) == []


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
