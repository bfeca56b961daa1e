from __future__ import annotations

from io import StringIO

from cvbuild.diagnostics import Diagnostic, Findings, Label, did_you_mean
from cvbuild.report import MOST_SHOWN, in_order, print_diagnostics, summary
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
    text = printed(*(Diagnostic("code", f"message {number}") for number in range(MOST_SHOWN + 3)))
    assert text.count("error[code]") == MOST_SHOWN
    assert text.endswith("… and 3 more\n")


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


def test_did_you_mean_the_nearest_word() -> None:
    assert did_you_mean("Titel", ["title", "text"]) == ("did you mean `title`?",)
    assert did_you_mean("xyzzy", ["title", "text"]) == ()
    assert did_you_mean("x", []) == ()
