from __future__ import annotations

from cvbuild.render.sourcemap import RenderedTex, SpanMarks, without_marks
from cvbuild.source import SourceFile, Span

SOURCE = SourceFile("content/a.yaml", "one\ntwo\nthree\n")
ONE, TWO, THREE = Span(SOURCE, 0, 3), Span(SOURCE, 4, 7), Span(SOURCE, 8, 13)


def rendered(marks: SpanMarks, marked: str) -> RenderedTex:
    return RenderedTex(*marks.split(marked))


def test_marks_are_taken_out_and_remembered() -> None:
    marks = SpanMarks()
    text, mapped = marks.split(f"a {marks.wrap('one', ONE)} b\n{marks.wrap('two', TWO)}")
    assert text == "a one b\ntwo"
    assert [(item.start, item.end, item.span) for item in mapped] == [(2, 5, ONE), (8, 11, TWO)]


def test_marks_within_marks() -> None:
    marks = SpanMarks()
    text, mapped = marks.split(marks.wrap(f"({marks.wrap('one', ONE)})", TWO))
    assert text == "(one)" == without_marks(marks.wrap(f"({marks.wrap('one', ONE)})", TWO))
    assert [(item.start, item.end, item.span) for item in mapped] == [(0, 5, TWO), (1, 4, ONE)]


def test_more_spans_than_one_digit_counts() -> None:
    marks = SpanMarks()
    marked = "".join(marks.wrap("x", Span(SOURCE, at % 10, at % 10 + 1)) for at in range(9000))
    text, mapped = marks.split(marked)
    assert text == "x" * 9000
    assert [item.span.start for item in mapped] == [at % 10 for at in range(9000)]


def test_a_line_leads_to_what_stands_on_it() -> None:
    marks = SpanMarks()
    tex = rendered(marks, f"x\n{marks.wrap('a', ONE)} {marks.wrap('b', TWO)}\ny\n{marks.wrap('c', THREE)}\n")
    assert tex.nearest(2) == ONE
    assert [item.span for item in tex.on_lines(2, 2)] == [ONE, TWO]
    assert [item.span for item in tex.on_lines(2, 4)] == [ONE, TWO, THREE]
    assert tex.nearest(4) == THREE


def test_a_line_of_or_after_a_long_value_leads_to_it() -> None:
    marks = SpanMarks()
    value = marks.wrap("a\nb\nc", ONE)
    tex = rendered(marks, f"x\n{value}\n\\end\n{marks.wrap('b', TWO)}")
    assert [tex.nearest(line) for line in (1, 2, 3, 4, 5)] == [None, ONE, ONE, ONE, ONE]


def test_lines_beyond_the_document() -> None:
    marks = SpanMarks()
    tex = rendered(marks, f"x\n{marks.wrap('a', ONE)}")
    assert list(tex.on_lines(10, 12)) == []
    assert tex.nearest(10) == ONE
    assert (tex.line(0), tex.line(1), tex.line(2), tex.line(3)) == ("", "x", "a", "")
