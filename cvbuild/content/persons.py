"""Compare the names of people, and read their signs and annotations (biblatex manual, 3.7)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import get_args
from unicodedata import east_asian_width

from cvbuild.content.reader import Content
from cvbuild.content.values import NameMeaning, Word
from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.read.parsed import Name, NameList
from cvbuild.source import Scalar
from cvbuild.words import folded, letters

_SUFFIX_BEHIND = re.compile(r"(?<=\w),? (jr\.?|sr\.?|ii|iii|iv)$", re.IGNORECASE)

_MEANINGS = ("highlight", "equal", "corresponding", "student")
"""The annotations that have a meaning here; all others are ignored."""


class Signs(Content, kw_only=True):
    """The sign behind a name for each meaning: one character, which may have been typed in the .bib files."""

    students: Word | None = None
    equal: Word | None = None
    corresponding: Word | None = None

    @property
    def by_meaning(self) -> dict[NameMeaning, str]:
        """The signs by meaning, without meanings that have no sign."""
        meanings: tuple[NameMeaning, ...] = get_args(NameMeaning)
        return {name: str(sign) for name in meanings if (sign := getattr(self, name)) is not None}

    def __post_init__(self) -> None:
        signs = list(self.by_meaning.values())
        if any(len(sign) != 1 for sign in signs) or len(set(signs)) < len(signs):
            raise ValueError("each sign is one character, another one for each meaning")


def is_same_person(name: Name, owner: Name) -> bool:
    """Whether a printed name can be the owner's: same family name, compatible suffix and given names."""
    if name.corporate or family_letters(name) != family_letters(owner) or not suffixes_agree(name, owner):
        return False
    if not name.initials or not owner.initials:
        return not name.initials
    return given_names_agree(name.given, owner.given)


def family_letters(name: Name) -> str:
    """Return the letters of particle and family name as one: `De Freitas` and `de Freitas` are equal."""
    return letters(name.particle + _SUFFIX_BEHIND.sub("", name.family))


def suffixes_agree(*names: Name) -> bool:
    """Whether all names with a suffix have the same; it may stand in the family name: `{Rizzo Jr}`."""
    found = set()
    for name in names:
        behind = _SUFFIX_BEHIND.search(name.family)
        found.add(letters(name.suffix or (behind[1] if behind else "")))
    return len(found - {""}) <= 1


def given_names_agree(given: str, other: str) -> bool:
    """Whether given names can be one person's: `Jun` and `Jing` cannot, `Jun` and `J.` can."""
    for one, two in zip(given_names(given), given_names(other), strict=False):
        # One letter is an initial, but an ideograph or a Hangul syllable is a whole name.
        initials = [name for name in (one, two) if len(name) == 1 and east_asian_width(name) not in "WF"]
        if one != two and not (one[0] == two[0] and initials):
            return False
    return True


@lru_cache(maxsize=10_000)
def given_names(given: str) -> tuple[str, ...]:
    """Return given names and initials, folded: two each for `K.-R.`, `KR` and `Klaus-Robert`."""
    if is_initials(given):
        return tuple(given.lower())
    return tuple(re.findall(r"[^\W_]+", folded(given).replace("'", "")))


def is_initials(given: str) -> bool:
    """Whether given names are two or three initials without dots, as `KR` is."""
    return given.isascii() and given.isalpha() and given.isupper() and 2 <= len(given) <= 3


def owner_positions(people: NameList, owners: Sequence[Name]) -> set[int]:
    """Return the positions (0-based) of the owner in a list of names."""
    names = enumerate(people.names)
    return {at for at, name in names if any(is_same_person(name, owner) for owner in owners)}


def annotated_places(
    annotations: Mapping[str, Scalar], listed: str, length: int, findings: Findings
) -> dict[str, frozenset[int]]:
    """Return the positions (0-based) of annotated names by annotation; `listed` is `author` or `editor`.

    Named annotations (`author+an:contribution = {1=equal; 2=equal, student}`) count, too. Annotations of a
    part of a name (`1:family=…`) and of the whole field (`=…`) are ignored.
    """
    found: dict[str, set[int]] = defaultdict(set)
    typed = [
        (part.strip(), value.span.first_line())
        for name, value in annotations.items()
        if name == f"{listed}+an" or name.startswith(f"{listed}+an:")
        for part in value.split(";")
    ]
    for part, span in typed:
        match = re.fullmatch(r"(?P<place>\d{1,6})(?P<within>:[\w-]+)?\s*=\s*(?P<words>.*)", part, re.DOTALL)
        if match is None and part and not part.startswith("="):
            hint = (
                "write `1=equal; 2=equal, corresponding; 3=student`: places in the list of names, and words"
            )
            findings.warning("bib-annotation", f"`{part}` is not an annotation of a name", span, hint)
        if match is None or match["within"]:
            continue
        place = int(match["place"])
        for word in (word.strip(" \"'").casefold() for word in match["words"].split(",")):
            if word not in _MEANINGS:
                if near := did_you_mean(word, _MEANINGS, cutoff=0.8):
                    message = f"the annotation `{word}` means nothing here"
                    findings.warning("bib-annotation", message, span, *near)
            elif 1 <= place <= length:
                found[word].add(place - 1)
            else:
                message = f"`{part}` marks a name that is not there: `{listed}` has {length}"
                findings.warning("bib-annotation", message, span, "count the names again; the first is 1")
    return {word: frozenset(places) for word, places in found.items()}
