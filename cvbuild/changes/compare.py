"""Two sides of a comparison, section by section, and their differences for people and programs."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Literal, TypeVar

from cvbuild.changes.subjects import Entry, Subject
from cvbuild.record import Record
from cvbuild.report import Json, harmless, place
from cvbuild.words import counted, shortened


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
    # Entries of other kinds have other keys: a section of another kind has nothing in common.
    levels = min((len(entry.keys) for entry in (*old, *new)), default=0)

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


Paint = Callable[[str, str], str]
"""Gives a line a colour, by its name."""

_LONGEST = 72
_CONTEXT = 3
"""Words that are shown around what differs in a long text."""

_LONGEST_COMMENT = 60_000
"""Characters; GitHub takes 65,536 in a comment."""

_SIGNS = {
    "added": ("  +", "green"),
    "removed": ("  -", "red"),
    "changed": ("  ~", "yellow"),
    "moved": ("  ~ in another place:", "yellow"),
    "": ("     ", ""),
}
"""Before each difference, and its colour, by its state; without one it belongs to what is before it."""


def as_lines(changes: Changes, paint: Paint) -> Iterator[str]:
    """`+` added, `-` removed, `~` changed, by section, and the sum of all at the end."""
    for section in changes.sections:
        yield harmless(f"{section.title} [{section.name}]")
        for state, text in _differences(section, str, ":"):
            sign, colour = _SIGNS[state]
            yield paint(harmless(f"{sign} {text}"), colour)
        yield ""
    if changes.reordered:
        yield paint(harmless(f"~ sections in another place: {', '.join(changes.reordered)}"), "yellow")
        yield ""
    yield _sum(changes, changes.old, changes.new)


def _differences(
    section: SectionChanges, quoted: Callable[[str], str], colon: str = ""
) -> Iterator[tuple[str, str]]:
    """The state and the text of each difference; `colon` follows a field's name before its state."""

    def label(entry: Entry) -> str:
        return quoted(shortened(entry.label, _LONGEST))

    def field(change: FieldChange) -> str:
        name, (old, new) = quoted(change.field), excerpts(change)
        if old is None or new is None:
            state = "added" if old is None else "removed"
            return f"{name}{colon} {state}: {quoted(old or new or '')}"
        return f"{name}: {quoted(old)} → {quoted(new)}"

    if section.state != "kept":
        entries = section.added or section.removed
        more = f", {counted(len(entries), 'entry', 'entries')}" if entries else ""
        yield section.state, f"the whole section{more}"
        return
    yield from (("changed", field(change)) for change in section.fields)
    yield from (("added", label(entry)) for entry in section.added)
    yield from (("removed", label(entry)) for entry in section.removed)
    for changed in section.changed:
        yield "changed", label(changed.entry)
        yield from (("", field(change)) for change in changed.fields)
    yield from (("moved", label(entry)) for entry in section.moved)


def excerpts(change: FieldChange) -> tuple[str | None, str | None]:
    """Both values, of long ones the words that differ with a few around them."""
    if change.old is None or change.new is None:
        return change.old and shortened(change.old, _LONGEST), change.new and shortened(change.new, _LONGEST)
    old, new = change.old.split(), change.new.split()
    if max(len(change.old), len(change.new)) <= _LONGEST or old == new:
        return (_visible(change.old), _visible(change.new)) if old == new else (change.old, change.new)
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    return _part(old, start, end), _part(new, start, end)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words at the beginning are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (word, another) in pairs if word != another), min(len(one), len(other)))


def _part(words: Sequence[str], start: int, end: int) -> str:
    first, last = max(start - _CONTEXT, 0), min(len(words) - end + _CONTEXT, len(words))
    before, after = "… " if first else "", " …" if last < len(words) else ""
    return before + shortened(" ".join(words[first:last]), _LONGEST) + after


_SPACES = str.maketrans({" ": "␣", "\n": "⏎", "\t": "⇥", "\u00a0": "⍽", "\u202f": "⍽"})


def _visible(text: str) -> str:
    """A text that differs from another in its spaces alone."""
    return shortened(text.translate(_SPACES), _LONGEST)


def _sum(changes: Changes, old: str, new: str) -> str:
    """How many entries are added, removed and changed."""
    if not changes:
        return f"no differences between {old} and {new}"
    sums = ", ".join(f"{number} {state}" for state, number in changes.counts.items())
    return f"{sums} between {old} and {new}"


def as_markdown(changes: Changes) -> str:
    """A comment for a pull request: a heading for each section, a list below it, the sum first.

    What comes from the CV stands in code spans, where neither markup nor `@name` means anything.
    """
    lines = [f"**CV:** {_sum(changes, _code(changes.old), _code(changes.new))}"]
    room = _LONGEST_COMMENT
    left_out = 0
    for section in changes.sections:
        heading = f"### {_code(section.title)}"
        found = _differences(section, _code)
        listed = (f"- **{state}**: {text}" if state else f"  - {text}" for state, text in found)
        for line in (heading, *listed):
            room -= len(line) + 2
            if room <= 0:
                left_out += 1
            else:
                lines += ["", line, ""] if line is heading else [line]
    if changes.reordered:
        lines += ["", f"Sections in another place: {', '.join(map(_code, changes.reordered))}"]
    if left_out:
        lines += ["", f"{left_out} more lines are left out: a comment has no room for them."]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    """A code span, its fence longer than any within (CommonMark 0.31.2, 6.1)."""
    text = harmless(" ".join(text.split()))
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{fence}{space}{text}{space}{fence}" if text else "(empty)"


def for_programs(changes: Changes) -> dict[str, Json]:
    """The same as data, values at their full length."""
    return {
        "old": changes.old,
        "new": changes.new,
        **changes.counts,
        "reordered_sections": list(changes.reordered),
        "sections": [
            {
                "section": section.name,
                "title": section.title,
                "state": section.state,
                "fields": _fields_as_json(section.fields),
                "added": [_entry_as_json(entry) for entry in section.added],
                "removed": [_entry_as_json(entry) for entry in section.removed],
                "changed": [
                    {**_entry_as_json(changed.entry), "fields": _fields_as_json(changed.fields)}
                    for changed in section.changed
                ],
                "moved": [_entry_as_json(entry) for entry in section.moved],
            }
            for section in changes.sections
        ],
    }


def _entry_as_json(entry: Entry) -> dict[str, Json]:
    return {"entry": entry.label, "place": place(entry.span)}


def _fields_as_json(fields: Sequence[FieldChange]) -> Json:
    return [{"field": change.field, "old": change.old, "new": change.new} for change in fields]
