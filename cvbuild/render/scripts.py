"""Writing systems: which one a character belongs to, and where lines of it may break."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TypeAlias

LATIN = "latin"
SYMBOL = "symbol"
EAST_ASIAN = ("chinese", "traditional chinese", "japanese", "korean")

# Ranges of characters, each with its first and its last. Most documents have none of them, and
# patterns of them would take longer to compile than a document takes to look through.
_Ranges: TypeAlias = tuple[str, ...]
_RIGHT_TO_LEFT: _Ranges = (
    # The blocks whose letters are of bidirectional class R or AL (Unicode Standard Annex 9).
    "\u0590\u08ff", "\ufb1d\ufdff", "\ufe70\ufefe", "\U00010800\U00010fff", "\U0001e800\U0001efff",
)  # fmt: skip
_IDEOGRAPHIC: _Ranges = (
    "\u1100\u11ff", "\u2e80\u2fff", "\u3000\u9fff", "\ua960\ua97f", "\uac00\ud7ff", "\uf900\ufaff",
    "\ufe30\ufe4f", "\uff00\uffef", "\U00016fe0\U00016fff", "\U0001aff0\U0001b16f",
    "\U0001f200\U0001f2ff", "\U00020000\U0003ffff",
)  # fmt: skip
_KANA: _Ranges = ("\u3041\u30fa", "\u30fd\u30ff", "\u31f0\u31ff", "\uff66\uff9d")
_HANGUL: _Ranges = ("\u1100\u11ff", "\u3130\u318f", "\ua960\ua97f", "\uac00\ud7ff")

# No line begins with these, and none ends with those (kinsoku; Requirements for
# Japanese Text Layout, 3.1.7 and 3.1.8; Requirements for Chinese Text Layout, 3.1.2).
_NOT_FIRST = frozenset(
    "、。，．・：；！？゛゜ヽヾゝゞ々ー〻‐゠–〜～）］｝〕〉》」』】〙〗〟’”｠»›…‥—"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"
    "､｡･ｰﾞﾟ｣％‰℃°′″.,:;!?%)]}-/'"
)
_NOT_LAST = frozenset("（［｛〔〈《「『【〘〖〝‘“｟«‹＄￥￡$£¥€#([{/")


def is_ideographic(char: str) -> bool:
    """Whether a character is of East Asia, where lines may break between any two."""
    return char >= _IDEOGRAPHIC[0][0] and _has(char, _IDEOGRAPHIC)


def is_right_to_left(text: str) -> bool:
    """Whether a text has letters that run from right to left."""
    return _has(text, _RIGHT_TO_LEFT)


def _has(text: str, ranges: _Ranges) -> bool:
    """Whether a character of one of the ranges, which ascend, is in a text."""
    least = ranges[0][0]
    odd = [char for char in set(text) if char >= least]
    return any(ends[0] <= char <= ends[1] for char in odd for ends in ranges)


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters, at least one of them of East Asia."""
    if not (is_ideographic(before) or is_ideographic(after)):
        return False
    if before.isspace() or after.isspace():
        return False  # the space is the place
    return before not in _NOT_LAST and after not in _NOT_FIRST


def script_of(char: str) -> str:
    """A character's writing system: the first word of its name, in small letters.

    `latin` and `symbol` are what shares its font with the text around it; the
    languages of East Asia share one script, `chinese` as far as this can tell.
    """
    if is_ideographic(char):
        return "chinese"
    script = unicodedata.name(char, SYMBOL).split()[0].lower()
    if script in ("arabic-indic", "extended"):
        return "arabic"
    if unicodedata.category(char).startswith(("L", "M", "N")):
        return SYMBOL if script in _NO_SCRIPTS else script
    return script if script in _WITH_PUNCTUATION else SYMBOL


# Scripts whose punctuation marks bear their names.
_WITH_PUNCTUATION = frozenset(
    "arabic armenian devanagari ethiopic greek hebrew khmer mongolian myanmar syriac thai tibetan".split()
)
# Words that begin the names of letters and digits which belong to no script of their own.
_NO_SCRIPTS = frozenset(
    "combining modifier superscript subscript mathematical double-struck black-letter script"
    " circled parenthesized negative digit fullwidth vulgar fraction number roman"
    " dingbat variation masculine feminine micro ohm kelvin angstrom planck euler turned"
    " inverted small up down".split()
)


def east_asian_language(text: str) -> str | None:
    """Japanese or Korean where the text's own letters say so."""
    if _has(text, _KANA):
        return "japanese"
    return "korean" if _has(text, _HANGUL) else None


def clusters(text: str) -> Iterator[str]:
    """Characters, each with the marks that combine with it (Unicode Standard Annex 29, roughly)."""
    start = 0
    for at, char in enumerate(text):
        if at and not _combines(char):
            yield text[start:at]
            start = at
    if text:
        yield text[start:]


def _combines(char: str) -> bool:
    return not char.isascii() and (unicodedata.category(char).startswith("M") or char == "\u200d")
