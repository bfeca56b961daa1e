"""The words of a theme by language: its catalogue `labels.yaml`, dates, and words that follow a grammar."""

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

# Before the same vowel Spanish and Italian have another word for "and": "e Iglesias", but
# "y Hierro" (RAE, Diccionario panhispánico de dudas, y² 2); "ed Esposito", with e alone
# (Accademia della Crusca, "la d eufonica").
_BEFORE_VOWEL: Mapping[str, tuple[re.Pattern[str], str]] = {
    "es": (re.compile(r"h?[ií](?![aeoáéó])", re.IGNORECASE), "e"),
    "it": (re.compile(r"[eèé]", re.IGNORECASE), "ed"),
}

BABEL_ALIASES = {
    "german": "ngerman", "american": "english", "british": "english", "usenglish": "english",
    "ukenglish": "english", "brazilian": "portuguese", "brazil": "portuguese", "portuges": "portuguese",
}  # fmt: skip
"""Other names of languages in babel, whose words are broken alike."""
Days: TypeAlias = dict[tuple[int, int], str]

ORDINALS = {"en": "{}th", "de": "{}.", "es": "{}.ª", "fr": "{}e", "it": "{}ª", "pt": "{}.ª"}
_FIRST_OF_MONTH = {"fr": "1er", "it": "1º", "pt": "1º"}
"""The first day where it alone is an ordinal, which CLDR's patterns do not say."""
DEFAULT_LANGUAGE = "en"


def base_of(language: str) -> str:
    """Return the language without its country: `de` of `de-AT`."""
    return language.split("-", maxsplit=1)[0]


def conjunction(word: str, following: str, language: str) -> str:
    """Return a language's word for "and" as it stands before another word."""
    pattern, other = _BEFORE_VOWEL.get(base_of(language), (None, word))
    return other if pattern is not None and pattern.match(following) else word


TERM_LABELS = {
    "ws": "winter_term", "wise": "winter_term", "winter": "winter_term", "wintersemester": "winter_term",
    "ss": "summer_term", "sose": "summer_term", "sommer": "summer_term", "summer": "summer_term",
    "sommersemester": "summer_term", "spring": "spring_term", "fs": "spring_term",
    "fall": "autumn_term", "autumn": "autumn_term", "hs": "autumn_term",
}  # fmt: skip
"""The label of a term by the word it was typed with; Michaelmas and its like are names."""


def format_date(date: Date, language: str, labels: Mapping[str, str]) -> str:
    """Write a date as precisely as it was typed: `2025`, `Jun 23, 2025`; a term as its label says."""
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
    """Write a date as Babel does; day 0 is the whole month."""
    from babel.dates import format_skeleton  # a third of the time of rendering a CV, with its data

    date = datetime.date(year, month, day or 1)
    return format_skeleton("yMMMd" if day else "yMMM", date, locale=language.replace("-", "_"))


def days_by_babel(language: str) -> Days | None:
    """Return how each month (day 0) and day is written, with `{year}`; None for no language: a stage."""
    from babel import Locale, UnknownLocaleError  # as above

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
            # Where the year is written in another way, Babel is asked for each.
            if year and not set("{}") & {*before, *after}:
                found[month, day] = f"{before}{{year}}{after}"
    return found


_days = lru_cache(maxsize=16)(lambda language: memo(days_by_babel, language))


def format_period(period: Period, language: str, labels: Mapping[str, str]) -> str:
    """Write `2019 – 2020`, `2021 – present`; a period of one date is that date. Neither end is broken."""
    start = format_date(period.start, language, labels).replace(" ", "\u00a0")
    if period.end is None:
        return f"{start} – {labels['present']}"
    end = format_date(period.end, language, labels).replace(" ", "\u00a0")
    return start if start == end else f"{start} – {end}"


def _catalogue(folders: Sequence[Path]) -> Mapping[str, Mapping[str, str]]:
    """Return the catalogues' languages, the first folder's words before others; read anew, for `watch`."""
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
    """Return the labels in a language, English where it has none. Raises UsageProblem for no language at all.

    A hint names the code of a language that is given by name or in capitals: `German`, `Deutsch`, `DE`.
    """
    catalogue = _catalogue(folders)
    if _days(str(language)) is not None:
        own = {**catalogue.get(base_of(language), {}), **catalogue.get(language, {})}
        return {**catalogue[DEFAULT_LANGUAGE], **own}
    from babel import Locale  # as above

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
    """Return the names of the labels for which English stands in."""
    catalogue = _catalogue(folders)
    own = {**catalogue.get(base_of(language), {}), **catalogue.get(language, {})}
    return [name for name in catalogue[DEFAULT_LANGUAGE] if name not in own]


def hyphenations(folders: Sequence[Path]) -> Mapping[str, str]:
    """Return the names that babel has for the languages of the catalogues, by their codes."""
    return {code: labels["babel"] for code, labels in _catalogue(folders).items() if "babel" in labels}
