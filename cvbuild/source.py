"""Source files, and the spans of values in them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from hashlib import blake2b
from typing import Self
from weakref import WeakValueDictionary

from cvbuild.record import Record

MARK_CHARACTERS = re.compile("[\U000f0000-\U000ffffd]")
"""Private-use code points that the program itself writes between texts; content may not hold them."""


def hashed(*pieces: bytes) -> bytes:
    """A hash of a row of bytes; each piece before the last has a fixed length."""
    return blake2b(b"".join(pieces), digest_size=20).digest()


class SourceFile(Record, weakref=True):
    """A text file of the project, decoded.

    `name` is the path to show, relative to the project where it lies inside.
    `text` has no byte order mark and its line ends as found. A file is pickled as its name and
    digest: a process that unpickles a value has pickled the same file for a key before.
    """

    name: str
    text: str

    def __repr__(self) -> str:
        return f"SourceFile({self.name!r})"

    def __reduce__(self) -> tuple[Callable[..., SourceFile], tuple[str, str | bytes]]:
        if not self.text:
            return SourceFile, (self.name, "")  # a file without text stands for the whole file
        return _already_read, self._known_as

    @cached_property
    def _known_as(self) -> tuple[str, bytes]:
        """Its name and digest. After the first use, unpickled values that name them get this file."""
        _pickled[self.name, self.digest] = self
        return self.name, self.digest

    @cached_property
    def digest(self) -> bytes:
        """A hash of the text."""
        return hashed(self.text.encode("utf-8", "surrogatepass"))

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of the first character of each line."""
        starts = [0]
        starts.extend(match.end() for match in re.finditer("\n", self.text))
        return starts

    def line(self, number: int) -> str:
        """The text of a line (0-based) without its line end."""
        starts = self.line_starts
        if number >= len(starts):
            return ""
        end = starts[number + 1] if number + 1 < len(starts) else len(self.text)
        return self.text[starts[number] : end].rstrip("\r\n")

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column (both 0-based, in characters) of an offset."""
        line = bisect_right(self.line_starts, offset) - 1
        return line, offset - self.line_starts[line]

    def span_of_line(self, number: int) -> Span:
        """The span of a line (0-based) without its indentation and line end."""
        number = min(number, len(self.line_starts) - 1)
        text = self.line(number)
        start = self.line_starts[number]
        return Span(self, start + len(text) - len(text.lstrip()), start + len(text.rstrip()))


_pickled: WeakValueDictionary[tuple[str, bytes], SourceFile] = WeakValueDictionary()
"""The files pickled for keys. A result is unpickled only while the inputs in its key exist."""


def _already_read(name: str, digest: bytes) -> SourceFile:
    """The file of a name and digest. Raises LookupError if no key of this process holds it."""
    return _pickled[name, digest]


in_key: ContextVar[bool] = ContextVar("in_key", default=False)
"""Whether a key is being pickled, which nobody reads back."""

_origin: ContextVar[Span | None] = ContextVar("origin", default=None)


@contextmanager
def relative_to(origin: Span) -> Iterator[None]:
    """Pickle and unpickle the spans within `origin` by their distance from its start."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


class Span(Record):
    """A stretch of a source file: offsets in characters, 0-based, half-open."""

    source: SourceFile
    start: int
    end: int

    def __reduce__(self) -> tuple[Callable[..., Span], tuple[int, int] | tuple[SourceFile, int, int]]:
        origin = _origin.get()
        if (
            origin is not None
            and origin.source is self.source
            and origin.start <= self.start <= self.end <= origin.end
        ):
            return _from_origin, (self.start - origin.start, self.end - origin.start)
        return Span, (self.source, self.start, self.end)

    @property
    def line(self) -> int:
        """Line (0-based) of its first character."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """Column (0-based) of its first character."""
        return self.source.position(self.start)[1]

    @property
    def last_line(self) -> int:
        """Line (0-based) of its last character."""
        return self.source.position(max(self.start, self.end - 1))[0]

    @property
    def text(self) -> str:
        """The text of the span."""
        return self.source.text[self.start : self.end]

    @property
    def place(self) -> str:
        """`file:line:column` as printed, 1-based; the file alone if the span stands for the whole file."""
        if not self.source.text:
            return self.source.name
        return f"{self.source.name}:{self.line + 1}:{self.column + 1}"

    def first_line(self) -> Span:
        """The part of the span on its first line."""
        end = self.source.text.find("\n", self.start, self.end)
        if end < 0:
            return self
        return Span(self.source, self.start, max(self.start, end))

    def part(self, text: str) -> Span:
        """The span of a text within this one; the first line if the text is not found as typed."""
        at = self.source.text.find(text, self.start, self.end)
        return Span(self.source, at, at + len(text)) if at >= 0 else self.first_line()


def _from_origin(start: int, end: int) -> Span:
    """The span at a distance from the origin. Raises LookupError outside `relative_to`."""
    origin = _origin.get()
    if origin is None:
        raise LookupError("no origin")
    return Span(origin.source, origin.start + start, origin.start + end)


NOWHERE = Span(SourceFile("", ""), 0, 0)
"""The span of a value made by a test or by the program itself."""


class Scalar(str):
    """A value that was read: its text as typed, with its span.

    `tag` is the short form of the YAML tag (`str`, `int`, `bool`, `tex`, …); `quoted` is whether the user
    put quotation marks around it. String operations return a plain `str` without a span.
    """

    __slots__ = ("quoted", "span", "tag")

    span: Span
    tag: str
    quoted: bool

    def __new__(cls, text: str, span: Span, tag: str = "str", quoted: bool = False) -> Self:
        """A value with its place."""
        self = super().__new__(cls, text)
        self.span = span
        self.tag = tag
        self.quoted = quoted
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[str, Span, str, bool]]:
        return type(self), (str(self), self.span, self.tag, self.quoted)
