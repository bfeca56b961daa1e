"""What a YAML file is loaded to: mappings, sequences and scalars that know their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from cvbuild.diagnostics import Diagnostic
from cvbuild.source import Scalar, Span, in_key


class YamlMapping(dict[str, "Tree"]):
    """A mapping with its span; its keys are scalars that know their own."""

    def __init__(self, span: Span) -> None:
        super().__init__()
        self.span = span

    def __reduce__(self) -> tuple[Callable[..., YamlMapping], tuple[Span, tuple[tuple[str, Tree], ...]]]:
        # In a key the place is enough: the digest of the file stands for what it holds.
        return _mapping, (self.span, () if in_key.get() else tuple(self.items()))

    def key_span(self, key: str) -> Span:
        """Where a key stands; the mapping itself for one that is missing."""
        for name in self:
            if name == key and isinstance(name, Scalar):
                return name.span
        return self.span


class YamlSequence(list["Tree"]):
    """A sequence with its span."""

    def __init__(self, span: Span) -> None:
        super().__init__()
        self.span = span

    def __reduce__(self) -> tuple[Callable[..., YamlSequence], tuple[Span, tuple[Tree, ...]]]:
        return _sequence, (self.span, () if in_key.get() else tuple(self))


def _mapping(span: Span, items: Iterable[tuple[str, Tree]]) -> YamlMapping:
    made = YamlMapping(span)
    made.update(items)
    return made


def _sequence(span: Span, items: Iterable[Tree]) -> YamlSequence:
    made = YamlSequence(span)
    made.extend(items)
    return made


Tree: TypeAlias = YamlMapping | YamlSequence | Scalar | None
"""A loaded value; None for an empty one (`key:` or `~`)."""


def scalars(tree: Tree) -> Iterator[Scalar]:
    """All values of a tree that are neither mappings nor sequences, in any order."""
    seen: list[Tree] = [tree]
    while seen:
        value = seen.pop()
        if isinstance(value, YamlMapping):
            seen.extend(value.values())
        elif isinstance(value, YamlSequence):
            seen.extend(value)
        elif value is not None:
            yield value


def refused_tex(tree: Tree) -> list[Diagnostic]:
    """An error for each raw TeX of a tree, which an untrusted project may not have."""
    found = {value.span.start: value.span for value in scalars(tree) if value.tag == "tex"}
    return [
        Diagnostic(
            "untrusted-tex",
            "this is raw TeX, which `--untrusted` refuses",
            found[start].first_line(),
            hints=("write it as text, or read it and build without `--untrusted`",),
        )
        for start in sorted(found)
    ]
