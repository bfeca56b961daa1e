"""Give entries biblatex's names of types and fields, and the fields that they inherit from other entries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from cvbuild.content.persons import owner_positions
from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.read.parsed import BibEntry, BibLibrary, Name, NameList
from cvbuild.record import MutableRecord, Record, replace
from cvbuild.source import Scalar, Span

# BibTeX's older names for biblatex's fields and types (biblatex manual, 2.2.5 and 2.1.2).
FIELD_ALIASES = {
    "journal": "journaltitle", "address": "location", "school": "institution",
    "archiveprefix": "eprinttype", "primaryclass": "eprintclass", "annote": "annotation",
}  # fmt: skip
TYPE_ALIASES = {
    "conference": ("inproceedings", ""), "techreport": ("report", "techreport"),
    "phdthesis": ("thesis", "phdthesis"), "mastersthesis": ("thesis", "mathesis"),
    "electronic": ("online", ""), "www": ("online", ""),
}  # fmt: skip

_NAMES = Path(__file__).with_name("biblatex.txt").read_text(encoding="utf-8")
_TYPES, LINK_FIELDS, _PRINTED, UNPRINTED_FIELDS, _NEVER_INHERITED = (
    re.sub("#.*", "", group).split() for group in re.split(r"(?m)^\[.*\]$", _NAMES)[1:]
)
ENTRY_TYPES = frozenset(_TYPES) | frozenset(TYPE_ALIASES)
"""The entry types of biblatex, and their aliases."""
PRINTED_FIELDS = frozenset(_PRINTED) | frozenset(LINK_FIELDS)
"""The fields that templates print for entries of every type. `type` is missing: only some types print it."""


@cache
def is_known_unprinted(name: str) -> bool:
    """Whether a field is left out without a warning."""
    return any(fnmatchcase(name, pattern) for pattern in UNPRINTED_FIELDS)


# Fields that a child inherits under another name (biblatex manual, appendix B).
_TITLES = ("title", "subtitle", "titleaddon")
_WITH_BOOKTITLE = frozenset({"inproceedings", "incollection", "inbook"})
_WITH_MAINTITLE = frozenset({"book", "collection", "proceedings", "reference", *_WITH_BOOKTITLE})
_DATES = frozenset({"date", "year"})

_MOST_SUGGESTIONS = 20
"""Maximum number of unknown keys with suggestions: each suggestion is a search of all keys."""
_LONGEST_CHAIN = 50
"""Maximum number of entries in a chain of `xdata` or `crossref`; biblatex's examples have two."""


def resolved(entries: Sequence[BibEntry], findings: Findings) -> list[BibEntry]:
    """Return the entries with inherited fields, under biblatex's names; if none inherits, unchanged."""
    if not any("xdata" in entry.fields or "crossref" in entry.fields for entry in entries):
        return list(entries)
    found = [renamed(entry) for entry in entries]
    for field in ("xdata", "crossref"):
        # If two entries share a key, a reference means the first, as in BibTeX.
        sources = _Sources(field, {str(entry.key): entry for entry in reversed(found)}, findings)
        found = [sources.completed(entry) for entry in found]
    return found


def renamed(entry: BibEntry) -> BibEntry:
    """Return the entry under biblatex's names; a field typed under both names keeps biblatex's value."""
    kind, described = TYPE_ALIASES.get(entry.type, (entry.type, ""))
    taken = {name: FIELD_ALIASES.get(name, name) for name in entry.fields if entry.fields[name]}
    taken = {name: new for name, new in taken.items() if name == new or new not in taken}
    fields = {new: entry.fields[name] for name, new in taken.items()}
    if described:
        fields.setdefault("type", Scalar(described, entry.span))
    return replace(
        entry,
        # A template whose name begins with `_` is part of others, not the template of a type.
        type=kind.lstrip("_") or "misc",
        fields=fields,
        text={new: entry.text[name] for name, new in taken.items() if name in entry.text},
        names={new: entry.names[name] for name, new in taken.items() if name in entry.names},
    )


class _Sources(MutableRecord):
    """The entries, by key, from which others inherit through `field`: `xdata` or `crossref`."""

    field: str
    entries: Mapping[str, BibEntry]
    findings: Findings
    suggestions: int = _MOST_SUGGESTIONS

    def completed(self, entry: BibEntry) -> BibEntry:
        """Return an entry with the fields that it inherits, directly and through other entries.

        Its own fields win. A named entry comes before the entries that it names in turn (depth first).
        """
        seen = {str(entry.key)}
        found = entry
        waiting = self._named_in(entry)[::-1]
        code = "bib-xdata" if self.field == "xdata" else "bib-crossref"
        own = len(waiting)  # the entry's own keys, at the bottom; only these are reported
        while waiting:
            key = waiting.pop()
            is_own = len(waiting) < own
            own = min(own, len(waiting))
            if len(seen) > _LONGEST_CHAIN:
                message = f"more than {_LONGEST_CHAIN} entries in a row name another one in `{self.field}`"
                message += "; those behind add nothing here"
                self.findings.warning(code, message, entry.fields[self.field].span.first_line())
                break
            if key in seen:
                continue
            seen.add(str(key))
            source = self.entries.get(key)
            if source is not None:
                found = self._with(found, source)
                waiting += self._named_in(source)[::-1]
            elif is_own:
                self.suggestions -= 1
                hints = did_you_mean(key, self.entries) if self.suggestions >= 0 else ()
                message = f"`{self.field}` names `{key}`, and no entry has that key"
                self.findings.warning(code, message, key.span.first_line(), *hints)
        return found

    def _named_in(self, entry: BibEntry) -> list[Scalar]:
        """Return the keys in the entry's field, separated by commas in `xdata`, each with its span."""
        value = entry.fields.get(self.field)
        if not value or self.field == "crossref":
            return [value] if value else []
        source, start = value.span.source, value.span.start
        named = []
        for match in re.finditer(r"[^\s,](?:[^,]*[^\s,])?", value):
            at = start + max(value.span.text.find(match[0]), 0)
            named.append(Scalar(match[0], Span(source, at, at + len(match[0]))))
        return named

    def _with(self, entry: BibEntry, source: BibEntry) -> BibEntry:
        """Return the entry with those fields of a source that it lacks; a date counts as one field."""
        fields, text, names = dict(entry.fields), dict(entry.text), dict(entry.names)
        is_dated = not _DATES.isdisjoint(fields)
        kept = ("ids", "xdata") if self.field == "xdata" else _NEVER_INHERITED
        for name, value in source.fields.items():
            target = name
            if self.field == "crossref" and name in _TITLES:
                if source.type.startswith("mv") and entry.type in _WITH_MAINTITLE:
                    target = f"main{name}"
                elif entry.type in _WITH_BOOKTITLE:
                    target = f"book{name}"
            if target in kept or target in fields or (is_dated and target in {*_DATES, "month"}):
                continue
            fields[target] = value
            if name in source.text:
                text[target] = source.text[name]
            if name in source.names:
                names[target] = source.names[name]
        return replace(entry, fields=fields, text=text, names=names, origin=b"")


class Unlisted(Record):
    """An entry that is not a publication itself, with the reason."""

    key: Scalar
    span: Span
    reason: str


def unlisted_entries(library: BibLibrary, owners: Sequence[Name]) -> tuple[Unlisted, ...]:
    """Return the entries that only serve others, and copies of earlier entries, in the order of the files."""
    by_key = {str(entry.key): entry for entry in reversed(library.entries)}
    children = {
        str(entry.fields["crossref"]): entry.key
        for entry in reversed(library.entries)
        if entry.fields.get("crossref")
    }
    found = []
    for entry in library.entries:
        first = by_key[str(entry.key)]
        if first is not entry and entry.is_copy_of(first):
            reason = f"a copy of the entry at {first.span.place}"
        elif entry.type == "xdata":
            reason = "holds data for other entries"
        elif (  # a parent without authors is a publication if the owner edited it
            entry.key in children
            and "author" not in entry.fields
            and not owner_positions(entry.names.get("editor", NameList()), owners)
            and not _is_own_ancestor(first, by_key)
        ):
            reason = f"only a parent of `{children[entry.key]}`"
        else:
            continue
        found.append(Unlisted(entry.key, entry.span, reason))
    return tuple(found)


def _is_own_ancestor(entry: BibEntry, by_key: Mapping[str, BibEntry]) -> bool:
    """Whether the chain of `crossref` that starts at an entry leads back to it."""
    above: BibEntry | None = entry
    for _ in range(_LONGEST_CHAIN + 1):
        above = by_key.get(above.fields.get("crossref", "")) if above is not None else None
        if above is entry:
            return True
    return False
