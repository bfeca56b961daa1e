r"""What people put around a name that is no part of it: a star or dagger behind it, bold type."""

from __future__ import annotations

import re

_WORDS = {
    "dag": "†", "dagger": "†", "textdagger": "†", "ddag": "‡", "ddagger": "‡", "textdaggerdbl": "‡",
    "ast": "*", "star": "*", "textasteriskcentered": "*", "S": "§", "textsection": "§", "P": "¶",
    "textparagraph": "¶", "sharp": "#",
}  # fmt: skip
_WORD = rf"\\(?:{'|'.join(_WORDS)})(?![A-Za-z])"
_MARK = re.compile(
    r"[*∗⋆†‡§¶]"
    rf"|{_WORD}\s*(?:\{{\}})?"
    rf"|\{{\s*(?:[*∗⋆†‡§¶]|{_WORD})+\s*\}}"
    r"|\\textsuperscript\s*\{(?:[^{}]{0,40}|\{[^{}]{0,40}\})\}"
    r"|\$\s*\^?\s*(?:\{[^{}$]{0,40}\}|[^{}$]{0,40}|\{\\rm [^{}$]{0,40}\})\s*\$"
)
_FRAME = re.compile(r"\\textsuperscript|\\rm(?![A-Za-z])|[{}$^\s~]|(?<=.)\\ ")
_TYPE = r"text(?:bf|it|sc|sf|rm|md|up|sl)|emph|underline|uline|ul|mbox|mkbibbold|mkbibemph"
_SWITCH = r"bf|it|em|sc|sl|bfseries|itshape|scshape|slshape"
_MARKUP = re.compile(
    rf"(?P<opening>\\(?:{_TYPE})\s*\{{|\{{\s*\\(?:{_SWITCH})(?![A-Za-z])\s*)"
    rf"|(?P<switch>\\(?:{_SWITCH})(?![A-Za-z])\s*)|(?P<escaped>\\.)|(?P<brace>[{{}}])"
)


def without_marks(text: str) -> tuple[str, str]:
    """A part of a name without the marks behind it, and these as characters; one of marks alone stays."""
    end = len(text)
    marks: list[str] = []
    for mark in reversed(list(_MARK.finditer(text))):
        if text[mark.end() : end].strip(" ~"):
            break
        end = mark.start()
        marks.insert(0, _as_characters(mark[0]))
    kept = text[:end].rstrip(" ~")
    return (kept, "".join(marks)) if kept else (text, "")


def _as_characters(mark: str) -> str:
    bare = _FRAME.sub("", mark)
    return re.sub(r"\\([A-Za-z]+)", lambda word: _WORDS.get(word[1], word[1]), bare)


def without_markup(text: str) -> str:
    r"""A name without the type it is set in: `\textbf{Example, Ada}`, `{\bf Example}, Ada`."""
    if "\\" not in text:
        return text
    pieces: list[str] = []
    kept: list[bool] = []  # for each open brace, whether it is printed
    at = 0
    for token in _MARKUP.finditer(text):
        pieces.append(text[at : token.start()])
        at = token.end()
        if token["opening"]:
            kept.append(False)
        elif token["escaped"] or token["brace"] == "{":
            pieces.append(token[0])
            if token["brace"]:
                kept.append(True)
        elif token["brace"] and (not kept or kept.pop()):
            pieces.append("}")
    pieces.append(text[at:])
    return "".join(pieces).strip()
