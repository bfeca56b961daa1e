"""Source files, and spans: the places of values in them."""

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
"""Private-use characters that the renderer inserts between texts; forbidden in content."""


def hashed(*pieces: bytes) -> bytes:
    """Return a hash of the joined pieces; all but the last must have a fixed length."""
    return blake2b(b"".join(pieces), digest_size=20).digest()


class SourceFile(Record, weakref=True):
    """A text file of the project, decoded.

    `name` is the path shown in messages, relative to the project if the file is inside. `text` has no byte
    order mark. A file is pickled as its name and digest: a process unpickles a memoised result only after
    it has pickled the same file for the key.
    """

    name: str
    text: str

    def __repr__(self) -> str:
        return f"SourceFile({self.name!r})"

    def __reduce__(self) -> tuple[Callable[..., SourceFile], tuple[str, str | bytes]]:
        if not self.text:
            return SourceFile, (self.name, "")  # it stands for a whole file, and has no digest to look up
        return _already_read, self._known_as

    @cached_property
    def _known_as(self) -> tuple[str, bytes]:
        """The name and digest. The first use registers the file, so that unpickled values refer to it."""
        _pickled[self.name, self.digest] = self
        return self.name, self.digest

    @cached_property
    def digest(self) -> bytes:
        """A hash of the text."""
        return hashed(self.text.encode("utf-8", "surrogatepass"))

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of the first character of each line."""
        starts = [0]
        starts.extend(match.end() for match in re.finditer("\n", self.text))
        return starts

    def line(self, number: int) -> str:
        """Return the text of a line (0-based) without its line end; an empty string after the last line."""
        starts = self.line_starts
        if number >= len(starts):
            return ""
        end = starts[number + 1] if number + 1 < len(starts) else len(self.text)
        return self.text[starts[number] : end].rstrip("\r\n")

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset; both 0-based, in characters."""
        line = bisect_right(self.line_starts, offset) - 1
        return line, offset - self.line_starts[line]

    def span_of_line(self, number: int) -> Span:
        """Return the span of a line (0-based) without its indentation and line end."""
        number = min(number, len(self.line_starts) - 1)
        text = self.line(number)
        start = self.line_starts[number]
        return Span(self, start + len(text) - len(text.lstrip()), start + len(text.rstrip()))


_pickled: WeakValueDictionary[tuple[str, bytes], SourceFile] = WeakValueDictionary()
"""Files that were pickled for keys. The inputs of a key keep them alive while its result is unpickled."""


def _already_read(name: str, digest: bytes) -> SourceFile:
    """Return the file of a name and digest. Raises LookupError if it was pickled for no key here."""
    return _pickled[name, digest]


in_key: ContextVar[bool] = ContextVar("in_key", default=False)
"""Whether a memo key is being pickled; it is hashed and never unpickled."""

_origin: ContextVar[Span | None] = ContextVar("origin", default=None)


@contextmanager
def relative_to(origin: Span) -> Iterator[None]:
    """Within the context, pickle and unpickle spans inside `origin` relative to its start."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


class Span(Record):
    """A range of a source file: offsets in characters, 0-based, half-open."""

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
        """The line (0-based) of the first character."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """The column (0-based) of the first character."""
        return self.source.position(self.start)[1]

    @property
    def last_line(self) -> int:
        """The line (0-based) of the last character."""
        return self.source.position(max(self.start, self.end - 1))[0]

    @property
    def text(self) -> str:
        """The text of the span."""
        return self.source.text[self.start : self.end]

    @property
    def place(self) -> str:
        """`file:line:column` as printed, 1-based; the file's name only if the span means the whole file."""
        if not self.source.text:
            return self.source.name
        return f"{self.source.name}:{self.line + 1}:{self.column + 1}"

    def first_line(self) -> Span:
        """Return the part of the span on its first line."""
        end = self.source.text.find("\n", self.start, self.end)
        if end < 0:
            return self
        return Span(self.source, self.start, max(self.start, end))

    def part(self, text: str) -> Span:
        """Return the span of a text within this span; if it is not found as typed, the first line."""
        at = self.source.text.find(text, self.start, self.end)
        return Span(self.source, at, at + len(text)) if at >= 0 else self.first_line()


def _from_origin(start: int, end: int) -> Span:
    """Return the span at these offsets from the origin. Raises LookupError outside `relative_to`."""
    origin = _origin.get()
    if origin is None:
        raise LookupError("no origin")
    return Span(origin.source, origin.start + start, origin.start + end)


NOWHERE = Span(SourceFile("", ""), 0, 0)
"""The span of a value that comes from no file: from a test or from the program."""


class Scalar(str):
    """A value from a source file: its text as typed, with its span.

    `tag` is the short form of the YAML tag (`str`, `int`, `bool`, `tex`, …). `quoted` is true for a value in
    quotation marks. String operations return a plain `str` without a span.
    """

    __slots__ = ("quoted", "span", "tag")

    span: Span
    tag: str
    quoted: bool

    def __new__(cls, text: str, span: Span, tag: str = "str", quoted: bool = False) -> Self:
        """Return a value with its span."""
        self = super().__new__(cls, text)
        self.span = span
        self.tag = tag
        self.quoted = quoted
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[str, Span, str, bool]]:
        return type(self), (str(self), self.span, self.tag, self.quoted)
