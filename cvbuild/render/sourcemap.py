"""From a place in the generated TeX back to the user's own line.

While templates are filled, each value that knows its span is wrapped in marks
made of private-use characters; they survive loops, macros and blocks. When the
document is whole they are taken out and become the map.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from cvbuild.source import Span

# Of `source.MARK_CHARACTERS`, which no content holds.
_START, _END = "\U000f0000", "\U000f0001"
_DIGITS = 0xF1000
_BASE = 4096
_MARK = re.compile(f"{_START}(.)(.)|{_END}", re.DOTALL)


@dataclass
class SpanMarks:
    """Hands out marks and keeps the spans they stand for."""

    spans: list[Span]

    @classmethod
    def empty(cls) -> SpanMarks:
        """No spans yet."""
        return cls([])

    def wrap(self, tex: str, span: Span) -> str:
        """TeX between the marks of a span."""
        number = len(self.spans)
        self.spans.append(span)
        return f"{_START}{chr(_DIGITS + number // _BASE)}{chr(_DIGITS + number % _BASE)}{tex}{_END}"

    def split(self, marked: str) -> tuple[str, tuple[MappedSpan, ...]]:
        """The text without its marks, and the stretches they enclosed, by their start."""
        parts: list[str] = []
        found: list[MappedSpan] = []
        opened: list[tuple[int, Span]] = []
        at = length = 0
        for mark in _MARK.finditer(marked):
            part = marked[at : mark.start()]
            parts.append(part)
            length += len(part)
            at = mark.end()
            if mark[1] is not None:
                number = (ord(mark[1]) - _DIGITS) * _BASE + ord(mark[2]) - _DIGITS
                opened.append((length, self.spans[number]))
            elif opened:
                start, span = opened.pop()
                found.append(MappedSpan(start, length, span))
        parts.append(marked[at:])
        found.sort(key=lambda item: (item.start, -item.end))
        return "".join(parts), tuple(found)


def without_marks(marked: str) -> str:
    """Text for a place that takes no marks."""
    return _MARK.sub("", marked)


@dataclass(frozen=True)
class MappedSpan:
    """A stretch of the TeX (offsets, half-open) and where it came from."""

    start: int
    end: int
    span: Span


@dataclass(frozen=True)
class RenderedTex:
    """A TeX document in a language (its code), and the map from its lines to the user's files."""

    text: str
    mapped: tuple[MappedSpan, ...]
    language: str = "en"

    @cached_property
    def _starts(self) -> list[int]:
        return [item.start for item in self.mapped]

    def innermost(self, offset: int) -> Span | None:
        """The value that an offset of the text came from; the smallest where one holds another."""
        for at in range(bisect_right(self._starts, offset) - 1, -1, -1):
            if self.mapped[at].end > offset:
                return self.mapped[at].span
        return None

    def with_inserted(self, inserted: Sequence[tuple[int, str]]) -> RenderedTex:
        """The document with more TeX at offsets of its text, which ascend; the map follows.

        What is put in at the edge of a value counts as the value's.
        """
        offsets = [offset for offset, _ in inserted]
        lengths = [0, *accumulate(len(tex) for _, tex in inserted)]
        parts: list[str] = []
        at = 0
        for offset, tex in inserted:
            parts += [self.text[at:offset], tex]
            at = offset
        mapped = tuple(
            MappedSpan(
                item.start + lengths[bisect_left(offsets, item.start)],
                item.end + lengths[bisect_right(offsets, item.end)],
                item.span,
            )
            for item in self.mapped
        )
        return replace(self, text="".join([*parts, self.text[at:]]), mapped=mapped)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def line(self, number: int) -> str:
        """A line (1-based, as TeX counts) of the document."""
        lines = self.text.split("\n")
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def on_lines(self, first: int, last: int) -> Iterator[MappedSpan]:
        """What came from the user's files on the lines (1-based, both included)."""
        starts = self._line_starts
        if first > len(starts):
            return
        begin = starts[first - 1]
        end = starts[last] if last < len(starts) else len(self.text) + 1
        for item in self.mapped:
            if item.start < end and (item.end > begin or item.start == item.end == begin):
                yield item

    def nearest(self, line: int) -> Span | None:
        """The value on a line, or the last one before it."""
        for item in self.on_lines(line, line):
            return item.span
        starts = self._line_starts
        end = starts[min(line, len(starts)) - 1]
        at = bisect_right(self._starts, end)
        return self.mapped[at - 1].span if at else None
