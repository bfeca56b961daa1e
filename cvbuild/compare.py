"""The differences between two snapshots of a CV: found by section, and written for people and programs."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Literal, TypeVar

from cvbuild.record import Record, as_builtins
from cvbuild.report import Json, harmless, place
from cvbuild.snapshot import Entry, Subject
from cvbuild.words import counted, shortened

T = TypeVar("T", bound=Hashable)

_ALIKE = 0.6
"""Minimum likeness of two names, one of them the other renamed, as `difflib` counts it."""
_MOST_COMPARED = 2_500
"""Maximum number of pairs of names compared within one group; in a larger one nothing counts as renamed."""

_LONGEST = 72
"""Maximum length of a value or label that is printed, in characters."""
_CONTEXT = 3
"""Number of words shown on either side of what differs in a long text."""
_LONGEST_COMMENT = 60_000
"""Maximum length of the Markdown, in characters; GitHub takes 65,536 in a comment."""

_SIGNS = {
    "added": ("  +", "green"),
    "removed": ("  -", "red"),
    "changed": ("  ~", "yellow"),
    "moved": ("  ~ in another place:", "yellow"),
    "": ("     ", ""),
}
"""The text before a difference, and its colour, by its state; no state: it belongs to the one before."""
_SPACES = str.maketrans({" ": "␣", "\n": "⏎", "\t": "⇥", "\u00a0": "⍽", "\u202f": "⍽"})


class FieldChange(Record):
    """A field with its old and its new value; None where it is absent."""

    field: str
    old: str | None
    new: str | None


class EntryChange(Record):
    """An entry that differs; a changed one has the fields that do."""

    state: Literal["added", "removed", "changed", "moved"]
    entry: Entry
    fields: tuple[FieldChange, ...] = ()


class SectionChanges(Record):
    """The differences of a section. `state` says whether one side alone has the section itself."""

    name: str
    title: str
    state: Literal["kept", "added", "removed"]
    fields: tuple[FieldChange, ...]
    entries: tuple[EntryChange, ...]


class Changes(Record):
    """All differences between `old` and `new`, the names of the two sides.

    `reordered` are the titles of sections that stand elsewhere.
    """

    old: str
    new: str
    sections: tuple[SectionChanges, ...]
    reordered: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of entries added, removed and changed."""
        states = [change.state for section in self.sections for change in section.entries]
        return {state: states.count(state) for state in ("added", "removed", "changed")}

    def __bool__(self) -> bool:
        return bool(self.sections or self.reordered)


def compare(old: Sequence[Subject], new: Sequence[Subject], names: tuple[str, str]) -> Changes:
    """Return the differences, in the order of the new side, then the sections that it lacks."""
    before = {subject.name: subject for subject in old}
    after = {subject.name: subject for subject in new}
    sections = []
    for name in dict.fromkeys((*after, *before)):
        if name in before and name in after:
            changes = _compare_sections(before[name], after[name])
            sections += [changes] if changes.fields or changes.entries else []
            continue
        state: Literal["added", "removed"] = "added" if name in after else "removed"
        subject = after[name] if name in after else before[name]
        entries = tuple(EntryChange(state, entry) for entry in subject.entries)
        sections.append(SectionChanges(name, subject.title, state, (), entries))
    stayed = [name for name in before if name in after]
    elsewhere = _moved([(name, name) for name in after if name in before], stayed)
    return Changes(*names, tuple(sections), tuple(after[name].title for name in elsewhere))


def _compare_sections(old: Subject, new: Subject) -> SectionChanges:
    pairs = _paired(old.entries, new.entries)
    known = {entry for pair in pairs for entry in pair}
    # The items that hold entries of both sides, old to new: a renamed organisation is known by its roles.
    # Those of one name come first, as a role may have moved to another organisation.
    holders: dict[Entry, Entry] = {}
    taken: set[Entry] = set()
    held = [(one.within, entry.within) for one, entry in pairs if one.within and entry.within]
    for one, entry in sorted(held, key=lambda pair: pair[0].label != pair[1].label):
        if one not in holders and entry not in taken:
            holders[one] = entry
            taken.add(entry)
    changed = [(entry, _changed_fields(one.fields, entry.fields)) for one, entry in holders.items()]
    for one, entry in pairs:
        fields = _changed_fields(one.fields, entry.fields)
        if old.is_grouped and new.is_grouped and one.heading != entry.heading:
            fields.append(FieldChange("heading", one.heading, entry.heading))
        if (one.within and holders.get(one.within, one.within)) is not entry.within:
            labels = (holder.label if holder is not None else None for holder in (one.within, entry.within))
            fields.append(FieldChange("within", *labels))
        changed.append((entry, fields))
    entries = (
        *(EntryChange("added", entry) for entry in new.entries if entry not in known),
        *(EntryChange("removed", entry) for entry in old.entries if entry not in known),
        *(EntryChange("changed", entry, tuple(fields)) for entry, fields in changed if fields),
        *(EntryChange("moved", entry) for entry in (_moved(pairs, old.entries) if old.is_ordered else ())),
    )
    fields = _changed_fields(old.fields, new.fields)
    return SectionChanges(new.name, new.title, "kept", tuple(fields), entries)


def _changed_fields(old: Mapping[str, str], new: Mapping[str, str]) -> list[FieldChange]:
    names = [name for name in dict.fromkeys((*new, *old)) if old.get(name) != new.get(name)]
    return [FieldChange(name, old.get(name), new.get(name)) for name in names]


def _paired(old: Sequence[Entry], new: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    """Return the entries that both sides have, in the order of the new side.

    The surest pairs come first: by id or citation key, then by equal content, then by fewer and fewer of
    name, place and dates; last by a similar name with the same place and dates.
    """
    left_old, left_new = dict.fromkeys(old), dict.fromkeys(new)
    found: dict[Entry, Entry] = {}

    def join(one: Entry, other: Entry) -> None:
        found[other] = one
        del left_old[one], left_new[other]

    # Sections of different kinds have different keys, and nothing in common.
    for level in range(min((len(entry.keys) for entry in (*old, *new)), default=0)):
        waiting: defaultdict[Hashable, list[Entry]] = defaultdict(list)
        for entry in left_old:
            waiting[entry.keys[level]].append(entry)
        for entry in list(left_new):
            if (key := entry.keys[level]) is not None and waiting[key]:
                join(waiting[key].pop(0), entry)
    groups: defaultdict[Hashable, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    for side, entries in enumerate((left_old, left_new)):
        for entry in entries:
            if entry.near is not None:
                groups[entry.near][side].append(entry)
    for before, after in groups.values():
        if len(before) * len(after) <= _MOST_COMPARED:
            likeness = [(_likeness(one.label, other.label), one, other) for one in before for other in after]
            for ratio, one, other in sorted(likeness, key=lambda found: -found[0]):
                if ratio >= _ALIKE and one in left_old and other in left_new:
                    join(one, other)
    return [(found[entry], entry) for entry in new if entry in found]


def _likeness(one: str, other: str) -> float:
    """Return the likeness of two names, from 0 to 1; 0 if it is less than `_ALIKE`."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # These are upper bounds, the first of them nearly free.
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()


def _moved(pairs: Sequence[tuple[T, T]], old: Sequence[T]) -> list[T]:
    """Return the fewest new things that stand elsewhere among those that both sides have.

    The others are a longest increasing subsequence of the old places (patience sorting).
    """
    place_of = {entry: at for at, entry in enumerate(old)}
    places = [place_of[one] for one, _ in pairs]
    at_end: list[int] = []  # of a run of each length, the pair with the least old place at its end
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


def as_lines(changes: Changes, paint: Callable[[str, str], str]) -> Iterator[str]:
    """Yield lines for people: the differences by section, then their sum. `paint` colours a line."""
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


def as_markdown(changes: Changes) -> str:
    """Return a comment for a pull request: the sum, then a heading and a list for each section.

    Text of the CV stands in code spans, in which neither markup nor `@name` has a meaning.
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


def for_programs(changes: Changes) -> dict[str, Json]:
    """Return the differences as data, values at their full length."""
    sections: list[dict[str, Json]] = []
    for section in changes.sections:
        listed: dict[str, list[Json]] = {"added": [], "removed": [], "changed": [], "moved": []}
        for change in section.entries:
            fields = {"fields": as_builtins(change.fields)} if change.state == "changed" else {}
            entry = {"entry": change.entry.label, "place": place(change.entry.span), **fields}
            listed[change.state].append(entry)
        about = {"section": section.name, "title": section.title, "state": section.state}
        sections.append({**about, "fields": as_builtins(section.fields), **listed})
    return {
        "old": changes.old,
        "new": changes.new,
        **changes.counts,
        "reordered_sections": list(changes.reordered),
        "sections": sections,
    }


def _sum(changes: Changes, old: str, new: str) -> str:
    if not changes:
        return f"no differences between {old} and {new}"
    sums = ", ".join(f"{number} {state}" for state, number in changes.counts.items())
    return f"{sums} between {old} and {new}"


def _differences(
    section: SectionChanges, quoted: Callable[[str], str], colon: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the state and text of each difference; `colon` stands between a field and its state."""

    def field(change: FieldChange) -> str:
        name, (old, new) = quoted(change.field), excerpts(change)
        if old is None or new is None:
            state = "added" if old is None else "removed"
            return f"{name}{colon} {state}: {quoted(old or new or '')}"
        return f"{name}: {quoted(old)} → {quoted(new)}"

    if section.state != "kept":
        more = f", {counted(len(section.entries), 'entry', 'entries')}" if section.entries else ""
        yield section.state, f"the whole section{more}"
        return
    yield from (("changed", field(change)) for change in section.fields)
    for changed in section.entries:
        yield changed.state, quoted(shortened(changed.entry.label, _LONGEST))
        yield from (("", field(change)) for change in changed.fields)


def excerpts(change: FieldChange) -> tuple[str | None, str | None]:
    """Return both values; if they are long, the words that differ with a few around them."""
    if change.old is None or change.new is None:
        return change.old and shortened(change.old, _LONGEST), change.new and shortened(change.new, _LONGEST)
    old, new = change.old.split(), change.new.split()
    if old == new:  # they differ in spaces alone, which are made visible
        before, after = (text.translate(_SPACES) for text in (change.old, change.new))
        return shortened(before, _LONGEST), shortened(after, _LONGEST)
    if max(len(change.old), len(change.new)) <= _LONGEST:
        return change.old, change.new
    start = end = 0
    shorter = min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    while end < shorter - start and old[-end - 1] == new[-end - 1]:
        end += 1
    shown = []
    for words in (old, new):
        first, last = max(start - _CONTEXT, 0), min(len(words) - end + _CONTEXT, len(words))
        text = shortened(" ".join(words[first:last]), _LONGEST)
        shown.append(f"{'… ' if first else ''}{text}{' …' if last < len(words) else ''}")
    return shown[0], shown[1]


def _code(text: str) -> str:
    """Return a code span, its fence longer than any within (CommonMark 0.31.2, 6.1)."""
    text = harmless(" ".join(text.split()))
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{fence}{space}{text}{space}{fence}" if text else "(empty)"
