"""Letters, signs and styles as LaTeX spells them, for both readers of LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import groupby
from typing import Literal, TypeAlias

from cvbuild.inline import Inline, Inlines, Str

# The combining character of each accent macro (The LaTeX Companion, table of accents).
ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306",
    ".": "\u0307", '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323",
    "c": "\u0327", "k": "\u0328", "b": "\u0331", "t": "\u0361",
}  # fmt: skip

LETTERS = {
    "ss": "ß", "SS": "SS", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ",
    "aa": "å", "AA": "Å", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ",
    "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ",
    "textendash": "–", "textemdash": "—", "ldots": "…", "dots": "…", "textellipsis": "…",
    "textquotesingle": "'", "textquotedbl": '"', "textquoteleft": "‘", "textquoteright": "’",
    "textquotedblleft": "“", "textquotedblright": "”", "guillemotleft": "«", "guillemotright": "»",
    "textasciitilde": "~", "textasciicircum": "^", "textunderscore": "_", "textbackslash": "\\",
    "textbar": "|", "textless": "<", "textgreater": ">", "textdegree": "°", "slash": "/", "S": "§",
    "TeX": "TeX", "LaTeX": "LaTeX", "newline": " ", "space": " ", "xspace": "",
}  # fmt: skip
"""Macros without an argument that stand for characters; a space behind one is its end."""

SIGNS = {"&": "&", "%": "%", "#": "#", "$": "$", "_": "_", "{": "{", "}": "}", ",": "\u202f", " ": " "}
"""The same for macros of one sign."""

_DOTLESS = {"ı": "i", "ȷ": "j"}
_LIGATURES = (
    ("!`", "¡"), ("?`", "¿"), ("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"), ("`", "‘"), ("'", "’"),
    ("~", "\u00a0"),
)  # fmt: skip

_ACCENTED = (
    r"\\(?:(?P<sign>[\"'`^~=.])|(?P<word>[bcdHkruv])(?: +(?=[^\s{])|(?=\{)))"
    r"(?:\{(?P<braced>\\?[ij]|[^\W\d_])\}|\\(?P<dotless>[ij])(?![A-Za-z]) *|(?P<bare>[^\W\d_]))"
)
_LETTER = rf"\\(?P<letter>{'|'.join(sorted(LETTERS, key=len, reverse=True))})(?![A-Za-z]) *"
LETTER = rf"{_ACCENTED}|{_LETTER}"
"""A pattern for a letter spelled with macros; `letter_of` says which it is."""
_SPELLED = re.compile(rf"(?P<group>\{{)?(?:{LETTER})(?(group)\}}|(?:\{{\}})?)")


def with_letters(text: str) -> str:
    r"""A text with the letters as characters and all else as typed; `{\"O}` loses its braces.

    Signs stay macros: `\textasciitilde` as a character would be read as TeX's own `~`.
    """
    return _SPELLED.sub(_if_letter, text) if "\\" in text else text


def _if_letter(token: re.Match[str]) -> str:
    letter = letter_of(token)
    return letter if letter.isalpha() else token[0]


def letter_of(token: re.Match[str]) -> str:
    """The character that a match of `LETTER` stands for."""
    if letter := token["letter"]:
        return LETTERS[letter]
    base = token["braced"] or token["dotless"] or token["bare"]
    return accented(token["sign"] or token["word"], base.removeprefix("\\"))


def accented(accent: str, base: str) -> str:
    """The first character of a text with an accent on it."""
    if not base:
        return ""
    first = _DOTLESS.get(base[0], base[0])
    return unicodedata.normalize("NFC", first + ACCENTS[accent] + base[1:])


def typography(text: str) -> str:
    """TeX's ligatures for dashes and quotation marks, and composed accents."""
    for ascii_form, character in _LIGATURES:
        if ascii_form in text:
            text = text.replace(ascii_form, character)
    return unicodedata.normalize("NFC", text)


Style: TypeAlias = Literal["emph", "strong", "code", "smallcaps", "sub", "sup"]

_BY_STYLE: dict[Style, str] = {
    "emph": "emph textit textsl mkbibemph",
    "strong": "textbf mkbibbold",
    "code": "texttt",
    "smallcaps": "textsc",
    "sub": "textsubscript",
    "sup": "textsuperscript",
}
STYLES = {name: style for style, names in _BY_STYLE.items() for name in names.split()}
"""Macros that style their argument."""


def merged(inlines: Iterable[Inline]) -> Inlines:
    """Neighbouring characters as one piece."""
    joined: list[Inline] = []
    for is_text, group in groupby(inlines, lambda inline: isinstance(inline, Str)):
        if not is_text:
            joined += group
        elif text := "".join(inline.text for inline in group if isinstance(inline, Str)):
            joined.append(Str(unicodedata.normalize("NFC", text)))
    return tuple(joined)
