"""Which units are printed on so many pages: those that matter most of what fits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby

from cvbuild.fit.layout import Unit
from cvbuild.fit.measure import Measured
from cvbuild.fit.pages import Element, Page, PageShape, boxes_in, paginate
from cvbuild.record import MutableRecord, Record, field


class Chosen(Record):
    """What is printed, and which of it short; `pages` as TeX will end them."""

    kept: frozenset[Unit]
    short: frozenset[Unit]
    pages: tuple[Page, ...]

    def fill(self, shape: PageShape) -> float:
        """How full the last page is, from 0 to 1; space that shrinks can let it hold more than its height."""
        return min(self.pages[-1].used / shape.height, 1.0) if self.pages else 0.0


class DoesNotFit(Exception):
    """What must stay needs more pages; `pages` says how many."""

    def __init__(self, required: frozenset[Unit], pages: int) -> None:
        super().__init__(f"{pages} pages")
        self.required = required
        self.pages = pages


class Pile(MutableRecord):
    """What is printed so far, with the lists of the sections kept between one question and the next."""

    measured: Measured
    most: int
    kept: frozenset[Unit]
    short: frozenset[Unit]
    _lists: dict[int, tuple[Element, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._compose(self.measured.layouts)

    def try_to_add(self, units: Sequence[Unit]) -> bool:
        """Print units where all of them fit, short where they may be."""
        lists = (self.measured.header, *self._lists.values())
        # No pages go below the height of the boxes, which are never thrown away.
        least = sum(map(boxes_in, lists)) + sum(self.measured.layouts[unit.at].least(unit) for unit in units)
        if least > self.most * self.measured.shape.height:
            return False
        return self._try(self.kept.union(units), self.short | _shrinking(units), units)

    def try_in_full(self, units: Sequence[Unit]) -> bool:
        """Print units in full that are printed short, where that fits."""
        return self._try(self.kept, self.short.difference(units), units)

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
        return Chosen(self.kept, self.short, tuple(self.pages()))

    def _try(self, kept: frozenset[Unit], short: frozenset[Unit], changed: Iterable[Unit]) -> bool:
        before = self.kept, self.short, self._lists.copy()
        self.kept, self.short = kept, short
        self._compose({unit.at for unit in changed})
        if self.fits():
            return True
        self.kept, self.short, self._lists = before
        return False

    def _compose(self, sections: Collection[int]) -> None:
        for at in sections:
            self._lists[at] = self.measured.layouts[at].composed(self.kept, self.short)


def _shrinking(units: Iterable[Unit]) -> frozenset[Unit]:
    return frozenset(unit for unit in units if unit.shrinking)


def choose(measured: Measured, most: int, minimums: Mapping[int, int | None]) -> Chosen:
    """What is printed on at most so many pages.

    `minimums` are how many entries of each section must stay; None is one, where it fits. What
    must stay comes first, then all else in order of rank while it fits. What does not fit bars
    what matters less and is as large. Raises DoesNotFit where what must stay needs more pages.
    """
    required, wished = _minimum(measured, minimums)
    pile = Pile(measured, most, frozenset(required), _shrinking(required))
    if not pile.fits():
        raise DoesNotFit(pile.kept, len(pile.pages()))
    _gallop(wished, pile.try_to_add, {})
    while _add_all(pile) or _lengthen(pile):
        pass
    return pile.chosen()


def without_last(
    measured: Measured, most: int, chosen: Chosen, minimums: Mapping[int, int | None], number: int = 1
) -> Chosen | None:
    """The choice without the units that matter least of it; None where all of it must stay."""
    required, _ = _minimum(measured, minimums)
    free = chosen.kept.difference(required)
    last = [unit for unit in reversed(measured.ranked) if unit in free][:number]
    if not last:
        return None
    return Pile(measured, most, chosen.kept.difference(last), chosen.short.difference(last)).chosen()


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
    left_out = [unit for unit in pile.measured.ranked if unit not in pile.kept]
    smallest = _ENDLESS
    """Of what was refused so far: what matters less has to be smaller."""
    number = len(pile.kept)
    for _, alike in groupby(left_out, key=lambda unit: unit.priority):
        sizes = {unit: pile.measured.size(unit, is_short=bool(unit.shrinking)) for unit in alike}
        _gallop([unit for unit in sizes if sizes[unit] < smallest], pile.try_to_add, sizes)
        smallest = min([smallest, *(size for unit, size in sizes.items() if unit not in pile.kept)])
    return len(pile.kept) > number


def _lengthen(pile: Pile) -> bool:
    """Print in full what is short and has room, the best first; whether something was lengthened."""
    short = [unit for unit in pile.measured.ranked if unit in pile.short]
    _gallop(short, pile.try_in_full, {})
    return len(pile.short) < len(short)


_ENDLESS = 1 << 62
_MOST_TRIED = 300
"""How much is tried in vain before only what is smaller than all of it is tried."""


def _gallop(
    units: Sequence[Unit], attempt: Callable[[Sequence[Unit]], bool], sizes: Mapping[Unit, int]
) -> None:
    """Attempt units in their order, many at once as long as that succeeds.

    By their sizes, where these are given, not all of a long list is attempted.
    """
    at, number, failed, smallest = 0, 1, 0, _ENDLESS
    while at < len(units):
        size = sizes.get(units[at], 0)
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
