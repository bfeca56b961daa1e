"""Whether two names can be one person's."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from cvbuild.comparing import folded, letters
from cvbuild.load.names import Name

_SUFFIX_BEHIND = re.compile(r"(?<=\w),? (jr\.?|sr\.?|ii|iii|iv)$", re.IGNORECASE)
_PART = re.compile(r"[^\W_]+")
_MOST_INITIALS = 3


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
