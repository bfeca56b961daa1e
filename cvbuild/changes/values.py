"""Content as field names and texts, to be compared whatever its kind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from cvbuild.content.fields import Content, values_of
from cvbuild.model.values import Text


def fields_of(content: Content, without: Collection[str] = ()) -> dict[str, str]:
    """The keys of a content as typed, with their values; what is within another key as `outer.inner`.

    Text in several languages has a field for each: `title (de)`. What is empty is absent.
    """
    return dict(_flat(content, without))


def _flat(content: Content, without: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    for name, value in values_of(content).items():
        if name not in without:
            yield from _field(name, value)


def _field(name: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case None | () | "":
            return
        case Text():
            for language, text in value.by_language.items():
                yield (f"{name} ({language})" if language else name), str(text)
        case Content():
            yield from ((f"{name}.{inner}", text) for inner, text in _flat(value))
        case Mapping():
            for inner, item in value.items():
                yield from _field(f"{name}.{inner}", item)
        case _:
            yield name, _written(value)


def _written(value: Any) -> str:
    match value:
        case tuple() | list():
            return "; ".join(_written(item) for item in value)
        case Text():
            texts = value.by_language.items()
            return ", ".join(f"{language}: {text}" if language else str(text) for language, text in texts)
        case Content():
            return ", ".join(text for _, text in _flat(value))
        case Mapping():
            return ", ".join(f"{name}: {_written(item)}" for name, item in value.items())
        case bool():
            return "true" if value else "false"
    return str(value)
