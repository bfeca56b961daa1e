"""Choosing from units of given heights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from cvbuild.fit.choosing import Chosen, DoesNotFit, choose, without_last
from cvbuild.fit.layout import Sample, SectionLayout, Unit, marks_of
from cvbuild.fit.measure import Measured
from cvbuild.fit.pages import BOX, GLUE, PENALTY, Element, PageShape, VerticalList
from cvbuild.fit.rank import Entry
from cvbuild.select.types import LAST_PRIORITY
from cvbuild.source import SourceFile, Span

SOURCE = SourceFile("content/a.yaml", "x" * 1000)
SHAPE = PageShape(height=100, max_depth=0, top_skip=0, line=10)
HEADING = (Element(BOX, 10), Element(PENALTY, 10_000))
SPACE = (Element(GLUE, 1),)


def unit(
    at: int, number: int, priority: int = LAST_PRIORITY, *, keep: bool = False, shrinks: bool = False
) -> Unit:
    place = 100 * at + number
    entry = Entry(at, Span(SOURCE, place, place + 1), f"{at}.{number}", priority, keep, 0, number, shrinks)
    return Unit(number, (entry,))


def printed(units: Sequence[Unit], heights: Sequence[int]) -> VerticalList:
    elements: list[Element] = [*HEADING]
    marks = {}
    for place, (item, height) in enumerate(zip(units, heights, strict=True)):
        elements += SPACE if place else ()
        begin, end = marks_of(item)
        marks[begin] = len(elements)
        elements.append(Element(BOX, height))
        marks[end] = len(elements)
    return VerticalList(tuple(elements), marks)


def measured(
    *sections: Sequence[Unit], heights: Sequence[Sequence[int]], short: Sequence[Sequence[int]] = ()
) -> Measured:
    """Sections of units with their heights; units rank in the order of their priorities, then as given."""
    layouts = {}
    for at, (units, high) in enumerate(zip(sections, heights, strict=True)):
        layouts[at] = SectionLayout(f"s{at}", tuple(units))
        layouts[at].learn(Sample(tuple(units)), printed(units, high))
        if short:
            layouts[at].learn(Sample(tuple(units), is_short=True), printed(units, short[at]))
    everything = [item for units in sections for item in units]
    return Measured(SHAPE, (), layouts, tuple(sorted(everything, key=lambda item: item.priority)))


def places(units: Iterable[Unit]) -> list[tuple[int, int]]:
    return sorted((item.at, item.number) for item in units)


def names(chosen: Chosen) -> list[str]:
    return [f"{at}.{number}" for at, number in places(chosen.kept)]


def test_all_stays_where_all_fits() -> None:
    chosen = choose(measured([unit(0, 0), unit(0, 1)], heights=[[40, 40]]), 1, {0: None})
    assert names(chosen) == ["0.0", "0.1"]
    assert chosen.fill(SHAPE) == pytest.approx(0.91)


def test_what_does_not_fit_is_left_out_and_smaller_ones_behind_it_are_tried() -> None:
    chosen = choose(measured([unit(0, 0), unit(0, 1), unit(0, 2)], heights=[[40, 60, 30]]), 1, {0: None})
    assert names(chosen) == ["0.0", "0.2"]


def test_what_matters_less_and_is_as_large_does_not_come_in_for_what_was_left_out() -> None:
    units = [unit(0, 0, 1), unit(0, 1, 1), unit(0, 2, 2), unit(0, 3, 2)]
    # The second one stands before a page's end that would cut it off; the third would fit there.
    chosen = choose(measured(units, heights=[[60, 50, 50, 20]]), 1, {0: None})
    assert names(chosen) == ["0.0", "0.3"]


def test_no_section_vanishes_where_that_fits() -> None:
    first, second = [unit(0, 0), unit(0, 1)], [unit(1, 0)]
    sections = measured(first, second, heights=[[30, 30], [40]])
    assert names(choose(sections, 1, {0: None, 1: None})) == ["0.0", "1.0"]
    assert names(choose(sections, 1, {0: None, 1: 0})) == ["0.0", "0.1"]


def test_a_minimum_comes_before_priority() -> None:
    sections = measured(
        [unit(0, 0, 1), unit(0, 1, 1)], [unit(1, 0), unit(1, 1)], heights=[[30, 30], [25, 24]]
    )
    assert names(choose(sections, 1, {0: 0, 1: 2})) == ["0.0", "1.0", "1.1"]
    assert names(choose(sections, 1, {0: 0, 1: 0})) == ["0.0", "0.1"]


def test_what_is_kept_stays_whatever_its_place() -> None:
    sections = measured([unit(0, 0), unit(0, 1), unit(0, 2, keep=True)], heights=[[50, 20, 45]])
    assert names(choose(sections, 1, {0: None})) == ["0.1", "0.2"]


def test_what_must_stay_and_does_not_fit_is_an_error() -> None:
    sections = measured([unit(0, 0, keep=True), unit(0, 1, keep=True)], heights=[[60, 60]])
    with pytest.raises(DoesNotFit) as problem:
        choose(sections, 1, {0: None})
    assert problem.value.pages == 2
    assert places(problem.value.required) == [(0, 0), (0, 1)]


def test_a_section_that_does_not_fit_even_with_one_vanishes() -> None:
    sections = measured([unit(0, 0)], [unit(1, 0)], heights=[[80], [80]])
    assert names(choose(sections, 1, {0: None, 1: None})) == ["0.0"]


def test_shrinking_keeps_more_and_what_has_room_is_printed_in_full_again() -> None:
    units = [unit(0, number, shrinks=True) for number in range(3)]
    sections = measured(units, heights=[[50, 40, 40]], short=[[20, 20, 20]])
    chosen = choose(sections, 1, {0: None})
    assert names(chosen) == ["0.0", "0.1", "0.2"]
    # There is room for 28 more: not for the 30 by which the best would grow, but for the next one's 20.
    assert places(chosen.short) == [(0, 0), (0, 2)]
    assert len(chosen.pages) == 1


def test_several_pages_are_filled() -> None:
    units = [unit(0, number) for number in range(60)]
    chosen = choose(measured(units, heights=[[9] * 60]), 3, {0: None})
    assert len(chosen.pages) == 3
    assert names(chosen) == [f"0.{number}" for number in range(29)]


def test_the_last_in_rank_goes_first_where_paper_is_shorter_than_measured() -> None:
    sections = measured([unit(0, 0, 2), unit(0, 1, 1), unit(0, 2, keep=True)], heights=[[20, 20, 20]])
    chosen = choose(sections, 1, {0: None})
    once = without_last(sections, 1, chosen, {0: None})
    assert once is not None
    assert names(once) == ["0.1", "0.2"]
    twice = without_last(sections, 1, once, {0: None})
    assert twice is not None
    assert names(twice) == ["0.2"]
    assert without_last(sections, 1, twice, {0: None}) is None
