"""The base class of everything that content files hold, and the table of a class's fields.

An annotation says how a value is read: a class or a union with None, a `tuple`, `dict` or `Literal`,
or one of these in `Annotated` with marks of this module. A string in there describes the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, ClassVar

from cvbuild.read.tree import YamlMapping
from cvbuild.record import NODEFAULT, FieldInfo, Record, fields
from cvbuild.source import SourceFile, Span

NOWHERE = Span(SourceFile("", ""), 0, 0)
"""The span of a value made by a test or by the program itself."""


class Problem(ValueError):
    """Raised for a value that cannot be read. `span` is its place if that is not the value's own."""

    def __init__(self, code: str, message: str, hint: str = "", span: Span | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hints = (hint,) if hint else ()
        self.span = span


class Checked(Record, eq=False):
    """A value that a function reads, which raises ValueError for a wrong one; `typed` is its JSON Schema.

    A class outside the content, such as `Text`, has one as its `_checked`.
    """

    function: Callable[[Any], Any]
    typed: Mapping[str, Any]


class WrittenOut(Record, eq=False):
    """A value with a short form: a function writes it out before it is read.

    `short` is the JSON Schema of the short form.
    """

    function: Callable[[Any], Any]
    short: Mapping[str, Any]


class OneOrMore:
    """A list; a single value needs none around it."""


class AtLeast(Record):
    """A number that is not below another one."""

    least: int


class NotEmpty:
    """A list or mapping with one entry at least."""


class Content(Record, kw_only=True):
    """A mapping of the content, with its place."""

    names: ClassVar[frozenset[str]] = frozenset()
    """The keys whose texts are names and titles, which stay in every language unless they are given by it."""

    _reads_more: ClassVar[Callable[[str, Any], Any] | None] = None
    """Reads the value of a key that no field has; None if such a key is an error."""

    _place: YamlMapping | None = None
    _more: Mapping[str, Any] = {}

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self._place.span if self._place is not None else NOWHERE

    @property
    def tree(self) -> YamlMapping | None:
        """The mapping it was read from; None for a record made by a test or by the program itself."""
        return self._place

    def span_of(self, key: str) -> Span:
        """Where one of its keys stands, with its value on the same line."""
        if self._place is None:
            return NOWHERE
        start = self._place.key_span(key)
        whole = start.source.span_of_line(start.line)
        value: Span | None = getattr(self._place.get(key), "span", None)
        if value is None or not (
            start.end <= value.start <= whole.end
        ):  # none, an alias, or on the next line
            return whole
        end = min(value.end, whole.end)
        is_quoted = start.source.text[end : end + 1] in {"'", '"'}
        return Span(start.source, start.start, end + is_quoted)


class Field(Record):
    """A key of a mapping: its name in Python and as typed, its type, and its description.

    `default` is `...` for a key that has to be given, and an empty dict for any that is made anew.
    """

    name: str
    typed: str
    kind: Any
    about: str
    default: Any

    @property
    def is_required(self) -> bool:
        """Whether the key has to be given."""
        return self.default is ...


@cache
def table_of(kind: Any) -> Mapping[str, Field]:
    """The fields of a content class by their names, those of its bases first."""
    return {item.name: _field(item) for item in fields(kind) if not item.name.startswith("_")}


def keys_of(kind: type[Content]) -> frozenset[str]:
    """The keys of a content class as they are typed."""
    return frozenset(typed for _, typed in _names(kind))


def values_of(content: Content) -> dict[str, Any]:
    """The values of a mapping by their keys as typed, those of keys that no field has last."""
    return {typed: getattr(content, name) for name, typed in _names(type(content))} | dict(content._more)


def every_value(value: object) -> Iterator[object]:
    """Yield the values in a mapping of the content, those within its mappings and lists included."""
    if isinstance(value, Content):
        value = values_of(value)
    if isinstance(value, Mapping | tuple | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from every_value(inner)
    else:
        yield value


@cache
def _names(kind: type[Content]) -> list[tuple[str, str]]:
    """The fields of a class by name and as typed; `table_of` takes longer, as it reads their types."""
    pairs = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
    return [(name, typed) for name, typed in pairs if not name.startswith("_")]


def _field(info: FieldInfo) -> Field:
    about = next((mark for mark in getattr(info.type, "__metadata__", ()) if isinstance(mark, str)), "")
    default = ... if info.required else {} if info.default is NODEFAULT else info.default
    return Field(info.name, info.encode_name, info.type, about, default)


def kind_of(value: object) -> str:
    """What a value is, for a message."""
    match value:
        case None:
            return "nothing"
        case list() | tuple():
            return "a list"
        case dict():
            return "a mapping"
    return f"`{value}`"
