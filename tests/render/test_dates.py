from __future__ import annotations

import pytest

from cvbuild.model.dates import Date, Period
from cvbuild.render.dates import format_date, format_period, is_known_language


@pytest.mark.parametrize(
    ("text", "english", "german"),
    [
        ("2025", "2025", "2025"),
        ("2025-06", "Jun 2025", "Juni 2025"),
        ("2025-12", "Dec 2025", "Dez. 2025"),
        ("2025-06-23", "Jun 23, 2025", "23. Juni 2025"),
        ("2025-03-01", "Mar 1, 2025", "1. März 2025"),
        ("WS 2024/25", "WS 24/25", "WS 24/25"),
        ("SS 2017", "SS 17", "SS 17"),
        ("WS 1999/00", "WS 99/00", "WS 99/00"),
        ("SS 2005", "SS 05", "SS 05"),
    ],
)
def test_a_date_in_two_languages(text: str, english: str, german: str) -> None:
    assert format_date(Date.parse(text), "en") == english
    assert format_date(Date.parse(text), "de") == german


def test_a_region_has_its_own_order() -> None:
    assert format_date(Date(2025, 6, 23), "en-GB") == "23 Jun 2025"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("2019 – 2020", "2019 – 2020"),
        ("2021 – now", "2021 – present"),
        ("2018", "2018"),
        ("2018 – 2018", "2018"),
        ("2021-12 – 2024-11", "Dec 2021 – Nov 2024"),
        ("2021-12 – 2024", "Dec 2021 – 2024"),
    ],
)
def test_a_period(text: str, printed: str) -> None:
    assert format_period(Period.parse(text), "en", "present") == printed


def test_a_period_in_german() -> None:
    assert format_period(Period.parse("2021-03 –"), "de", "heute") == "März 2021 – heute"


@pytest.mark.parametrize(
    ("code", "known"),
    [("en", True), ("de-AT", True), ("xx", False), ("english", False), ("", False), ("..", False)],
)
def test_language_codes(code: str, known: bool) -> None:
    assert is_known_language(code) is known
