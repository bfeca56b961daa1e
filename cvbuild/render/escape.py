"""Characters in TeX: the TeX code, the fonts and the writing system of each character.

All engines get the same TeX, so this module prefers code that every engine understands.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from urllib.parse import quote

from cvbuild.record import Record


class Coverage(Record):
    """The characters of a font or script: ranges of code points in hexadecimal, as fontconfig writes them."""

    ranges: str

    @cached_property
    def _bounds(self) -> list[int]:
        """The start and the end (exclusive) of each range, in one ascending list."""
        bounds: list[int] = []
        for part in self.ranges.split():
            first, _, last = part.partition("-")
            bounds += [int(first, 16), int(last or first, 16) + 1]
        return bounds

    def __contains__(self, char: str) -> bool:
        # An odd position lies between the start and the end of a range.
        return bisect_right(self._bounds, ord(char)) % 2 == 1


def tables(file: str) -> dict[str, str]:
    """Read the tables in a text file of the package: blocks of a name line and the table's lines."""
    lines = Path(__file__).with_name(file).read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#")).strip()
    return {name: table for name, _, table in (part.partition("\n") for part in text.split("\n\n") if part)}


_COVERAGES = {name: Coverage(ranges) for name, ranges in tables("coverage.txt").items()}
_CHARACTERS = tables("characters.txt")
PDFLATEX = _COVERAGES["pdflatex"]
"""The characters that pdflatex prints."""
COMPOSED = _COVERAGES["composed"]
"""The characters that pdflatex composes of several glyphs."""
PAGELLA, HEROS_AND_TERMES, CURSOR = (_COVERAGES[name] for name in ("pagella", "heros and termes", "cursor"))
IDEOGRAPHIC = _COVERAGES["ideographic"]
"""The characters of East Asia, where lines may break between any two."""


def is_drawn_by_pdflatex(tex: str) -> bool:
    """Return whether pdflatex prints each character of a TeX document as one glyph."""
    return all(char in PDFLATEX and char not in COMPOSED for char in beyond_ascii(tex))


@lru_cache(maxsize=4)
def beyond_ascii(tex: str) -> tuple[str, ...]:
    """Return the distinct non-ASCII characters of a text, in order of first use."""
    return tuple(dict.fromkeys(re.findall("[^\x00-\x7f]", tex)))


def says(char: str, tex: str) -> str:
    """Return TeX that draws a character by `tex`, but is copied from the PDF as the character itself."""
    return rf"\cvsays{{{ord(char):04X}}}{{{tex}}}"


_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "|": r"\textbar{}",
    "<": r"\textless{}", ">": r"\textgreater{}",
    "\u00a0": "~", "\u00ad": r"\-", "\u200b": r"\hspace{0pt}", "\u200c": r"\cvnolig{}",
    "\u2009": r"\,", "\u202f": r"\,", "\u2002": r"\enspace{}", "\u2003": r"\quad{}",
    # LuaTeX reports the replacement character as invalid input: print a question mark.
    "\ufffd": r"\cvsays{FFFD}{?}",
    "\u2060": "", "\ufeff": "", "\u2011": r"\mbox{-}", "\u2015": "—",
    "\t": " ", "\n": " ", "\r": " ", "\u2028": " ", "\u2029": " ",
}  # fmt: skip

_SYMBOLS, _GREEK, _FORMULAS = (
    dict(zip(words[::2], words[1::2], strict=True))
    for words in (_CHARACTERS[name].split() for name in ("symbols", "greek", "formulas"))
)
IN_FORMULAS = {**_SYMBOLS, **_GREEK}
"""TeX in math mode for each mathematical character that running text may have."""
TYPED_IN_FORMULAS = {**_FORMULAS, **IN_FORMULAS, "\u00a0": " "}
"""TeX in math mode for each character beyond ASCII that a formula may have."""
_RAISED = {
    char: says(char, rf"\text{kind}script{{{plain}}}")
    for kind, chars in (("sub", "₀₁₂₃₄₅₆₇₈₉₊₋"), ("super", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"))
    for char, plain in zip(chars, "0123456789+–", strict=True)
}
_DRAWN = {char: says(char, rf"\ensuremath{{{tex}}}") for char, tex in IN_FORMULAS.items()}
_WITH_GREEK = str.maketrans({**_DRAWN, **_RAISED, **_ESCAPES})
_WITHOUT_GREEK = {code: tex for code, tex in _WITH_GREEK.items() if chr(code) not in _GREEK}
_GREEK_WORD = re.compile("[\u0370-\u03ff\u1f00-\u1fff]{3}")

# Pairs that fonts join into another character (`--` into a dash). A text's last comma counts as the first
# of a pair, as the template may add another comma.
_LIGATURES = re.compile(r"(-(?=-)|<(?=<)|>(?=>)|'(?=')|,(?=,|\Z)|[?!](?=`))")

# Characters without a glyph (Unicode's DerivedCoreProperties.txt, Default_Ignorable_Code_Point),
# except for the soft hyphen, U+200B and the joiners.
_INVISIBLE = re.compile(
    "[\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200e\u200f\u202a-\u202e\u2061-\u206f\u3164"
    "\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    # The joiner changes letters in Arabic and the scripts of South Asia. Elsewhere it only joins
    # emoji, which are printed separately.
    "|(?<![\u0600-\u109f\u1700-\u18af\ua800-\uabff\U00010a00-\U00011fff])\u200d"
)


def escape_outline(text: str) -> str:
    r"""Return TeX for the PDF's outline and metadata, with hyperref's `\unichar` for rare characters."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    tex = "".join(
        _ESCAPES.get(char, char)
        if char.isascii() or (ord(char) < 0x2000 and char in PDFLATEX)
        else rf"\unichar{{{ord(char)}}}"
        for char in text
    )
    return re.sub("-(?=-)", "-{}", tex)  # hyperref turns hyphens in a row into a dash


@lru_cache(maxsize=10_000)  # names, venues, years and separators recur
def escape(text: str) -> str:
    """Return TeX that prints exactly the characters of a text."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", str(text)))
    text = _LIGATURES.sub("\\1\u200c", text)
    # In Greek text (a word of three letters or more), Greek letters are not mathematical symbols.
    return text.translate(_WITHOUT_GREEK if _GREEK_WORD.search(text) else _WITH_GREEK)


def escape_url(url: str) -> str:
    """Return a URL as the first argument of `\\href`: percent-encoded (RFC 3986), then escaped for TeX."""
    encoded = quote(url, safe=":/?#[]@!&'()*+,;=%").replace("~", "%7E")
    return re.sub(r"[%#]", r"\\\g<0>", encoded)


def breakable_url(url: str, whole: bool = False) -> str:
    """Return a URL as text that breaks after separators, without hyphens; the scheme only if `whole`."""
    shown = url if whole else re.sub(r"^(https?://(www\.)?|mailto:|tel:)", "", url).rstrip("/")
    pieces = re.split(r"(?<=[/.?&=_\-])(?!/|$)|(?<=[a-z])(?=[A-Z])", shown)
    # TeX would prefer to break at a plain hyphen.
    written = [escape(piece).replace("-", r"\cvhyphen{}") for piece in pieces]
    return r"\cvurl{" + r"\cvbreak{}".join(written) + "}"


LATIN, SYMBOL = "latin", "symbol"
EAST_ASIAN = ("chinese", "traditional chinese", "japanese", "korean")

_NOT_FIRST, _NOT_LAST, _WITH_PUNCTUATION, _NO_SCRIPTS = (
    frozenset(_CHARACTERS[name].split())
    for name in ("not first", "not last", "with punctuation", "no scripts")
)


def is_right_to_left(text: str) -> bool:
    """Return whether a text has letters of a right-to-left script."""
    return any(char in _COVERAGES["right to left"] for char in set(text))


def east_asian_language(text: str) -> str | None:
    """Return `japanese` for a text with kana, else `korean` for a text with Hangul, else None."""
    chars, scripts = set(text), {"japanese": "kana", "korean": "hangul"}
    return next((name for name in scripts if any(c in _COVERAGES[scripts[name]] for c in chars)), None)


def may_break(before: str, after: str) -> bool:
    """Return whether a line may break between two characters, if at least one is East Asian."""
    # At a space TeX breaks by itself.
    return (
        (before in IDEOGRAPHIC or after in IDEOGRAPHIC)
        and not (before.isspace() or after.isspace())
        and before not in _NOT_LAST
        and after not in _NOT_FIRST
    )


def script_of(char: str) -> str:
    """Return a character's script: the first word of its Unicode name, in lower case.

    Characters of the scripts `latin` and `symbol` share the font of the text around them. The
    languages of East Asia share the script `chinese`.
    """
    if char in IDEOGRAPHIC:
        return "chinese"
    script = unicodedata.name(char, SYMBOL).split()[0].lower()
    if script in ("arabic-indic", "extended"):
        return "arabic"
    if unicodedata.category(char).startswith(("L", "M", "N")):
        return SYMBOL if script in _NO_SCRIPTS else script
    return script if script in _WITH_PUNCTUATION else SYMBOL


def clusters(text: str) -> Iterator[str]:
    """Yield each character with its combining marks (Unicode Standard Annex 29, simplified)."""
    start = 0
    for at, char in enumerate(text):
        combines = not char.isascii() and (unicodedata.category(char).startswith("M") or char == "\u200d")
        if at and not combines:
            yield text[start:at]
            start = at
    if text:
        yield text[start:]
