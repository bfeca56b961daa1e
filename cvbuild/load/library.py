"""What the .bib files are loaded to: entries that know their place, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping

from cvbuild.inline import RichText
from cvbuild.load.names import NameList
from cvbuild.record import Record
from cvbuild.source import Scalar, Span

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""BibTeX's own macros for the months (btxdoc, section 3.2)."""


class BibEntry(Record):
    """An entry: type and key, and its fields in the order typed, names in lower case.

    `fields` are the values as typed, joined and unbraced; `text` and `names` read them. `origin` is a
    hash of all that the entry was read from, empty if it took something from other entries.
    """

    type: str
    key: Scalar
    fields: Mapping[str, Scalar]
    text: Mapping[str, RichText]
    names: Mapping[str, NameList]
    span: Span
    origin: bytes = b""

    def is_copy_of(self, other: BibEntry) -> bool:
        """Whether it says the same as an entry of the same file: it was pasted twice.

        A copy in another file may be meant: categories can be chosen by file.
        """
        is_same = self.type == other.type and self.key == other.key and self.fields == other.fields
        return is_same and self.span.source == other.span.source

    def value(self, *names: str) -> Scalar | None:
        """The first of the fields that is there and not empty, as typed."""
        for name in names:
            if self.fields.get(name):
                return self.fields[name]
        return None


class BrokenEntry(Record):
    """A block that is not a readable entry, with the reason; its raw text is `span.text`.

    `type` and `key` are what seems to be meant, empty where that cannot be told.
    """

    span: Span
    reason: str
    type: str = ""
    key: str = ""

    @property
    def is_entry(self) -> bool:
        """Whether an entry was meant, and not a macro, a preamble or a comment."""
        return self.type not in {"string", "preamble", "comment"}


class BibLibrary(Record):
    """All entries of all files, in order, and what could not be read.

    Every block of the files that is meant as an entry is in one of the two.
    """

    entries: tuple[BibEntry, ...] = ()
    broken: tuple[BrokenEntry, ...] = ()
