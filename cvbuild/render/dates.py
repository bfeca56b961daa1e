"""Dates and periods in the words of a language, through Babel's CLDR data."""

from __future__ import annotations

import datetime
import re
from calendar import monthrange
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from cvbuild.memo import memo
from cvbuild.render.grammar import base_of

if TYPE_CHECKING:
    from cvbuild.model.values import Date, Period

TERM_LABELS = {
    "ws": "winter_term", "wise": "winter_term", "winter": "winter_term", "wintersemester": "winter_term",
    "ss": "summer_term", "sose": "summer_term", "sommer": "summer_term", "summer": "summer_term",
    "sommersemester": "summer_term", "spring": "spring_term", "fs": "spring_term",
    "fall": "autumn_term", "autumn": "autumn_term", "hs": "autumn_term",
}  # fmt: skip
"""The label of a term by the word it was typed with; Michaelmas and its like are names."""


def format_date(date: Date, language: str, labels: Mapping[str, str]) -> str:
    """As precise as it was typed: `2025`, `Jun 2025`, `Jun 23, 2025`; a term as its label says."""
    if date.season is not None:
        return _term(date, date.season, labels)
    if date.month is None:
        return str(date.year)
    return _with_month(date.year, date.month, date.day, language)


def _term(date: Date, season: str, labels: Mapping[str, str]) -> str:
    until = f"/{date.until_year % 100:02d}" if date.until_year is not None else ""
    places = {
        "season": season,
        "years": f"{date.year}{until}",
        "short_years": f"{date.year % 100:02d}{until}",
    }
    label = labels.get(TERM_LABELS.get(season.casefold(), ""), "{season} {short_years}")
    return re.sub(r"\{(\w+)\}", lambda match: places.get(match[1], ""), label)


_LEAP_YEAR = 2004
_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2}|-\d{3})?")

Days: TypeAlias = dict[tuple[int, int], str]

_FIRST_OF_MONTH = {"fr": "1er", "it": "1º", "pt": "1º"}
"""The first day where it alone is an ordinal, which CLDR's patterns do not say."""


@lru_cache(maxsize=4096)
def _with_month(year: int, month: int, day: int | None, language: str) -> str:
    pattern = (_days(language) or {}).get((month, day or 0))
    written = _formatted(year, month, day, language) if pattern is None else pattern.format(year=year)
    first = _FIRST_OF_MONTH.get(base_of(language)) if day == 1 else None
    return re.sub(r"^1(?= )", first, written) if first else written


def _formatted(year: int, month: int, day: int | None, language: str) -> str:
    from babel.dates import format_skeleton

    skeleton = "yMMM" if day is None else "yMMMd"
    return format_skeleton(skeleton, datetime.date(year, month, day or 1), locale=language.replace("-", "_"))


@lru_cache(maxsize=16)
def _days(language: str) -> Days | None:
    """How each month (day 0) and each day is written, with `{year}` for the year; None for no language.

    Importing Babel and loading its data takes a third of the time of rendering a CV.
    """
    return memo(_told_by_babel, str(language))


def _told_by_babel(language: str) -> Days | None:
    from babel import Locale, UnknownLocaleError

    if not _LANGUAGE_CODE.fullmatch(language):
        return None
    try:
        Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None
    found = {}
    for month in range(1, 13):
        for day in range(monthrange(_LEAP_YEAR, month)[1] + 1):
            written = _formatted(_LEAP_YEAR, month, day or None, language)
            before, year, after = written.partition(str(_LEAP_YEAR))
            # Where the year is written in another way, Babel is asked for each.
            if year and not set("{}") & {*before, *after}:
                found[month, day] = f"{before}{{year}}{after}"
    return found


def format_period(period: Period, language: str, labels: Mapping[str, str]) -> str:
    """`2019 – 2020`, `2021 – present`; a period of one date is that date. Neither end is broken."""
    start = format_date(period.start, language, labels).replace(" ", "\u00a0")
    if period.end is None:
        return f"{start} – {labels['present']}"
    end = format_date(period.end, language, labels).replace(" ", "\u00a0")
    return start if start == end else f"{start} – {end}"


def is_known_language(language: str) -> bool:
    """Whether there is data for a language code such as `de` or `en-GB`."""
    return _days(language) is not None
