"""Count and shorten words for messages; fold and compare them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")

# Letters that Unicode does not decompose into a letter and an accent (Unicode, chapter 7.1).
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
# Usual replacements in German, Danish and Norwegian if a letter is not available.
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_WORD = re.compile(r"[^\W_]+")


def counted(number: int, noun: str, several: str = "") -> str:
    """Return `1 page`, `2 pages`. `several` is the plural if it is not the noun with an `s`."""
    return f"{number} {noun if number == 1 else several or f'{noun}s'}"


def shortened(text: str, longest: int) -> str:
    """Return a text on one line, cut to at most `longest` characters."""
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def folded(text: str) -> str:
    """Return text in lower case, without accents, with ASCII apostrophes and hyphens."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return plain.replace("’", "'").replace("‐", "-")


def spelled_out(text: str) -> str:
    """Return folded text, with `ue` for `ü` and the like."""
    if text.isascii():
        return text.lower()
    return folded(unicodedata.normalize("NFC", text.casefold()).translate(_SPELLED_OUT))


@lru_cache(maxsize=10_000)
def letters(text: str) -> str:
    """Return the letters and digits of a text, folded. Cached: the owner's name is in every entry."""
    return "".join(char for char in folded(text) if char.isalnum())


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, folded."""
    return tuple(_WORD.findall(folded(text).replace("'", "")))


def is_one_slip_apart(one: str, other: str) -> bool:
    """Return whether two words differ by one letter added, missing or wrong, or two letters swapped."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    if len(one) == len(other) == 2:
        return one == other[::-1]
    return max(len(one), len(other)) == 1


def with_a_letter_less(word: str) -> set[str]:
    """Return the word, and the word without each of its letters. Words one slip apart share one of these."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def neighbours(items: Sequence[T], keys: Sequence[Callable[[T], Any]], reach: int) -> Iterator[tuple[T, T]]:
    """Yield pairs of items at most `reach` places apart when sorted by one of the keys, without duplicates.

    The earlier item of a pair comes first. This is the sorted neighbourhood method of Hernández and Stolfo
    (SIGMOD 1995): n items give at most n times `reach` pairs for each key, instead of n squared.
    """
    seen: set[tuple[int, int]] = set()
    for key in keys:
        order = sorted(range(len(items)), key=lambda at: (key(items[at]), at))
        for place, at in enumerate(order):
            for other in order[place + 1 : place + 1 + reach]:
                pair = (min(at, other), max(at, other))
                if pair not in seen:
                    seen.add(pair)
                    yield items[pair[0]], items[pair[1]]
