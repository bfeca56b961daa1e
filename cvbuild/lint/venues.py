"""Journals and proceedings that are spelled in more than one way."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from cvbuild.comparing import folded, is_one_slip_apart, neighbours
from cvbuild.diagnostics import Diagnostic
from cvbuild.lint.places import within
from cvbuild.lint.spellings import Spellings
from cvbuild.lint.subject import Subject
from cvbuild.record import Record

REACH = 8
"""How many names of the same initials, before and after one in alphabetical order, are compared with it."""

_UNSAID = frozenset(
    """a an and at de der des die du et for für fur in la le of on the und
    proceedings proc""".split()
)
"""Words that one spelling has and another leaves out."""

_WORD = re.compile(r"[^\W_]+\.?")
_ACRONYM_BEHIND = re.compile(r"\s*\(([^()\d]{3,})\)\s*$")
_WITH_CAPITALS = re.compile(r"\b[A-Z][A-Za-z]*\b")
_SHORTEST_ABBREVIATION = 3
_SHORTEST_MISSPELLED = 6


class _Venue(Record):
    """A name as it is compared: its words in small letters, each with a dot where one was typed."""

    typed: str
    dotted: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word.rstrip(".") for word in self.dotted)

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.dotted)


def venue_spelling(subject: Subject) -> Iterator[Diagnostic]:
    """Case, punctuation and small words; abbreviations; acronyms; slips of one letter in a long word."""
    spellings = Spellings[str]()
    for item in subject.cv.publications:
        for field in ("journaltitle", "booktitle"):
            if text := item.text.get(field):
                spellings.add(str(text), text.span.first_line())
    venues = [_venue(typed) for typed in spellings]
    venues = [venue for venue in venues if venue.dotted]
    first: dict[tuple[str, ...], _Venue] = {}
    for venue in venues:
        earlier = first.setdefault(venue.words, venue)
        if earlier is not venue:
            spellings.join(venue.typed, earlier.typed)
    for one, other in _alike(list(first.values())):
        spellings.join(one.typed, other.typed)
    for one, other in _acronyms(list(first.values())):
        spellings.join(one.typed, other.typed)
    yield from spellings.diagnostics("the venue", code="lint-venue-spelling")
    yield from _inner_capitals(spellings)


def _venue(typed: str) -> _Venue:
    name = _ACRONYM_BEHIND.sub("", typed) or typed
    found = tuple(_WORD.findall(folded(name.replace("’", "").replace("'", ""))))
    said = tuple(word for word in found if word.rstrip(".") not in _UNSAID)
    return _Venue(typed, said or found)


def _alike(venues: list[_Venue]) -> Iterator[tuple[_Venue, _Venue]]:
    """Names of as many words with the same initials, one the abbreviation or a misspelling of the other.

    An abbreviation that fits several names says nothing of any of them.
    """
    full_names: dict[_Venue, list[_Venue]] = defaultdict(list)
    keys = (lambda venue: (venue.initials, venue.words), lambda venue: (venue.initials, venue.words[::-1]))
    for one, other in neighbours(venues, keys, REACH):
        if one.initials != other.initials:
            continue
        if _is_misspelling(one.words, other.words):
            yield one, other
        elif _is_abbreviation(one, other):
            full_names[one].append(other)
        elif _is_abbreviation(other, one):
            full_names[other].append(one)
    for short, full in full_names.items():
        longest = max(full, key=lambda venue: len("".join(venue.words)))
        if all(venue is longest or _is_abbreviation(venue, longest) for venue in full):
            yield short, longest


def _is_abbreviation(short: _Venue, full: _Venue) -> bool:
    """Whether each word is the other's or its beginning, as ISO 4 abbreviates; single letters need a dot."""
    return all(
        word.rstrip(".") == whole.rstrip(".")
        or (
            not whole.endswith(".")
            and word.rstrip(".").isalpha()
            and whole.startswith(word.rstrip("."))
            and (word.endswith(".") or len(word) >= _SHORTEST_ABBREVIATION)
        )
        for word, whole in zip(short.dotted, full.dotted, strict=True)
    )


def _is_misspelling(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one slip in one long word tells them apart; numbers and letters of parts are no slips."""
    differing = [(word, wrong) for word, wrong in zip(one, other, strict=True) if word != wrong]
    if len(differing) != 1 or sum(map(len, one)) < 2 * _SHORTEST_MISSPELLED:
        return False
    word, wrong = differing[0]
    return (
        min(len(word), len(wrong)) >= _SHORTEST_MISSPELLED
        and word.isalpha()
        and wrong.isalpha()
        and is_one_slip_apart(word, wrong)
    )


def _acronyms(venues: list[_Venue]) -> Iterator[tuple[_Venue, _Venue]]:
    """Names that consist of another one's initials, as JMLR does; two names with those initials are none."""
    by_initials: dict[str, list[_Venue]] = defaultdict(list)
    for venue in venues:
        if len(venue.dotted) >= 4 and not any(word.endswith(".") for word in venue.dotted):
            by_initials[venue.initials].append(venue)
    for venue in venues:
        if len(venue.dotted) == 1 and len(full := by_initials[venue.words[0]]) == 1:
            yield venue, full[0]


def _inner_capitals(spellings: Spellings[str]) -> Iterator[Diagnostic]:
    """Acronyms with capitals inside, such as NeurIPS, that have them elsewhere in another venue's name."""
    reported = {spelling for cluster in spellings.clusters() for spelling in cluster}
    acronyms = Spellings[str]()
    for typed, places in spellings.places.items():
        if typed in reported:
            continue
        for word in sorted(set(_WITH_CAPITALS.findall(typed))):
            if sum(char.isupper() for char in word) >= 2 and not word.isupper():
                for place in places:
                    acronyms.add(word, within(place, word))
    first: dict[str, str] = {}
    for word in acronyms:
        usual = first.setdefault(word.casefold(), word)
        if usual != word:
            acronyms.join(word, usual)
    yield from acronyms.diagnostics("the name", code="lint-venue-spelling")
