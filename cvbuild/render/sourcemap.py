"""From a place in the generated TeX back to the user's own line.

While templates are filled, each value that knows its span is wrapped in marks of private-use
characters, which survive loops, macros and blocks. When the document is whole they are taken out and
become the map. The lines of the templates themselves are marked in the same way, but only in a second
filling, after an error of TeX at something that is no value: a good build does not pay for it.
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
"""Text or raw TeX of the content, a line of the user's template, or of a shipped one."""

# Of `source.MARK_CHARACTERS`, which no content holds.
_START, _END = "\U000f0000", "\U000f0001"
PART = "\U000f0002"
"""The mark of TeX that was rendered by itself."""
_DIGITS = 0xF1000
_BASE = 4096
_MARK = re.compile(f"[{_START}{PART}](.)(.)|{_END}", re.DOTALL)


def without_marks(marked: str) -> str:
    """Return the text for a place that takes no marks."""
    return _MARK.sub("", marked)


class SpanMarks(MutableRecord):
    """Hands out marks, each a character and two digits of its number, and keeps what they stand for."""

    origins: list[tuple[Span, Kind]] = field(default_factory=list)
    parts: list[RenderedTex] = field(default_factory=list)

    def wrap(self, tex: str, span: Span, kind: Kind = "text") -> str:
        """Return TeX between the marks of a span."""
        high, low = divmod(len(self.origins), _BASE)
        self.origins.append((span, kind))
        return f"{_START}{chr(_DIGITS + high)}{chr(_DIGITS + low)}{tex}{_END}"

    def insert(self, part: RenderedTex) -> str:
        """Return the mark of TeX that was rendered by itself; `split` puts it in with its map."""
        high, low = divmod(len(self.parts), _BASE)
        self.parts.append(part)
        return f"{PART}{chr(_DIGITS + high)}{chr(_DIGITS + low)}"

    def split(self, marked: str) -> tuple[str, tuple[MappedSpan, ...]]:
        """Return the text without its marks, and the stretches they enclosed, by their start.

        The text may begin or end between two marks.
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
    """A stretch of the TeX (offsets, half-open) and the place that it came from."""

    start: int
    end: int
    span: Span
    kind: Kind = "text"

    def moved(self, by: int) -> MappedSpan:
        """Return the same stretch some characters further on."""
        return MappedSpan(self.start + by, self.end + by, self.span, self.kind)


_start = attrgetter("start")


class RenderedTex(Record):
    """A TeX document in a language (its code), and the map from its lines to the user's files.

    `mapped` holds the values of the content. `trace` finds the lines of templates, which
    costs as much as filling them did.
    """

    text: str
    mapped: tuple[MappedSpan, ...]
    language: str = "en"
    trace: Callable[[], tuple[MappedSpan, ...]] = tuple

    def innermost(self, offset: int) -> Span | None:
        """Return the value that an offset of the text came from; the innermost of several."""
        for at in range(bisect_right(self.mapped, offset, key=_start) - 1, -1, -1):
            if self.mapped[at].end > offset:
                return self.mapped[at].span
        return None

    def with_inserted(self, inserted: Sequence[tuple[int, str]]) -> RenderedTex:
        """Return the document with TeX at ascending offsets; at a value's edge it counts as the value's."""
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
        """The stretches that came from the text of templates, by their start."""
        return self.trace()

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of the first character of each line."""
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def line_at(self, offset: int) -> int:
        """Return the line (1-based, as TeX counts) of an offset."""
        return bisect_right(self.line_starts, offset)

    def line(self, number: int) -> str:
        """Return a line (1-based, as TeX counts); empty beyond the document."""
        lines = ["", *self.text.split("\n"), ""]
        return lines[min(number, len(lines) - 1)]

    def on_lines(self, first: int, last: int) -> Iterator[MappedSpan]:
        """Yield the values on the lines (1-based, both included)."""
        starts = [*self.line_starts, len(self.text) + 1]
        begin, end = starts[min(first, len(starts)) - 1], starts[min(last, len(starts) - 1)]
        for item in self.mapped:
            if item.start < end and (item.end > begin or item.start == item.end == begin):
                yield item

    def nearest(self, line: int) -> Span | None:
        """Return the value on a line, or the last one before it."""
        if (first := next(self.on_lines(line, line), None)) is not None:
            return first.span
        at = bisect_right(self.mapped, self.line_starts[min(line, len(self.line_starts)) - 1], key=_start)
        return self.mapped[at - 1].span if at else None
