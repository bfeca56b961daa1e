"""What an entry is once biblatex has read it: names of today, `xdata` and `crossref` filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.read.library import BibEntry
from cvbuild.record import MutableRecord, replace
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

ENTRY_TYPES = frozenset(
    """article book mvbook inbook bookinbook suppbook booklet collection mvcollection incollection
    suppcollection dataset manual misc online patent periodical suppperiodical proceedings mvproceedings
    inproceedings reference mvreference inreference report set software thesis unpublished xdata""".split()
) | frozenset(TYPE_ALIASES)
"""The types that biblatex knows (manual, 2.1), and their other names."""

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


_MOST_SUGGESTIONS = 20
_LONGEST_CHAIN = 50
"""How many entries in a row may take from the next one; biblatex's examples have two."""


class _Keys(MutableRecord):
    """Entries by key. Near keys are suggested for the first few wrong ones: each means a search of all."""

    entries: Mapping[str, BibEntry]
    findings: Findings
    suggestions: int = _MOST_SUGGESTIONS

    def report_chain(self, field: str, span: Span, *, code: str) -> None:
        """Say where a chain of entries is not followed to its end."""
        self.findings.warning(
            code,
            f"more than {_LONGEST_CHAIN} entries in a row name another one in `{field}`;"
            " those behind add nothing here",
            span.first_line(),
        )

    def named_by(
        self, field: str, key: str, span: Span, *, code: str, silent: bool = False
    ) -> BibEntry | None:
        """The entry that a field names; what is not there is reported, except where `silent`."""
        if key not in self.entries and not silent:
            self.suggestions -= 1
            hints = did_you_mean(key, self.entries) if self.suggestions >= 0 else ()
            self.findings.warning(
                code,
                f"`{field}` names `{key}`, and no entry has that key",
                span.first_line(),
                *hints,
            )
        return self.entries.get(key)


def resolved(entries: Sequence[BibEntry], findings: Findings) -> list[BibEntry]:
    """The entries, each with all that it takes from others under biblatex's names."""
    if not any("xdata" in entry.fields or "crossref" in entry.fields for entry in entries):
        return list(entries)
    named = [with_names_of_today(entry) for entry in entries]
    keys = _Keys(_by_key(named), findings)
    completed = [_with_xdata(entry, keys) for entry in named]
    keys = _Keys(_by_key(completed), findings)
    return [_with_crossref(entry, keys) for entry in completed]


def _by_key(entries: Iterable[BibEntry]) -> dict[str, BibEntry]:
    """The entries that others can name: of two with one key the first, as in BibTeX."""
    found: dict[str, BibEntry] = {}
    for entry in entries:
        found.setdefault(str(entry.key), entry)
    return found


def with_names_of_today(entry: BibEntry) -> BibEntry:
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


def _with_xdata(entry: BibEntry, keys: _Keys) -> BibEntry:
    """The entry with the fields of those that its `xdata` names, and of those that these name."""
    if "xdata" not in entry.fields:
        return entry
    for source in _sources(entry, keys):
        entry = _completed(entry, source, lambda name: None if name in {"ids", "xdata"} else name)
    return entry


def _sources(entry: BibEntry, keys: _Keys) -> Iterator[BibEntry]:
    """The entries that fields are taken from by `xdata`, each before those that it takes from itself."""
    seen = {str(entry.key)}
    waiting = list(reversed(_named_in_xdata(entry)))
    own = len(waiting)  # what others lack is reported in their own turn
    while waiting:
        key = waiting.pop()
        if len(seen) > _LONGEST_CHAIN:
            return keys.report_chain("xdata", entry.fields["xdata"].span, code="bib-xdata")
        is_own = len(waiting) < own
        own = min(own, len(waiting))
        if key in seen:
            continue
        seen.add(str(key))
        source = keys.named_by("xdata", key, key.span, code="bib-xdata", silent=not is_own)
        if source is not None:
            yield source
            waiting += reversed(_named_in_xdata(source))


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


def _with_crossref(entry: BibEntry, keys: _Keys) -> BibEntry:
    """The entry with what its `crossref` adds, and the parent's own; its own fields win."""
    seen = {str(entry.key)}
    while (parent_key := entry.fields.get("crossref")) and parent_key not in seen:
        # What a parent lacks is reported in its own turn.
        parent = keys.named_by(
            "crossref", parent_key, parent_key.span, code="bib-crossref", silent=len(seen) > 1
        )
        seen.add(str(parent_key))
        if parent is None:
            return entry
        if len(seen) > _LONGEST_CHAIN:
            keys.report_chain("crossref", entry.fields["crossref"].span, code="bib-crossref")
            return entry
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
    return replace(entry, fields=fields, text=text, names=names, origin=b"")


def first_children(entries: Sequence[BibEntry]) -> dict[str, str]:
    """The keys of entries that others name in `crossref`, each with the first that does.

    Those that come back to themselves are no parents.
    """
    by_key = _by_key(entries)
    children: dict[str, str] = {}
    for entry in entries:
        if parent := entry.fields.get("crossref"):
            children.setdefault(str(parent), str(entry.key))
    return {
        key: child
        for key, child in children.items()
        if key in by_key and not _is_own_ancestor(by_key[key], by_key)
    }


def _is_own_ancestor(entry: BibEntry, by_key: Mapping[str, BibEntry]) -> bool:
    """Whether its chain of `crossref` comes back to it."""
    seen: set[str] = set()
    above: BibEntry | None = entry
    while above is not None and (key := above.fields.get("crossref")) and key not in seen:
        if key == entry.key:
            return True
        if len(seen) > _LONGEST_CHAIN:
            return False
        seen.add(key)
        above = by_key.get(key)
    return False
