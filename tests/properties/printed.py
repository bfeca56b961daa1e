"""What a reader of the PDF is to see of a text, said independently of the program's own printing."""

from __future__ import annotations

import re
import unicodedata

from markdown_it import MarkdownIt

from cvbuild.inline import Inlines, Link, Math, Str, Styled
from cvbuild.render.markup import parse_inline

# The one table of what is printed in another form than typed. Spaces of any width do not count
# (lines are broken at them), nor does what is invisible by its nature (Unicode, 5.21).
SHOWN_AS = {
    "'": "’",  # the apostrophe of print
    "‑": "-",  # the hyphen that does not break; fonts have one glyph for all hyphens
    "‐": "-",
    "ẞ": "SS",  # as the font draws it
    "‒": "–",  # the dash as wide as a figure
    "―": "—",  # the bar before a quotation
}

# Of these letters Unicode calls the comma below a cedilla (U+0122 and the like); fonts that draw
# one more mark on them give it as a comma. On `s` and `t` the two are different letters.
_COMMA_BELOW = re.compile("(?<=[GKLNRgklnr])\u0327")

LINE_END_HYPHEN = "\ufffe"
"""What PDFium gives for a hyphen at the end of a line."""

QUOTATION_MARKS = re.compile("[\"'“”„‟‘’‚‛«»‹›]")

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_ALLOWED_LINKS = ("http://", "https://", "mailto:", "tel:")


_markdown = MarkdownIt("zero").enable(["emphasis", "link", "backticks", "escape"])
_markdown.validateLink = lambda url: url.startswith(_ALLOWED_LINKS)  # type: ignore[method-assign]  # its hook


def without_markup(text: str) -> str:
    """The text of CommonMark's inline markup alone, as its reference parser reads it."""
    tokens = _markdown.parseInline(text)[0].children or []
    return "".join(" " if token.type.endswith("break") else token.content for token in tokens)


def pieces(text: str, *, has_paragraphs: bool = False) -> list[str]:
    """What is printed of a text as it is, in order; anything can stand where a formula is between two."""
    if has_paragraphs and (blank := re.search(r"\n[ \t]*\n", text)):
        first, second = pieces(text[: blank.start()]), pieces(text[blank.end() :], has_paragraphs=True)
        return [*first[:-1], f"{first[-1]} {second[0]}", *second[1:]]
    if "$" not in text:
        return [without_markup(text)]
    found = [""]
    _collect(parse_inline(text), found)
    return found


def _collect(inlines: Inlines, found: list[str]) -> None:
    for inline in inlines:
        match inline:
            case Math():
                found.append("")
            case Str(text):
                found[-1] += text
            case Styled(_, content) | Link(_, content):
                _collect(content, found)


def comparable(text: str) -> str:
    """Characters in one form, without spaces and what cannot be seen."""
    text = "".join(SHOWN_AS.get(char, char) for char in unicodedata.normalize("NFC", text))
    text = _INVISIBLE.sub("", "".join(map(_compatible, text)))
    text = unicodedata.normalize("NFD", "".join(text.split()))
    return unicodedata.normalize("NFC", _COMMA_BELOW.sub("\u0326", text))


def _compatible(char: str) -> str:
    """What a character stands for; an accent of its own is not put on the letter before it."""
    stands_for = unicodedata.normalize("NFKC", char)
    return f"\u25cc{stands_for[1:]}" if len(stands_for) > 1 and stands_for[0] == " " else stands_for


def shows(found: str, expected: list[str], *, whole: bool = True) -> bool:
    """Whether text read from a PDF is (or, not as the `whole`, has in it) what is expected.

    It may have hyphens more, which TeX put there to break a line.
    """
    patterns, hyphen = [], f"[-{LINE_END_HYPHEN}]"
    for text in expected:
        # PDFium does not know every hyphen at a soft one for what it is.
        added = f"{hyphen}?" if "\u00ad" in text else f"{LINE_END_HYPHEN}?"
        written = (hyphen if char == "-" else re.escape(char) for char in comparable(text))
        patterns.append(added.join(["", *written, ""]))
    match = re.fullmatch if whole else re.search
    return match("(?s:.*)".join(patterns), comparable(found)) is not None
