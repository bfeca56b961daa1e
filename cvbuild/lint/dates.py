"""Lint rules on dates that are out of order, overlap where they cannot, or lie in the future."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import Award, Filing, Item, Metrics, Position
from cvbuild.content.values import Period
from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.record import Record
from cvbuild.source import Span
from cvbuild.words import folded

_FEWEST = 4
"""Minimum number of items whose order can be told from chance."""

_MISPLACED = 5
"""Tolerate one misplaced item in this many; with more, assume that the list is not chronological."""

_ORDERS = (("newest", "start"), ("newest", "end"), ("oldest", "start"), ("oldest", "end"))
"""The orders of a list: which item comes first, by the start or the end of its period."""


class _Dated(Record):
    """An item with its period, and the line of its date."""

    item: Item
    when: Period
    span: Span

    def day(self, end: str) -> tuple[int, int, int]:
        """Return the first day of the `start` or `end` of its period; while it goes on, it ends last."""
        if end == "start":
            return self.when.start.first_day
        return self.when.last_day if self.when.end is None else self.when.end.first_day


def date_order(cv: Cv) -> Iterator[Diagnostic]:
    """Items that stand out from a list that is otherwise in chronological order."""
    for section in cv.sections.values():
        for group in section.listed:
            for items in (group.items, *(item.inner_items() for item in group.items)):
                yield from _misplaced([found for item in items if (found := _dated(item))])


def _dated(item: Item) -> _Dated | None:
    """Return an item with its period; an item without one takes the period of all items within it."""
    if item.when is not None:
        key = next(name for name in ("period", "date", "term") if getattr(item, name, None) is not None)
        return _Dated(item, item.when, item.span_of(key))
    inner = [found for part in item.inner_items() if (found := _dated(part))]
    if not inner:
        return None
    first = min(inner, key=lambda found: found.when.start.first_day)
    last = max(inner, key=lambda found: found.when.last_day)
    return _Dated(item, Period(first.when.start, last.when.end), last.span)


def _misplaced(items: Sequence[_Dated]) -> Iterator[Diagnostic]:
    """Yield a warning for each item that breaks the order which the list breaks least often."""
    if len(items) < _FEWEST:
        return
    pairs = list(enumerate(pairwise(items)))
    breaks = {order: [at for at, pair in pairs if _breaks(order, *pair)] for order in _ORDERS}
    order = min(breaks, key=lambda order: len(breaks[order]))
    if not 0 < len(breaks[order]) * _MISPLACED <= len(items):
        return
    for at in breaks[order]:
        # If the item after the break fits the one before it, the one between is misplaced.
        stray = at if at > 0 and not _breaks(order, items[at - 1], items[at + 1]) else at + 1
        message = f"the list runs from the {order[0]} on, and this does not fit its place"
        label = Label(items[stray - 1].span, "this stands before it")
        hint = "items are printed in the order typed"
        yield Diagnostic("lint-date-order", message, items[stray].span, "warning", (label,), (hint,))


def _breaks(order: tuple[str, str], one: _Dated, other: _Dated) -> bool:
    """Whether two neighbours are certainly in the wrong order: a year alone may be any day of it."""
    first, end = order
    earlier, later = (other, one) if first == "newest" else (one, other)
    dates = [earlier.when.start, later.when.start] if end == "start" else [earlier.when.end, later.when.end]
    precision = 2 if all(part is not None and part.month is not None for part in dates) else 1
    return earlier.day(end)[:precision] > later.day(end)[:precision]


def date_overlap(cv: Cv) -> Iterator[Diagnostic]:
    """Periods of one role at one organisation that overlap; different roles may be held together."""
    for section in cv.sections.values():
        held: dict[tuple[str, str], list[_Dated]] = defaultdict(list)
        positions = (item for group in section.listed for item in group.items if isinstance(item, Position))
        for position in positions:
            for role in position.roles:
                key = folded(str(position.organisation)), folded(str(role.title))
                held[key].append(_Dated(role, role.period, role.span_of("period")))
        for terms in held.values():
            # The term that ends last of those begun before is the one that the next can overlap.
            terms.sort(key=lambda term: term.day("start"))
            longest = terms[0]
            for term in terms[1:]:
                if term.day("start") < longest.day("end"):
                    message = f"“{term.item.summary}” is held twice at the same time at one organisation"
                    hint = "correct one of the periods, or make one role of the two"
                    label = Label(longest.span, "and here")
                    yield Diagnostic("lint-date-overlap", message, term.span, "warning", (label,), (hint,))
                longest = max(longest, term, key=lambda held: held.day("end"))


def date_future(cv: Cv, today: date) -> Iterator[Diagnostic]:
    """Dates after today of what has happened: awards, published works and patents, counted figures."""
    found = []
    hint = "for what is not out yet, add `pubstate = {inpress}` or another word for it"
    for work in cv.publications:
        if work.date and work.year and not work.raw.get("pubstate"):
            message = f"`{work.key}` is dated after today"
            found.append((work.date, message, work.year.span.first_line(), hint))
    hint = "correct the date"
    for section in cv.sections.values():
        if isinstance(section, Metrics) and section.retrieved:
            message = "figures cannot be retrieved after today"
            found.append((section.retrieved, message, section.span_of("retrieved"), hint))
        for item in section.all_items:
            is_done = isinstance(item, Award) or (isinstance(item, Filing) and item.status is not None)
            if is_done and (dated := _dated(item)):
                found.append((dated.when.start, "this is dated after today", dated.span, hint))
    for when, message, span, hint in found:
        if when.first_day > (today.year, today.month, today.day):
            yield Diagnostic("lint-date-future", message, span, "warning", hints=(hint,))
