"""YAML text to PyYAML's graph of nodes: by libyaml where it reads the text as PyYAML does, else by PyYAML.

libyaml takes a twelfth of the time. Both count positions in characters, and of plain text both
make the same. They part over what is seldom there: tabs, line ends other than the newline,
directives and characters that one of them refuses. Such a text is PyYAML's, and so is
every one that libyaml complains of: only PyYAML's complaints are explained (`yaml_wording`).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, TypeAlias

import yaml
from yaml.composer import Composer
from yaml.resolver import Resolver

MAX_DEPTH = 40

Anchors: TypeAlias = dict[str, tuple[int, int]]
"""Anchors with their offsets."""

# Tabs, line ends of more than one kind, and what one of the two refuses. They are looked for in two
# ways, as a pattern with characters of all Unicode takes longer to compile than a CV to compose.
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_ODD = "\u2028\u2029\ufeff\ufffe\uffff"
# A directive, a tag that is no word, and a comment that touches the sign of a long text.
_UNLIKE = re.compile(r"^%|(?<![^\s\[\]{},:])!(?!!?[A-Za-z]+\s)|[|>][-+\d]*#", re.MULTILINE)


class TooDeepError(Exception):
    """Raised at the offset where collections nest too deep."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class _Composing(Composer):
    """Composes nodes by recursion, which ends here at a depth that no CV has."""

    def __init__(self) -> None:
        Composer.__init__(self)
        self.depth = 0
        self.unused_anchors: Anchors = {}
        """Those of texts that no alias names so far."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[attr-defined]  # the parser's
        if self.depth > MAX_DEPTH:
            raise TooDeepError(event.start_mark.index)
        if isinstance(event, yaml.AliasEvent):
            self.unused_anchors.pop(event.anchor or "", None)
        elif isinstance(event, yaml.ScalarEvent) and event.anchor is not None:
            assert event.start_mark is not None  # the reader gives every event its place
            start = event.start_mark.index
            self.unused_anchors[event.anchor] = start, start + len(event.anchor) + 1
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class PythonLoader(_Composing, yaml.SafeLoader):
    """PyYAML's safe loader, of which no more than the composing is used."""

    def __init__(self, text: str) -> None:
        yaml.SafeLoader.__init__(self, text)
        _Composing.__init__(self)


class _ReadOtherwiseError(Exception):
    """Raised where libyaml takes what PyYAML refuses."""


def composed_by_libyaml(text: str) -> tuple[yaml.Node | None, Anchors] | None:
    """The root node, if any, and the anchors that no alias names; None where PyYAML is to read."""
    if not yaml.__with_libyaml__ or _CONTROL.search(text) or _UNLIKE.search(text):
        return None
    if any(character in text for character in _ODD):
        return None
    try:
        loader = _fast_loader()(text)
        return loader.get_single_node(), loader.unused_anchors
    except (TooDeepError, _ReadOtherwiseError, yaml.YAMLError, ValueError, OverflowError):
        return None


@cache
def _fast_loader() -> type[Any]:
    """A loader as PyYAML's, whose events are libyaml's; it is made where there is a libyaml."""
    from yaml._yaml import CParser

    class FastLoader(_Composing, CParser, Resolver):
        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            _Composing.__init__(self)
            Resolver.__init__(self)

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            if isinstance(parent, yaml.CollectionNode) and parent.flow_style:
                event = self.peek_event()
                # Within brackets PyYAML takes it for the sign of a key, wherever it stands.
                if isinstance(event, yaml.ScalarEvent) and not event.style and "?" in event.value:
                    raise _ReadOtherwiseError
            return super().compose_node(parent, index)

    return FastLoader
