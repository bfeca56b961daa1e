"""Which units are printed on so many pages: those that matter most of what fits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby

from cvbuild.fitting.layout import Unit
from cvbuild.fitting.measure import Measured
from cvbuild.fitting.pages import Element, Page, PageShape, boxes_in, paginate
from cvbuild.record import MutableRecord, Record, field

Key = tuple[int, int]
"""A unit: its section's place among the variant's choices, and its number there."""


def key_of(unit: Unit) -> Key:
    """The unit's key."""
    return unit.at, unit.number


class Chosen(Record):
    """What is printed, and which of it short; `pages` as TeX will end them."""

    kept: frozenset[Key]
    short: frozenset[Key]
    pages: tuple[Page, ...]

    def fill(self, shape: PageShape) -> float:
        """How full the last page is, from 0 to 1; space that shrinks can let it hold more than its height."""
        return min(self.pages[-1].used / shape.height, 1.0) if self.pages else 0.0


class DoesNotFit(Exception):
    """What must stay needs more pages; `pages` says how many."""

    def __init__(self, required: frozenset[Key], pages: int) -> None:
        super().__init__(f"{pages} pages")
        self.required = required
        self.pages = pages


class Pile(MutableRecord):
    """What is printed so far, with the lists of the sections kept between one question and the next."""

    measured: Measured
    most: int
    kept: set[Key] = field(default_factory=set)
    short: set[Key] = field(default_factory=set)
    _lists: dict[int, tuple[Element, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._change(self.kept, self.short, self.measured.layouts)

    def add(self, units: Sequence[Unit]) -> None:
        """Print units, whether they fit or not, short where they may be."""
        keys = {key_of(unit) for unit in units}
        self._change(self.kept | keys, self.short | _shrinking(units), {unit.at for unit in units})

    def drop(self, unit: Unit) -> None:
        """Leave a unit out."""
        self._change(self.kept - {key_of(unit)}, self.short - {key_of(unit)}, {unit.at})

    def try_to_add(self, units: Sequence[Unit]) -> bool:
        """Print units where all of them fit, short where they may be."""
        more = sum(self.measured.least(unit, is_short=bool(unit.shrinking)) for unit in units)
        if self._least_height() + more > self.most * self.measured.shape.height:
            return False
        keys = {key_of(unit) for unit in units}
        return self._try(self.kept | keys, self.short | _shrinking(units), {unit.at for unit in units})

    def try_in_full(self, units: Sequence[Unit]) -> bool:
        """Print units in full that are printed short, where that fits."""
        return self._try(self.kept, self.short - _shrinking(units), {unit.at for unit in units})

    def pages(self, most: int | None = None) -> list[Page]:
        """The pages as TeX ends them."""
        elements = list(self.measured.header)
        for at, part in self._lists.items():
            if part:
                elements += self.measured.before.get(at, ())
                elements += part
        elements += self.measured.footer
        return paginate(elements, self.measured.shape, most)

    def fits(self) -> bool:
        """Whether it needs no more pages than there are."""
        return len(self.pages(self.most)) <= self.most

    def chosen(self) -> Chosen:
        """What is printed now."""
        return Chosen(frozenset(self.kept), frozenset(self.short), tuple(self.pages()))

    def _try(self, kept: set[Key], short: set[Key], changed: set[int]) -> bool:
        before = self.kept, self.short, {at: self._lists[at] for at in changed}
        self._change(kept, short, changed)
        if self.fits():
            return True
        self.kept, self.short, lists = before
        self._lists |= lists
        return False

    def _change(self, kept: set[Key], short: set[Key], changed: Collection[int]) -> None:
        self.kept, self.short = kept, short
        for at in changed:
            in_section = {number for place, number in kept if place == at}
            in_short = {number for place, number in short if place == at}
            self._lists[at] = self.measured.layouts[at].composed(in_section, in_short)

    def _least_height(self) -> int:
        """What no pages go below: the height of the boxes, which are never thrown away."""
        return sum(boxes_in(part) for part in (self.measured.header, *self._lists.values()))


def _shrinking(units: Iterable[Unit]) -> set[Key]:
    return {key_of(unit) for unit in units if unit.shrinking}


def choose(measured: Measured, most: int, minimums: Mapping[int, int | None]) -> Chosen:
    """What is printed on at most so many pages.

    `minimums` are how many entries of each section must stay; None is one, where it fits. What
    must stay comes first, then all else in order of rank while it fits. What does not fit bars
    what matters less and is as large. Raises DoesNotFit where what must stay needs more pages.
    """
    pile = Pile(measured, most)
    required, wished = _minimum(measured, minimums)
    pile.add(required)
    if not pile.fits():
        raise DoesNotFit(frozenset(pile.kept), len(pile.pages()))
    _gallop(wished, pile.try_to_add, {})
    while _add_all(pile) or _lengthen(pile):
        pass
    return pile.chosen()


def without_last(
    measured: Measured, most: int, chosen: Chosen, minimums: Mapping[int, int | None], number: int = 1
) -> Chosen | None:
    """The choice without the units that matter least of it; None where all of it must stay."""
    required, _ = _minimum(measured, minimums)
    free = chosen.kept - {key_of(unit) for unit in required}
    last = [unit for unit in reversed(measured.ranked) if key_of(unit) in free][:number]
    if not last:
        return None
    pile = Pile(measured, most, set(chosen.kept), set(chosen.short))
    for unit in last:
        pile.drop(unit)
    return pile.chosen()


def _minimum(measured: Measured, minimums: Mapping[int, int | None]) -> tuple[list[Unit], list[Unit]]:
    """What must stay, and what stays so that no section vanishes; both in order of rank."""
    counted = {
        at: sum(len(unit.entries) for unit in measured.ranked if unit.keep and unit.at == at)
        for at in minimums
    }
    required: list[Unit] = []
    wished: list[Unit] = []
    for unit in measured.ranked:
        asked = minimums.get(unit.at)
        if unit.keep:
            required.append(unit)
        elif counted[unit.at] < (1 if asked is None else asked):
            counted[unit.at] += len(unit.entries)
            (wished if asked is None else required).append(unit)
    return required, wished


def _add_all(pile: Pile) -> bool:
    """Go once through all that is left out, the best first; whether something was added."""
    left_out = [unit for unit in pile.measured.ranked if key_of(unit) not in pile.kept]
    smallest = _ENDLESS
    """Of what was refused so far: what matters less has to be smaller."""
    number = len(pile.kept)
    for _, alike in groupby(left_out, key=lambda unit: unit.priority):
        units = list(alike)
        sizes = {key_of(unit): pile.measured.size(unit, is_short=bool(unit.shrinking)) for unit in units}
        allowed = [unit for unit in units if sizes[key_of(unit)] < smallest]
        _gallop(allowed, pile.try_to_add, sizes)
        smallest = min([smallest, *(size for key, size in sizes.items() if key not in pile.kept)])
    return len(pile.kept) > number


def _lengthen(pile: Pile) -> bool:
    """Print in full what is short and has room, the best first; whether something was lengthened."""
    short = [unit for unit in pile.measured.ranked if key_of(unit) in pile.short]
    _gallop(short, pile.try_in_full, {})
    return len(pile.short) < len(short)


_ENDLESS = 1 << 62
_MOST_TRIED = 300
"""How much is tried in vain before only what is smaller than all of it is tried."""


def _gallop(
    units: Sequence[Unit], attempt: Callable[[Sequence[Unit]], bool], sizes: Mapping[Key, int]
) -> None:
    """Attempt units in their order, many at once as long as that succeeds.

    By their sizes, where these are given, not all of a long list is attempted.
    """
    at, number, failed, smallest = 0, 1, 0, _ENDLESS
    while at < len(units):
        size = sizes.get(key_of(units[at]), 0)
        part = units[at : at + number]
        if failed >= _MOST_TRIED and size >= smallest:
            at += 1
        elif attempt(part):
            at += len(part)
            number *= 2
        elif len(part) > 1:
            number = len(part) // 2
        else:
            failed += 1
            smallest = min(smallest, size)
            at += 1
            number = 1
