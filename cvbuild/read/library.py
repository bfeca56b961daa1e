"""Types of a bibliography: entries with their place in the .bib files, and what could not be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cvbuild.diagnostics import Diagnostic
from cvbuild.inline import RichText
from cvbuild.record import Record
from cvbuild.source import Scalar, Span

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""BibTeX's own macros for the months (btxdoc, section 3.2)."""


class Name(Record):
    """A name in the four parts of BibTeX; a corporate body has a family name only.

    `given` may be initials. `mark` is a star or dagger typed after the name.
    """

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
        """Return the positions (0-based) of the first `longest` names and of those in `kept`."""
        return [at for at in range(len(self.names)) if longest is None or at < longest or at in kept]


class BibEntry(Record):
    """An entry: type and key, and its fields in the order typed, names in lower case.

    `fields` are the values as typed, joined and unbraced; `text` and `names` hold them decoded. `origin`
    is a hash of all that the entry was read from, empty if it took something from other entries.
    """

    type: str
    key: Scalar
    fields: Mapping[str, Scalar]
    text: Mapping[str, RichText]
    names: Mapping[str, NameList]
    span: Span
    origin: bytes = b""

    def is_copy_of(self, other: BibEntry) -> bool:
        """Whether both entries of one file are equal: the entry was pasted twice.

        A copy in another file may be meant: categories can be chosen by file.
        """
        is_same = self.type == other.type and self.key == other.key and self.fields == other.fields
        return is_same and self.span.source == other.span.source

    def value(self, *names: str) -> Scalar | None:
        """Return the first of the named fields that is not empty, as typed."""
        for name in names:
            if self.fields.get(name):
                return self.fields[name]
        return None


class BrokenEntry(Record):
    """A block that is not a readable entry, with the reason; its raw text is `span.text`.

    `type` and `key` are a guess, and empty without one.
    """

    span: Span
    reason: str
    type: str = ""
    key: str = ""

    @property
    def is_entry(self) -> bool:
        """Whether the block was meant as an entry, not as a macro, a preamble or a comment."""
        return self.type not in {"string", "preamble", "comment"}


class BibLibrary(Record):
    """All entries of all files, in order, and the blocks that could not be read as one."""

    entries: tuple[BibEntry, ...] = ()
    broken: tuple[BrokenEntry, ...] = ()


class Piece(Record):
    """A stretch of a .bib file and the macros that are defined before it; `state` is a hash of these."""

    span: Span
    macros: Mapping[str, str]
    state: bytes


class Part(Record):
    """The contents of a piece: entries, the macros that it defines, and fields with HTML.

    `state` is a hash of all macros that hold behind it.
    """

    entries: tuple[BibEntry, ...]
    broken: tuple[BrokenEntry, ...]
    macros: Mapping[str, str]
    state: bytes
    html: tuple[Span, ...]
    found: tuple[Diagnostic, ...]
