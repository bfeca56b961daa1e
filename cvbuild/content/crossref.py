"""Entries as biblatex reads them: the names of types and fields, `xdata` and `crossref` filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache, partial

from cvbuild.content.persons import owner_positions
from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.read.library import BibEntry, BibLibrary, Name, NameList
from cvbuild.record import MutableRecord, Record, replace
from cvbuild.shipped import shipped_folder
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

_NAMES = (shipped_folder("content") / "biblatex.txt").read_text(encoding="utf-8")
_TYPES, LINK_FIELDS, _PRINTED, UNPRINTED_FIELDS, _NEVER_INHERITED = (
    re.sub("#.*", "", group).split() for group in re.split(r"(?m)^\[.*\]$", _NAMES)[1:]
)
ENTRY_TYPES = frozenset(_TYPES) | frozenset(TYPE_ALIASES)
"""The types that biblatex knows, and their other names."""
PRINTED_FIELDS = frozenset(_PRINTED) | frozenset(LINK_FIELDS)
"""The fields that the templates print of an entry of any type; `type` is printed for some."""


@cache
def is_known_unprinted(name: str) -> bool:
    """Whether a field is left out without a word."""
    return any(fnmatchcase(name, pattern) for pattern in UNPRINTED_FIELDS)


# What a child takes from its parent under another name (biblatex manual, appendix B).
_TITLES = ("title", "subtitle", "titleaddon")
_WITH_BOOKTITLE = frozenset({"inproceedings", "incollection", "inbook"})
_WITH_MAINTITLE = frozenset({"book", "collection", "proceedings", "reference", *_WITH_BOOKTITLE})
_DATES = frozenset({"date", "year"})

_MOST_SUGGESTIONS = 20
"""Maximum number of wrong keys that near keys are suggested for: each suggestion is a search of all keys."""
_LONGEST_CHAIN = 50
"""Maximum number of entries in a row that take from the next one; biblatex's examples have two."""


class _Sources(MutableRecord):
    """The entries that others can take fields from, by key."""

    entries: Mapping[str, BibEntry]
    findings: Findings
    suggestions: int = _MOST_SUGGESTIONS

    def named(self, field: str, key: Scalar, *, silent: bool) -> BibEntry | None:
        """Return the entry that a field names; report a missing one, unless `silent`."""
        if key not in self.entries and not silent:
            self.suggestions -= 1
            hints = did_you_mean(key, self.entries) if self.suggestions >= 0 else ()
            message = f"`{field}` names `{key}`, and no entry has that key"
            self.findings.warning(f"bib-{field}", message, key.span.first_line(), *hints)
        return self.entries.get(key)

    def report_chain(self, field: str, entry: BibEntry) -> None:
        """Report that a chain of entries is not followed to its end."""
        self.findings.warning(
            f"bib-{field}",
            f"more than {_LONGEST_CHAIN} entries in a row name another one in `{field}`;"
            " those behind add nothing here",
            entry.fields[field].span.first_line(),
        )


def resolved(entries: Sequence[BibEntry], findings: Findings) -> list[BibEntry]:
    """Return the entries under biblatex's names, each with all that it takes from others."""
    if not any("xdata" in entry.fields or "crossref" in entry.fields for entry in entries):
        return list(entries)
    named = [renamed(entry) for entry in entries]
    sources = _Sources(_by_key(named), findings)
    completed = [_with_xdata(entry, sources) for entry in named]
    sources = _Sources(_by_key(completed), findings)
    return [_with_crossref(entry, sources) for entry in completed]


def _by_key(entries: Iterable[BibEntry]) -> dict[str, BibEntry]:
    """Return the entries that others can name: of two with one key the first, as in BibTeX."""
    found: dict[str, BibEntry] = {}
    for entry in entries:
        found.setdefault(str(entry.key), entry)
    return found


def renamed(entry: BibEntry) -> BibEntry:
    """Return the entry under biblatex's names; of a field that stands there under both, biblatex's wins."""
    kind, described = TYPE_ALIASES.get(entry.type, (entry.type, ""))
    taken = {name: FIELD_ALIASES.get(name, name) for name, value in entry.fields.items() if value}
    taken = {name: new for name, new in taken.items() if name == new or new not in taken}
    fields = {new: entry.fields[name] for name, new in taken.items()}
    if described:
        fields.setdefault("type", Scalar(described, entry.span))
    return replace(
        entry,
        # What begins with `_` is a piece of templates, and no template of a type.
        type=kind.lstrip("_") or "misc",
        fields=fields,
        text={new: entry.text[name] for name, new in taken.items() if name in entry.text},
        names={new: entry.names[name] for name, new in taken.items() if name in entry.names},
    )


def _with_xdata(entry: BibEntry, sources: _Sources) -> BibEntry:
    """Return the entry with the fields of those that its `xdata` names, and of those that these name.

    It takes from each before those that this one takes from itself.
    """
    seen = {str(entry.key)}
    waiting = _named_in_xdata(entry)[::-1]
    own = len(waiting)  # what others lack is reported in their own turn
    while waiting:
        key = waiting.pop()
        if len(seen) > _LONGEST_CHAIN:
            sources.report_chain("xdata", entry)
            break
        is_own = len(waiting) < own
        own = min(own, len(waiting))
        if key in seen:
            continue
        seen.add(str(key))
        source = sources.named("xdata", key, silent=not is_own)
        if source is not None:
            entry = _completed(entry, source, lambda name: None if name in {"ids", "xdata"} else name)
            waiting += _named_in_xdata(source)[::-1]
    return entry


def _named_in_xdata(entry: BibEntry) -> list[Scalar]:
    value = entry.fields.get("xdata")
    if not value:
        return []
    source, start = value.span.source, value.span.start
    named = []
    for match in re.finditer(r"[^\s,](?:[^,]*[^\s,])?", value):
        at = start + max(value.span.text.find(match[0]), 0)
        named.append(Scalar(match[0], Span(source, at, at + len(match[0]))))
    return named


def _with_crossref(entry: BibEntry, sources: _Sources) -> BibEntry:
    """Return the entry with what its `crossref` adds, and the parent's own; its own fields win."""
    seen = {str(entry.key)}
    while (parent_key := entry.fields.get("crossref")) and parent_key not in seen:
        # What a parent lacks is reported in its own turn.
        parent = sources.named("crossref", parent_key, silent=len(seen) > 1)
        seen.add(str(parent_key))
        if parent is None:
            break
        if len(seen) > _LONGEST_CHAIN:
            sources.report_chain("crossref", entry)
            break
        entry = _completed(entry, parent, partial(_inherited_name, child=entry.type, parent=parent.type))
        above = {"crossref": parent.fields.get("crossref", parent_key)}
        entry = replace(entry, fields={**entry.fields, **above})
    return entry


def _inherited_name(name: str, child: str, parent: str) -> str | None:
    """Return the name of a parent's field in a child, by their types; None if it is not inherited."""
    if name in _TITLES:
        if parent.startswith("mv") and child in _WITH_MAINTITLE:
            return f"main{name}"
        if child in _WITH_BOOKTITLE:
            return f"book{name}"
    return None if name in _NEVER_INHERITED else name


def _completed(entry: BibEntry, source: BibEntry, rename: Callable[[str], str | None]) -> BibEntry:
    """Return the entry with another's fields where it has none of the name; a date counts as one field."""
    fields, text, names = dict(entry.fields), dict(entry.text), dict(entry.names)
    is_dated = not _DATES.isdisjoint(fields)
    for name, value in source.fields.items():
        target = rename(name)
        if target is None or target in fields or (is_dated and target in {*_DATES, "month"}):
            continue
        fields[target] = value
        if name in source.text:
            text[target] = source.text[name]
        if name in source.names:
            names[target] = source.names[name]
    return replace(entry, fields=fields, text=text, names=names, origin=b"")


class Unlisted(Record):
    """An entry that is no publication of its own, with the reason."""

    key: Scalar
    span: Span
    reason: str


def unlisted_entries(library: BibLibrary, owners: Sequence[Name]) -> tuple[Unlisted, ...]:
    """Return the entries that are there for others alone, and those that were pasted twice, in order.

    A parent in `crossref` without authors is a publication if the owner edited it.
    """
    entries = library.entries
    by_key = _by_key(entries)
    children: dict[str, str] = {}
    for entry in entries:
        if parent := entry.fields.get("crossref"):
            children.setdefault(str(parent), str(entry.key))
    found = []
    for entry in entries:
        first = by_key[str(entry.key)]
        if first is not entry and entry.is_copy_of(first):
            reason = f"a copy of the entry at {first.span.place}"
        elif entry.type == "xdata":
            reason = "holds data for other entries"
        elif (
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
    """Whether its chain of `crossref` comes back to it."""
    above: BibEntry | None = entry
    for _ in range(_LONGEST_CHAIN + 1):
        above = by_key.get(above.fields.get("crossref", "")) if above is not None else None
        if above is entry:
            return True
    return False
