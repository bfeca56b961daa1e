"""Loaded values as plain data, and back: tuples, texts and numbers, of which nothing is ever run.

A tuple begins with the number of its form; all else stands for itself. A span is three
numbers: which of the files, and its two offsets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

from msgspec.structs import fields

from cvbuild.load.tree import YamlMapping, YamlSequence
from cvbuild.source import Scalar, SourceFile, Span

Plain: TypeAlias = Any
"""What `marshal` and the like can write."""

_TUPLE, _DICT, _SPAN, _SCALAR, _MAPPING, _SEQUENCE, _CLASSES = range(7)
_RECORDS = tuple(
    (f"cvbuild.{module}", name)
    for module, names in (
        ("inline", "Str Styled Link Math RawTex Placed RichText"),
        ("load.names", "Name NameList"),
        ("load.library", "BibEntry BrokenEntry BibLibrary"),
        ("diagnostics", "Label Diagnostic"),
    )
    for name in names.split()
)
"""Modules and classes, which are imported when there is one of them: most files of YAML have none."""
_FORMS = {record: _CLASSES + at for at, record in enumerate(_RECORDS)}


def as_plain(value: object, sources: Sequence[SourceFile]) -> Plain:
    """A loaded value as plain data. Raises TypeError for what is none."""
    numbers = {source: at for at, source in enumerate(sources)}

    def place(span: Span) -> tuple[int, int, int]:
        if span.source not in numbers:
            raise TypeError(f"{span.source.name} is not among the files")
        return numbers[span.source], span.start, span.end

    def plain(value: object) -> Plain:
        kind: type[Any] = type(value)
        if value is None or kind in {str, int, bool}:
            return value
        form = _FORMS.get((kind.__module__, kind.__name__))
        if form is not None:
            return form, *[plain(getattr(value, name)) for name in _fields(form)]
        match value:
            case Scalar():
                return _SCALAR, str(value), *place(value.span), value.tag, value.quoted
            case Span():
                return _SPAN, *place(value)
            case YamlMapping():
                return _MAPPING, *place(value.span), *pairs(value)
            case YamlSequence():
                return _SEQUENCE, *place(value.span), *map(plain, value)
        if kind is tuple:
            return _TUPLE, *map(plain, value)  # type: ignore[call-overload]  # it is a tuple
        if kind is dict:
            return _DICT, *pairs(value)  # type: ignore[arg-type]  # it is a dict
        raise TypeError(f"{kind.__name__} is no loaded value")

    def pairs(value: dict[Any, Any]) -> list[Plain]:
        return [plain(part) for pair in value.items() for part in pair]

    return plain(value)


def from_plain(data: Plain, sources: Sequence[SourceFile]) -> Any:
    """The loaded value that was made plain data, its places in these files."""

    def made(data: Plain) -> Any:
        return forms[data[0]](data) if type(data) is tuple else data

    def span(data: Plain) -> Span:
        return Span(sources[data[1]], data[2], data[3])

    def scalar(data: Plain) -> Scalar:
        return Scalar(data[1], Span(sources[data[2]], data[3], data[4]), data[5], data[6])

    def mapping(data: Plain) -> YamlMapping:
        found = YamlMapping(span(data))
        parts = map(made, data[4:])
        found.update(zip(parts, parts, strict=True))
        return found

    def sequence(data: Plain) -> YamlSequence:
        found = YamlSequence(span(data))
        found.extend(map(made, data[4:]))
        return found

    def dictionary(data: Plain) -> dict[Any, Any]:
        parts = map(made, data[1:])
        return dict(zip(parts, parts, strict=True))

    def record(data: Plain) -> Any:
        return _class(data[0])(*map(made, data[1:]))

    forms: list[Callable[[Plain], Any]] = [
        lambda data: tuple(map(made, data[1:])), dictionary, span, scalar, mapping, sequence,
        *[record] * len(_RECORDS),
    ]  # fmt: skip
    return made(data)


@cache
def _fields(form: int) -> tuple[str, ...]:
    return tuple(item.name for item in fields(_class(form)))


@cache
def _class(form: int) -> type[Any]:
    module, name = _RECORDS[form - _CLASSES]
    found: type[Any] = getattr(import_module(module), name)
    return found
