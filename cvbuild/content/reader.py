"""Content records, and a reader that turns YAML trees into them and reports all errors in one run.

An annotation says how a value is read: a class or a union with None, a `tuple`, `dict` or `Literal`,
or one of these in `Annotated` with marks of this module. A string in `Annotated` describes the key.
`_reader` turns an annotation into a function that reads such values. `_readers` makes the functions of
a class when the first mapping of that class is read, and caches them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.memo import memo
from cvbuild.read import read_yaml
from cvbuild.read.parsed import Tree, YamlMapping, YamlSequence
from cvbuild.record import FieldInfo, Record, fields
from cvbuild.source import NOWHERE, Scalar, SourceFile, Span


class Problem(ValueError):
    """Raised for a value that cannot be read. `span` is the place to report, by default the value's."""

    def __init__(self, code: str, message: str, hint: str = "", span: Span | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hints = (hint,) if hint else ()
        self.span = span


class Checked(Record, eq=False):
    """A mark: `function` reads the value, and raises ValueError for a wrong one; `schema` is its JSON Schema.

    A class of values, such as `Text`, needs no mark: it has `schema` and the function, called `of`.
    """

    function: Callable[[Any], Any]
    schema: Mapping[str, Any]


class WrittenOut(Record, eq=False):
    """A mark: `function` expands a short form before the value is read; `schema` is the short form's."""

    function: Callable[[Any], Any]
    schema: Mapping[str, Any]


class OneOrMore:
    """A mark: a list; a single value is read as a list of one."""


class AtLeast(Record):
    """A mark: a number of at least `least`."""

    least: int


class NotEmpty:
    """A mark: a list or mapping with at least one entry."""


class Content(Record, kw_only=True):
    """A mapping of the content, with its place if it was read from a file."""

    names: ClassVar[frozenset[str]] = frozenset()
    """The keys whose texts are names and titles; they need no translation into a variant's language."""

    _reads_more: ClassVar[Callable[[str, Any], Any] | None] = None
    """Reads the value of a key without a field; None makes such a key an error."""

    _place: YamlMapping | None = None
    _more: Mapping[str, Any] = {}

    @property
    def span(self) -> Span:
        """The place of the mapping; `NOWHERE` if it was not read from a file."""
        return self._place.span if self._place is not None else NOWHERE

    def span_of(self, key: str) -> Span:
        """Return the place of a key and its value; the key's line if the value does not begin on it."""
        if self._place is None:
            return NOWHERE
        start = self._place.key_span(key)
        line = start.source.span_of_line(start.line)
        value: Span | None = getattr(self._place.get(key), "span", None)
        # The value of an alias stands somewhere else in the file.
        if value is None or not start.end <= value.start <= line.end:
            return line
        end = min(value.end, line.end)
        is_quoted = start.source.text[end : end + 1] in {"'", '"'}
        return Span(start.source, start.start, end + is_quoted)


C = TypeVar("C", bound=Content)


@cache
def table_of(kind: Any) -> Mapping[str, FieldInfo]:
    """Return the fields of a class by name, those of its bases first; `encode_name` is the key as typed."""
    return {info.name: info for info in fields(kind) if not info.name.startswith("_")}


def values_of(content: Content) -> dict[str, Any]:
    """Return the values of a mapping by key as typed; keys without a field come last."""
    kind = type(content)
    # Not by `table_of`, which takes longer: it evaluates the annotations of the class.
    pairs = zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True)
    found = {typed: getattr(content, name) for typed, name in pairs if not name.startswith("_")}
    return found | dict(content._more)


def every_value(value: object) -> Iterator[object]:
    """Yield the single values in a value, those within its mappings and lists included."""
    if isinstance(value, Content):
        value = values_of(value)
    if isinstance(value, Mapping | tuple | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from every_value(inner)
    else:
        yield value


def kind_of(value: object) -> str:
    """Return the type of a value in words, for messages; a single value is quoted."""
    words = ((type(None), "nothing"), ((list, tuple), "a list"), (dict, "a mapping"))
    return next((word for kinds, word in words if isinstance(value, kinds)), f"`{value}`")


_WRONG: Any = object()
"""Stands for a value that could not be read; its errors are already reported."""


Homes: TypeAlias = Mapping[type[Content], tuple[str, str]]
"""By class: words for where its keys belong, and a field that the class being read needs for the hint."""


class _Run(Record):
    """One run of the reader: its findings, and the classes that misplaced keys may belong to."""

    findings: Findings
    homes: Homes

    def read(self, reader: _Reader, value: Any, span: Span, key: str) -> Any:
        """Return the result of a reader, or report the error that it raises and return `_WRONG`."""
        try:
            return reader(self, value, span, key)
        except ValueError as error:
            problem = error if isinstance(error, Problem) else Problem("wrong-value", str(error))
            code, place = problem.code, (problem.span or span).first_line()
            self.findings.error(code, str(error), place, *problem.hints)
            return _WRONG


_Reader: TypeAlias = Callable[[_Run, Any, Span, str], Any]
"""Reads a value; takes the run, the value, its place and its key. Raises ValueError for a wrong value."""


def read(kind: type[C], tree: Tree, whole: Span, findings: Findings, homes: Homes | None = None) -> C | None:
    """Return the tree as a record; None, with all its errors in `findings`, if it does not fit the class.

    `whole` is the place of an error in an empty file. `homes` are the classes that a misplaced key may
    belong to, the likeliest first.
    """
    run = _Run(findings, homes or {})
    found = run.read(partial(_content, kind), tree, getattr(tree, "span", whole), "")
    return None if found is _WRONG else found


def shipped_table(kind: type[C], folder: str, name: str) -> C:
    """Return a YAML file of the package, `name` in `folder`, as a record."""
    source = SourceFile(name, (Path(__file__).parents[1] / folder / name).read_text(encoding="utf-8"))
    table = read(kind, memo(read_yaml, source)[0], Span(source, 0, 0), Findings())
    assert table is not None
    return table


@cache
def _readers(kind: Any) -> Mapping[str, tuple[FieldInfo, _Reader]]:
    """Return the keys of a class as typed, each with its field and its reader."""
    return {field.encode_name: (field, _reader(field.type)) for field in table_of(kind).values()}


def _reader(kind: Any) -> _Reader:
    """Return the reader of an annotation."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        typed, *marks = arguments
        reader = partial(_single, marks[0].function) if isinstance(marks[0], Checked) else _reader(typed)
        marks = [mark for mark in marks if not isinstance(mark, (Checked, str))]
        return partial(_marked, reader, marks) if marks else reader
    if origin in {Union, UnionType}:
        [given] = (item for item in arguments if item is not type(None))
        return _reader(given)
    if origin is tuple:
        return partial(_list, _reader(arguments[0]))
    if origin is dict:
        return partial(_dict, _reader(arguments[0]), _reader(arguments[1]))
    if origin is Literal:
        return partial(_single, partial(_literal, arguments))
    if kind is str:
        return _plain_text
    if kind in _PLAIN or hasattr(kind, "of"):
        return partial(_single, _PLAIN.get(kind) or kind.of)
    return partial(_content, kind)


def _content(kind: Any, run: _Run, value: Any, span: Span, key: str) -> Any:
    """Read a mapping as the class `kind`; report all its errors, and return `_WRONG` if there are any."""
    made: type[Content] = get_origin(kind) or kind
    if isinstance(value, made):
        return value
    if not isinstance(value, YamlMapping):
        raise Problem("wrong-type", "a mapping is expected here: lines of `key: value`")
    # The keys of an expanded short form have the span of its value; errors then name the key as typed.
    first = next(iter(value), None)
    is_written_out = isinstance(first, Scalar) and first.span == value.span
    readers = _readers(kind)
    found: dict[str, Any] = {}
    for typed, (field, reader) in readers.items():
        given: Any = value.get(typed)
        if given is not None:
            found[field.name] = run.read(reader, given, given.span, key if is_written_out else typed)
        elif field.required:
            message, hint = f"`{typed}` is missing here", f"add `{typed}: …`"
            if typed in value:
                message, hint = f"`{typed}` has no value", "write its value after the colon"
            run.findings.error("missing-key", message, value.key_span(typed).first_line(), hint)
            found[field.name] = _WRONG
    more = {}
    for name in value:
        if name not in readers:
            place, given = value.key_span(name), value[name]
            other = partial(_other, made, place)
            more[str(name)] = run.read(other, given, getattr(given, "span", place), name)
    if any(item is _WRONG for item in (*found.values(), *more.values())):
        return _WRONG
    return made(**found, _place=value, _more=more)


def _other(kind: type[Content], place: Span, run: _Run, value: Any, span: Span, key: str) -> Any:
    """Read the value of a key without a field; `place` is the key's. Raises Problem if no such key may be."""
    if kind._reads_more is not None:
        return kind._reads_more(str(key), value)
    known = table_of(kind)
    for other, (words, within) in run.homes.items() if kind in run.homes else ():
        if other is not kind and key in table_of(other) and (not within or within in known):
            hint = f"`{key}` belongs {words}"
            break
    else:
        typed = [field.encode_name for field in known.values()]
        [hint] = did_you_mean(key, typed) or (f"the keys here are {', '.join(sorted(typed))}",)
    raise Problem("unknown-key", f"the key `{key}` means nothing here", hint, place)


def _single(function: Callable[[Any], Any], run: _Run, value: Any, span: Span, key: str) -> Any:
    return function(value)


def _marked(reader: _Reader, marks: Sequence[Any], run: _Run, value: Any, span: Span, key: str) -> Any:
    """Read a value with marks: expand short forms, read the value, then check limits."""
    typed = value
    for mark in reversed(marks):
        if isinstance(mark, WrittenOut):
            value = mark.function(value)
        elif isinstance(mark, OneOrMore) and not isinstance(value, YamlSequence):
            value = YamlSequence(span, [value])
    found = reader(run, value, span, key)
    for mark in marks:
        if isinstance(mark, NotEmpty) and not found:
            hint = "an entry begins with `- `" if isinstance(typed, YamlSequence) else "an entry is `name: …`"
            raise Problem("empty-list", f"`{key}` is empty; it needs one entry at least", hint)
        if isinstance(mark, AtLeast) and found < mark.least:
            raise Problem("wrong-value", f"`{key}` cannot be {typed}: the least is {mark.least}")
    return found


def _list(item: _Reader, run: _Run, value: Any, span: Span, key: str) -> Any:
    if not isinstance(value, YamlSequence):
        raise Problem("wrong-type", "a list is expected here: lines that begin with `- `")
    found = tuple([run.read(item, given, getattr(given, "span", span), key) for given in value])
    return _WRONG if any(given is _WRONG for given in found) else found


def _dict(name: _Reader, item: _Reader, run: _Run, value: Any, span: Span, key: str) -> Any:
    if not isinstance(value, YamlMapping):
        raise Problem("wrong-type", "a mapping is expected here: lines of `key: value`")
    found = {}
    for typed, given in value.items():
        place = value.key_span(typed)
        name_read = run.read(name, typed, place, typed)  # its errors come before those of its value
        found[name_read] = run.read(item, given, getattr(given, "span", place), typed)
    return _WRONG if any(part is _WRONG for pair in found.items() for part in pair) else found


def _plain_text(run: _Run, value: Any, span: Span, key: str) -> str:
    if not isinstance(value, str):
        raise Problem("wrong-type", f"`{key}` is a word, not {kind_of(value)}")
    return str(value)


def _literal(words: Sequence[str], value: Any) -> str:
    if isinstance(value, str) and value in words:
        return str(value)
    *others, last = (f"`{word}`" for word in words)
    expected = f"one of {', '.join(others)} or {last}" if others else last
    raise Problem("wrong-value", f"`{value}` is not {expected}", "".join(did_you_mean(str(value), words)))


def _whole_number(value: Any) -> int:
    typed = value.strip() if isinstance(value, str) else ""
    found = re.fullmatch(r"([+-]?)([0-9]+(?:_[0-9]+)*)(?:\.0+)?", typed)
    if found is None:
        raise Problem("wrong-type", f"a whole number is expected here, not `{value}`")
    try:
        return int(found[1] + found[2])
    except ValueError:  # more digits than Python converts
        message = "Unable to parse input string as an integer, exceeded maximum size"
        raise ValueError(message) from None


def _number(value: Any) -> float:
    typed = value.strip() if isinstance(value, str) else ""
    try:
        if typed.isascii() and not re.search(r"^_|__|_$", typed):
            return float(typed.replace("_", ""))
    except ValueError:
        pass  # reported below, as are lists
    raise Problem("wrong-type", f"a number is expected here, not `{value}`")


def _truth(value: Any) -> bool:
    typed = value.lower() if isinstance(value, str) else ""
    if typed in {"1", "on", "t", "true", "y", "yes"}:
        return True
    if typed in {"0", "f", "false", "n", "no", "off"}:
        return False
    raise Problem("wrong-type", f"`true` or `false` is expected here, not `{value}`")


_PLAIN: Mapping[Any, Callable[[Any], Any]] = {
    int: _whole_number, float: _number, bool: _truth, object: lambda value: value,
}  # fmt: skip
