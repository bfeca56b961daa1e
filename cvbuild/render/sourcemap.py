"""Map places in the generated TeX back to the user's files.

While templates are filled, each value with a span is wrapped in marks of private-use characters, which
survive loops, macros and blocks. `SpanMarks.split` removes the marks and returns the map. The lines of
templates are marked in the same way, but only in a second filling, when an error has to be located
outside of values: a build without errors does not pay for it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from operator import attrgetter
from typing import Literal

from cvbuild.record import MutableRecord, Record, field, replace
from cvbuild.source import Span

Kind = Literal["text", "tex", "template", "theme"]
"""Text or raw TeX of the content, or a line of the user's (`template`) or of a shipped template (`theme`)."""

# These are in `source.MARK_CHARACTERS`, which are not allowed in content.
_START, _END = "\U000f0000", "\U000f0001"
PART = "\U000f0002"
"""The character before the number of a part: TeX that was rendered alone."""
_DIGITS = 0xF1000
_BASE = 4096
_MARK = re.compile(f"[{_START}{PART}](.)(.)|{_END}", re.DOTALL)


def without_marks(marked: str) -> str:
    """Return the text without its marks; inserted parts are dropped."""
    return _MARK.sub("", marked)


class SpanMarks(MutableRecord):
    """Makes marks and stores their spans and parts; a mark is a character and a number of two digits."""

    origins: list[tuple[Span, Kind]] = field(default_factory=list)
    parts: list[RenderedTex] = field(default_factory=list)

    def wrap(self, tex: str, span: Span, kind: Kind = "text") -> str:
        """Return TeX between a mark for a span and an end mark."""
        high, low = divmod(len(self.origins), _BASE)
        self.origins.append((span, kind))
        return f"{_START}{chr(_DIGITS + high)}{chr(_DIGITS + low)}{tex}{_END}"

    def insert(self, part: RenderedTex) -> str:
        """Return a mark for a part that was rendered alone; `split` inserts its TeX and its map."""
        high, low = divmod(len(self.parts), _BASE)
        self.parts.append(part)
        return f"{PART}{chr(_DIGITS + high)}{chr(_DIGITS + low)}"

    def split(self, marked: str) -> tuple[str, tuple[MappedSpan, ...]]:
        """Return the text without marks, and the stretches that the marks enclosed, by start.

        The text may begin or end within a marked stretch; such a stretch is left out.
        """
        parts: list[str] = []
        found: list[MappedSpan] = []
        opened: list[tuple[int, tuple[Span, Kind]]] = []
        at = length = 0
        for mark in _MARK.finditer(marked):
            parts.append(marked[at : mark.start()])
            length += len(parts[-1])
            at = mark.end()
            number = (ord(mark[1]) - _DIGITS) * _BASE + ord(mark[2]) - _DIGITS if mark[1] else 0
            if mark[0][0] == _START:
                opened.append((length, self.origins[number]))
            elif mark[0][0] == PART:
                part = self.parts[number]
                found += [item.moved(length) for item in part.mapped]
                parts.append(part.text)
                length += len(part.text)
            elif opened:
                start, origin = opened.pop()
                found.append(MappedSpan(start, length, *origin))
        parts.append(marked[at:])
        found.sort(key=lambda item: (item.start, -item.end))
        return "".join(parts), tuple(found)


class MappedSpan(Record):
    """A stretch of the TeX (offsets in characters, half-open), and the span in the source file."""

    start: int
    end: int
    span: Span
    kind: Kind = "text"

    def moved(self, by: int) -> MappedSpan:
        """Return the stretch moved by a number of characters."""
        return MappedSpan(self.start + by, self.end + by, self.span, self.kind)


_start = attrgetter("start")


class RenderedTex(Record):
    """A TeX document in a language (a code), and the map to the user's files.

    `mapped` holds the values of the content, by start. `trace` fills the templates again to map their lines.
    """

    text: str
    mapped: tuple[MappedSpan, ...]
    language: str = "en"
    trace: Callable[[], tuple[MappedSpan, ...]] = tuple

    def innermost(self, offset: int) -> Span | None:
        """Return the span of the innermost value at an offset of the text."""
        for at in range(bisect_right(self.mapped, offset, key=_start) - 1, -1, -1):
            if self.mapped[at].end > offset:
                return self.mapped[at].span
        return None

    def with_inserted(self, inserted: Sequence[tuple[int, str]]) -> RenderedTex:
        """Return the document with TeX inserted at ascending offsets; TeX at a value's edge joins it."""
        offsets = [offset for offset, _ in inserted]
        lengths = [0, *accumulate(len(tex) for _, tex in inserted)]

        def moved(mapped: Iterable[MappedSpan]) -> tuple[MappedSpan, ...]:
            return tuple(
                replace(
                    item,
                    start=item.start + lengths[bisect_left(offsets, item.start)],
                    end=item.end + lengths[bisect_right(offsets, item.end)],
                )
                for item in mapped
            )

        pieces, at = list[str](), 0
        for offset, tex in inserted:
            pieces += self.text[at:offset], tex
            at = offset
        text = "".join([*pieces, self.text[at:]])
        return replace(self, text=text, mapped=moved(self.mapped), trace=lambda: moved(self.templates))

    @cached_property
    def templates(self) -> tuple[MappedSpan, ...]:
        """The stretches of text from templates, by start."""
        return self.trace()

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of the first character of each line."""
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def line_at(self, offset: int) -> int:
        """Return the line number (1-based, as in TeX) of an offset."""
        return bisect_right(self.line_starts, offset)

    def line(self, number: int) -> str:
        """Return the text of a line (1-based, as in TeX); "" beyond the document."""
        lines = ["", *self.text.split("\n"), ""]
        return lines[min(number, len(lines) - 1)]

    def on_lines(self, first: int, last: int) -> Iterator[MappedSpan]:
        """Yield the values on a range of lines (1-based, both ends included)."""
        starts = [*self.line_starts, len(self.text) + 1]
        begin, end = starts[min(first, len(starts)) - 1], starts[min(last, len(starts) - 1)]
        for item in self.mapped:
            if item.start < end and (item.end > begin or item.start == item.end == begin):
                yield item

    def nearest(self, line: int) -> Span | None:
        """Return the span of the first value on a line, else of the last value before the line."""
        if (first := next(self.on_lines(line, line), None)) is not None:
            return first.span
        at = bisect_right(self.mapped, self.line_starts[min(line, len(self.line_starts)) - 1], key=_start)
        return self.mapped[at - 1].span if at else None
