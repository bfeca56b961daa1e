"""Two sides of a comparison, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from cvbuild.changes.matching import Pair, moved, paired
from cvbuild.changes.subjects import Entry, Subject
from cvbuild.content.fields import NOWHERE
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
    def added(self) -> int:
        """The number of entries added."""
        return sum(len(section.added) for section in self.sections)

    @property
    def removed(self) -> int:
        """The number of entries removed."""
        return sum(len(section.removed) for section in self.sections)

    @property
    def changed(self) -> int:
        """The number of entries changed."""
        return sum(len(section.changed) for section in self.sections)

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
    places = [Entry(item.title, {}, NOWHERE, (item.name,)) for item in new if item.name in before]
    was = [Entry(item.title, {}, NOWHERE, (item.name,)) for item in old if item.name in after]
    elsewhere = moved(paired(was, places), was)
    return Changes(*names, tuple(filter(None, sections)), tuple(entry.label for entry in elsewhere))


def _of_section(old: Subject | None, new: Subject) -> SectionChanges:
    if old is None:
        return SectionChanges(new.name, new.title, "added", added=new.entries)
    pairs = paired(old.entries, new.entries)
    known = {entry for pair in pairs for entry in pair}
    holders = _holders(pairs)
    held = [(entry, _differences(one, entry)) for one, entry in holders.items()]
    changed = [ChangedEntry(entry, fields) for entry, fields in held if fields]
    for one, entry in pairs:
        fields = _differences(one, entry)
        if old.is_grouped and new.is_grouped and one.heading != entry.heading:
            fields = (*fields, FieldChange("heading", one.heading, entry.heading))
        if _holder_differs(one, entry, holders):
            fields = (*fields, FieldChange("within", _label(one.within), _label(entry.within)))
        if fields:
            changed.append(ChangedEntry(entry, fields))
    return SectionChanges(
        new.name,
        new.title,
        fields=tuple(_changed_fields(old.fields, new.fields)),
        added=tuple(entry for entry in new.entries if entry not in known),
        removed=tuple(entry for entry in old.entries if entry not in known),
        changed=tuple(changed),
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


def _holder_differs(one: Entry, entry: Entry, holders: Mapping[Entry, Entry]) -> bool:
    if one.within is None or entry.within is None:
        return one.within is not entry.within
    return holders.get(one.within) is not entry.within


def _label(entry: Entry | None) -> str | None:
    return entry.label if entry is not None else None


def _differences(old: Entry, new: Entry) -> tuple[FieldChange, ...]:
    return tuple(_changed_fields(old.fields, new.fields))


def _changed_fields(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[FieldChange]:
    for name in dict.fromkeys((*new, *old)):
        if old.get(name) != new.get(name):
            yield FieldChange(name, old.get(name), new.get(name))
