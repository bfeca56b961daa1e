"""In which order entries are kept: by priority, then sections in turn, each from its newest entry on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction

from cvbuild.content.kinds import Item
from cvbuild.content.publications import Publication
from cvbuild.content.settings import SectionChoice
from cvbuild.record import Record
from cvbuild.select.types import LAST_PRIORITY, SelectedSection, priority_of, priority_of_publication
from cvbuild.source import Span

_Day = tuple[int, int, int]
_ALWAYS: tuple[_Day, _Day] = (9999, 12, 31), (9999, 12, 31)


class Entry(Record):
    """What counts as one in the ledger, and how long it stays.

    `at` is its section's place among the variant's choices; `parent` and `group` number what
    holds it within the section, in the order written. `shrinks` says that it may be printed
    short; `holder` is the place of the item that holds it, where that may, and `siblings` how
    many entries that item has. `days` are its last and its first one, None without a date.
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
    days: tuple[_Day, _Day] | None = None


def entries_of(section: SelectedSection, choice: SectionChoice) -> list[Entry]:
    """The entries of a section in the order printed; one without items is one."""
    found: list[Entry] = []
    for number, group in enumerate(section.groups):
        for item in group.items:
            parent, leaves = len(found), tuple(item.leaves())
            for leaf in leaves:
                when = leaf.when or item.when
                entry = Entry(
                    at=section.at,
                    span=leaf.span,
                    summary=leaf.summary,
                    priority=priority_of(item, leaf, choice),
                    keep=item.keep or leaf.keep,
                    group=number,
                    parent=parent,
                    shrinks=_may_shrink(leaf, choice),
                    holder=item.span if item is not leaf and _may_shrink(item, choice) else None,
                    siblings=len(leaves),
                    days=(when.last_day, when.start.first_day) if when else None,
                )
                found.append(entry)
    for number, category in enumerate(section.categories):
        for publication in category.publications:
            entry = Entry(
                at=section.at,
                span=publication.span,
                summary=publication.summary,
                priority=priority_of_publication(publication, choice),
                keep=publication.keep,
                group=number,
                parent=len(found),
                days=_days_of(publication),
            )
            found.append(entry)
    whole = section.section
    return found or [Entry(section.at, whole.span, str(whole.title), choice.priority or LAST_PRIORITY)]


def ranked(sections: Sequence[tuple[SelectedSection, SectionChoice]]) -> list[Entry]:
    """The entries of all sections, those first that stay longest.

    Within a priority each entry stands where it stands in its section, newest first, as a
    part of the section's entries of that priority: so all sections shrink evenly.
    """
    placed: list[tuple[int, Fraction, int, int, Entry]] = []
    for section, choice in sections:
        by_priority: dict[int, list[Entry]] = defaultdict(list)
        for entry in _newest_first(entries_of(section, choice)):
            by_priority[entry.priority].append(entry)
        for priority, entries in by_priority.items():
            placed += [
                (priority, Fraction(place, len(entries)), section.at, place, entry)
                for place, entry in enumerate(entries)
            ]
    placed.sort(key=lambda item: item[:4])
    return [entry for *_, entry in placed]


def _newest_first(entries: Sequence[Entry]) -> list[Entry]:
    """By last day, then by first; what goes on stays in the order written, the main post first.

    What has no date stays behind what it was written behind.
    """
    keyed: list[tuple[tuple[_Day, _Day], Entry]] = []
    before = _ALWAYS
    for entry in entries:
        if entry.days is not None:
            before = _ALWAYS if entry.days[0] == _ALWAYS[0] else entry.days
        keyed.append((before, entry))
    keyed.sort(key=lambda item: item[0], reverse=True)  # stable: equals stay in the order written
    return [entry for _, entry in keyed]


def _may_shrink(item: Item, choice: SectionChoice) -> bool:
    asked = choice.shrink_to or getattr(item, "shrink_to", None)
    return asked is not None and item.shortened() is not None


def _days_of(publication: Publication) -> tuple[_Day, _Day]:
    """As publications are listed: what is in press first, what has no year last."""
    if publication.date is not None:
        return publication.date.first_day, publication.date.first_day
    return _ALWAYS if publication.year is not None else ((0, 0, 0), (0, 0, 0))
