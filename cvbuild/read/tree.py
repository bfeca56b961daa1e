"""What a YAML file is loaded to: mappings, sequences and scalars that know their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from cvbuild.diagnostics import Diagnostic
from cvbuild.source import Scalar, Span, in_key


class YamlMapping(dict[str, "Tree"]):
    """A mapping with its span; its keys are scalars that know their own."""

    def __init__(self, span: Span, items: Iterable[tuple[str, Tree]] = ()) -> None:
        super().__init__(items)
        self.span = span

    def __reduce__(self) -> tuple[type[YamlMapping], tuple[Span, tuple[tuple[str, Tree], ...]]]:
        # In a key the place is enough: the digest of the file stands for what it holds.
        return YamlMapping, (self.span, () if in_key.get() else tuple(self.items()))

    def key_span(self, key: str) -> Span:
        """Where a key stands; the mapping itself for one that is missing."""
        for name in self:
            if name == key and isinstance(name, Scalar):
                return name.span
        return self.span


class YamlSequence(list["Tree"]):
    """A sequence with its span."""

    def __init__(self, span: Span, items: Iterable[Tree] = ()) -> None:
        super().__init__(items)
        self.span = span

    def __reduce__(self) -> tuple[type[YamlSequence], tuple[Span, tuple[Tree, ...]]]:
        return YamlSequence, (self.span, () if in_key.get() else tuple(self))


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
    message = "this is raw TeX, which `--untrusted` refuses"
    hint = "write it as text, or read it and build without `--untrusted`"
    places = (found[start].first_line() for start in sorted(found))
    return [Diagnostic("untrusted-tex", message, place, hints=(hint,)) for place in places]
