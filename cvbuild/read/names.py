"""Names of people and bodies in BibTeX fields.

The rules are those of bibtex.web (`format.name$`) and "Tame the BeaST", 11: words in lower case are
particles, braces hide a word's case. As in biber, a hyphen does not separate words.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache

from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.read.latex import decode, with_letters
from cvbuild.read.parsed import Name, NameList
from cvbuild.record import replace
from cvbuild.source import NOWHERE, Span

_MARKS = {
    "dag": "†", "dagger": "†", "textdagger": "†", "ddag": "‡", "ddagger": "‡", "textdaggerdbl": "‡",
    "ast": "*", "star": "*", "textasteriskcentered": "*", "S": "§", "textsection": "§", "P": "¶",
    "textparagraph": "¶", "sharp": "#",
}  # fmt: skip
_NAMED_MARK = rf"\\(?:{'|'.join(_MARKS)})(?![A-Za-z])"
_MARK = re.compile(
    r"[*∗⋆†‡§¶]"
    rf"|{_NAMED_MARK}\s*(?:\{{\}})?"
    rf"|\{{\s*(?:[*∗⋆†‡§¶]|{_NAMED_MARK})+\s*\}}"
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

# Each pattern also matches braces and escaped signs, from which `_outside` tracks the depth.
_AND = re.compile(r"\\.|[{}]|(?<= )and(?= )", re.IGNORECASE)
_COMMA = re.compile(r"\\.|[{},]")
_SPACE = re.compile(r"\\.|[{}]|[\s~]+")
_LETTER = re.compile(r"\\.|[{}]|[^\W\d_]")
_SUFFIX = re.compile(r"jr\.?|sr\.?|junior|senior|i{2,3}|iv|vi{1,3}|2nd|3rd|4th", re.IGNORECASE)
_HOMONYM_NUMBER = re.compile(r"(?<=\w)[\s~]+0\d{3}$")
"""DBLP's number that tells apart people of the same name: `Ada Example 0001`."""
_AMPERSAND = re.compile(r"(?<=\w)\s+\\?&\s+(?=\w)")
_SEPARATED = "authors are separated by `and`"
_OTHERS = frozenset({"others", "et al.", "et al", "et alii"})


def parse_names(text: str, span: Span, findings: Findings) -> NameList:
    """Parse an author or editor field: names are separated by `and` outside braces."""
    pieces = [piece.strip() for piece in _split(_AND, f" {' '.join(text.split())} ")]
    if not all(pieces) and any(pieces):
        findings.warning("bib-name", "an `and` has no name beside it", span.first_line(), "delete it")
    pieces = [piece for piece in pieces if piece]
    others = bool(pieces) and pieces[-1].casefold() in _OTHERS
    if others:
        pieces.pop()
    return NameList(tuple(parse_name(piece, span, findings) for piece in pieces), others, span)


def parse_name(text: str, span: Span, findings: Findings) -> Name:
    """Parse one name in any of BibTeX's three forms: with no, one or two commas."""
    name, found = _read_name(str(text))
    for item in found:
        place = span.first_line() if item.code == "bib-name" else span
        findings.items.append(replace(item, span=place))
    return replace(name, span=span)


@lru_cache(maxsize=10_000)  # the same co-authors recur in many entries
def _read_name(text: str) -> tuple[Name, tuple[Diagnostic, ...]]:
    """Parse a name. Return it and its problems, both without a span."""
    findings = Findings()
    # Convert letters to characters first: in `\\c{C}elik` a lower-case `c` would pass for the first letter.
    text = _HOMONYM_NUMBER.sub("", with_letters(_without_markup(text)))
    parts = [_without_marks(part) for part in _split(_COMMA, text)]
    mark = "".join(found for _, found in parts)

    def decoded(typed: str) -> str:
        return str(decode(typed, NOWHERE, findings))

    only = parts[0][0].strip() if len(parts) == 1 else ""
    if only.startswith("{") and only.endswith("}") and not only.startswith("{\\"):
        depths = itertools.accumulate({"{": 1, "}": -1}.get(char, 0) for char in only[:-1])
        if all(depths):  # a body: the whole name is one group
            return Name(decoded(only), corporate=True, mark=mark), tuple(findings.items)
    if "{" not in text and _AMPERSAND.search(text):
        message = f"the name `{text}` has an `&` in it; it is read as one name"
        hint = f"{_SEPARATED}; a body's name stands in braces of its own"
        findings.warning("bib-name", message, None, hint)
    words = [[word for word in _split(_SPACE, part) if word] for part, _ in parts]
    while len(words) > 1 and not words[-1]:
        words.pop()
    if len(words) > 3 or (len(words) == 3 and len(words[1]) > 1):
        message = f"the name `{text}` is odd: too many commas; printed as typed"
        findings.warning("bib-name", message, None, _SEPARATED)
        return Name(decoded(text), corporate=True, mark=mark), tuple(findings.items)
    family, given, particle, suffix = (decoded(" ".join(part)) for part in _sorted_words(words))
    if not family.strip():
        given, family = "", given
    if not family.strip():
        message = f"the name `{text}` has no letters; printed as typed"
        findings.warning("bib-name", message, None, _SEPARATED)
        return Name(text, corporate=True, mark=mark), tuple(findings.items)
    return Name(family, given, particle, suffix, mark=mark), tuple(findings.items)


def _sorted_words(parts: list[list[str]]) -> tuple[list[str], list[str], list[str], list[str]]:
    """Return the words of family name, given names, particle and suffix, from the parts between commas."""
    first, suffix = parts[0], parts[1] if len(parts) == 3 else []
    if len(parts) == 2 and len(first) > 1 and len(parts[1]) == 1 and _SUFFIX.fullmatch(parts[1][0]):
        parts, suffix = [first], parts[1]  # `Neal J. Evans, II`
    lower = [
        at
        for at, word in enumerate(first[:-1])
        # A word's case is that of its first letter outside braces; scripts without case have none.
        if next((token[0] for token in _outside(_LETTER, word) if token[0].isalpha()), "").islower()
    ]
    if len(parts) == 1:
        start, end = (lower[0], lower[-1] + 1) if lower else (max(len(first) - 1, 0),) * 2
        return first[end:], first[:start], first[start:end], suffix
    if not first:
        return parts[-1], [], [], suffix
    end = lower[-1] + 1 if lower else 0
    return first[end:], parts[-1], first[:end], suffix


def _without_markup(text: str) -> str:
    r"""Return a name without its font commands: `\textbf{Example, Ada}`, `{\bf Example}, Ada`."""
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
    return "".join([*pieces, text[at:]]).strip()


def _without_marks(text: str) -> tuple[str, str]:
    """Split a part of a name into its text and the marks after it; a part of marks alone is all text."""
    end = len(text)
    marks = ""
    for mark in reversed(list(_MARK.finditer(text))):
        if text[mark.end() : end].strip(" ~"):
            break
        end = mark.start()
        bare = _FRAME.sub("", mark[0])
        marks = re.sub(r"\\([A-Za-z]+)", lambda word: _MARKS.get(word[1], word[1]), bare) + marks
    kept = text[:end].rstrip(" ~")
    return (kept, marks) if kept else (text, "")


def _split(sign: re.Pattern[str], text: str) -> list[str]:
    """Split a text at the matches of `sign` outside braces."""
    parts: list[str] = []
    at = 0
    for token in _outside(sign, text):
        parts.append(text[at : token.start()])
        at = token.end()
    return [*parts, text[at:]]


def _outside(sign: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of `sign` outside braces."""
    depth = 0
    for token in sign.finditer(text):
        depth = max(depth + {"{": 1, "}": -1}.get(token[0], 0), 0)
        if depth == 0 and token[0][0] not in "\\{}":
            yield token
