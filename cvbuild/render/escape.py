"""Which characters TeX and the theme's fonts have, and how the others are written.

The same TeX goes to every engine, so characters are written in the way that all
of them understand wherever there is one.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import cached_property, lru_cache
from urllib.parse import quote

from cvbuild.record import Record
from cvbuild.shipped import shipped_folder

_BEYOND_ASCII = re.compile("[^\x00-\x7f]")


class Coverage(Record):
    """The characters of a font: ranges of code points in hexadecimal, as fontconfig writes them."""

    ranges: str

    @cached_property
    def _bounds(self) -> list[int]:
        """Where each range begins, and where it ends (half-open), in one ascending list."""
        bounds: list[int] = []
        for part in self.ranges.split():
            first, _, last = part.partition("-")
            bounds += [int(first, 16), int(last or first, 16) + 1]
        return bounds

    def __contains__(self, char: str) -> bool:
        return bisect_right(self._bounds, ord(char)) % 2 == 1


def _coverages() -> dict[str, Coverage]:
    """The tables of coverage.txt, by their names."""
    lines = shipped_folder("render").joinpath("coverage.txt").read_text(encoding="utf-8").splitlines()
    tables = "\n".join(line for line in lines if not line.startswith("#")).strip().split("\n\n")
    return {name: Coverage(ranges) for name, _, ranges in (table.partition("\n") for table in tables)}


_COVERAGES = _coverages()
PDFLATEX = _COVERAGES["pdflatex"]
"""What pdflatex prints."""
COMPOSED = _COVERAGES["composed"]
"""What pdflatex prints in several pieces."""
PAGELLA, HEROS_AND_TERMES, CURSOR = (_COVERAGES[name] for name in ("pagella", "heros and termes", "cursor"))


def beyond_pdflatex(tex: str) -> list[str]:
    """The characters of a TeX document that pdflatex cannot print, each once, in order."""
    return [char for char in beyond_ascii(tex) if char not in PDFLATEX]


def is_drawn_by_pdflatex(tex: str) -> bool:
    """Whether pdflatex prints each character of a TeX document in one piece."""
    return all(char in PDFLATEX and char not in COMPOSED for char in beyond_ascii(tex))


@lru_cache(maxsize=4)
def beyond_ascii(tex: str) -> tuple[str, ...]:
    """The characters of a text that are not ASCII, each once, in order."""
    return tuple(dict.fromkeys(_BEYOND_ASCII.findall(tex)))


_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "|": r"\textbar{}",
    "<": r"\textless{}", ">": r"\textgreater{}",
    "\u00a0": "~", "\u00ad": r"\-", "\u200b": r"\hspace{0pt}", "\u200c": r"\cvnolig{}",
    "\u2009": r"\,", "\u202f": r"\,", "\u2002": r"\enspace{}", "\u2003": r"\quad{}",
    # LuaTeX takes this one, which stands for what could not be decoded, for a fault in the file.
    "\ufffd": r"\cvsays{FFFD}{?}",
    "\u2060": "", "\ufeff": "", "\u2011": r"\mbox{-}", "\u2015": "—",
    "\t": " ", "\n": " ", "\r": " ", "\u2028": " ", "\u2029": " ",
}  # fmt: skip

# Symbols of mathematics that stand in running text. The theme's font has most of them, TeX's
# math fonts have all.
_SYMBOLS = {
    "\u2212": "-", "\u2032": "'", "\u2033": "''",
    "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "≡": r"\equiv", "∼": r"\sim",
    "∞": r"\infty", "∂": r"\partial", "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "√": r"\surd",
    "∈": r"\in", "∉": r"\notin", "⊂": r"\subset", "⊆": r"\subseteq", "∪": r"\cup", "∩": r"\cap",
    "∅": r"\emptyset", "∀": r"\forall", "∃": r"\exists", "∇": r"\nabla", "⊗": r"\otimes",
    "⊕": r"\oplus", "⋅": r"\cdot", "∗": r"\ast", "→": r"\rightarrow", "←": r"\leftarrow",
    "↔": r"\leftrightarrow", "⇒": r"\Rightarrow", "⇐": r"\Leftarrow", "⇔": r"\Leftrightarrow",
    "↑": r"\uparrow", "↓": r"\downarrow", "ℓ": r"\ell", "★": r"\star", "☆": r"\star",
    "⟨": r"\langle", "⟩": r"\rangle", "∝": r"\propto", "≪": r"\ll", "≫": r"\gg", "⊥": r"\perp",
    "∥": r"\parallel", "◦": r"\circ", "∘": r"\circ", "▪": r"\cdot", "●": r"\bullet",
}  # fmt: skip

_SCRIPTS = {
    char: rf"\text{kind}script{{{plain}}}"
    for kind, chars in (("sub", "₀₁₂₃₄₅₆₇₈₉₊₋"), ("super", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"))
    for char, plain in zip(chars, "0123456789+–", strict=True)
}

_GREEK = {
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\varepsilon",
    "ϵ": r"\epsilon", "ζ": r"\zeta", "η": r"\eta", "θ": r"\theta", "ι": r"\iota", "κ": r"\kappa",
    "λ": r"\lambda", "μ": r"\mu", "ν": r"\nu", "ξ": r"\xi", "π": r"\pi", "ρ": r"\rho",
    "σ": r"\sigma", "τ": r"\tau", "υ": r"\upsilon", "φ": r"\varphi", "ϕ": r"\phi", "χ": r"\chi",
    "ψ": r"\psi", "ω": r"\omega", "Γ": r"\Gamma", "Δ": r"\Delta", "Θ": r"\Theta",
    "Λ": r"\Lambda", "Ξ": r"\Xi", "Π": r"\Pi", "Σ": r"\Sigma", "Φ": r"\Phi", "Ψ": r"\Psi",
    "Ω": r"\Omega",
}  # fmt: skip

IN_FORMULAS = {**_SYMBOLS, **_GREEK}
"""Characters of mathematics as they are written in a formula."""

_GREEK_WORD = re.compile("[\u0370-\u03ff\u1f00-\u1fff]{3}")
_SPECIAL = re.compile("[" + re.escape("".join((*_ESCAPES, *_SYMBOLS, *_SCRIPTS))) + "]")
_GREEK_LETTER = re.compile("[" + "".join(_GREEK) + "]")

# Pairs that fonts join into another character (`--` into a dash); a comma of the template can follow one.
_LIGATURES = re.compile(r"(-(?=-)|<(?=<)|>(?=>)|'(?=')|,(?=,|\Z)|[?!](?=`))")


# What has no form of its own to print (Unicode's DerivedCoreProperties.txt,
# Default_Ignorable_Code_Point), but for the soft hyphen, U+200B and the joiners.
_INVISIBLE = re.compile(
    "[\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200e\u200f\u202a-\u202e\u2061-\u206f\u3164"
    "\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    # The joiner changes letters in Arabic and the scripts of South Asia; elsewhere it only
    # makes one emoji of several, which print apart.
    "|(?<![\u0600-\u109f\u1700-\u18af\ua800-\uabff\U00010a00-\U00011fff])\u200d"
)


def escape_outline(text: str) -> str:
    r"""Text for the PDF's outline and metadata: rare characters by hyperref's `\unichar`."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    tex = "".join(
        _ESCAPES.get(char, char)
        if char.isascii() or (ord(char) < 0x2000 and char in PDFLATEX)
        else rf"\unichar{{{ord(char)}}}"
        for char in text
    )
    return re.sub("-(?=-)", "-{}", tex)  # hyperref makes dashes of hyphens


def escape(text: str) -> str:
    """Text as TeX that prints just these characters."""
    return _escaped(str(text))


# Names, venues, years and separators come again and again.
@lru_cache(maxsize=10_000)
def _escaped(text: str) -> str:
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    text = _LIGATURES.sub("\\1\u200c", text)
    written = _SPECIAL.sub(_written, text)
    # Where there are words in Greek (not only `αβ`), single letters are words too.
    return written if _GREEK_WORD.search(text) else _GREEK_LETTER.sub(_greek, written)


def _written(match: re.Match[str]) -> str:
    char = match[0]
    if char in _SCRIPTS:
        return says(char, _SCRIPTS[char])
    if char in _SYMBOLS:
        return says(char, rf"\ensuremath{{{_SYMBOLS[char]}}}")
    return _ESCAPES[char]


def _greek(match: re.Match[str]) -> str:
    return says(match[0], rf"\ensuremath{{{_GREEK[match[0]]}}}")


def says(char: str, tex: str) -> str:
    """TeX that draws a character, with the character itself for who copies it out of the PDF."""
    return rf"\cvsays{{{ord(char):04X}}}{{{tex}}}"


def escape_url(url: str) -> str:
    """An address as the first argument of `\\href`: percent-encoded, then fit for TeX (RFC 3986)."""
    encoded = quote(url, safe=":/?#[]@!&'()*+,;=%").replace("~", "%7E")
    return re.sub(r"[%#]", r"\\\g<0>", encoded)


def breakable_url(url: str, whole: bool = False) -> str:
    """An address as text, with places to break it after its separators and never a hyphen added.

    Without its scheme, unless the `whole` of it is asked for.
    """
    shown = url if whole else re.sub(r"^(https?://(www\.)?|mailto:|tel:)", "", url).rstrip("/")
    pieces = re.split(r"(?<=[/.?&=_\-])(?!/|$)|(?<=[a-z])(?=[A-Z])", shown)
    # A hyphen of its own would be a better place to break than the others.
    written = [escape(piece).replace("-", r"\cvhyphen{}") for piece in pieces]
    return r"\cvurl{" + r"\cvbreak{}".join(written) + "}"
