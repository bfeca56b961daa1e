"""A theme's words by language: the catalogue `labels.yaml`, dates, and words that depend on grammar."""

from __future__ import annotations

import datetime
import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from cvbuild.content.values import Date, Period
from cvbuild.diagnostics import ContentProblem, Diagnostic, UsageProblem
from cvbuild.memo import memo
from cvbuild.read import read_yaml
from cvbuild.read.parsed import YamlMapping
from cvbuild.render.templates import template_source
from cvbuild.source import Scalar, Span

# Spanish and Italian change "and" before its own vowel: "e Iglesias", but "y Hierro"
# (RAE, Diccionario panhispánico de dudas, y² 2); "ed Esposito", before e only (Accademia della
# Crusca, "la d eufonica").
_BEFORE_VOWEL: Mapping[str, tuple[re.Pattern[str], str]] = {
    "es": (re.compile(r"h?[ií](?![aeoáéó])", re.IGNORECASE), "e"),
    "it": (re.compile(r"[eèé]", re.IGNORECASE), "ed"),
}

BABEL_ALIASES = {
    "german": "ngerman", "american": "english", "british": "english", "usenglish": "english",
    "ukenglish": "english", "brazilian": "portuguese", "brazil": "portuguese", "portuges": "portuguese",
}  # fmt: skip
"""Names of languages in babel, each with the name whose hyphenation is used for it."""
Days: TypeAlias = dict[tuple[int, int], str]
"""Patterns of dates, with `{year}`, by month and day; day 0 is the whole month."""

ORDINALS = {"en": "{}th", "de": "{}.", "es": "{}.ª", "fr": "{}e", "it": "{}ª", "pt": "{}.ª"}
_FIRST_OF_MONTH = {"fr": "1er", "it": "1º", "pt": "1º"}
"""The ordinal for the first day, in languages where other days are cardinals; CLDR's patterns lack it."""
DEFAULT_LANGUAGE = "en"


def base_of(language: str) -> str:
    """Return a language code without its country: `de` for `de-AT`."""
    return language.split("-", maxsplit=1)[0]


def conjunction(word: str, following: str, language: str) -> str:
    """Return the form of the language's "and" (`word`) that is correct before the `following` word."""
    pattern, other = _BEFORE_VOWEL.get(base_of(language), (None, word))
    return other if pattern is not None and pattern.match(following) else word


TERM_LABELS = {
    "ws": "winter_term", "wise": "winter_term", "winter": "winter_term", "wintersemester": "winter_term",
    "ss": "summer_term", "sose": "summer_term", "sommer": "summer_term", "summer": "summer_term",
    "sommersemester": "summer_term", "spring": "spring_term", "fs": "spring_term",
    "fall": "autumn_term", "autumn": "autumn_term", "hs": "autumn_term",
}  # fmt: skip
"""The label of a term, by the word typed for it. Names such as Michaelmas have no label."""


def format_date(date: Date, language: str, labels: Mapping[str, str]) -> str:
    """Write a date with the parts that were typed, `2025` or `Jun 23, 2025`; write a term by its label."""
    if date.season is not None:
        until = f"/{date.until_year % 100:02d}" if date.until_year is not None else ""
        places = {"season": date.season, "years": f"{date.year}{until}"}
        places["short_years"] = f"{date.year % 100:02d}{until}"
        label = labels.get(TERM_LABELS.get(date.season.casefold(), ""), "{season} {short_years}")
        return re.sub(r"\{(\w+)\}", lambda match: places.get(match[1], ""), label)
    if date.month is None:
        return str(date.year)
    day = date.day or 0
    pattern = (_days(language) or {}).get((date.month, day))
    written = pattern.format(year=date.year) if pattern else by_babel(date.year, date.month, day, language)
    first = _FIRST_OF_MONTH.get(base_of(language)) if day == 1 else None
    return re.sub(r"^1(?= )", first, written) if first else written


_LEAP_YEAR = 2004
_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2}|-\d{3})?")


def by_babel(year: int, month: int, day: int, language: str) -> str:
    """Write a date with Babel; day 0 means the whole month."""
    from babel.dates import format_skeleton  # slow: with its data a third of the time to render a CV

    date = datetime.date(year, month, day or 1)
    return format_skeleton("yMMMd" if day else "yMMM", date, locale=language.replace("-", "_"))


def days_by_babel(language: str) -> Days | None:
    """Return the pattern with `{year}` of each day and month (day 0); None if unknown. A memo stage."""
    from babel import Locale, UnknownLocaleError  # slow to import, as above

    if not _LANGUAGE_CODE.fullmatch(language):
        return None
    try:
        Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None
    found = {}
    for month in range(1, 13):
        for day in range(monthrange(_LEAP_YEAR, month)[1] + 1):
            written = by_babel(_LEAP_YEAR, month, day, language)
            before, year, after = written.partition(str(_LEAP_YEAR))
            # If the year has other digits here, `format_date` asks Babel for each date.
            if year and not set("{}") & {*before, *after}:
                found[month, day] = f"{before}{{year}}{after}"
    return found


_days = lru_cache(maxsize=16)(lambda language: memo(days_by_babel, language))


def format_period(period: Period, language: str, labels: Mapping[str, str]) -> str:
    """Write `2019 – 2020`, `2021 – present`, or one date if both ends agree; no line breaks within a date."""
    start = format_date(period.start, language, labels).replace(" ", "\u00a0")
    if period.end is None:
        return f"{start} – {labels['present']}"
    end = format_date(period.end, language, labels).replace(" ", "\u00a0")
    return start if start == end else f"{start} – {end}"


def _catalogue(folders: Sequence[Path]) -> Mapping[str, Mapping[str, str]]:
    """Return the labels by language; earlier folders win. The files are read each time, for `watch`."""
    files = [file for folder in reversed(folders) if (file := folder / "labels.yaml").is_file()]
    merged: dict[str, dict[str, str]] = {}
    for source in map(template_source, files):
        tree, found = memo(read_yaml, source)
        if any(item.severity == "error" for item in found):
            raise ContentProblem(*found)
        languages = tree if isinstance(tree, YamlMapping) else YamlMapping(Span(source, 0, 0))
        for language, labels in languages.items():
            if not isinstance(labels, YamlMapping):
                message = f"the labels of `{language}` are lines of `name: words`"
                raise ContentProblem(Diagnostic("wrong-type", message, languages.key_span(language)))
            words = {key: str(label) for key, label in labels.items() if isinstance(label, Scalar)}
            merged.setdefault(str(language), {}).update(words)
    return merged


def labels_for(language: str, folders: Sequence[Path]) -> Mapping[str, str]:
    """Return the labels in a language, with English ones for those it lacks.

    Raises UsageProblem for an unknown code, with a hint for a name or capitals: `German`, `Deutsch`, `DE`.
    """
    catalogue = _catalogue(folders)
    if _days(str(language)) is not None:
        own = {**catalogue.get(base_of(language), {}), **catalogue.get(language, {})}
        return {**catalogue[DEFAULT_LANGUAGE], **own}
    from babel import Locale  # slow to import, as above

    hint = "write `en`, `de`, `en-GB` or the like"
    for code in catalogue:
        if _days(code) is not None:
            locale = Locale.parse(code.replace("-", "_"))
            names = (code, locale.english_name, locale.display_name)
            if language.casefold() in {str(name).casefold() for name in names}:
                hint = f"did you mean `{code}`?"
                break
    raise UsageProblem(f"`{language}` is not a language code", hint)


def missing_labels(language: str, folders: Sequence[Path]) -> list[str]:
    """Return the names of the labels that fall back to English."""
    catalogue = _catalogue(folders)
    own = {**catalogue.get(base_of(language), {}), **catalogue.get(language, {})}
    return [name for name in catalogue[DEFAULT_LANGUAGE] if name not in own]


def hyphenations(folders: Sequence[Path]) -> Mapping[str, str]:
    """Return babel's name for each language code of the catalogues."""
    return {code: labels["babel"] for code, labels in _catalogue(folders).items() if "babel" in labels}
