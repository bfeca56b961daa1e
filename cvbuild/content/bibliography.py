"""The .bib files as publications, entry by entry: an edit of one entry reads one entry."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cvbuild.content.crossref import first_children, resolved
from cvbuild.content.persons import owner_positions
from cvbuild.content.publications import Made, Publication
from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.memo import Bundle
from cvbuild.read import load_bibtex
from cvbuild.read.library import BibEntry, BibLibrary, BrokenEntry, Name, NameList
from cvbuild.record import Record
from cvbuild.source import Scalar, SourceFile, Span


class Unlisted(Record):
    """An entry that was read and is no publication of its own, with the reason."""

    key: Scalar
    span: Span
    reason: str


class Bibliography(Record):
    """What the .bib files came to: publications in the order read, what is none, and what is broken.

    `unread` are the problems of reading the files, `found` those of the entries.
    """

    publications: tuple[Publication, ...]
    unlisted: tuple[Unlisted, ...]
    broken: tuple[BrokenEntry, ...]
    unread: tuple[Diagnostic, ...]
    found: tuple[Diagnostic, ...]


def read_bibliography(sources: tuple[SourceFile, ...], owners: tuple[Name, ...]) -> Bibliography:
    """Read the .bib files of an owner with these names: a stage for the memo."""
    library, unread = load_bibtex(sources)
    findings = Findings()
    unlisted = unlisted_entries(library, owners)
    publications = make_publications(library, {item.span for item in unlisted}, owners, findings)
    return Bibliography(publications, unlisted, library.broken, tuple(unread.items), tuple(findings.items))


def make_publications(
    library: BibLibrary, left_out: Collection[Span], owners: Sequence[Name], findings: Findings
) -> tuple[Publication, ...]:
    """The entries of the library as publications, in the order read, except those left out."""
    read = Bundle(_made, *owners)
    publications, unprinted = list[Publication](), list[tuple[str, Span]]()
    for entry in resolved(library.entries, findings):
        if entry.span not in left_out:
            publication, fields, found = read(entry, entry.origin)
            publications.append(publication)
            unprinted += fields
            findings.extend(found)
    read.save()
    if unprinted:
        from cvbuild.content.bibfields import report_unprinted  # seldom, as above

        report_unprinted(unprinted, findings)
    return tuple(publications)


def _made(entry: BibEntry, *owners: Name) -> Made:
    """An entry as a publication: a stage for the memo."""
    from cvbuild.content.entries import (
        made,  # imports the readers of fields: only where the memo has no answer
    )

    return made(entry, owners)


def unlisted_entries(library: BibLibrary, owners: Sequence[Name]) -> tuple[Unlisted, ...]:
    """The entries that are there for others alone, and those that were pasted twice, in the order read."""
    children = first_children(library.entries)
    first: dict[str, BibEntry] = {}
    found = []
    for entry in library.entries:
        other = first.setdefault(str(entry.key), entry)
        if other is not entry and entry.is_copy_of(other):
            found.append(Unlisted(entry.key, entry.span, f"a copy of the entry at {other.span.place}"))
        elif reason := _why_unlisted(entry, children, owners):
            found.append(Unlisted(entry.key, entry.span, reason))
    return tuple(found)


def _why_unlisted(entry: BibEntry, children: Mapping[str, str], owners: Sequence[Name]) -> str:
    """Why an entry is no publication: a volume the owner did not edit; empty where it is one."""
    if entry.type == "xdata":
        return "holds data for other entries"
    if entry.key not in children or "author" in entry.fields:
        return ""
    if owner_positions(entry.names.get("editor", NameList()), owners):
        return ""
    return f"only a parent of `{children[entry.key]}`"
