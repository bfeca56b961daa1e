"""The order in which entries are kept: by priority, then from all sections in turn, newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction

from cvbuild.content.kinds import Item
from cvbuild.content.settings import SectionChoice
from cvbuild.record import Record
from cvbuild.select.types import LAST_PRIORITY, SelectedSection, priority_of
from cvbuild.source import Span

_Days = tuple[tuple[int, int, int], tuple[int, int, int]]
_ALWAYS: _Days = (9999, 12, 31), (9999, 12, 31)
_NEVER: _Days = (0, 0, 0), (0, 0, 0)


class Entry(Record):
    """One entry of the ledger, and how long it stays.

    `at` is the place of its section among the variant's choices; `parent` and `group` number the
    item and the group that hold it within the section, in the order written. `shrinks` says that
    it may be printed short; `holder` is the place of the item that holds it, if that may, and
    `siblings` the number of entries in that item. `days` are its last and its first day, or None.
    """

    at: int
    span: Span
    summary: str
    priority: int = LAST_PRIORITY
    keep: bool = False
    group: int = 0
    parent: int = 0
    shrinks: bool = False
    holder: Span | None = None
    siblings: int = 1
    days: _Days | None = None


def entries_of(section: SelectedSection, choice: SectionChoice) -> list[Entry]:
    """Return the entries of a section in the order printed; a section without items is one entry."""
    found: list[Entry] = []

    def may_shrink(item: Item) -> bool:
        asked = choice.shrink_to or getattr(item, "shrink_to", None)
        return asked is not None and item.shortened() is not None

    for number, group in enumerate(section.groups):
        for item in group.items:
            parent, leaves = len(found), tuple(item.leaves())
            for leaf in leaves:
                when = leaf.when or item.when
                priority, keep = priority_of(item, leaf, choice), item.keep or leaf.keep
                entry = Entry(
                    *(section.at, leaf.span, leaf.summary, priority, keep, number, parent),
                    shrinks=may_shrink(leaf),
                    holder=item.span if item is not leaf and may_shrink(item) else None,
                    siblings=len(leaves),
                    days=(when.last_day, when.start.first_day) if when else None,
                )
                found.append(entry)
    for number, category in enumerate(section.categories):
        for item in category.publications:
            # As publications are listed: those in press first, those without a year last.
            days = (item.date.first_day,) * 2 if item.date else _NEVER if item.year is None else _ALWAYS
            priority, parent = priority_of(item, item, choice), len(found)
            entry = Entry(section.at, item.span, item.summary, priority, item.keep, number, parent, days=days)
            found.append(entry)
    whole = section.section
    return found or [Entry(section.at, whole.span, str(whole.title), choice.priority or LAST_PRIORITY)]


def ranked(sections: Iterable[tuple[SelectedSection, SectionChoice]]) -> list[Entry]:
    """Return the entries of all sections, those first that stay longest.

    Within a priority, an entry's rank is its place among the entries of its section with that
    priority, newest first, as a fraction of their number: so all sections shrink evenly. An
    ongoing entry counts as newest; an undated one stays behind the entry that it was written behind.
    """
    placed: list[tuple[int, Fraction, int, int, Entry]] = []
    for section, choice in sections:
        dated: list[tuple[_Days, Entry]] = []
        days = _ALWAYS
        for entry in entries_of(section, choice):
            if entry.days is not None:
                days = _ALWAYS if entry.days[0] == _ALWAYS[0] else entry.days
            dated.append((days, entry))
        by_priority: dict[int, list[Entry]] = defaultdict(list)
        # The sort is stable: equals stay in the order written, as ongoing posts, the main one first.
        for _, entry in sorted(dated, key=lambda item: item[0], reverse=True):
            by_priority[entry.priority].append(entry)
        for priority, entries in by_priority.items():
            for place, entry in enumerate(entries):
                placed.append((priority, Fraction(place, len(entries)), section.at, place, entry))
    return [entry for *_, entry in sorted(placed, key=lambda item: item[:4])]
