"""Types of a YAML tree: mappings, sequences and scalars that know their place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from cvbuild.diagnostics import Diagnostic
from cvbuild.source import Scalar, Span, in_key


class YamlMapping(dict[str, "Tree"]):
    """A mapping with its span; its keys are scalars that know their own."""

    def __init__(self, span: Span, items: Iterable[tuple[str, Tree]] = ()) -> None:
        super().__init__(items)
        self.span = span

    def __reduce__(self) -> tuple[type[YamlMapping], tuple[Span, tuple[tuple[str, Tree], ...]]]:
        # In a key the place is enough: the file's digest determines the contents.
        return YamlMapping, (self.span, () if in_key.get() else tuple(self.items()))

    def key_span(self, key: str) -> Span:
        """Return the span of a key, or of the mapping if the key is missing."""
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


def refused_tex(tree: Tree) -> list[Diagnostic]:
    """Return an error for each raw TeX of a tree, which an untrusted project may not have."""
    found: dict[int, Span] = {}
    left: list[Tree] = [tree]
    while left:
        value = left.pop()
        if isinstance(value, YamlMapping):
            left.extend(value.values())
        elif isinstance(value, YamlSequence):
            left.extend(value)
        elif value is not None and value.tag == "tex":
            found[value.span.start] = value.span
    message = "this is raw TeX, which `--untrusted` refuses"
    hint = "write it as text, or read it and build without `--untrusted`"
    places = (found[start].first_line() for start in sorted(found))
    return [Diagnostic("untrusted-tex", message, place, hints=(hint,)) for place in places]
