"""Two sides of a comparison, section by section, and which entry of one is which of the other."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Literal, TypeVar

from cvbuild.changes.subjects import Entry, Subject
from cvbuild.record import Record


class FieldChange(Record):
    """A field with what it was and what it is; None where it is absent."""

    field: str
    old: str | None
    new: str | None


class ChangedEntry(Record):
    """An entry that both sides have, with the fields that differ."""

    entry: Entry
    fields: tuple[FieldChange, ...]


class SectionChanges(Record):
    """What differs in a section. `state` says whether one side alone has the section itself."""

    name: str
    title: str
    state: Literal["kept", "added", "removed"] = "kept"
    fields: tuple[FieldChange, ...] = ()
    added: tuple[Entry, ...] = ()
    removed: tuple[Entry, ...] = ()
    changed: tuple[ChangedEntry, ...] = ()
    moved: tuple[Entry, ...] = ()

    def __bool__(self) -> bool:
        differs = self.fields or self.added or self.removed or self.changed or self.moved
        return bool(differs) or self.state != "kept"


class Changes(Record):
    """All differences between `old` and `new`, the names of the two sides.

    `reordered` are the titles of sections that stand elsewhere.
    """

    old: str
    new: str
    sections: tuple[SectionChanges, ...]
    reordered: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of entries added, removed and changed."""
        return {
            "added": sum(len(section.added) for section in self.sections),
            "removed": sum(len(section.removed) for section in self.sections),
            "changed": sum(len(section.changed) for section in self.sections),
        }

    def __bool__(self) -> bool:
        return bool(self.sections or self.reordered)


def compare(old: Sequence[Subject], new: Sequence[Subject], names: tuple[str, str]) -> Changes:
    """What differs, in the order of the new side, then what it lacks."""
    before = {subject.name: subject for subject in old}
    after = {subject.name: subject for subject in new}
    sections = [_of_section(before.get(name), subject) for name, subject in after.items()]
    sections += [
        SectionChanges(name, subject.title, "removed", removed=subject.entries)
        for name, subject in before.items()
        if name not in after
    ]
    stayed = [name for name in before if name in after]
    elsewhere = moved([(name, name) for name in after if name in before], stayed)
    titles = tuple(after[name].title for name in elsewhere)
    return Changes(*names, tuple(filter(None, sections)), titles)


def _of_section(old: Subject | None, new: Subject) -> SectionChanges:
    if old is None:
        return SectionChanges(new.name, new.title, "added", added=new.entries)
    pairs = paired(old.entries, new.entries)
    known = {entry for pair in pairs for entry in pair}
    holders = _holders(pairs)
    changed = [(entry, _changed_fields(one.fields, entry.fields)) for one, entry in holders.items()]
    for one, entry in pairs:
        fields = _changed_fields(one.fields, entry.fields)
        if old.is_grouped and new.is_grouped and one.heading != entry.heading:
            fields.append(FieldChange("heading", one.heading, entry.heading))
        holder = one.within and holders.get(one.within, one.within)
        if holder is not entry.within:
            fields.append(FieldChange("within", _label(one.within), _label(entry.within)))
        changed.append((entry, fields))
    return SectionChanges(
        new.name,
        new.title,
        fields=tuple(_changed_fields(old.fields, new.fields)),
        added=tuple(entry for entry in new.entries if entry not in known),
        removed=tuple(entry for entry in old.entries if entry not in known),
        changed=tuple(ChangedEntry(entry, tuple(fields)) for entry, fields in changed if fields),
        moved=tuple(moved(pairs, old.entries)) if old.is_ordered else (),
    )


def _holders(pairs: Sequence[Pair]) -> dict[Entry, Entry]:
    """The items that hold entries of both sides, old to new: a renamed organisation is known by its roles."""
    held = [(one.within, entry.within) for one, entry in pairs if one.within and entry.within]
    holders: dict[Entry, Entry] = {}
    taken: set[Entry] = set()
    # First those of one name: a role may have moved to another organisation.
    for one, entry in sorted(held, key=lambda pair: pair[0].label != pair[1].label):
        if one not in holders and entry not in taken:
            holders[one] = entry
            taken.add(entry)
    return holders


def _label(entry: Entry | None) -> str | None:
    return entry.label if entry is not None else None


def _changed_fields(old: Mapping[str, str], new: Mapping[str, str]) -> list[FieldChange]:
    names = [name for name in dict.fromkeys((*new, *old)) if old.get(name) != new.get(name)]
    return [FieldChange(name, old.get(name), new.get(name)) for name in names]


_ALIKE = 0.6
"""How much of two names is the same where one is the other renamed, as difflib counts it."""

_MOST_COMPARED = 2_500
"""Pairs of names that are compared within one group; in a larger one nothing is taken for renamed."""

T = TypeVar("T", bound=Hashable)
Pair = tuple[Entry, Entry]


def paired(old: Sequence[Entry], new: Sequence[Entry]) -> list[Pair]:
    """The entries that both sides have, in the order of the new side.

    What is surest comes first: an id or a citation key, then the same content, then what
    agrees in fewer and fewer of name, place and dates; at last, with the same place and dates,
    a name much like the other.
    """
    left_old, left_new = dict.fromkeys(old), dict.fromkeys(new)
    found: dict[Entry, Entry] = {}
    levels = max((len(entry.keys) for entry in (*old, *new)), default=0)

    def join(one: Entry, other: Entry) -> None:
        found[other] = one
        del left_old[one], left_new[other]

    for level in range(levels):
        waiting: defaultdict[Hashable, list[Entry]] = defaultdict(list)
        for entry in left_old:
            waiting[entry.keys[level]].append(entry)
        for entry in list(left_new):
            if (key := entry.keys[level]) is not None and waiting[key]:
                join(waiting[key].pop(0), entry)
    for one, other in _renamed(left_old, left_new):
        join(one, other)
    return [(found[entry], entry) for entry in new if entry in found]


def _renamed(old: Iterable[Entry], new: Iterable[Entry]) -> list[Pair]:
    """Of the entries with one place and one date, those that are most alike."""
    groups: defaultdict[Hashable, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    for side, entries in enumerate((old, new)):
        for entry in entries:
            if entry.near is not None:
                groups[entry.near][side].append(entry)
    pairs: list[Pair] = []
    for before, after in groups.values():
        if not 0 < len(before) * len(after) <= _MOST_COMPARED:
            continue
        alike = sorted(
            (-_likeness(one.label, other.label), at, to)
            for at, one in enumerate(before)
            for to, other in enumerate(after)
        )
        taken: set[tuple[int, int]] = set()
        for ratio, at, to in alike:
            if -ratio >= _ALIKE and (0, at) not in taken and (1, to) not in taken:
                taken |= {(0, at), (1, to)}
                pairs.append((before[at], after[to]))
    return pairs


def _likeness(one: str, other: str) -> float:
    """How much of two names is the same, from 0 to 1; 0 where it is less than counts."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # These are upper bounds, the first of them nearly free.
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()


def moved(pairs: Sequence[tuple[T, T]], old: Sequence[T]) -> list[T]:
    """The fewest things that stand elsewhere among those that both sides have.

    The others are a longest increasing subsequence of their old places.
    """
    place = {entry: at for at, entry in enumerate(old)}
    places = [place[one] for one, _ in pairs]
    at_end: list[int] = []  # of a run of each length, that with the least old place
    before: list[int | None] = []
    for at, old_place in enumerate(places):
        length = bisect_left(at_end, old_place, key=places.__getitem__)
        before.append(at_end[length - 1] if length else None)
        at_end[length : length + 1] = [at]
    kept: set[int] = set()
    step = at_end[-1] if at_end else None
    while step is not None:
        kept.add(step)
        step = before[step]
    return [entry for at, (_, entry) in enumerate(pairs) if at not in kept]
