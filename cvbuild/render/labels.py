"""What a theme itself says, by language: its catalogue `labels.yaml`, dates, and words after a grammar."""

from __future__ import annotations

import datetime
import itertools
import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from cvbuild.content.values import Date, Period
from cvbuild.diagnostics import ContentProblem, Diagnostic, UsageProblem
from cvbuild.memo import memo
from cvbuild.read import read_yaml
from cvbuild.read.tree import YamlMapping
from cvbuild.render.themes import label_files, template_source
from cvbuild.source import Scalar, SourceFile, Span

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


def base_of(language: str) -> str:
    """The language without its country: `de` of `de-AT`."""
    return language.split("-", maxsplit=1)[0]


def conjunction(word: str, following: str, language: str) -> str:
    """A language's word for "and" as it stands before another word."""
    pattern, other = _BEFORE_VOWEL.get(base_of(language), (None, word))
    return other if pattern is not None and pattern.match(following) else word


_ORDINALS = {"de": "{}.", "es": "{}.ª", "fr": "{}e", "it": "{}ª", "pt": "{}.ª"}


def ordinal(number: int, language: str) -> str:
    """A number as it stands before the word for an edition, which is feminine where that matters."""
    base = base_of(language)
    if base == "fr" and number == 1:
        return "1re"
    if base == "en":
        is_teen = number % 100 in {11, 12, 13}
        return f"{number}{'th' if is_teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
    return _ORDINALS.get(base, "{}").format(number)


_DOUBLE = re.compile(r"[“”„«»]|\\textquotedbl\{\}")
_SPACE = r"(?:\\,|~| )?"
_GUILLEMETS = re.compile(rf"«{_SPACE}|{_SPACE}»")


def with_inner_quotes(tex: str, opening: str, closing: str) -> str:
    """TeX that goes between quotation marks, with its own double ones as those within.

    Marks of any language are taken in pairs; where one is left over, nothing changes.
    """
    if len(_DOUBLE.findall(tex)) % 2:
        return tex
    tex = _GUILLEMETS.sub(lambda match: match[0].strip("~ ").replace(r"\,", ""), tex)
    marks = itertools.cycle((opening, closing))
    return _DOUBLE.sub(lambda match: next(marks), tex)


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


FALLBACK = "en"


def _catalogue(folders: Sequence[Path]) -> Mapping[str, Mapping[str, str]]:
    """All languages of the catalogues in the folders; the first folder's words win."""
    return _merged(tuple(map(template_source, label_files(reversed(folders)))))


@lru_cache(maxsize=8)
def _merged(sources: tuple[SourceFile, ...]) -> Mapping[str, Mapping[str, str]]:
    """The catalogues as one; they are read every time, as `watch` has to see a change."""
    merged: dict[str, dict[str, str]] = {}
    for source in sources:
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
    """The labels in a language, English where it has none. Raises UsageProblem for no language at all."""
    if not is_known_language(language):
        hint = next(_meant(language, folders), "write `en`, `de`, `en-GB` or the like")
        raise UsageProblem(f"`{language}` is not a language code", hint)
    return {**_catalogue(folders)[FALLBACK], **_own_labels(language, folders)}


def _meant(name: str, folders: Sequence[Path]) -> Iterator[str]:
    """A hint with the code of a language that is given by name or in capitals: `German`, `Deutsch`, `DE`."""
    from babel import Locale

    for code in _catalogue(folders):
        if is_known_language(code):
            locale = Locale.parse(code.replace("-", "_"))
            names = (code, locale.english_name, locale.display_name)
            if name.casefold() in {str(known).casefold() for known in names}:
                yield f"did you mean `{code}`?"


def _own_labels(language: str, folders: Sequence[Path]) -> Mapping[str, str]:
    """The labels of the language itself, its country's before the others."""
    catalogue = _catalogue(folders)
    return {**catalogue.get(base_of(language), {}), **catalogue.get(language, {})}


def missing_labels(language: str, folders: Sequence[Path]) -> list[str]:
    """The names of the labels for which English stands in."""
    own = _own_labels(language, folders)
    return [name for name in _catalogue(folders)[FALLBACK] if name not in own]


def hyphenations(folders: Sequence[Path]) -> Mapping[str, str]:
    """What babel calls the languages of the catalogues, by their codes."""
    return {code: labels["babel"] for code, labels in _catalogue(folders).items() if "babel" in labels}
