"""Dates and periods in the words of a language, through Babel's CLDR data."""

from __future__ import annotations

import datetime
from functools import lru_cache

from cvbuild.model.dates import Date, Period


def format_date(date: Date, language: str) -> str:
    """As precise as it was typed: `2025`, `Jun 2025`, `Jun 23, 2025`; a term as `WS 24/25`."""
    if date.season is not None:
        until = f"/{date.until_year % 100:02d}" if date.until_year is not None else ""
        return f"{date.season} {date.year % 100:02d}{until}"
    if date.month is None:
        return str(date.year)
    return _with_month(date.year, date.month, date.day, language)


@lru_cache(maxsize=4096)
def _with_month(year: int, month: int, day: int | None, language: str) -> str:
    from babel.dates import format_skeleton

    skeleton = "yMMM" if day is None else "yMMMd"
    return format_skeleton(skeleton, datetime.date(year, month, day or 1), locale=language.replace("-", "_"))


def format_period(period: Period, language: str, present: str) -> str:
    """`2019 – 2020`, `2021 – present`; a period of one date is that date."""
    start = format_date(period.start, language)
    if period.end is None:
        return f"{start} – {present}"
    end = format_date(period.end, language)
    return start if start == end else f"{start} – {end}"


def is_known_language(language: str) -> bool:
    """Whether there is data for a language code such as `de` or `en-GB`."""
    from babel import Locale, UnknownLocaleError

    try:
        Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return False
    return True
