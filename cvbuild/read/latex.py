r"""LaTeX and HTML inside BibTeX fields to inline text in Unicode.

Accents, ligatures and macros become characters once, here; `\emph`, `\textbf`, `\href`, `$…$` and
the like become structure. What is unknown is kept as typed, with a warning, so that nothing a field
said can vanish. What most fields hold is read in one pass: letters, groups, styles and formulas. A
field that holds more goes to pylatexenc (`latexnodes`), which takes twenty times as long and gives
the same for what both can read.

Publishers export titles with HTML and JATS. Crossref gives "face markup" (`<i>`, `<b>`, `<sub>`,
`<sup>`, `<scp>`, MathML) and entities, now and then escaped twice (crossref.org, "Face markup"; JATS
1.3, `<italic>`). It is rewritten as the LaTeX that says the same.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

from cvbuild.diagnostics import Findings
from cvbuild.inline import Inline, Inlines, Math, RichText, Str, Styled
from cvbuild.read.texletters import LETTER, SIGNS, STYLES, Style, letter_of, merged, typography
from cvbuild.source import Span

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
        elif token["brace"] or token["style"]:
            style = STYLES.get(token["style"])
            styles += style is not None
            if styles > _DEEPEST:
                return None
            groups.append((style, pieces))
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


_SPACE = re.compile(r"[ \t\r\n]+")


def decode(text: str, span: Span, findings: Findings) -> RichText:
    """The inline text of a field; `span` is where the field's value stands."""
    text = _SPACE.sub(" ", text.strip())
    common = read_common(text)
    if common is None:
        from cvbuild.read.latexnodes import read_in_full  # imports pylatexenc: few fields need it

        common = read_in_full(text, span, findings)
    return RichText(common, span)


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


_MACRO = re.compile(r"\\([A-Za-z]+)(?:\{\})?")


def with_journals(text: str) -> str:
    r"""The name of a journal with the macros of AASTeX replaced, as ADS exports them: `\apj`."""
    if "\\" not in text:
        return text
    return _MACRO.sub(lambda macro: _journals().get(macro[1], macro[0]), text)


@cache
def _journals() -> dict[str, str]:
    """The names that the macros stand for."""
    lines = Path(__file__).with_name("journals.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(maxsplit=1) for line in lines if not line.startswith("#"))
