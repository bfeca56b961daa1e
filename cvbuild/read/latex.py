r"""Convert LaTeX and HTML in BibTeX fields to inline text in Unicode.

Accents, ligatures and macros for characters become characters; `\emph`, `\textbf`, `\href`, `$…$` and the
like become structure. Unknown macros are kept as typed, with a warning, so that no text is lost.

Publishers export titles with HTML and JATS. Crossref gives "face markup" (`<i>`, `<b>`, `<sub>`, `<sup>`,
`<scp>`, MathML) and entities, sometimes escaped twice (crossref.org, "Face markup"; JATS 1.3, `<italic>`).
Such markup is first rewritten as equivalent LaTeX.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, TypeAlias

from cvbuild.diagnostics import Findings
from cvbuild.inline import Inline, Inlines, Link, Math, RichText, Str, Styled, plain
from cvbuild.record import MutableRecord, field
from cvbuild.source import Span

ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306",
    ".": "\u0307", '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323",
    "c": "\u0327", "k": "\u0328", "b": "\u0331",
}  # fmt: skip
"""The combining character of each accent macro (The LaTeX Companion, table of accents)."""

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
"""Characters by macros without an argument; a space after the macro ends its name."""

SIGNS = {**{sign: sign for sign in "&%#$_{} "}, ",": "\u202f", "": ""}
"""Characters by macros of one sign; the empty name is a backslash at the end of the text."""

Style: TypeAlias = Literal["emph", "strong", "code", "smallcaps", "sub", "sup"]
_BY_STYLE: dict[Style, tuple[str, str]] = {
    "emph": ("emph textit textsl mkbibemph", "em it itshape sl"),
    "strong": ("textbf mkbibbold", "bf bfseries"), "code": ("texttt", "tt"),
    "smallcaps": ("textsc", "sc scshape"), "sub": ("textsubscript", ""), "sup": ("textsuperscript", ""),
}  # fmt: skip
"""For each style, macros that style their argument, and macros that style the rest of their group."""
_STYLES = {name: style for style, (macros, _) in _BY_STYLE.items() for name in macros.split()}
_SWITCHES = {name: style for style, (_, switches) in _BY_STYLE.items() for name in switches.split()}
_TRANSPARENT = frozenset(
    """mbox hbox text textrm textup textmd textnormal textsf uppercase ensuremath underline uline natexlab
    mathrm operatorname""".split()
)
_IGNORED_SWITCHES = frozenset(
    """relax protect rm sf normalfont rmfamily sffamily upshape mdseries small footnotesize
    selectfont / - ! allowbreak""".split()
)

_DOTLESS = {"ı": "i", "ȷ": "j"}
_LIGATURES = {
    "!`": "¡", "?`": "¿", "---": "—", "--": "–", "``": "“", "''": "”", "`": "‘", "'": "’", "~": "\u00a0",
}  # fmt: skip
_LIGATURE = re.compile("|".join(map(re.escape, _LIGATURES)))

_SPACE = re.compile(r"[ \t\r\n]+")
_ACCENTED = (
    r"\\(?:(?P<sign>[\"'`^~=.])|(?P<word>[bcdHkruv])(?: +(?=[^\s{])|(?=\{)))"
    r"(?:\{(?P<braced>\\?[ij]|[^\W\d_])\}|\\(?P<dotless>[ij])(?![A-Za-z]) *|(?P<bare>[^\W\d_]))"
)
_LETTER = rf"{_ACCENTED}|\\(?P<letter>{'|'.join(sorted(LETTERS, key=len, reverse=True))})(?![A-Za-z]) *"
"""Matches a letter spelled with macros; `_letter` returns the character."""
_SPELLED = re.compile(rf"(?P<group>\{{)?(?:{_LETTER})(?(group)\}}|(?:\{{\}})?)")
_TOKEN = re.compile(
    rf"(?P<text>[^\\{{}}$]+)|(?P<spelled>{_LETTER})|\\(?P<escaped>[&%#$_{{}}, ]|$)"
    r"|\$(?P<math>(?:[^$\\]|\\.)+)\$|\$\$(?P<display>(?:[^$\\]|\\.)*)\$\$"
    r"|\\\((?P<round>.*?)\\\)|\\\[(?P<square>.*?)\\\]"
    r"|\\begin\{(?P<environment>[^{}]*)\}.*?\\end\{(?P=environment)\}"
    r"|\\(?P<macro>[A-Za-z]+|[^\W\d_]+|[^()\[\]])(?:(?<=[A-Za-z]) *)?"
)
_BRACE = re.compile(r"(?<!\\)[{}]")
_BARE_ARGUMENT = re.compile(r"\\(?:[A-Za-z]+|.)|[^{}]|(?=\})")
_UP_TO_GROUP = re.compile(r"[^\\{}$\s]*(?=\{)")
_UNPAIRED = "do not pair up"
_DEEPEST = 50
"""Maximum depth of nested groups and styles."""


class _UnreadableError(Exception):
    """Raised with the reason for a field that is not valid LaTeX."""


def decode(text: str, span: Span, findings: Findings) -> RichText:
    """Return a field's value as inline text; LaTeX that is not valid becomes plain text, with a warning."""
    text = _SPACE.sub(" ", text.strip())
    if re.search(r"[\\{}$]", text):
        # TeX would read a bare `%` as a comment up to the end of the field;
        # in a bibliography it is a percent sign without its backslash.
        reader = _Reader(re.sub(r"(?<!\\)%", r"\\%", text), span)
        try:
            inlines = reader.rest()
            if reader.at < len(reader.text):
                raise _UnreadableError(_UNPAIRED)
            findings.extend(reader.findings.items)
            return RichText(_merged(inlines), span)
        except _UnreadableError as error:
            shown = text if len(text) <= 60 else text[:57] + "…"
            message = f"the braces or dollars in `{shown}` {error}; taken as plain text"
            findings.warning("bib-latex", message, span)
            text = re.sub(r"[{}]", "", text)
    characters = unicodedata.normalize("NFC", _LIGATURE.sub(_of_ligature, text))
    return RichText((Str(characters),) if text else (), span)


class _Reader(MutableRecord):
    """Reads a field's LaTeX from position `at` on; `depth` counts the groups that enclose the position."""

    text: str
    span: Span
    at: int = 0
    depth: int = 0
    findings: Findings = field(default_factory=Findings)

    def rest(self) -> list[Inline]:
        """Read up to the brace that closes the group, or to the end of the text."""
        self.depth += 1
        pieces: list[Inline] = []
        groups = 0  # counted without recursion: braces that protect capitals may nest at any depth
        while self.at < len(self.text) and (groups or self.text[self.at] != "}"):
            if self.text[self.at] in "{}":
                groups += 1 if self.text[self.at] == "{" else -1
                self.at += 1
            else:
                pieces += self.item()
        if groups:
            raise _UnreadableError(_UNPAIRED)
        self.depth -= 1
        return pieces

    def item(self) -> list[Inline]:
        """Read one token: text, a formula, or a macro with its arguments."""
        if self.depth > _DEEPEST + 1:
            raise _UnreadableError("are nested too deep")
        token = _TOKEN.match(self.text, self.at)
        if token is None:
            raise _UnreadableError(_UNPAIRED)
        start, self.at = self.at, token.end()
        kind, typed = token.lastgroup, token[token.lastgroup or 0]
        if kind == "text":
            return [Str(_LIGATURE.sub(_of_ligature, typed))]
        if kind == "spelled":
            return [Str(_letter(token))]
        if kind == "escaped":
            return [Str(SIGNS[typed])]
        if kind == "macro":
            return self.macro(typed, start)
        if kind == "environment":
            return [Str(token[0])]
        if sum(1 if brace == "{" else -1 for brace in _BRACE.findall(typed)):
            raise _UnreadableError(_UNPAIRED)
        return [Math(typed)]

    def macro(self, name: str, start: int) -> list[Inline]:
        """Read the arguments of the macro that begins at `start`. Return the inline text for the macro."""
        if name in ACCENTS:
            return [Str(accented(name, plain(_merged(self.argument()))))]
        if name in _STYLES:
            return [Styled(_STYLES[name], _merged(self.argument()))]
        if name in _SWITCHES:
            return [Styled(_SWITCHES[name], _merged(self.rest()))]
        if name in _IGNORED_SWITCHES:
            return []
        if name in _TRANSPARENT:
            return self.argument()
        if name in {"enquote", "mkbibquote"}:
            return [Str("“"), *self.argument(), Str("”")]
        if name in {"url", "nolinkurl", "href", "noopsort"}:
            url = re.sub(r"\\([%#&_~])", r"\1", self.argument_as_typed())
            shown = _merged(self.argument()) if name == "href" else (Str(url),)
            return [] if name == "noopsort" else [Link(url, shown)]
        if name in {"begin", "end"}:
            raise _UnreadableError(_UNPAIRED)
        if name == "\\":
            return [Str(" ")]
        known = _macros().get_macro_spec(name)
        if known is not None and isinstance(known.simplify_repl, str) and "%" not in known.simplify_repl:
            return [Str(known.simplify_repl)]
        while typed := _UP_TO_GROUP.match(self.text, self.at):  # skip groups that may be its arguments
            self.at = typed.end()
            self.argument_as_typed()
        message = f"the macro `\\{name}` is not known here; it is printed as typed"
        hint = "write the character itself: the file is read as UTF-8"
        self.findings.warning("bib-macro", message, self.span, hint)
        return [Str(self.text[start : self.at])]

    def argument(self) -> list[Inline]:
        """Read an argument: a group, a macro or a single character (TeXbook, chapter 20)."""
        self.at += self.text.startswith(" ", self.at)
        character = self.text[self.at : self.at + 1]
        if character == "}":
            return []
        if character == "{":
            self.at += 1
            found = self.rest()
            if self.at == len(self.text):
                raise _UnreadableError(_UNPAIRED)
            self.at += 1
        elif character in {"", "\\", "$"}:
            self.depth += 1
            found = self.item()
            self.depth -= 1
        else:
            self.at += 1
            found = [Str(_LIGATURE.sub(_of_ligature, character))]
        return found

    def argument_as_typed(self) -> str:
        """Read an argument without reading its macros, and return it without its braces."""
        self.at += self.text.startswith(" ", self.at)
        start = self.at
        if bare := _BARE_ARGUMENT.match(self.text, start):
            self.at = bare.end()
            return bare[0]
        depth = 0
        for brace in _BRACE.finditer(self.text, start):
            depth += 1 if brace[0] == "{" else -1
            if depth == 0:
                self.at = brace.end()
                return self.text[start + 1 : brace.start()]
        raise _UnreadableError(_UNPAIRED)


@cache
def _macros() -> Any:
    r"""Return pylatexenc's macros that stand for characters, such as `\alpha`."""
    from pylatexenc.latex2text import get_default_latex_context_db  # few fields hold such macros

    return get_default_latex_context_db()


def with_letters(text: str) -> str:
    r"""Return a text with macros for letters replaced by the letters; `{\"O}` loses its braces.

    Macros for signs are kept: the character of `\textasciitilde` would be read as TeX's own `~`.
    """
    if "\\" not in text:
        return text
    return _SPELLED.sub(lambda token: found if (found := _letter(token)).isalpha() else token[0], text)


def _letter(token: re.Match[str]) -> str:
    """Return the character that a match of `_LETTER` stands for."""
    if letter := token["letter"]:
        return LETTERS[letter]
    base: str = token["braced"] or token["dotless"] or token["bare"]
    return accented(token["sign"] or token["word"], base.removeprefix("\\"))


def accented(accent: str, base: str) -> str:
    """Return a text with an accent on its first character."""
    first = _DOTLESS.get(base[:1], base[:1])
    return unicodedata.normalize("NFC", first + ACCENTS[accent] + base[1:]) if base else ""


def _of_ligature(match: re.Match[str]) -> str:
    """Return the character that one of TeX's ligatures stands for."""
    return _LIGATURES[match[0]]


def _merged(inlines: Iterable[Inline]) -> Inlines:
    """Join adjacent pieces of plain text, normalize them to NFC, and drop empty ones."""
    joined: list[Inline] = []
    for is_text, group in groupby(inlines, lambda inline: isinstance(inline, Str)):
        if not is_text:
            joined += group
        elif text := "".join(inline.text for inline in group if isinstance(inline, Str)):
            joined.append(Str(unicodedata.normalize("NFC", text)))
    return tuple(joined)


_TAGS = {
    "i": r"\emph{", "em": r"\emph{", "italic": r"\emph{", "b": r"\textbf{", "strong": r"\textbf{",
    "bold": r"\textbf{", "sub": r"\textsubscript{", "inf": r"\textsubscript{", "sup": r"\textsuperscript{",
    "scp": r"\textsc{", "sc": r"\textsc{", "tt": r"\texttt{", "code": r"\texttt{", "monospace": r"\texttt{",
    "p": "{", "span": "{", "title": "{", "u": "{", "underline": "{", "math": "{", "mi": "{", "mn": "{",
    "mo": "{", "mtext": "{", "mrow": "{", "mstyle": "{",
}  # fmt: skip
# Angle brackets, also as reference managers write them in TeX.
_LESS = r"(?:<|\{\\textless\}|\\textless(?:\{\}|\s)|\$<\$)"
_GREATER = r"(?:>|\{\\textgreater\}|\\textgreater(?:\{\}|\s)?|\$>\$)"
_TAG = re.compile(
    rf"{_LESS}(?P<end>/?)(?:jats:|mml:|xhtml:)?(?P<name>{'|'.join(_TAGS)})(?:\s[^<>]{{0,300}})?{_GREATER}",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# After an escaped `&`, only entities that exports are known to contain count as entities.
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
    """Return a field's text with its HTML as LaTeX; unpaired tags and unknown entities are kept."""
    text = _ENTITY.sub(_character, text)
    text = _SCRIPT.sub(r"\g<base><\g<kind>>\g<script></\g<kind>>", _BREAK.sub(" ", text))
    pieces: list[str] = []
    open_tags: list[tuple[str, int]] = []  # names, and positions in `pieces`
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


def _character(entity: re.Match[str]) -> str:
    """Return the character of an entity in TeX, or the entity as typed if it is unknown or not printable."""
    from html import unescape  # few fields hold entities of HTML

    typed = f"&{entity['few'] or entity['any']};"
    character = unescape(typed)
    if character == typed or any(unicodedata.category(one) in {"Cc", "Co", "Cs", "Cn"} for one in character):
        return entity[0]
    return "".join(_IN_TEX.get(one, one) for one in character) or entity[0]


def with_journals(text: str) -> str:
    r"""Return a journal's name with the macros of AASTeX replaced; ADS exports them: `\apj`."""
    return re.sub(r"\\([A-Za-z]+)(?:\{\})?", lambda macro: _journals().get(macro[1], macro[0]), text)


@cache
def _journals() -> dict[str, str]:
    lines = Path(__file__).with_name("journals.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(maxsplit=1) for line in lines if not line.startswith("#"))
