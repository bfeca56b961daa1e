"""Which characters TeX and the theme's fonts have, and how the others are written.

The same TeX goes to every engine, so characters are written in the way that all
of them understand wherever there is one.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import cached_property, lru_cache

from cvbuild.record import Record

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


# What LaTeX's own t1enc.dfu, ts1enc.dfu and omsenc.dfu declare (LaTeX 2022-11):
# with them pdflatex prints the character in the T1 and TS1 fonts.
PDFLATEX = Coverage("""\
20-7e a0-125 128-137 139-13e 141-148 14a-165 168-17e 192 1cd-1d4 1e2-1e3 1e6-1eb 1f0 1f4-1f5
218-21b 237 2c7 2d8-2d9 2db 2dd 1e02-1e03 1e0d 1e1e 1e20-1e21 1e25 1e30-1e31 1e37 1e43 1e45 1e47
1e5b 1e63 1e6d 1e90-1e91 1e9e 1ef2-1ef3 2010-2014 2016 2018-201a 201c-201e 2020-2022 2026 2030
2039-203a 20ac 2122 fb00-fb04
""")

# Those of them which it puts together, as the T1 encoding has no place for them (Đ shares one
# with Ð): a reader of the PDF would find pieces (t1enc.def; the ellipsis is three full stops).
COMPOSED = Coverage("""\
100-101 108-10b 110 112-117 11c-11d 120-125 128-12f 134-137 13b-13c 145-146 14c-14f 156-157
15c-15d 168-16d 172-177 1cd-1d4 1e2-1e3 1e6-1eb 1f0 1f4-1f5 218-21b 2c7 1e02-1e03 1e0d 1e1e
1e20-1e21 1e25 1e30-1e31 1e37 1e43 1e45 1e47 1e5b 1e63 1e6d 1e90-1e91 1e9e 1ef2-1ef3 2026
""")

# TeX Gyre 2.501, from `fc-query --format "%{charset}"` on each of the four faces, which
# agree; without private-use characters and the byte order mark.
PAGELLA = Coverage("""\
20-7e a0-137 139-148 14a-165 168-17f 18e 192 1a0-1a1 1af-1b0 1cd-1d4 1d7-1dd 1e6-1e7 1ea-1eb 1f0
1f4-1f5 1fa-201 204-205 208-209 20c-20d 210-211 214-215 218-21b 237 258-259 2be-2bf 2c6-2c7
2d8-2dd 300-30c 30f 311 323 326-328 32c-333 338 33f 34d 361 391-3a1 3a3-3a9 3b1-3c9 3d1 3d5-3d6
3f0-3f1 3f4-3f5 e3f 1e0c-1e0f 1e24-1e27 1e2a-1e2b 1e2e-1e2f 1e36-1e39 1e42-1e47 1e58-1e5d
1e62-1e63 1e6c-1e6f 1e80-1e85 1e92-1e93 1e97 1ea0-1ef9 2000-200d 2010-201a 201c-201e 2020-2022
2026 202f-2037 2039-203b 203d 203f-2040 2044-2046 2052 2054 2057 205f-2064 20a1 20a4 20a6 20a9
20ab-20ac 20b1-20b2 20bd 20bf 20d0-20d8 20db-20df 20e1 20e4-20e6 20e8-20f0 2103 2107 2109 210f
2113 2116-2118 211e 2120 2122 2126-2127 212a-212b 212e 2135-2138 2190-21a7 21a9-21b7 21ba-21dd
21e6-21e9 21f3 21f5-21f6 2200-221a 221d-22af 22b2-22d3 22d5-22f1 2300 2305-2306 2308-230b 2310
2319 231c-2323 2329-232a 23b2-23b5 23d0 23dc-23e1 2422-2423 2500 2502 250c 2510 2514 2518 251c
2524 252c 2534 253c 2581 2588 2591-2593 25a0-25a1 25aa-25ad 25b2-25b3 25b6-25b7 25bc-25bd
25c0-25c1 25ca-25cb 25cf 25e6 25ef 2660-2667 266a 266d-266f 26ad-26ae 2713 2720 27a1 27c2
27d8-27de 27e0-27e3 27e6-27eb 27ee-27ef 27f4-27ff 2906-2907 2933 2a00-2a06 2a09 2a0c 2a11 2a2f
2a3f 2a7d-2a7e 2a85-2a8c 2a95-2a96 2aaf-2ab0 2b04-2b07 2b0c-2b0d 2b1a 2b31 2b33 2b3f 2e18 2e40
3016-3017 fb00-fb04
""")

HEROS_AND_TERMES = Coverage("""\
20-7e a0-137 139-148 14a-165 168-17f 18e 192 1a0-1a1 1af-1b0 1cd-1d4 1d7-1dd 1e6-1e7 1ea-1eb 1f0
1f4-1f5 1fa-201 204-205 208-209 20c-20d 210-211 214-215 218-21b 237 258-259 2be-2bf 2c6-2c7
2d8-2dd 300-304 306-30c 30f 311 323 326 32e-332 391-3a1 3a3-3a9 3b1-3c9 3d1 3d5-3d6 3f1 3f5 e3f
1e0c-1e0f 1e24-1e27 1e2a-1e2b 1e2e-1e2f 1e36-1e39 1e42-1e47 1e58-1e5d 1e62-1e63 1e6c-1e6f
1e80-1e85 1e92-1e93 1e97 1ea0-1ef9 2010-2011 2013-2014 2016 2018-201a 201c-201e 2020-2022 2026
2030-2031 2039-203b 203d 203f-2040 2044-2046 2052 2054 20a1 20a4 20a6 20a9 20ab-20ac 20b1 2103
2113 2116-2118 211e 2120 2122 2126-2127 212e 2190-2193 2202 2211-2213 2215 2217 221a 221e 2222
2248 2260 2264-2265 22c6 2300 2329-232a 2422-2423 25ca 25e6 266a 26ad-26ae 27e6-27e7 2a7d-2a7e
fb00-fb04
""")

CURSOR = Coverage("""\
20-7e a0-137 139-148 14a-165 168-17f 18e 192 1a0-1a1 1af-1b0 1cd-1d4 1d7-1dd 1e6-1e7 1ea-1eb 1f0
1f4-1f5 1fa-201 204-205 208-209 20c-20d 210-211 214-215 218-21b 237 258-259 2be-2bf 2c6-2c7
2d8-2dd 300-304 306-30c 30f 311 323 326 32e-332 391-3a1 3a3-3a9 3b1-3c9 3d1 3d5-3d6 3f1 3f5 e3f
1e0c-1e0f 1e24-1e27 1e2a-1e2b 1e2e-1e2f 1e36-1e39 1e42-1e47 1e58-1e5d 1e62-1e63 1e6c-1e6f
1e80-1e85 1e92-1e93 1e97 1ea0-1ef9 2010-2011 2013-2014 2016 2018-201a 201c-201e 2020-2022 2026
2030-2031 2039-203b 203d 203f-2040 2044-2046 2052 2054 20a1 20a4 20a6 20a9 20ab-20ac 20b1 2103
2113 2116-2118 211e 2120 2122 2126-2127 212e 2190-2193 2202 2211-2213 2215 2217 221a 221e 2222
2248 2260 2264-2265 22c6 2300 2329-232a 2422-2423 25ca 25e6 266a 26ad-26ae 27e6-27e7 2a7d-2a7e
fb00-fb02
""")


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
    encoded = "".join(
        char if re.match(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]", char) else _percent(char) for char in url
    )
    return re.sub(r"[%#]", r"\\\g<0>", encoded.replace("$", "%24").replace("~", "%7E"))


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode())


def breakable_url(url: str, whole: bool = False) -> str:
    """An address as text, with places to break it after its separators and never a hyphen added.

    Without its scheme, unless the `whole` of it is asked for.
    """
    shown = url if whole else re.sub(r"^(https?://(www\.)?|mailto:|tel:)", "", url).rstrip("/")
    pieces = re.split(r"(?<=[/.?&=_\-])(?!/|$)|(?<=[a-z])(?=[A-Z])", shown)
    # A hyphen of its own would be a better place to break than the others.
    written = [escape(piece).replace("-", r"\cvhyphen{}") for piece in pieces]
    return r"\cvurl{" + r"\cvbreak{}".join(written) + "}"
