r"""The LaTeX that most fields hold, read in one pass: letters, groups, styles and formulas.

What holds more is left to the parser behind `latex.decode`, which gives the same
for what both can read, and takes twenty times as long.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal, TypeAlias

from cvbuild.inline import Inline, Inlines, Math, Str, Styled
from cvbuild.load.texletters import LETTER, SIGNS, letter_of, typography

Style: TypeAlias = Literal["emph", "strong", "code", "smallcaps", "sub", "sup"]

STYLES: dict[str, Style] = {
    "emph": "emph",
    "textit": "emph",
    "textsl": "emph",
    "mkbibemph": "emph",
    "textbf": "strong",
    "mkbibbold": "strong",
    "texttt": "code",
    "textsc": "smallcaps",
    "textsubscript": "sub",
    "textsuperscript": "sup",
}
"""Macros that style their argument."""

_DEEPEST = 10
"""How many styles within each other are read here."""

_TOKEN = re.compile(
    rf"{LETTER}|\\(?P<escaped>[&%#$_{{}}, ])|\\(?P<style>{'|'.join(STYLES)}) *\{{|(?P<brace>[{{}}])"
    r"|\$(?P<math>(?:[^$\\{}%]|\\[A-Za-z]+|\{[^$\\{}%]*\})+)\$(?!\$)|(?P<other>[\\$])"
)
_BEGINS_TOKEN = re.compile(r"[\\{}$]")


def read_common(text: str) -> Inlines | None:
    """The inline text of a field; None where it holds more, or braces that do not pair up."""
    if not _BEGINS_TOKEN.search(text):
        return (Str(typography(text)),) if text else ()
    groups: list[tuple[Style | None, list[Inline]]] = []
    pieces: list[Inline] = []
    at = styles = 0
    for token in _TOKEN.finditer(text):
        if token.start() > at:
            pieces.append(Str(typography(text[at : token.start()])))
        at = token.end()
        if token["brace"] == "}":
            if not groups:
                return None
            style, outer = groups.pop()
            if style is None:
                outer.extend(pieces)
            else:
                styles -= 1
                outer.append(Styled(style, merged(pieces)))
            pieces = outer
        elif token["brace"]:
            groups.append((None, pieces))
            pieces = []
        elif style_name := token["style"]:
            styles += 1
            if styles > _DEEPEST:
                return None
            groups.append((STYLES[style_name], pieces))
            pieces = []
        elif token["other"]:
            return None
        elif (math := token["math"]) is not None:
            pieces.append(Math(math))
        elif (escaped := token["escaped"]) is not None:
            pieces.append(Str(SIGNS[escaped]))
        else:
            pieces.append(Str(letter_of(token)))
    if groups:
        return None
    pieces.append(Str(typography(text[at:])))
    return merged(pieces)


def merged(inlines: Iterable[Inline]) -> Inlines:
    """Neighbouring characters as one piece."""
    joined: list[Inline] = []
    characters: list[str] = []
    for inline in [*inlines, None]:
        if isinstance(inline, Str):
            characters.append(inline.text)
            continue
        if piece := "".join(characters):
            joined.append(Str(unicodedata.normalize("NFC", piece)))
        characters.clear()
        if inline is not None:
            joined.append(inline)
    return tuple(joined)
