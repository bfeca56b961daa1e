"""Names of people and bodies, as BibTeX writes them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache

from cvbuild.diagnostics import Findings
from cvbuild.read.latex import decode
from cvbuild.read.library import Name, NameList
from cvbuild.read.texletters import with_letters
from cvbuild.record import replace
from cvbuild.source import SourceFile, Span

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


def _without_marks(text: str) -> tuple[str, str]:
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
    return re.sub(r"\\([A-Za-z]+)", lambda word: _MARKS.get(word[1], word[1]), bare)


def _without_markup(text: str) -> str:
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


# Each finds braces and escaped signs as well, for `_outside`.
_AND = re.compile(r"\\.|[{}]|(?<= )and(?= )", re.IGNORECASE)
_COMMA = re.compile(r"\\.|[{},]")
_SPACE = re.compile(r"\\.|[{}]|[\s~]+")
_LETTER = re.compile(r"\\.|[{}]|[^\W\d_]")
_SUFFIX = re.compile(r"jr\.?|sr\.?|junior|senior|i{2,3}|iv|vi{1,3}|2nd|3rd|4th", re.IGNORECASE)
_HOMONYM_NUMBER = re.compile(r"(?<=\w)[\s~]+0\d{3}$")
"""DBLP's number of one among several people of a name: `Ada Example 0001`."""
_AMPERSAND = re.compile(r"(?<=\w)\s+\\?&\s+(?=\w)")
_SEPARATED = "authors are separated by `and`"
_OTHERS = frozenset({"others", "et al.", "et al", "et alii"})


def parse_names(text: str, span: Span, findings: Findings) -> NameList:
    """The names of an author or editor field, split by BibTeX's rules: at `and` outside braces."""
    pieces = [piece.strip() for piece in _split(_AND, f" {' '.join(text.split())} ")]
    if not all(pieces) and any(pieces):
        findings.warning("bib-name", "an `and` has no name beside it", span.first_line(), "delete it")
    pieces = [piece for piece in pieces if piece]
    others = bool(pieces) and pieces[-1].casefold() in _OTHERS
    if others:
        pieces.pop()
    names = tuple(parse_name(piece, span, findings) for piece in pieces)
    return NameList(names, others, span)


def parse_name(text: str, span: Span, findings: Findings) -> Name:
    """One name, in any of BibTeX's three forms; its commas separate its parts.

    The rules are those of bibtex.web (`format.name$`) and "Tame the BeaST", 11: words in
    lower case are particles, braces hide a word's case. As in biber, a hyphen parts no words.
    """
    sound = _sound_name(str(text))
    return replace(sound, span=span) if sound else _read_name(text, span, findings)


# The same people write together again and again.
@lru_cache(maxsize=10_000)
def _sound_name(text: str) -> Name | None:
    """A name without its place; None where there is something to say of it."""
    findings = Findings()
    name = _read_name(text, Span(SourceFile("", ""), 0, 0), findings)
    return None if findings.items else name


def _read_name(text: str, span: Span, findings: Findings) -> Name:
    # As characters, since in `\\c{C}elik` the `c` would pass for the first letter, in lower case.
    text = _HOMONYM_NUMBER.sub("", with_letters(_without_markup(text)))
    parts = [_without_marks(part) for part in _split(_COMMA, text)]
    mark = "".join(found for _, found in parts)
    if _is_one_group(parts[0][0]) and len(parts) == 1:
        return Name(str(decode(parts[0][0], span, findings)), corporate=True, mark=mark, span=span)
    if "{" not in text and _AMPERSAND.search(text):
        message = f"the name `{text}` has an `&` in it; it is read as one name"
        hint = f"{_SEPARATED}; a body's name stands in braces of its own"
        findings.warning("bib-name", message, span.first_line(), hint)
    words = [[word for word in _split(_SPACE, part) if word] for part, _ in parts]
    while len(words) > 1 and not words[-1]:
        words.pop()
    if len(words) > 3 or (len(words) == 3 and len(words[1]) > 1):
        message = f"the name `{text}` is odd: too many commas; printed as typed"
        findings.warning("bib-name", message, span.first_line(), _SEPARATED)
        return Name(str(decode(text, span, findings)), corporate=True, mark=mark, span=span)
    given, particle, family, suffix = _sorted_words(words)

    def joined(some: list[str]) -> str:
        return str(decode(" ".join(some), span, findings))

    read = Name(joined(family), joined(given), joined(particle), joined(suffix), mark=mark, span=span)
    if read.family.strip():
        return read
    if read.given.strip():
        return replace(read, family=read.given, given="")
    message = f"the name `{text}` has no letters; printed as typed"
    findings.warning("bib-name", message, span.first_line(), _SEPARATED)
    return Name(text, corporate=True, mark=mark, span=span)


def _sorted_words(parts: list[list[str]]) -> tuple[list[str], list[str], list[str], list[str]]:
    """The words of given names, particle, family name and suffix, from the parts between commas."""
    first = parts[0]
    if len(parts) == 2 and len(first) > 1 and len(parts[1]) == 1 and _SUFFIX.fullmatch(parts[1][0]):
        return *_given_first(first), parts[1]  # `Neal J. Evans, II`
    if len(parts) == 1:
        return *_given_first(first), []
    split = max((at for at, word in enumerate(first[:-1], start=1) if _is_lower(word)), default=0)
    given = parts[-1]
    if not first:
        return [], [], given, parts[1] if len(parts) == 3 else []
    return given, first[:split], first[split:], parts[1] if len(parts) == 3 else []


def _given_first(words: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Given names, particle and family name of a name without commas; the last word is of the family."""
    lower = [at for at, word in enumerate(words[:-1]) if _is_lower(word)]
    start, end = (lower[0], lower[-1] + 1) if lower else (len(words[:-1]),) * 2
    return words[:start], words[start:end], words[end:]


def _is_lower(word: str) -> bool:
    """Whether a word's first letter outside braces is in lower case; scripts without case have none."""
    letters = (token[0] for token in _outside(_LETTER, word) if token[0].isalpha())
    return next(letters, "").islower()


def _split(sign: re.Pattern[str], text: str) -> list[str]:
    """What stands between the signs outside braces."""
    signs = [token.span() for token in _outside(sign, text)]
    starts = [0, *(end for _, end in signs)]
    ends = [*(start for start, _ in signs), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _outside(sign: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """The signs outside braces."""
    depth = 0
    for token in sign.finditer(text):
        depth = max(depth + {"{": 1, "}": -1}.get(token[0], 0), 0)
        if depth == 0 and token[0][0] not in "\\{}":
            yield token


def _is_one_group(text: str) -> bool:
    """Whether the whole name is one brace group, which is how bodies are written."""
    text = text.strip()
    if not (text.startswith("{") and text.endswith("}")) or text.startswith("{\\"):
        return False
    depths = itertools.accumulate({"{": 1, "}": -1}.get(char, 0) for char in text[:-1])
    return all(depths)
