"""Whether two names can be one person's; and biblatex's annotations of names (its manual, 3.7)."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import get_args

from cvbuild.content.reader import Content
from cvbuild.content.values import NameMeaning, Word
from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.read.library import Name, NameList
from cvbuild.source import Scalar
from cvbuild.words import folded, letters

_SUFFIX_BEHIND = re.compile(r"(?<=\w),? (jr\.?|sr\.?|ii|iii|iv)$", re.IGNORECASE)
_PART = re.compile(r"[^\W_]+")
_MOST_INITIALS = 3

_MEANINGS = ("highlight", "equal", "corresponding", "student")
"""The words that mean something here; others are left to who wrote them."""

_ANNOTATION = re.compile(r"(?P<place>\d{1,6})(?P<within>:[\w-]+)?\s*=\s*(?P<words>.*)", re.DOTALL)
_FORM = "write `1=equal; 2=equal, corresponding; 3=student`: places in the list of names, and words"


class Signs(Content, kw_only=True):
    """The sign behind a name for each meaning: one character, which may have been typed in the .bib files."""

    students: Word | None = None
    equal: Word | None = None
    corresponding: Word | None = None

    @property
    def by_meaning(self) -> dict[NameMeaning, str]:
        """Those that are given."""
        meanings: tuple[NameMeaning, ...] = get_args(NameMeaning)
        return {name: str(sign) for name in meanings if (sign := getattr(self, name)) is not None}

    def __post_init__(self) -> None:
        signs = list(self.by_meaning.values())
        if any(len(sign) != 1 for sign in signs) or len(set(signs)) < len(signs):
            raise ValueError("each sign is one character, another one for each meaning")


def is_same_person(name: Name, owner: Name) -> bool:
    """Whether a printed name can be the owner's: same family name, initials that agree.

    A suffix counts only where both have one.
    """
    if name.corporate or family_letters(name) != family_letters(owner) or not suffixes_agree(name, owner):
        return False
    if not name.initials or not owner.initials:
        return not name.initials
    return given_names_agree(name.given, owner.given)


def family_letters(name: Name) -> str:
    """Particle and family name, which `De Freitas` and `de Freitas` part differently, folded."""
    return letters(name.particle + _SUFFIX_BEHIND.sub("", name.family))


def suffixes_agree(name: Name, other: Name) -> bool:
    """Whether no suffix tells them apart; it may stand in the family name: `{Rizzo Jr}`."""
    one, two = _suffix(name), _suffix(other)
    return not one or not two or one == two


def given_names_agree(given: str, other: str) -> bool:
    """Whether given names can be one person's: `Jun` and `Jing` cannot, `Jun` and `J.` can."""
    return all(
        one == two or (one[0] == two[0] and (_is_initial(one) or _is_initial(two)))
        for one, two in zip(given_names(given), given_names(other), strict=False)
    )


@lru_cache(maxsize=10_000)
def given_names(given: str) -> tuple[str, ...]:
    """Given names and initials one by one, folded: `K.-R.`, `KR` and `Klaus-Robert` are two each."""
    if is_initials(given):
        return tuple(given.lower())
    return tuple(_PART.findall(folded(given).replace("'", "")))


def _is_initial(word: str) -> bool:
    """Whether a word is one letter; an ideograph or a Hangul syllable is a whole name."""
    return len(word) == 1 and unicodedata.east_asian_width(word) not in "WF"


def is_initials(given: str) -> bool:
    """Whether given names are initials without dots, as `KR` is."""
    return given.isascii() and given.isalpha() and given.isupper() and 1 < len(given) <= _MOST_INITIALS


def _suffix(name: Name) -> str:
    behind = _SUFFIX_BEHIND.search(name.family)
    return letters(name.suffix or (behind[1] if behind else ""))


def annotated_places(
    fields: Mapping[str, Scalar], listed: str, length: int, findings: Findings
) -> dict[str, frozenset[int]]:
    """The places (0-based) in a list of names, `author` or `editor`, by the words on them.

    They are written as in `author+an = {1=equal; 2=equal, corresponding; 3=student}`.
    Named annotations (`author+an:contribution`) count as well; those of a part of a
    name (`1:family=…`) and of the whole field (`=…`) are no marks of people.
    """
    found: dict[str, set[int]] = defaultdict(set)
    for name, value in fields.items():
        if name == f"{listed}+an" or name.startswith(f"{listed}+an:"):
            for place, word in _words(value, length, listed, findings):
                found[word].add(place)
    return {word: frozenset(places) for word, places in found.items()}


def _words(value: Scalar, length: int, listed: str, findings: Findings) -> Iterator[tuple[int, str]]:
    span = value.span.first_line()
    for part in filter(None, map(str.strip, value.split(";"))):
        match = _ANNOTATION.fullmatch(part)
        if match is None:
            if not part.startswith("="):
                message = f"`{part}` is not an annotation of a name"
                findings.warning("bib-annotation", message, span, _FORM)
            continue
        if match["within"]:
            continue
        place = int(match["place"])
        for word in (word.strip(" \"'").casefold() for word in match["words"].split(",")):
            if word not in _MEANINGS:
                if near := did_you_mean(word, _MEANINGS, cutoff=0.8):
                    message = f"the annotation `{word}` means nothing here"
                    findings.warning("bib-annotation", message, span, *near)
            elif 1 <= place <= length:
                yield place - 1, word
            else:
                message = f"`{part}` marks a name that is not there: `{listed}` has {length}"
                findings.warning("bib-annotation", message, span, "count the names again; the first is 1")


def owner_positions(people: NameList, owners: Sequence[Name]) -> set[int]:
    """The places (0-based) of the owner in a list of names."""
    return {
        at for at, name in enumerate(people.names) if any(is_same_person(name, owner) for owner in owners)
    }
