r"""HTML and JATS that publishers' exports leave in fields, as the LaTeX that says the same.

Crossref gives titles with "face markup" (`<i>`, `<b>`, `<sub>`, `<sup>`, `<scp>`, MathML) and
with entities, now and then escaped twice (crossref.org, "Face markup"; JATS 1.3, `<italic>`).
"""

from __future__ import annotations

import re
import unicodedata

_TAGS = {
    "i": r"\emph{", "em": r"\emph{", "italic": r"\emph{", "b": r"\textbf{", "strong": r"\textbf{",
    "bold": r"\textbf{", "sub": r"\textsubscript{", "inf": r"\textsubscript{", "sup": r"\textsuperscript{",
    "scp": r"\textsc{", "sc": r"\textsc{", "tt": r"\texttt{", "code": r"\texttt{", "monospace": r"\texttt{",
    "p": "{", "span": "{", "title": "{", "u": "{", "underline": "{", "math": "{", "mi": "{", "mn": "{",
    "mo": "{", "mtext": "{", "mrow": "{", "mstyle": "{",
}  # fmt: skip
# Reference managers write the angle brackets in TeX.
_LESS = r"(?:<|\{\\textless\}|\\textless(?:\{\}|\s)|\$<\$)"
_GREATER = r"(?:>|\{\\textgreater\}|\\textgreater(?:\{\}|\s)?|\$>\$)"
_TAG = re.compile(
    rf"{_LESS}(?P<end>/?)(?:jats:|mml:|xhtml:)?(?P<name>{'|'.join(_TAGS)})(?:\s[^<>]{{0,300}})?{_GREATER}",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# Behind an `&` that somebody escaped, only what exports are known to leave is an entity.
_ENTITY = re.compile(
    r"(?:\{\\&\}|\\&)(?:amp;){0,3}(?P<few>amp|lt|gt|quot|apos|nbsp|#\d{1,7});"
    r"|(?<!\\)&(?:amp;){0,3}(?P<any>#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});",
    re.IGNORECASE,
)
_SCRIPT = re.compile(
    r"<mml:m(?P<kind>sub|sup)>\s*<mml:m[ino]>(?P<base>[^<>]{0,100})</mml:m[ino]>"
    r"\s*<mml:m[ino]>(?P<script>[^<>]{0,100})</mml:m[ino]>\s*</mml:m(?P=kind)>"
)
_IN_TEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\u00a0": "~",
    **{sign: f"\\{sign}" for sign in "{}$%&#_"},
}  # fmt: skip


def without_html(text: str) -> str:
    """A field's text with its HTML as LaTeX; what is no known tag with its end, or no entity, stays."""
    if "&" in text:
        text = _ENTITY.sub(_character, text)
    if "<" in text or r"\textless" in text:
        text = _SCRIPT.sub(r"\g<base><\g<kind>>\g<script></\g<kind>>", _BREAK.sub(" ", text))
        text = _with_macros(text)
    return text


def _character(entity: re.Match[str]) -> str:
    """The character of an entity in TeX; the entity as typed where it is none to print."""
    typed = f"&{entity['few'] or entity['any']};"
    from html import unescape  # few fields hold entities of HTML

    character = unescape(typed)
    if character == typed or not character:
        return entity[0]
    if any(unicodedata.category(char) in {"Cc", "Co", "Cs", "Cn"} for char in character):
        return entity[0]
    return "".join(_IN_TEX.get(char, char) for char in character)


def _with_macros(text: str) -> str:
    """Each tag and its end as a macro and its brace; one without its partner stays."""
    pieces: list[str] = []
    open_tags: list[tuple[str, int]] = []
    at = 0
    for tag in _TAG.finditer(text):
        pieces += text[at : tag.start()], tag[0]
        at = tag.end()
        name = tag["name"].lower()
        if not tag["end"]:
            open_tags.append((name, len(pieces) - 1))
        elif open_tags and open_tags[-1][0] == name:
            _, opening = open_tags.pop()
            pieces[opening], pieces[-1] = _TAGS[name], "}"
    return "".join([*pieces, text[at:]])
