"""What an entry is once biblatex has read it: names of today, `xdata` and `crossref` filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.load.bibtex import BibEntry
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

# What a child takes from its parent under another name (biblatex manual, appendix B).
_TITLES = ("title", "subtitle", "titleaddon")
_WITH_BOOKTITLE = frozenset({"inproceedings", "incollection", "inbook"})
_WITH_MAINTITLE = frozenset({"book", "collection", "proceedings", "reference", *_WITH_BOOKTITLE})
# biblatex's own list, and what tells one work from another.
_NEVER_INHERITED = frozenset(
    """ids crossref xref xdata entryset entrysubtype execute label options presort related relatedoptions
    relatedstring relatedtype shorthand shorthandintro sortkey shorttitle
    title subtitle titleaddon author keywords doi url eprint pages eid""".split()
)
_DATES = frozenset({"date", "year"})


def resolved(entries: Sequence[BibEntry], findings: Findings) -> list[BibEntry]:
    """The entries under biblatex's names, each with all that it takes from others."""
    named = [_with_names_of_today(entry) for entry in entries]
    by_key = {str(entry.key): entry for entry in named}
    completed = [_with_xdata(entry, by_key, findings) for entry in named]
    by_key = {str(entry.key): entry for entry in completed}
    return [_with_crossref(entry, by_key, findings) for entry in completed]


def _with_names_of_today(entry: BibEntry) -> BibEntry:
    """The entry under biblatex's names; a field that stands there under both keeps biblatex's."""
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


def _with_xdata(entry: BibEntry, by_key: Mapping[str, BibEntry], findings: Findings) -> BibEntry:
    """The entry with the fields of those that its `xdata` names, and of those that these name."""
    for source in _sources(entry, by_key, {str(entry.key)}, findings):
        entry = _completed(entry, source, lambda name: None if name in {"ids", "xdata"} else name)
    return entry


def _sources(
    entry: BibEntry, by_key: Mapping[str, BibEntry], seen: set[str], findings: Findings
) -> Iterator[BibEntry]:
    """The entries that fields are taken from by `xdata`, nearest first."""
    value = entry.fields.get("xdata")
    for match in re.finditer(r"[^\s,](?:[^,]*[^\s,])?", value or ""):
        if value is None or match[0] in seen:
            continue
        seen.add(match[0])
        at = value.span.start + max(value.span.text.find(match[0]), 0)
        place = Span(value.span.source, at, at + len(match[0]))
        source = _named_by("xdata", match[0], place, by_key, findings, code="bib-xdata")
        if source is not None:
            yield source
            yield from _sources(source, by_key, seen, Findings())  # its own turn reports what it lacks


def _with_crossref(entry: BibEntry, by_key: Mapping[str, BibEntry], findings: Findings) -> BibEntry:
    """The entry with what its `crossref` adds, and the parent's own; its own fields win."""
    seen = {str(entry.key)}
    while (parent_key := entry.fields.get("crossref")) and parent_key not in seen:
        seen.add(parent_key)
        parent = _named_by("crossref", parent_key, parent_key.span, by_key, findings, code="bib-crossref")
        if parent is None:
            return entry
        findings = Findings()  # what the parent lacks is reported in its own turn
        entry = _completed(entry, parent, partial(_inherited_name, child=entry.type, parent=parent.type))
        fields = dict(entry.fields)
        fields["crossref"] = parent.fields.get("crossref", parent_key)
        entry = replace(entry, fields=fields)
    return entry


def _inherited_name(name: str, child: str, parent: str) -> str | None:
    """What a parent's field is called in a child, by their types; None where it stays the parent's."""
    if name in _TITLES:
        if parent.startswith("mv") and child in _WITH_MAINTITLE:
            return f"main{name}"
        if child in _WITH_BOOKTITLE:
            return f"book{name}"
    return None if name in _NEVER_INHERITED else name


def _completed(entry: BibEntry, source: BibEntry, rename: Callable[[str], str | None]) -> BibEntry:
    """The entry with another's fields where it has none of the name; a date counts as one field."""
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
    return replace(entry, fields=fields, text=text, names=names)


def _named_by(
    field: str, key: str, span: Span, by_key: Mapping[str, BibEntry], findings: Findings, *, code: str
) -> BibEntry | None:
    if key not in by_key:
        findings.warning(
            code,
            f"`{field}` names `{key}`, and no entry has that key",
            span.first_line(),
            *did_you_mean(key, by_key),
        )
    return by_key.get(key)


def parents(entries: Iterable[BibEntry]) -> set[str]:
    """The keys of entries that others name in `crossref`, except those that come back to themselves."""
    by_key = {str(entry.key): entry for entry in entries}
    named = {str(entry.fields["crossref"]) for entry in by_key.values() if entry.fields.get("crossref")}
    return {key for key in named if key in by_key and not _is_own_ancestor(by_key[key], by_key)}


def _is_own_ancestor(entry: BibEntry, by_key: Mapping[str, BibEntry]) -> bool:
    """Whether its chain of `crossref` comes back to it."""
    seen: set[str] = set()
    above: BibEntry | None = entry
    while above is not None and (key := above.fields.get("crossref")) and key not in seen:
        if key == entry.key:
            return True
        seen.add(key)
        above = by_key.get(key)
    return False
