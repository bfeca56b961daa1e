from __future__ import annotations

from io import StringIO
from json import loads
from pathlib import Path

import pytest

from cvbuild.diagnostics import Diagnostic, Findings, Label, did_you_mean
from cvbuild.report import (
    LONGEST_LINE,
    MOST_SHOWN,
    as_json,
    github_line,
    in_order,
    print_diagnostics,
    summary,
)
from cvbuild.source import SourceFile, Span

SOURCE = SourceFile("content/a.yaml", "one: 日本 two\n\tthree: 3\nfour: 4\n")


def span_of(text: str) -> Span:
    at = SOURCE.text.index(text)
    return Span(SOURCE, at, at + len(text))


def printed(*diagnostics: Diagnostic) -> str:
    stream = StringIO()
    print_diagnostics(diagnostics, stream)
    return stream.getvalue()


def test_nothing_is_printed_for_nothing() -> None:
    assert printed() == ""


def test_a_diagnostic_without_a_place() -> None:
    assert (
        printed(Diagnostic("code", "message", hints=("do this",))) == "error[code]: message\n   = do this\n\n"
    )


def test_the_mark_stands_under_wide_characters() -> None:
    lines = printed(Diagnostic("code", "message", span_of("two"))).splitlines()
    assert lines[1:4] == ["  --> content/a.yaml:1:9", " 1 | one: 日本 two", "   |           ^^^"]


def test_the_mark_is_as_wide_as_wide_characters() -> None:
    assert printed(Diagnostic("code", "message", span_of("日本"))).splitlines()[3] == "   |      ^^^^"


def test_a_tab_is_one_column() -> None:
    lines = printed(Diagnostic("code", "message", span_of("three"))).splitlines()
    assert lines[2:4] == [" 2 |  three: 3", "   |  ^^^^^"]


def test_the_mark_ends_with_its_line() -> None:
    whole = Span(SOURCE, SOURCE.text.index("four"), len(SOURCE.text))
    assert printed(Diagnostic("code", "message", whole)).splitlines()[3] == "   | ^^^^^^^"


def test_an_empty_span_has_a_mark() -> None:
    assert printed(Diagnostic("code", "message", Span(SOURCE, 0, 0))).splitlines()[3] == "   | ^"


def test_a_label_is_a_second_place_with_its_word() -> None:
    lines = printed(
        Diagnostic("code", "message", span_of("four"), labels=(Label(span_of("one"), "first here"),))
    ).splitlines()
    assert lines[4:7] == ["  --> content/a.yaml:1:1", " 1 | one: 日本 two", "   | --- first here"]


def test_markup_in_a_message_is_text() -> None:
    assert "[red]x[/red] :smile:" in printed(Diagnostic("code", "[red]x[/red] :smile:"))


def test_a_long_line_is_not_wrapped() -> None:
    assert len(printed(Diagnostic("code", "word " * 60)).splitlines()[0]) > 200


def test_errors_come_first_then_files_then_lines() -> None:
    other = SourceFile("content/z.yaml", "x")
    diagnostics = [
        Diagnostic("e", "later file", Span(other, 0, 1)),
        Diagnostic("w", "warning", span_of("one"), "warning"),
        Diagnostic("d", "later line", span_of("four")),
        Diagnostic("c", "earlier line", span_of("two")),
        Diagnostic("b", "earlier column", span_of("one")),
        Diagnostic("a", "nowhere"),
    ]
    assert [item.code for item in in_order(diagnostics)] == ["a", "b", "c", "d", "e", "w"]


def test_the_same_twice_is_printed_once() -> None:
    item = Diagnostic("code", "message", span_of("one"))
    assert printed(item, item).count("message") == 1
    assert summary([item, item]) == "1 error"


def test_more_than_the_most_are_counted() -> None:
    text = printed(
        *(Diagnostic("code", f"message {number}") for number in range(MOST_SHOWN + 1)),
        *(Diagnostic("code", f"warning {number}", None, "warning") for number in range(2)),
    )
    assert text.count("error[code]") == MOST_SHOWN
    assert text.endswith("… and 3 more: 1 error, 2 warnings; `--format short` lists all, a line each\n")


def test_the_summary_counts_by_severity() -> None:
    findings = Findings()
    findings.error("a", "one")
    findings.warning("b", "two")
    findings.warning("c", "three")
    assert summary(findings.items) == "1 error, 2 warnings"
    assert summary([]) == ""
    assert findings.has_errors


def test_a_line_holds_no_character_that_steers_the_terminal() -> None:
    source = SourceFile("a.yaml", "text: \x1b[31mred\x9b31m\n")
    text = printed(Diagnostic("code", "message \x1b[31m", Span(source, 6, 7)))
    assert "\x1b" not in text
    assert "\x9b" not in text


def test_a_very_long_line_is_shown_around_its_place() -> None:
    source = SourceFile("a.bib", "a" * 5000 + "culprit" + "b" * 5000)
    lines = printed(Diagnostic("code", "message", Span(source, 5000, 5007))).splitlines()
    assert len(lines[2]) < LONGEST_LINE + 20
    assert "…" in lines[2][:10]
    assert lines[2].endswith("b …")
    assert lines[2][lines[3].index("^") : lines[3].rindex("^") + 1] == "culprit"


def test_a_mark_does_not_leave_the_part_of_a_line_that_is_shown() -> None:
    source = SourceFile("a.bib", "a" * 5000)
    lines = printed(Diagnostic("code", "message", Span(source, 10, 5000))).splitlines()
    assert len(lines[3]) <= len(lines[2])


def test_short_is_one_line_with_place_and_hints() -> None:
    item = Diagnostic("code", "message", span_of("three"), "warning", hints=("do this", "or that"))
    stream = StringIO()
    print_diagnostics([item, Diagnostic("other", "nowhere")], stream, "short")
    assert stream.getvalue().splitlines() == [
        "error[other]: nowhere",
        "content/a.yaml:2:2: warning[code]: message; do this; or that",
    ]


def test_short_leaves_nothing_out() -> None:
    stream = StringIO()
    print_diagnostics([Diagnostic("code", f"message {n}") for n in range(50)], stream, "short")
    assert len(stream.getvalue().splitlines()) == 50


def test_github_annotates_the_line_with_escaped_text() -> None:
    item = Diagnostic(
        "code", "100 %\nof it", span_of("two"), "note", (Label(span_of("four"), "see here"),), ("a, b: c",)
    )
    stream = StringIO()
    print_diagnostics([item], stream, "github", Path("cv"))
    assert stream.getvalue() == (
        "::notice file=cv/content/a.yaml,title=note[code],line=1,endLine=1,col=9,endColumn=11"
        "::100 %25%0Aof it%0Aa, b: c%0Acontent/a.yaml:3:1: see here\n"
    )


def test_github_properties_are_escaped_and_lines_span_several() -> None:
    source = SourceFile("content/a,b:c.yaml", "one\ntwo\nthree\n")
    line = github_line(Diagnostic("code", "message", Span(source, 0, 8)), Path())
    assert line == "::error file=content/a%2Cb%3Ac.yaml,title=error[code],line=1,endLine=2::message"


def test_github_without_a_line_names_the_file_alone() -> None:
    line = github_line(Diagnostic("code", "message", Span(SourceFile("a.yaml", ""), 0, 0)), Path())
    assert line == "::error file=a.yaml,title=error[code]::message"


def test_json_has_everything_in_order() -> None:
    item = Diagnostic(
        "code", "message", span_of("two"), "warning", (Label(span_of("four"), "see"),), ("do this",)
    )
    told = loads(as_json([item, Diagnostic("other", "nowhere"), item], {"built": []}))
    assert told == {
        "diagnostics": [
            {
                "code": "other", "severity": "error", "message": "nowhere", "place": None, "labels": [],
                "hints": [],
            },
            {
                "code": "code",
                "severity": "warning",
                "message": "message",
                "place": {
                    "file": "content/a.yaml", "line": 1, "column": 9, "end_line": 1, "end_column": 12,
                    "text": "one: 日本 two",
                },
                "labels": [
                    {
                        "text": "see",
                        "place": {
                            "file": "content/a.yaml", "line": 3, "column": 1, "end_line": 3,
                            "end_column": 5, "text": "four: 4",
                        },
                    }
                ],
                "hints": ["do this"],
            },
        ],
        "errors": 1,
        "warnings": 1,
        "notes": 0,
        "built": [],
    }  # fmt: skip


def test_colour_on_a_terminal_and_none_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal, pipe = Terminal(), StringIO()
    item = Diagnostic("code", "message", span_of("two"))
    print_diagnostics([item], terminal)
    print_diagnostics([item], pipe)
    assert "\x1b[1;31merror" in terminal.getvalue()
    assert "cvbuild explain code" in terminal.getvalue()
    assert "\x1b" not in pipe.getvalue()


def test_did_you_mean_the_nearest_word() -> None:
    assert did_you_mean("Titel", ["title", "text"]) == ("did you mean `title`?",)
    assert did_you_mean("xyzzy", ["title", "text"]) == ()
    assert did_you_mean("x", []) == ()


def test_did_you_mean_among_thousands() -> None:
    keys = [f"{chr(97 + number % 26)}ddison{number}" for number in range(10_000)]
    assert did_you_mean("Addsion5200", keys) == ("did you mean `addison5200`?",)
