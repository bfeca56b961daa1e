"""Pieces of English that messages and accounts are made of."""

from __future__ import annotations


def counted(number: int, noun: str, several: str = "") -> str:
    """`1 page`, `2 pages`; a plural other than with `s` is `several`."""
    return f"{number} {noun if number == 1 else several or f'{noun}s'}"


def shortened(text: str, longest: int) -> str:
    """A text on one line, cut where it has more than so many characters."""
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
