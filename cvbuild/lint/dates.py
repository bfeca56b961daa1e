"""Dates that are out of order, overlap where they cannot, or lie ahead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import TypeAlias

from cvbuild.content.kinds import Award, Filing, Item, Metrics, Position
from cvbuild.content.values import Date, Period
from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.lint import Subject, items_of, warning
from cvbuild.record import Record
from cvbuild.source import Span
from cvbuild.words import folded

Day: TypeAlias = tuple[int, int, int]

_FEWEST = 4
"""Items in a list before its order can be told from chance."""

_MISPLACED = 5
"""One item in so many may stand out; where more do, the list follows another order than time."""


class _Dated(Record):
    """An item with the time it took; `span` is the line of its date."""

    item: Item
    when: Period
    span: Span

    @property
    def start(self) -> Day:
        return self.when.start.first_day

    @property
    def end(self) -> Day:
        return self.when.last_day if self.when.end is None else self.when.end.first_day


def date_order(subject: Subject) -> Iterator[Diagnostic]:
    """Items that stand out from a list that is otherwise in the order of time."""
    for section in subject.cv.sections.values():
        for group in section.listed:
            yield from _misplaced([found for item in group.items if (found := _dated(item))])
            for item in group.items:
                yield from _misplaced([found for inner in item.inner_items() if (found := _dated(inner))])


def _dated(item: Item) -> _Dated | None:
    """The item with its date; one that holds others lasts as long as all of them."""
    if item.when is not None:
        key = next(name for name in ("period", "date", "term") if getattr(item, name, None) is not None)
        return _Dated(item, item.when, item.span_of(key))
    inner = [found for part in item.inner_items() if (found := _dated(part))]
    if not inner:
        return None
    first = min(inner, key=lambda found: found.start)
    last = max(inner, key=lambda found: found.when.last_day)
    return _Dated(item, Period(first.when.start, last.when.end), last.span)


def _misplaced(items: Sequence[_Dated]) -> Iterator[Diagnostic]:
    """What breaks the order that the list breaks least: by beginning or end, newest or oldest first."""
    if len(items) < _FEWEST:
        return
    breaks = [[at for at, pair in enumerate(pairwise(items)) if order(*pair)] for order in _ORDERS]
    fewest = min(breaks, key=len)
    if not 0 < len(fewest) * _MISPLACED <= len(items):
        return
    order = _ORDERS[breaks.index(fewest)]
    for at in fewest:
        # Where the one after the break fits what stands before it, the one between is the stray.
        stray = at if at > 0 and not order(items[at - 1], items[at + 1]) else at + 1
        how = "newest" if breaks.index(fewest) < 2 else "oldest"
        message = f"the list runs from the {how} on, and this does not fit its place"
        hint = "items are printed in the order typed"
        label = Label(items[stray - 1].span, "this stands before it")
        yield warning("lint-date-order", message, items[stray].span, hint, labels=(label,))


def _later(one: Day, other: Day, first: Date | None, second: Date | None) -> bool:
    """Whether `one` is later for certain: a year alone may be any day of it."""
    coarse = any(part is None or part.month is None for part in (first, second))
    return one[0] > other[0] if coarse else one[:2] > other[:2]


def _begins_later(one: _Dated, other: _Dated) -> bool:
    return _later(one.start, other.start, one.when.start, other.when.start)


def _ends_later(one: _Dated, other: _Dated) -> bool:
    return _later(one.end, other.end, one.when.end, other.when.end)


_ORDERS: tuple[Callable[[_Dated, _Dated], bool], ...] = (
    lambda one, other: _begins_later(other, one),
    lambda one, other: _ends_later(other, one),
    _begins_later,
    _ends_later,
)
"""Whether two neighbours break an order: newest first by beginning and by end, oldest first by each."""


def date_overlap(subject: Subject) -> Iterator[Diagnostic]:
    """One role at one organisation, held twice at a time; different ones may well be held together."""
    for section in subject.cv.sections.values():
        held: dict[tuple[str, str], list[_Dated]] = defaultdict(list)
        positions = (item for group in section.listed for item in group.items if isinstance(item, Position))
        for position in positions:
            for role in position.roles:
                held[folded(str(position.organisation)), folded(str(role.title))].append(
                    _Dated(role, role.period, role.span_of("period"))
                )
        for terms in held.values():
            # The term that lasts longest of those begun before is what the next can overlap.
            terms.sort(key=lambda term: term.start)
            longest = terms[0]
            for term in terms[1:]:
                if term.start < longest.end:
                    message = f"“{term.item.summary}” is held twice at the same time at one organisation"
                    hint = "correct one of the periods, or make one role of the two"
                    label = Label(longest.span, "and here")
                    yield warning("lint-date-overlap", message, term.span, hint, labels=(label,))
                if term.end > longest.end:
                    longest = term


def date_future(subject: Subject) -> Iterator[Diagnostic]:
    """What has happened, dated after today: awards, published works and patents, counted figures."""
    for item in subject.cv.publications:
        if item.date and item.year and not item.raw.get("pubstate") and _is_ahead(item.date, subject.today):
            hint = "for what is not out yet, add `pubstate = {inpress}` or another word for it"
            yield _ahead(f"`{item.key}` is dated after today", item.year.span.first_line(), hint)
    for section in subject.cv.sections.values():
        if isinstance(section, Metrics) and section.retrieved and _is_ahead(section.retrieved, subject.today):
            yield _ahead("figures cannot be retrieved after today", section.span_of("retrieved"))
        for part in items_of(section):
            done = isinstance(part, Award) or (isinstance(part, Filing) and part.status is not None)
            found = _dated(part) if done else None
            if found and _is_ahead(found.when.start, subject.today):
                yield _ahead("this is dated after today", found.span)


def _is_ahead(when: Date, today: date) -> bool:
    return when.first_day > (today.year, today.month, today.day)


def _ahead(message: str, span: Span, hint: str = "correct the date") -> Diagnostic:
    return warning("lint-date-future", message, span, hint)
