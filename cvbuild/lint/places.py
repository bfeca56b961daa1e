"""Where a part of a value stands."""

from __future__ import annotations

from cvbuild.source import Span


def within(span: Span, text: str) -> Span:
    """The place of a part of a value; the value's first line where the part is typed in another way."""
    at = span.text.find(text)
    return Span(span.source, span.start + at, span.start + at + len(text)) if at >= 0 else span.first_line()
