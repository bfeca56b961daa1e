"""What words depend on in a language and no list of labels can say: their neighbours, a number."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

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


def ordinal(number: int, language: str) -> str:
    """A number as it stands before the word for an edition, which is feminine where that matters."""
    match base_of(language):
        case "de":
            return f"{number}."
        case "fr":
            return f"{number}{'re' if number == 1 else 'e'}"
        case "es" | "pt":
            return f"{number}.ª"
        case "it":
            return f"{number}ª"
        case "en":
            teen = number % 100 in {11, 12, 13}
            return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
    return str(number)


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
