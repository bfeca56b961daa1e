from __future__ import annotations

from io import StringIO
from json import loads
from pathlib import Path

import pytest

from cvbuild.diagnostics import Diagnostic, Findings, Label, Style, did_you_mean
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


def printed(*diagnostics: Diagnostic, style: Style = "human", folder: Path | None = None) -> str:
    stream = StringIO()
    print_diagnostics(diagnostics, stream, style, folder)
    return stream.getvalue()


def test_without_a_place_message_and_hints_are_printed_and_nothing_for_nothing() -> None:
    item = Diagnostic("code", "message", hints=("do this",))
    assert printed(item) == "error[code]: message\n   = do this\n\n"
    assert printed() == printed(style="short") == printed(style="github") == ""


@pytest.mark.parametrize(
    ("span", "lines"),
    [
        (span_of("two"), ["  --> content/a.yaml:1:9", " 1 | one: 日本 two", "   |           ^^^"]),
        (span_of("日本"), ["  --> content/a.yaml:1:6", " 1 | one: 日本 two", "   |      ^^^^"]),
        (span_of("three"), ["  --> content/a.yaml:2:2", " 2 |  three: 3", "   |  ^^^^^"]),
        (span_of("four: 4\n"), ["  --> content/a.yaml:3:1", " 3 | four: 4", "   | ^^^^^^^"]),
        (Span(SOURCE, 0, 0), ["  --> content/a.yaml:1:1", " 1 | one: 日本 two", "   | ^"]),
    ],
    ids=["behind wide characters", "wide characters", "a tab is one column", "to the line's end", "empty"],
)
def test_the_mark_stands_under_the_place(span: Span, lines: list[str]) -> None:
    assert printed(Diagnostic("code", "message", span)).splitlines()[1:4] == lines


def test_a_label_is_a_second_place_with_its_word() -> None:
    label = Label(span_of("one"), "first here")
    lines = printed(Diagnostic("code", "message", span_of("four"), labels=(label,))).splitlines()
    assert lines[4:7] == ["  --> content/a.yaml:1:1", " 1 | one: 日本 two", "   | --- first here"]


def test_markup_in_a_message_is_text_and_a_long_line_is_not_wrapped() -> None:
    message = "[red]x[/red] :smile: " + "word " * 60
    assert printed(Diagnostic("code", message)).splitlines()[0] == f"error[code]: {message}"


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


def test_the_summary_counts_by_severity_and_the_same_twice_once() -> None:
    findings = Findings()
    findings.error("a", "one")
    findings.warning("b", "two")
    findings.warning("c", "three")
    assert findings.has_errors
    assert summary([*findings.items, *findings.items]) == "1 error, 2 warnings"
    assert summary([]) == ""
    assert printed(*findings.items, *findings.items).count("three") == 1


def test_more_than_the_most_are_counted_for_people_and_listed_in_short() -> None:
    errors = [Diagnostic("code", f"message {number}") for number in range(MOST_SHOWN + 1)]
    warnings = [Diagnostic("code", f"warning {number}", None, "warning") for number in range(2)]
    text = printed(*errors, *warnings)
    assert text.count("error[code]") == MOST_SHOWN
    assert text.endswith("… and 3 more: 1 error, 2 warnings; `--format short` lists all, a line each\n")
    assert len(printed(*errors, *warnings, style="short").splitlines()) == MOST_SHOWN + 3


@pytest.mark.parametrize("style", ["human", "short", "github"])
def test_a_line_holds_no_character_that_steers_the_terminal(style: Style) -> None:
    source = SourceFile("a.yaml", "text: \x1b[31mred\x9b31m\n")
    text = printed(Diagnostic("code", "message \x1b[31m", Span(source, 6, 7)), style=style)
    assert "message" in text
    assert "\x1b" not in text
    assert "\x9b" not in text


def test_a_very_long_line_is_shown_around_its_place() -> None:
    source = SourceFile("a.bib", "a" * 5000 + "culprit" + "b" * 5000)
    lines = printed(Diagnostic("code", "message", Span(source, 5000, 5007))).splitlines()
    assert len(lines[2]) < LONGEST_LINE + 20
    assert "…" in lines[2][:10]
    assert lines[2].endswith("b …")
    assert lines[2][lines[3].index("^") : lines[3].rindex("^") + 1] == "culprit"
    lines = printed(Diagnostic("code", "message", Span(source, 10, 5000))).splitlines()
    assert len(lines[3]) <= len(lines[2]), "the mark leaves the part that is shown"


def test_short_is_one_line_with_place_and_hints() -> None:
    item = Diagnostic("code", "message", span_of("three"), "warning", hints=("do this", "or that"))
    assert printed(item, Diagnostic("other", "nowhere"), style="short").splitlines() == [
        "error[other]: nowhere",
        "content/a.yaml:2:2: warning[code]: message; do this; or that",
    ]


def test_github_annotates_the_line_with_escaped_text() -> None:
    label = Label(span_of("four"), "see here")
    item = Diagnostic("code", "100 %\nof it", span_of("two"), "note", (label,), ("a, b: c",))
    assert printed(item, style="github", folder=Path("cv")) == (
        "::notice file=cv/content/a.yaml,title=note[code],line=1,endLine=1,col=9,endColumn=11"
        "::100 %25%0Aof it%0Aa, b: c%0Acontent/a.yaml:3:1: see here\n"
    )


@pytest.mark.parametrize(
    ("name", "text", "properties"),
    [
        (
            "content/a,b:c.yaml",
            "one\ntwo\nthree\n",
            "content/a%2Cb%3Ac.yaml,title=error[code],line=1,endLine=2",
        ),
        ("a.yaml", "", "a.yaml,title=error[code]"),
    ],
    ids=["escaped, over several lines", "a whole file"],
)
def test_github_names_file_and_lines(name: str, text: str, properties: str) -> None:
    line = github_line(Diagnostic("code", "message", Span(SourceFile(name, text), 0, 8)), Path())
    assert line == f"::error file={properties}::message"


def test_json_has_everything_in_order() -> None:
    label = Label(span_of("four"), "see")
    item = Diagnostic("code", "message", span_of("two"), "warning", (label,), ("do this",))
    two = {"file": "content/a.yaml", "line": 1, "column": 9, "end_line": 1, "end_column": 12}
    four = {"file": "content/a.yaml", "line": 3, "column": 1, "end_line": 3, "end_column": 5}
    nowhere: dict[str, object] = {"code": "other", "severity": "error", "message": "nowhere", "place": None}
    placed: dict[str, object] = {"code": "code", "severity": "warning", "message": "message"}
    placed_labels = [{"text": "see", "place": {**four, "text": "four: 4"}}]
    assert loads(as_json([item, Diagnostic("other", "nowhere"), item], {"built": []})) == {
        "diagnostics": [
            {**nowhere, "labels": [], "hints": []},
            {
                **placed,
                "place": {**two, "text": "one: 日本 two"},
                "labels": placed_labels,
                "hints": ["do this"],
            },
        ],
        "errors": 1,
        "warnings": 1,
        "notes": 0,
        "built": [],
    }


def test_colour_on_a_terminal_and_none_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal, item = Terminal(), Diagnostic("code", "message", span_of("two"))
    print_diagnostics([item], terminal)
    assert "\x1b[1;31merror" in terminal.getvalue()
    assert "cvbuild explain code" in terminal.getvalue()
    assert "\x1b" not in printed(item)


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("Titel", ["title", "text"], ("did you mean `title`?",)),
        ("xyzzy", ["title", "text"], ()),
        ("x", [], ()),
        (
            "Addsion5200",
            [f"{chr(97 + number % 26)}ddison{number}" for number in range(10_000)],
            ("did you mean `addison5200`?",),
        ),
    ],
    ids=["near", "far", "none known", "among thousands"],
)
def test_did_you_mean_the_nearest_word(word: str, known: list[str], expected: tuple[str, ...]) -> None:
    assert did_you_mean(word, known) == expected
