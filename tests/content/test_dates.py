from __future__ import annotations

import pytest

from cvbuild.content.reader import Problem
from cvbuild.content.values import PRESENT_WORDS, Date, Period


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2025", Date(2025)), ("2025-06", Date(2025, 6)), ("2025-6", Date(2025, 6)),
        ("2025-06-23", Date(2025, 6, 23)), (" 2025 ", Date(2025)), ("2024-02-29", Date(2024, 2, 29)),
        ("WS 2024/25", Date(2024, 10, None, "WS", 2025)), ("WS 24/25", Date(2024, 10, None, "WS", 2025)),
        ("WS24/25", Date(2024, 10, None, "WS", 2025)), ("SS 2017", Date(2017, 4, None, "SS")),
        ("WiSe 2024/2025", Date(2024, 10, None, "WiSe", 2025)), ("SoSe 17", Date(2017, 4, None, "SoSe")),
        ("WS 1999/00", Date(1999, 10, None, "WS", 2000)), ("SS 98", Date(1998, 4, None, "SS")),
        ("Spring 2020", Date(2020, 1, None, "Spring")), ("Fall 2020", Date(2020, 9, None, "Fall")),
        ("Michaelmas 2020", Date(2020, 10, None, "Michaelmas")),
    ],
)  # fmt: skip
def test_a_date_is_as_precise_as_typed(text: str, date: Date) -> None:
    assert Date.parse(text) == date


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2024-22", "no month 22"), ("2024-00", "no month 0"), ("2024-02-30", "no day 30"),
        ("2023-02-29", "no day 29"), ("2024-06-00", "no day 0"),
        ("WS 2024/26", "cannot run from 2024 to 2026"),
        ("soon", "not a date"), ("", "not a date"), ("20", "not a date"), ("June 2020", "not a date"),
        ("23.06.2020", "not a date"), ("2020/06", "not a date"), ("XS 2020", "not a date"),
        ("present", "not a date"),
        ("0000-01-01", "no year"), ("2020-06-23T10:00", "not a date"), ("-2020", "not a date"),
    ],
)  # fmt: skip
def test_what_is_no_date_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Date.parse(text)


@pytest.mark.parametrize("dash", ["–", " – ", "—", "--", " - ", " to ", " bis ", "..", " – \n"])
def test_a_period_is_written_with_any_dash(dash: str) -> None:
    assert Period.parse(f"2019{dash}2021") == Period(Date(2019), Date(2021))
    assert Period.parse(f"2021-12{dash}2024-11-30") == Period(Date(2021, 12), Date(2024, 11, 30))


OPEN = [f"2021 – {word}" for word in (*sorted(PRESENT_WORDS), "Present", "TODAY", "")]


@pytest.mark.parametrize("text", [*OPEN, "2021 -", "2021 –", "2021–", "2021 --"])
def test_a_period_goes_on(text: str) -> None:
    assert Period.parse(text) == Period(Date(2021), None)


def test_one_date_is_a_period_of_its_own() -> None:
    assert Period.parse("2018") == Period(Date(2018), Date(2018))
    assert Period.parse("WS 2019/20 – SS 2021").end == Date(2021, 4, None, "SS")


@pytest.mark.parametrize(
    "text", ["2021 – 2020", "2021-06 – 2021-05", "2021-06-23 – 2021-06-22", "2021-06-23 – 2021-05"]
)
def test_a_period_may_not_end_before_it_begins(text: str) -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        Period.parse(text)


@pytest.mark.parametrize(
    "text", ["2021 – 2021", "2021-06 – 2021", "2021 – 2021-01", "2021-06 – 2021-06", "2021-06-23 – 2021-06"]
)
def test_a_period_may_end_where_it_begins(text: str) -> None:
    assert Period.parse(text).end is not None


@pytest.mark.parametrize("text", ["present", "– 2021", "2021 – soon", "2021 – 2022 – 2023", "2021-22"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a date|no month"):
        Period.parse(text)


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


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("23.06.2025", "2025-06-23"), ("23. 6. 2025", "2025-06-23"), ("06.2025", "2025-06"),
        ("6/2025", "2025-06"), ("2025/06", "2025-06"), ("2025.6.3", "2025-06-03"),
        ("June 2025", "2025-06"), ("Sept. 2025", "2025-09"), ("Juni 2025", "2025-06"),
        ("mär 2025", "2025-03"),
        ("23 June 2025", "2025-06-23"), ("23rd June 2025", "2025-06-23"), ("June 23, 2025", "2025-06-23"),
        ("23/06/2025", None), ("13/2025", None), ("soon 2025", None), ("in June", None),
    ],
)  # fmt: skip
def test_a_date_of_another_notation_is_told_in_ours(typed: str, written: str | None) -> None:
    with pytest.raises(Problem) as refused:
        Date.parse(typed)
    assert refused.value.hints == ((f"write `{written}`",) if written else ())
