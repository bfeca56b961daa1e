"""Records that the readers return: YAML trees and bibliographies, with spans.

This module imports neither PyYAML nor bibtexparser, so that the memo can load records without them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from cvbuild.diagnostics import Diagnostic
from cvbuild.inline import RichText
from cvbuild.record import Record
from cvbuild.source import Scalar, Span, in_key


class YamlMapping(dict[str, "Tree"]):
    """A mapping with its span; its keys are scalars with spans of their own."""

    def __init__(self, span: Span, items: Iterable[tuple[str, Tree]] = ()) -> None:
        super().__init__(items)
        self.span = span

    def __reduce__(self) -> tuple[type[YamlMapping], tuple[Span, tuple[tuple[str, Tree], ...]]]:
        # In a key of the memo the span is enough: the digest of its file determines the contents.
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
    """Return an error for each raw TeX (`!tex`) in a tree: an untrusted project may not have any."""
    found: dict[int, Span] = {}
    left: list[Tree] = [tree]
    for value in left:  # the list grows while it is read
        if isinstance(value, YamlMapping | YamlSequence):
            left.extend(value.values() if isinstance(value, YamlMapping) else value)
        elif value is not None and value.tag == "tex":
            found[value.span.start] = value.span
    message = "this is raw TeX, which `--untrusted` refuses"
    hint = "write it as text, or read it and build without `--untrusted`"
    places = (found[start].first_line() for start in sorted(found))
    return [Diagnostic("untrusted-tex", message, place, hints=(hint,)) for place in places]


MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""BibTeX's own macros for the months (btxdoc, section 3.2)."""


class Name(Record):
    """A name in BibTeX's four parts, and the `mark` (`*`, `†`) after it; a body has a family name only."""

    family: str
    given: str = ""
    particle: str = ""
    suffix: str = ""
    corporate: bool = False
    mark: str = ""
    span: Span | None = None

    @property
    def initials(self) -> str:
        """Initials of the given names, hyphens kept: `Klaus-Robert` gives `K-R`."""
        parts: list[str] = []
        for word in self.given.replace(".", ". ").split():
            pieces = [piece for piece in word.strip("-").split("-") if piece.strip(".")]
            joined = "-".join(piece.lstrip("'’(")[:1] for piece in pieces)
            # "K.-R." was split at its dots: the hyphen now begins the second word.
            if word.startswith("-") and parts:
                parts[-1] += "-" + joined
            elif joined:
                parts.append(joined)
        return " ".join(parts)


class NameList(Record):
    """Names in order; `others` when the list ends in `and others`."""

    names: tuple[Name, ...] = ()
    others: bool = False
    span: Span | None = None

    def __len__(self) -> int:
        return len(self.names)

    def shown(self, longest: int | None, kept: Collection[int]) -> list[int]:
        """Return the positions (0-based) of the first `longest` names (None: all) and those in `kept`."""
        return [at for at in range(len(self.names)) if longest is None or at < longest or at in kept]


class BibEntry(Record):
    """An entry: its type, its key, and its fields in the order typed, by name in lower case.

    `fields` are the values as typed, joined and unbraced; `text` and `names` hold them decoded. `origin` is
    a hash of the entry's source text and macros, empty if the entry inherits fields of other entries.
    """

    type: str
    key: Scalar
    fields: Mapping[str, Scalar]
    text: Mapping[str, RichText]
    names: Mapping[str, NameList]
    span: Span
    origin: bytes = b""

    def is_copy_of(self, other: BibEntry) -> bool:
        """Whether both are equal and in one file. A copy in another file may serve categories by file."""
        is_same = self.type == other.type and self.key == other.key and self.fields == other.fields
        return is_same and self.span.source == other.span.source


class BrokenEntry(Record):
    """A block that was not read as an entry. `type` and `key` are guesses or empty; `span` has its text."""

    span: Span
    reason: str
    type: str = ""
    key: str = ""

    @property
    def is_entry(self) -> bool:
        """Whether the block was meant as an entry, not as a macro, a preamble or a comment."""
        return self.type not in {"string", "preamble", "comment"}


class BibLibrary(Record):
    """The entries of all files, in order, and the blocks that were not read as entries."""

    entries: tuple[BibEntry, ...] = ()
    broken: tuple[BrokenEntry, ...] = ()


class Piece(Record):
    """A stretch of a .bib file, and the macros defined before it; `state` is a hash of these macros."""

    span: Span
    macros: Mapping[str, str]
    state: bytes


class Part(Record):
    """The contents of a piece; `html` are fields with HTML, `state` is a hash of all macros up to its end."""

    entries: tuple[BibEntry, ...]
    broken: tuple[BrokenEntry, ...]
    macros: Mapping[str, str]
    state: bytes
    html: tuple[Span, ...]
    found: tuple[Diagnostic, ...]
