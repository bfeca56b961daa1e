"""From YAML trees to records: every error of a tree in one run, each at its place.

`_reader` turns an annotation into a function that reads a value of it. The readers of a class are
made when the first mapping of it is read, and kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

from cvbuild.content.fields import (
    AtLeast,
    Checked,
    Content,
    Field,
    NotEmpty,
    OneOrMore,
    Problem,
    WrittenOut,
    kind_of,
    table_of,
)
from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.read.tree import Tree, YamlMapping, YamlSequence
from cvbuild.record import Record
from cvbuild.source import Scalar, Span

C = TypeVar("C", bound=Content)

_WRONG: Any = object()
"""Stands for a value that cannot be read; its errors are among the findings."""

_WHOLE = re.compile(r"([+-]?)([0-9]+(?:_[0-9]+)*)(?:\.0+)?")
_NO_NUMBER = re.compile(r"^_|__|_$")
_TRUE = frozenset("1 on t true y yes".split())
_FALSE = frozenset("0 off f false n no".split())


class Home(Record):
    """Where the keys of a class belong, in words; `within` is the key that has to be there for it."""

    words: str
    within: str = ""


class _Run(Record):
    """One run of the reader: what was found, and where keys of other mappings belong."""

    findings: Findings
    homes: Mapping[type[Content], Home]

    def wrong(self, code: str, message: str, span: Span, *hints: str) -> Any:
        self.findings.error(code, message, span.first_line(), *hints)
        return _WRONG


_Reader: TypeAlias = Callable[[_Run, Any, Span, str], Any]
"""Reads a value: the run, the value, its place, and the key that it stands under."""


def read(
    kind: type[C],
    tree: Tree,
    whole: Span,
    findings: Findings,
    homes: Mapping[type[Content], Home] | None = None,
) -> C | None:
    """The tree as a record; None, with all its errors among the findings, where it does not fit.

    `whole` is the place of an error in a file that holds nothing. `homes` are the mappings that are
    easily taken for one another, the likeliest first.
    """
    found = _content(kind, _Run(findings, homes or {}), tree, getattr(tree, "span", whole), "")
    return None if found is _WRONG else found


def _content(kind: Any, run: _Run, value: Any, span: Span, key: str) -> Any:
    """A record of a class of content, which may have its type variables filled in."""
    made: type[Content] = get_origin(kind) or kind
    if isinstance(value, made):
        return value
    if not isinstance(value, YamlMapping):
        return run.wrong("wrong-type", "a mapping is expected here: lines of `key: value`", span)
    first = next(iter(value), None)
    is_written_out = isinstance(first, Scalar) and first.span == value.span
    readers = _readers(kind)
    found: dict[str, Any] = {}
    for typed, (field, reader) in readers.items():
        given: Any = value.get(typed)
        if given is not None:
            found[field.name] = reader(run, given, given.span, key if is_written_out else typed)
        elif field.is_required:
            found[field.name] = _missing(run, value, typed)
    more = {str(name): _other(run, made, value, name) for name in value if name not in readers}
    if any(item is _WRONG for item in (*found.values(), *more.values())):
        return _WRONG
    try:
        return made(**found, _place=value, _more=more)
    except ValueError as error:
        return _refused(run, error, span)


@cache
def _readers(kind: Any) -> Mapping[str, tuple[Field, _Reader]]:
    """The keys of a class as typed, each with its field and its reader."""
    return {field.typed: (field, _reader(field.kind)) for field in table_of(kind).values()}


def _missing(run: _Run, mapping: YamlMapping, key: str) -> Any:
    if key in mapping:
        hint = "write its value after the colon"
        return run.wrong("missing-key", f"`{key}` has no value", mapping.key_span(key), hint)
    return run.wrong("missing-key", f"`{key}` is missing here", mapping.span, f"add `{key}: …`")


def _other(run: _Run, kind: type[Content], mapping: YamlMapping, key: str) -> Any:
    """The value of a key that no field has."""
    place = mapping.key_span(key)
    if kind._reads_more is not None:
        try:
            return kind._reads_more(str(key), mapping[key])
        except ValueError as error:
            return _refused(run, error, getattr(mapping[key], "span", place))
    known = list(_readers(kind))
    hints = _home(run, kind, key) or did_you_mean(key, known)
    hints = hints or (f"the keys here are {', '.join(sorted(known))}",)
    return run.wrong("unknown-key", f"the key `{key}` means nothing here", place, *hints)


def _home(run: _Run, here: type[Content], key: str) -> tuple[str, ...]:
    """A hint with the mapping that a key of another one belongs to."""
    for kind, home in run.homes.items() if here in run.homes else ():
        is_near = not home.within or home.within in table_of(here)
        if kind is not here and key in table_of(kind) and is_near:
            return (f"`{key}` belongs {home.words}",)
    return ()


def _refused(run: _Run, error: ValueError, span: Span) -> Any:
    if not isinstance(error, Problem):
        return run.wrong("wrong-value", str(error), span)
    code = error.code
    return run.wrong(code, str(error), error.span or span, *error.hints)


def _reader(kind: Any) -> _Reader:
    """The reader of an annotation."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _marked(arguments[0], arguments[1:])
    if origin in {Union, UnionType}:
        [given] = (item for item in arguments if item is not type(None))
        return _reader(given)
    if origin is tuple:
        return partial(_list, _reader(arguments[0]))
    if origin is dict:
        return partial(_dict, _reader(arguments[0]), _reader(arguments[1]))
    if origin is Literal:
        return partial(_literal, arguments)
    if kind in _PLAIN:
        return _PLAIN[kind]
    checked = getattr(kind, "_checked", None)
    return partial(_content, kind) if checked is None else partial(_by, checked.function, None)


def _marked(kind: Any, marks: Sequence[Any]) -> _Reader:
    """The reader of an annotation with its marks, the innermost first."""
    is_checked = isinstance(marks[0], Checked)
    reader = partial(_by, marks[0].function, None) if is_checked else _reader(kind)
    for mark in marks:
        match mark:
            case WrittenOut():
                reader = partial(_by, mark.function, reader)
            case OneOrMore():
                reader = partial(_one_or_more, reader)
            case AtLeast():
                reader = partial(_at_least, mark.least, reader)
            case NotEmpty():
                reader = partial(_not_empty, reader)
    return reader


def _by(
    function: Callable[[Any], Any], then: _Reader | None, run: _Run, value: Any, span: Span, key: str
) -> Any:
    """A value that a function reads, or writes out for another reader."""
    try:
        found = function(value)
    except ValueError as error:
        return _refused(run, error, span)
    return found if then is None else then(run, found, span, key)


def _one_or_more(reader: _Reader, run: _Run, value: Any, span: Span, key: str) -> Any:
    several = value if isinstance(value, YamlSequence) else YamlSequence(span, [value])
    return reader(run, several, span, key)


def _list(item: _Reader, run: _Run, value: Any, span: Span, key: str) -> Any:
    if not isinstance(value, YamlSequence):
        return run.wrong("wrong-type", "a list is expected here: lines that begin with `- `", span)
    found = tuple([item(run, given, getattr(given, "span", span), key) for given in value])
    return _WRONG if any(given is _WRONG for given in found) else found


def _dict(name: _Reader, item: _Reader, run: _Run, value: Any, span: Span, key: str) -> Any:
    if not isinstance(value, YamlMapping):
        return run.wrong("wrong-type", "a mapping is expected here: lines of `key: value`", span)
    found = {}
    for typed, given in value.items():
        place = value.key_span(typed)
        name_read = name(run, typed, place, typed)  # its errors come before those of its value
        found[name_read] = item(run, given, getattr(given, "span", place), typed)
    return _WRONG if any(part is _WRONG for pair in found.items() for part in pair) else found


def _not_empty(reader: _Reader, run: _Run, value: Any, span: Span, key: str) -> Any:
    found = reader(run, value, span, key)
    if found:
        return found
    hint = "an entry begins with `- `" if isinstance(value, YamlSequence) else "an entry is `name: …`"
    return run.wrong("empty-list", f"`{key}` is empty; it needs one entry at least", span, hint)


def _at_least(least: int, reader: _Reader, run: _Run, value: Any, span: Span, key: str) -> Any:
    found = reader(run, value, span, key)
    if found is not _WRONG and found < least:
        return run.wrong("wrong-value", f"`{key}` cannot be {value}: the least is {least}", span)
    return found


def _literal(words: Sequence[str], run: _Run, value: Any, span: Span, key: str) -> Any:
    if isinstance(value, str) and value in words:
        return str(value)
    *others, last = (f"`{word}`" for word in words)
    expected = f"one of {', '.join(others)} or {last}" if others else last
    return run.wrong("wrong-value", f"`{value}` is not {expected}", span, *did_you_mean(str(value), words))


def _whole_number(run: _Run, value: Any, span: Span, key: str) -> Any:
    found = _WHOLE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return run.wrong("wrong-type", f"a whole number is expected here, not `{value}`", span)
    try:
        return int(found[1] + found[2])
    except ValueError:  # longer than Python reads
        message = "Unable to parse input string as an integer, exceeded maximum size"
        return run.wrong("wrong-value", message, span)


def _number(run: _Run, value: Any, span: Span, key: str) -> Any:
    typed = value.strip() if isinstance(value, str) else ""
    try:
        if typed.isascii() and not _NO_NUMBER.search(typed):
            return float(typed.replace("_", ""))
    except ValueError:
        pass  # reported below, as a list is
    return run.wrong("wrong-type", f"a number is expected here, not `{value}`", span)


def _truth(run: _Run, value: Any, span: Span, key: str) -> Any:
    typed = value.lower() if isinstance(value, str) else ""
    if typed in _TRUE | _FALSE:
        return typed in _TRUE
    return run.wrong("wrong-type", f"`true` or `false` is expected here, not `{value}`", span)


def _plain_word(run: _Run, value: Any, span: Span, key: str) -> Any:
    if isinstance(value, str):
        return str(value)
    return run.wrong("wrong-type", f"`{key}` is a word, not {kind_of(value)}", span)


def _anything(run: _Run, value: Any, span: Span, key: str) -> Any:
    return value


_PLAIN: Mapping[Any, _Reader] = {
    int: _whole_number, float: _number, bool: _truth, str: _plain_word, object: _anything,
}  # fmt: skip
