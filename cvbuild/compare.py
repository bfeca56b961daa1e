"""Compare two CVs or variants, section by section and entry by entry; differences as text and as data."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import product
from operator import itemgetter
from typing import Any, Literal, TypeVar

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import Group, Item, PublicationsSection, Section, TextSection
from cvbuild.content.publications import Publication
from cvbuild.content.reader import Content, values_of
from cvbuild.content.values import Text
from cvbuild.project import SETTINGS
from cvbuild.record import Record, as_builtins, field
from cvbuild.report import Json, harmless, place
from cvbuild.select.types import SelectedCv, SelectedGroup
from cvbuild.source import Span
from cvbuild.words import counted, folded, shortened

T = TypeVar("T", bound=Hashable)

_LISTS = frozenset({"items", "groups", "rows", "text"})
"""Keys of a section that hold its entries."""

_LEAST_SIMILARITY = 0.6
"""Minimum similarity (`difflib`) of two names that count as one entry renamed."""
_MOST_COMPARED = 2_500
"""Maximum number of pairs of names in a group; in a larger group no entry counts as renamed."""

_LONGEST = 72
"""Maximum length of a printed value or label, in characters."""
_CONTEXT = 3
"""Number of words shown before and after a difference in a long text."""
_LONGEST_COMMENT = 60_000
"""Maximum length of the Markdown, in characters; GitHub's limit for a comment is 65,536."""

_SIGNS = {
    "added": ("  +", "green"),
    "removed": ("  -", "red"),
    "changed": ("  ~", "yellow"),
    "moved": ("  ~ in another place:", "yellow"),
    "": ("     ", ""),
}
"""The sign and the colour of a difference, by its state; a field of a changed entry has no state."""
_SPACES = str.maketrans({" ": "␣", "\n": "⏎", "\t": "⇥", "\u00a0": "⍽", "\u202f": "⍽"})


class Entry(Record, eq=False):
    """A publication, an item of a section, or a text, with its fields as typed.

    `keys` identify the entry, the most reliable first; a missing key is None. Only entries of equal `near`
    can be one entry renamed. `within` is the enclosing item: the organisation of a role. `heading` is the
    title of its group or the id of its category.
    """

    label: str
    fields: dict[str, str]
    span: Span
    keys: tuple[Hashable | None, ...]
    near: Hashable | None = None
    within: Entry | None = None
    heading: str | None = None


class Subject(Record):
    """A section to compare, or another part of the project, whose name no section can have."""

    name: str
    title: str
    fields: dict[str, str] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    is_ordered: bool = True
    """Whether the user chooses the order of the entries. False for publications, which are sorted."""
    is_grouped: bool = True
    """Whether the headings of the entries are printed."""


class FieldChange(Record):
    """A field with its old and its new value; an absent value is None."""

    field: str
    old: str | None
    new: str | None


class EntryChange(Record):
    """An entry that differs; `fields` are the differences of a changed entry."""

    state: Literal["added", "removed", "changed", "moved"]
    entry: Entry
    fields: tuple[FieldChange, ...] = ()


class SectionChanges(Record):
    """The differences of a section; `state` is `kept` if both sides have the section."""

    name: str
    title: str
    state: Literal["kept", "added", "removed"]
    fields: tuple[FieldChange, ...]
    entries: tuple[EntryChange, ...]


class Changes(Record):
    """All differences between the sides `old` and `new`; `reordered` are the titles of moved sections."""

    old: str
    new: str
    sections: tuple[SectionChanges, ...]
    reordered: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of entries that were added, removed and changed."""
        states = [change.state for section in self.sections for change in section.entries]
        return {state: states.count(state) for state in ("added", "removed", "changed")}

    def __bool__(self) -> bool:
        return bool(self.sections or self.reordered)


def of_cv(cv: Cv) -> list[Subject]:
    """Return the whole CV as subjects: the settings, the variants, every section, and the bibliography."""
    variants = tuple(
        Entry(name, fields_of(variant), variant.span, (name,))
        for name, variant in cv.settings.variants.items()
    )
    subjects = [
        Subject(SETTINGS, "Settings", fields_of(cv.settings, {"variants", "sections"})),
        Subject(f"{SETTINGS}: variants", "Variants", {}, variants),
    ]
    for name, section in cv.sections.items():
        fields = fields_of(section, _LISTS)
        if cv.settings.sections and name not in cv.settings.sections:
            fields["listed"] = "false"
        entries = _entries(section, section.listed)
        subjects.append(Subject(name, str(section.title), fields, tuple(entries)))
    publications = tuple(_publication(item) for item in cv.publications)
    return [*subjects, Subject("bib/", "Publications", {}, publications, is_ordered=False)]


def of_variant(selected: SelectedCv) -> list[Subject]:
    """Return a variant as subjects: its sections, its own settings, and those that all variants share."""
    fields = fields_of(selected.variant, {"sections", "description", "output"})
    subjects = [
        Subject(SETTINGS, "Settings", fields_of(selected.settings, {"variants", "sections"})),
        Subject(f"{SETTINGS}: variant", "The variant itself", fields),
    ]
    seen: Counter[str] = Counter()
    for section in selected.sections:
        title = str(section.title)
        fields = fields_of(section.section, {*_LISTS, "title", "note"})
        fields |= {"detail": section.detail, "grouped": "true" if section.grouped else "false"}
        fields |= {"title": title, **({"note": str(section.note)} if section.note is not None else {})}
        is_ordered = not isinstance(section.section, PublicationsSection)
        entries = _entries(section.section, section.groups) if is_ordered else []
        for category in section.categories:
            entries += (_publication(item, category.id) for item in category.publications)
        for entry, figure in zip(entries, section.figures, strict=bool(section.figures)):
            numbers = {"all": figure.all, "since": figure.since}
            entry.fields.update({key: str(number) for key, number in numbers.items() if number is not None})
        # A variant may print a section several times, each time with other entries.
        seen[section.name] += 1
        name = f"{section.name} ({seen[section.name]})" if seen[section.name] > 1 else section.name
        subjects.append(Subject(name, title, fields, tuple(entries), is_ordered, section.grouped))
    return subjects


def _entries(section: Section, groups: Iterable[Group[Any] | SelectedGroup]) -> list[Entry]:
    """Return a section's text, if it is of kind `text`, and the items in its groups, inner items flat."""
    entries = []
    if isinstance(section, TextSection):
        fields = fields_of(section, {"kind", "title", "note"})
        entries.append(Entry(str(section.title), fields, section.span, ("text",)))
    for group in groups:
        heading = str(group.title) if group.title is not None else None
        for item in group.items:
            outer = _item(item, heading)
            entries += [_item(inner, None, outer) for inner in item.inner_items()] if item.inner else [outer]
    return entries


def _item(item: Item, heading: str | None, within: Entry | None = None) -> Entry:
    fields = fields_of(item, {item.inner} if item.inner else ())
    where = folded(str(getattr(item, "organisation", None) or getattr(item, "event", None) or ""))
    name, holder = folded(item.summary), folded(within.label) if within is not None else None
    when = str(item.when) if item.when else None
    label = f"{item.summary}, {within.label}" if within is not None else item.summary
    keys = (
        ("id", str(item.id)) if item.id else None,
        (holder, name, *sorted(fields.items())),
        (holder, name, where, when),
        (name, where, when),
        (holder, name, where),
        (name,),
    )
    # Items without dates have no `near`: it would be equal for all of them.
    return Entry(label, fields, item.span, keys, (holder, where, when) if when else None, within, heading)


def _publication(item: Publication, category: str | None = None) -> Entry:
    typed = {name: " ".join(value.split()) for name, value in item.raw.items() if value}
    title, year = folded(str(item.title)), item.date.year if item.date else None
    keys = (
        str(item.key),
        ("doi", item.doi.lower()) if item.doi else None,
        (title, year) if title else None,
        (title,) if title else None,
    )
    label = f"{item.key}: {item.title}" if item.title else str(item.key)
    fields = {"entry type": item.type, "key": str(item.key), **typed}
    return Entry(label, fields, item.span, keys, heading=category)


def fields_of(content: Content | Mapping[str, Any], without: Collection[str] = ()) -> dict[str, str]:
    """Return the keys of a record with their values as typed, nested keys as `outer.inner`.

    Text in several languages becomes one field for each, as `title (de)`. Empty values are left out.
    """
    fields: dict[str, str] = {}
    for name, value in (values_of(content) if isinstance(content, Content) else content).items():
        if name in without:
            continue
        match value:
            case None | () | "":
                pass
            case Text():
                for language, text in value.by_language.items():
                    fields[f"{name} ({language})" if language else name] = str(text)
            case Content() | Mapping():
                fields |= {f"{name}.{inner}": text for inner, text in fields_of(value).items()}
            case _:
                fields[name] = _written(value)
    return fields


def _written(value: Any) -> str:
    match value:
        case tuple() | list():
            return "; ".join(_written(item) for item in value)
        case Text():
            texts = value.by_language.items()
            return ", ".join(f"{language}: {text}" if language else str(text) for language, text in texts)
        case Content():
            return ", ".join(fields_of(value).values())
        case Mapping():
            return ", ".join(f"{name}: {_written(item)}" for name, item in value.items())
        case bool():
            return "true" if value else "false"
    return str(value)


def compare(old: Sequence[Subject], new: Sequence[Subject], names: tuple[str, str]) -> Changes:
    """Return the differences in the order of the new side; sections that it lacks come last."""
    before = {subject.name: subject for subject in old}
    after = {subject.name: subject for subject in new}
    sections = []
    for name, subject in (after | {name: before[name] for name in before if name not in after}).items():
        if name in before and name in after:
            changes = _compare_sections(before[name], subject)
            sections += [changes] if changes.fields or changes.entries else []
            continue
        state: Literal["added", "removed"] = "added" if name in after else "removed"
        entries = tuple(EntryChange(state, entry) for entry in subject.entries)
        sections.append(SectionChanges(name, subject.title, state, (), entries))
    elsewhere = _moved([(name, name) for name in after if name in before], list(before))
    return Changes(*names, tuple(sections), tuple(after[name].title for name in elsewhere))


def _compare_sections(old: Subject, new: Subject) -> SectionChanges:
    pairs = _paired(old.entries, new.entries)
    known = {entry for pair in pairs for entry in pair}
    # Match enclosing items through their entries: a renamed organisation is recognised by its roles.
    # Pairs of equal names come first, since a role may have moved to another organisation.
    holders: dict[Entry, Entry] = {}
    held = [(one.within, entry.within) for one, entry in pairs if one.within and entry.within]
    for one, entry in sorted(held, key=lambda pair: pair[0].label != pair[1].label):
        if one not in holders and entry not in holders.values():
            holders[one] = entry
    changed = [(entry, _changed_fields(one, entry)) for one, entry in holders.items()]
    for one, entry in pairs:
        fields = _changed_fields(one, entry)
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
    return SectionChanges(new.name, new.title, "kept", tuple(_changed_fields(old, new)), entries)


def _changed_fields(old: Entry | Subject, new: Entry | Subject) -> list[FieldChange]:
    names = dict.fromkeys((*new.fields, *old.fields))
    changes = [FieldChange(name, old.fields.get(name), new.fields.get(name)) for name in names]
    return [change for change in changes if change.old != change.new]


def _paired(old: Sequence[Entry], new: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    """Return pairs of an old and a new entry that are the same entry, in the order of the new side.

    Match the most reliable keys first: id or citation key, then equal content, then fewer and fewer of
    name, place and dates. Finally match similar names with equal place and dates.
    """
    left_old, left_new = dict.fromkeys(old), dict.fromkeys(new)
    found: dict[Entry, Entry] = {}

    def join(one: Entry, other: Entry) -> None:
        found[other] = one
        del left_old[one], left_new[other]

    # The sides may be sections of different kinds, whose entries have different numbers of keys.
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
        alike = []
        for one, other in product(before, after) if len(before) * len(after) <= _MOST_COMPARED else ():
            matcher = SequenceMatcher(None, one.label, other.label, autojunk=False)
            # The quick ratios are cheap upper bounds of `ratio`.
            if matcher.real_quick_ratio() >= _LEAST_SIMILARITY and matcher.quick_ratio() >= _LEAST_SIMILARITY:
                alike.append((matcher.ratio(), one, other))
        for ratio, one, other in sorted(alike, key=lambda found: -found[0]):
            if ratio >= _LEAST_SIMILARITY and one in left_old and other in left_new:
                join(one, other)
    return [(found[entry], entry) for entry in new if entry in found]


def _moved(pairs: Sequence[tuple[T, T]], old: Sequence[T]) -> list[T]:
    """Return the smallest set of new things that have moved, among the things that both sides have.

    The unmoved things are a longest increasing subsequence of the old places (patience sorting).
    """
    place_of = {entry: at for at, entry in enumerate(old)}
    ends: list[tuple[int, T, Any]] = []  # for each length the run with the smallest end, linked backwards
    for one, entry in pairs:
        length = bisect_left(ends, place_of[one], key=itemgetter(0))
        ends[length : length + 1] = [(place_of[one], entry, ends[length - 1] if length else None)]
    kept: set[T] = set()
    run = ends[-1] if ends else None
    while run is not None:
        _, entry, run = run
        kept.add(entry)
    return [entry for _, entry in pairs if entry not in kept]


def as_lines(changes: Changes, paint: Callable[[str, str], str]) -> Iterator[str]:
    """Yield lines for people: the differences by section, then the totals. `paint` colours a line."""
    for section in changes.sections:
        yield harmless(f"{section.title} [{section.name}]")
        for state, text in _differences(section, str, ":"):
            sign, colour = _SIGNS[state]
            yield paint(harmless(f"{sign} {text}"), colour)
        yield ""
    if changes.reordered:
        yield paint(harmless(f"~ sections in another place: {', '.join(changes.reordered)}"), "yellow")
        yield ""
    yield _totals(changes, str)


def as_markdown(changes: Changes) -> str:
    """Return a comment for a pull request: the totals, then a heading and a list for each section."""
    lines = [f"**CV:** {_totals(changes, _code)}"]
    room, left_out = _LONGEST_COMMENT, 0
    for section in changes.sections:
        found = _differences(section, _code)
        listed = [f"- **{state}**: {text}" if state else f"  - {text}" for state, text in found]
        for line in (f"### {_code(section.title)}", *listed):
            room -= len(line) + 2
            if room <= 0:
                left_out += 1
            else:
                lines += ["", line, ""] if line.startswith("#") else [line]
    if changes.reordered:
        lines += ["", f"Sections in another place: {', '.join(map(_code, changes.reordered))}"]
    if left_out:
        lines += ["", f"{left_out} more lines are left out: a comment has no room for them."]
    return "\n".join(lines) + "\n"


def for_programs(changes: Changes) -> dict[str, Json]:
    """Return the differences as data, with values in full length."""
    sections: list[dict[str, Json]] = []
    for section in changes.sections:
        listed: dict[str, list[Json]] = {"added": [], "removed": [], "changed": [], "moved": []}
        for change in section.entries:
            fields = {"fields": as_builtins(change.fields)} if change.state == "changed" else {}
            entry = {"entry": change.entry.label, "place": place(change.entry.span), **fields}
            listed[change.state].append(entry)
        about = {"section": section.name, "title": section.title, "state": section.state}
        sections.append({**about, "fields": as_builtins(section.fields), **listed})
    sides = {"old": changes.old, "new": changes.new}
    return {**sides, **changes.counts, "reordered_sections": list(changes.reordered), "sections": sections}


def _totals(changes: Changes, quoted: Callable[[str], str]) -> str:
    sums = ", ".join(f"{number} {state}" for state, number in changes.counts.items())
    sides = f"between {quoted(changes.old)} and {quoted(changes.new)}"
    return f"{sums if changes else 'no differences'} {sides}"


def _differences(
    section: SectionChanges, quoted: Callable[[str], str], colon: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the state and text of each difference; `colon` is put between a field and its state."""

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
    """Return both values; of long values the words that differ, with `_CONTEXT` words around them."""
    if change.old is None or change.new is None:
        return change.old and shortened(change.old, _LONGEST), change.new and shortened(change.new, _LONGEST)
    old, new = change.old.split(), change.new.split()
    if old == new:  # only spaces differ: make them visible
        before, after = (text.translate(_SPACES) for text in (change.old, change.new))
        return shortened(before, _LONGEST), shortened(after, _LONGEST)
    if max(len(change.old), len(change.new)) <= _LONGEST:
        return change.old, change.new
    shorter = min(len(old), len(new))
    start = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    end = next((at for at in range(shorter - start) if old[-at - 1] != new[-at - 1]), shorter - start)
    shown = []
    for words in (old, new):
        first, last = max(start - _CONTEXT, 0), min(len(words) - end + _CONTEXT, len(words))
        text = shortened(" ".join(words[first:last]), _LONGEST)
        shown.append(f"{'… ' if first else ''}{text}{' …' if last < len(words) else ''}")
    return shown[0], shown[1]


def _code(text: str) -> str:
    """Return a code span, which disables markup and mentions as `@name` (CommonMark 0.31.2, 6.1)."""
    text = harmless(" ".join(text.split()))
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)  # longer than any in the text
    space = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{fence}{space}{text}{space}{fence}" if text else "(empty)"
