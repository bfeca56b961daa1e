"""Choosing from units of given heights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from cvbuild.fit.fit import choose
from cvbuild.fit.pages import (
    BOX,
    GLUE,
    PENALTY,
    Document,
    Element,
    Entry,
    PageShape,
    SectionLayout,
    Unit,
    VerticalList,
)
from cvbuild.select.types import LAST_PRIORITY
from cvbuild.source import SourceFile, Span

SOURCE = SourceFile("content/a.yaml", "x" * 1000)
SHAPE = PageShape(height=100, max_depth=0, top_skip=0, line=10)


def unit(
    at: int, number: int, priority: int = LAST_PRIORITY, *, keep: bool = False, shrinks: bool = False
) -> Unit:
    span = Span(SOURCE, 100 * at + number, 100 * at + number + 1)
    return Unit.of(number, [Entry(at, span, f"{at}.{number}", priority, keep, 0, number, shrinks)])


def shown(units: Sequence[Unit], heights: Sequence[int]) -> VerticalList:
    """A heading, and boxes of these heights with a space of 1 between them."""
    elements = [Element(BOX, 10), Element(PENALTY, 10_000)]
    marks: dict[str, int] = {}
    for item, height in zip(units, heights, strict=True):
        elements += [Element(GLUE, 1)] if marks else []
        marks[f"begin {item.number}"] = len(elements)
        elements.append(Element(BOX, height))
        marks[f"end {item.number}"] = len(elements)
    return VerticalList(tuple(elements), marks)


def measured(
    *sections: Sequence[Unit], heights: Sequence[Sequence[int]], short: Sequence[int] = ()
) -> Document:
    """Sections of units with their heights; units rank in the order of their priorities, then as given."""
    layouts = {}
    for at, (units, high) in enumerate(zip(sections, heights, strict=True)):
        layouts[at] = SectionLayout(f"s{at}", tuple(units))
        layouts[at].learn(units, shown(units, high))
        if short:
            layouts[at].learn(units, shown(units, short), is_short=True)
    everything = [item for units in sections for item in units]
    return Document(SHAPE, (), layouts, tuple(sorted(everything, key=lambda item: item.priority)))


def names(units: Iterable[Unit]) -> str:
    return " ".join(sorted(item.summary for item in units))


def chosen(
    sections: Sequence[Sequence[Unit]], heights: Sequence[Sequence[int]], *minimums: int | None
) -> str:
    """What is printed on one page."""
    choice = choose(measured(*sections, heights=heights), 1, dict(enumerate(minimums)))
    assert len(choice.pages) == 1
    return names(choice.printed)


def test_all_stays_where_all_fits() -> None:
    choice = choose(measured([unit(0, 0), unit(0, 1)], heights=[[40, 40]]), 1, {0: None})
    assert (names(choice.printed), choice.pages[-1].used) == ("0.0 0.1", 91)


def test_what_does_not_fit_is_left_out_and_smaller_ones_behind_it_are_tried() -> None:
    assert chosen([[unit(0, 0), unit(0, 1), unit(0, 2)]], [[40, 60, 30]], None) == "0.0 0.2"


def test_what_matters_less_and_is_as_large_does_not_come_in_for_what_was_left_out() -> None:
    units = [unit(0, 0, 1), unit(0, 1, 1), unit(0, 2, 2), unit(0, 3, 2)]
    # The second one stands before a page's end that would cut it off; the third would fit there.
    assert chosen([units], [[60, 50, 50, 20]], None) == "0.0 0.3"


def test_no_section_vanishes_where_that_fits() -> None:
    sections, heights = [[unit(0, 0), unit(0, 1)], [unit(1, 0)]], [[30, 30], [40]]
    assert chosen(sections, heights, None, None) == "0.0 1.0"
    assert chosen(sections, heights, None, 0) == "0.0 0.1"
    assert chosen([[unit(0, 0)], [unit(1, 0)]], [[80], [80]], None, None) == "0.0"


def test_a_minimum_comes_before_priority() -> None:
    sections = [unit(0, 0, 1), unit(0, 1, 1)], [unit(1, 0), unit(1, 1)]
    assert chosen(sections, [[30, 30], [25, 24]], 0, 2) == "0.0 1.0 1.1"
    assert chosen(sections, [[30, 30], [25, 24]], 0, 0) == "0.0 0.1"


def test_what_is_kept_stays_whatever_its_place() -> None:
    assert chosen([[unit(0, 0), unit(0, 1), unit(0, 2, keep=True)]], [[50, 20, 45]], None) == "0.1 0.2"


def test_what_must_stay_and_does_not_fit_needs_more_pages() -> None:
    sections = measured([unit(0, 0, keep=True), unit(0, 1, keep=True), unit(0, 2)], heights=[[60, 60, 1]])
    choice = choose(sections, 1, {0: None})
    assert (len(choice.pages), names(choice.printed)) == (2, "0.0 0.1")


def test_shrinking_keeps_more_and_what_has_room_is_printed_in_full_again() -> None:
    units = [unit(0, number, shrinks=True) for number in range(3)]
    choice = choose(measured(units, heights=[[50, 40, 40]], short=[20, 20, 20]), 1, {0: None})
    assert names(choice.printed) == "0.0 0.1 0.2"
    # There is room for 28 more: not for the 30 by which the best would grow, but for the next one's 20.
    assert names(item for item in units if choice.printed[item]) == "0.0 0.2"
    assert len(choice.pages) == 1


@pytest.mark.parametrize(("pages", "kept"), [(1, 9), (3, 29)])
def test_pages_are_filled(pages: int, kept: int) -> None:
    """Of a list so long that not all of it is tried one by one."""
    units = [unit(0, number) for number in range(400)]
    choice = choose(measured(units, heights=[[9] * 399 + [1]]), pages, {0: None})
    assert len(choice.pages) == pages
    assert [item.number for item in choice.printed][:kept] == list(range(kept))
