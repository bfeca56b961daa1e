"""Dates and periods. How they are read: tests/cases/tex, dates-read.txt and periods-read.txt."""

from __future__ import annotations

import pytest

from cvbuild.content.values import Date, Period


@pytest.mark.parametrize("dash", ["–", " – ", "—", "--", " - ", " to ", " bis ", "..", " – \n"])
def test_a_period_is_written_with_any_dash(dash: str) -> None:
    assert Period.parse(f" 2019{dash}2021 ") == Period(Date(2019), Date(2021))
    assert Period.parse(f"2021-12{dash}2024-11-30") == Period(Date(2021, 12), Date(2024, 11, 30))


def test_dates_compare_by_their_first_day() -> None:
    dates = [Date(2021), Date(2020, 12, 31), Date(2020, 2), Date(2020, 10, None, "WS", 2021), Date(2020)]
    assert [date.first_day for date in sorted(dates, key=lambda date: date.first_day)] == [
        (2020, 1, 1), (2020, 2, 1), (2020, 10, 1), (2020, 12, 31), (2021, 1, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020", (2020, 12, 31)),
        ("2019 – 2020-06", (2020, 6, 31)),
        ("2019 – present", (9999, 12, 31)),
        ("WS 2024/25", (2025, 3, 31)),
    ],
)
def test_a_period_lasts_to_the_end_of_what_was_typed(text: str, day: tuple[int, int, int]) -> None:
    assert Period.parse(text).last_day == day
