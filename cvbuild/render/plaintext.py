r"""Convert a rendered variant to plain text, for pasting into web forms.

The text is read from the rendered TeX, so it has the words and the order of the PDF. The reader
knows the commands that the theme's templates print. Any other command is replaced by the text of
its arguments.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Mapping

from cvbuild.record import MutableRecord
from cvbuild.render.escape import IN_FORMULAS, escape
from cvbuild.render.sourcemap import RenderedTex

_TOKEN = re.compile(r"%[^\n]*(?:\n[ \t]*)?|\\(?:[A-Za-z@]+\*?[ \t]*|.|\n)|[{}]|\s+|[^\\{}%\s]+", re.DOTALL)
_SPACE = re.compile(r"\s+|%.*", re.DOTALL)
_VSKIP = re.compile(r"(\\vskip)(?:\s+|-?\d*\.?\d+(?:bp|pt|mm|em|ex))*")
r"""A `\vskip` with its dimension."""

# Ends of a line, an entry and a section. Of adjacent ones the strongest counts: its code is the
# number of newlines.
_LINE, _ENTRY, _SECTION = "\x01", "\x02", "\x03"
_ENDS = re.compile(r"[\s\x01-\x03]*[\x01-\x03][\s\x01-\x03]*")
_NEW = "•"
"""The mark before an entry that is new since the last review."""
_SIGNS = {
    **{escape(char).removesuffix("{}"): char for char in string.punctuation if escape(char) != char},
    r"\dots": "…", r"\ldots": "…", r"\cvhyphen": "-", r"\cvdot": " · ", r"\quad": " ",
    r"\,": " ", r"\ ": " ", r"\hfill": " ", r"\par": "\n", r"\\": "\n", r"\newline": "\n", r"\newpage": "\n",
    r"\cvbetween": _ENTRY, r"\cvtogether": _LINE, r"\cvbetweenrows": _LINE, r"\cvbetweengroups": _ENTRY,
    r"\LaTeX": "LaTeX", r"\TeX": "TeX", r"\&": "&", r"\times": "×", r"\cdot": "·", r"\pm": "±",
    r"\-": "", r"\/": "", r"\cvbreak": "", r"\cvnolig": "",
    r"\cvnewmark": _NEW, r"\vskip": _LINE,
}  # fmt: skip
_IN_FORMULAS = {tex: char for char, tex in IN_FORMULAS.items()}


def _row(text: str, date: str = "", label: str = "") -> str:
    """Return a line that may begin with a label and end with a date."""
    labelled = f"{label.rstrip(':')}: {text}" if label and text else label or text
    return _LINE + ", ".join(part for part in (labelled, date) if part) + _LINE


_ROWS: Mapping[str, tuple[int, Callable[..., str]]] = {
    "cvsection": (2, lambda title, _: f"{_SECTION}{title}{_ENTRY}"),
    "cvsubsection": (2, lambda title, _: f"{_ENTRY}{title}{_ENTRY}"),
    "cvnote": (1, lambda text: f"{_LINE}{text}{_ENTRY}"),
    "cvlegend": (1, lambda text: f"{_LINE}{text}{_ENTRY}"),
    "cvmeaning": (2, lambda sign, words: f"{sign} {words}"),
    "cvrow": (2, _row),
    "cvwiderow": (2, _row),
    "cvlabelrow": (3, lambda label, text, date: _row(text, date, label)),
    "cvlabeltext": (2, lambda label, text: _row(text, label=label)),
    "cvnumberrow": (3, lambda number, text, date: _row(f"{number} {text}", date)),
    "cvnumbered": (2, lambda number, text: _row(f"{number} {text}")),
    "cvfigures": (3, lambda label, *counts: _row("; ".join(filter(None, counts)), label=label)),
    **dict.fromkeys(
        "cvtext cvline cvpar cvunder cvunderlabel cvlabelpar cvnumberpar".split(), (1, _row)
    ),
    "cvsays": (2, lambda code, _: chr(int(code, 16))),
    "cvin": (2, lambda _, text: text),
    **dict.fromkeys(
        "begin end thispagestyle color vspace hspace label phantom cvlanguage".split(), (1, lambda _: "")
    ),
}  # fmt: skip
"""By command of the theme: the number of arguments, and the function from arguments to text."""
_TAKE_MARKS = {
    "cvrow": 0, "cvwiderow": 0, "cvlabelrow": 1, "cvlabeltext": 1, "cvnumberrow": 1, "cvnumbered": 1,
    "cvpar": 0,
}  # fmt: skip
"""The rows that can show the mark of a new entry, and the argument (0-based) after the mark."""


def plain_text(rendered: RenderedTex, *, with_addresses: bool = False) -> str:
    """Return a document, or a part of one, as text: a blank line between entries, two before a section.

    With `with_addresses`, a link's URL follows the link's text, unless the text contains the URL.
    """
    _, is_document, inside = rendered.text.partition(r"\begin{document}")
    body = inside.partition(r"\end{document}")[0] if is_document else rendered.text
    reader = _Reader(_TOKEN.findall(_VSKIP.sub(r"\1 ", body)), with_addresses)
    parts = []
    while reader.at < len(reader.tokens):  # an unpaired `}` ends a text early: go on after it
        parts.append(reader.text())
    text = unicodedata.normalize("NFC", "".join(parts))
    whole = _ENDS.sub(lambda ends: "\n" * ord(max(set(ends[0]) & {_LINE, _ENTRY, _SECTION})), text).strip()
    return "".join(f"{' '.join(line.split())}\n" for line in whole.split("\n"))


class _Reader(MutableRecord):
    """Reads the tokens of TeX from left to right."""

    tokens: list[str]
    with_addresses: bool
    at: int = 0
    is_new: bool = False

    def text(self) -> str:
        """Return the text up to the end of the group, or of the tokens."""
        parts: list[str] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token == "}":
                break
            if token.rstrip() == r"\enspace":
                # It separates a label in bold from its text: plain text needs a colon.
                parts.append(": " if parts and parts[-1][-1:].isalnum() else " ")
            else:
                parts.append(self._printed(token))
        return "".join(parts)

    def _printed(self, token: str) -> str:
        """Return the text of a token with its arguments."""
        if token == "{":
            return self.text()
        if token[0] == "%":
            return ""
        if token[0] != "\\":
            # Line ends of TeX are spaces; only the commands of rows end a line of the text.
            return " " if token.isspace() else token.replace("~", " ")
        command = token.rstrip()
        name = command[1:]
        if command == r"\(":
            # Keep a formula as TeX, but turn commands that stand for a character into the character.
            end = self.tokens.index(r"\)", self.at) if r"\)" in self.tokens[self.at :] else len(self.tokens)
            formula = self.tokens[self.at : end]
            self.at = end + 1
            return "".join(_IN_FORMULAS.get(token.rstrip(), token) for token in formula)
        if command in _SIGNS:
            return _SIGNS[command]
        if name == "href":
            address, shown = self._argument(), self._argument()
            bare = re.sub(r"^(https?://(www\.)?|mailto:|tel:)", "", address).rstrip("/")
            says_it = bare in shown or bare.removeprefix("doi.org/") in shown or address.startswith("tel:")
            return shown if says_it or not self.with_addresses else f"{shown} ({address})"
        if name in _ROWS:
            count, written = _ROWS[name]
            arguments = [self._argument().strip() for _ in range(count)]
            if self.is_new and name in _TAKE_MARKS:
                arguments[_TAKE_MARKS[name]] = f"{_NEW} {arguments[_TAKE_MARKS[name]]}"
                self.is_new = False
            return written(*arguments)
        self.is_new = self.is_new or name == "cvnew"
        return ""  # the arguments follow as groups, so their text is kept

    def _argument(self) -> str:
        """Return the text of the next group."""
        while self.at < len(self.tokens) and _SPACE.fullmatch(self.tokens[self.at]):
            self.at += 1
        if self.tokens[self.at : self.at + 1] != ["{"]:
            return ""
        self.at += 1
        return self.text()


WRITERS: dict[str, Callable[..., str]] = {".txt": plain_text}
"""Functions like `plain_text` by output file extension; other extensions use `plain_text`."""
