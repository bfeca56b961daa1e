"""Values of BibTeX fields: operands in braces, in quotation marks, numbers or macros, joined at `#`.

The syntax is that of btxdoc, section 2, and of BibTeX's own scanner (bibtex.web,
"Scan the field's list of values").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from bibtexparser.model import Field

from cvbuild.diagnostics import Findings
from cvbuild.record import Record
from cvbuild.source import Span

# A backslash hides a delimiter, as it does in bibtexparser's splitter.
_DELIMITER = re.compile(r'(?<!\\)[{}"]')
_DELIMITED = re.compile(r'\{.*\}|".*"', re.DOTALL)
_WORD = re.compile(r'[^\s"#{}=,]*')
_HASH = re.compile(r"\s*#\s*")
_NAME = re.compile(r"[A-Za-z][^\s\"#%'(),={}]*")
_FIELD = re.compile(rf"\s*({_NAME.pattern})\s*=\s*(?=[\"{{\w])")
_FIELD_LINE = re.compile(r"(?m)^[ \t]*[A-Za-z][\w-]*[ \t]*=[ \t]*(?=[\"{\w])")
_LONGEST = 100_000
"""Maximum length of a value made of macros, in characters: each macro may double the one before."""


class Value(Record):
    """A value as typed, its operands of `#`, and the text behind them, which is empty in a sound value."""

    text: str
    operands: tuple[str, ...]
    rest: str


def read_value(text: str) -> Value:
    """Split a value, without space around it, at `#`; an operand that is never closed runs to its end."""
    operands: list[str] = []
    at = 0
    while True:
        if text.startswith(("{", '"'), at):
            end = _closing(text, at, len(text)) or len(text)
        else:
            word = _WORD.match(text, at)
            end = word.end() if word else at
        operands.append(text[at:end])
        sign = _HASH.match(text, end)
        if sign is None:
            return Value(text, tuple(operands), text[end:])
        at = sign.end()


def fields_of(typed: Iterable[Field], entry: Span) -> Iterator[tuple[str, Value, Span, bool]]:
    """Yield each field's name, value and place, and whether a comma is missing behind it.

    `typed` are bibtexparser's fields, in the order of the entry's text. bibtexparser ends a value at the
    next comma, so a value without its comma holds the following fields, too.
    """
    raw, end = entry.text, entry.text.find(",")
    for field in typed:
        name, text = field.key, str(field.value)
        equals = raw.find("=", raw.find(name, end + 1) + len(name))
        behind = raw[equals + 1 :]
        at = equals + 1 + (len(behind) - len(behind.lstrip()) if text else 0)
        end = at + len(text)
        value = read_value(raw[at:end])
        start = entry.start + at
        while swallowed := _FIELD.match(value.rest):
            length = len(value.text) - len(value.rest)
            sound = Value(value.text[:length], value.operands, "")
            yield name.lower(), sound, Span(entry.source, start, start + length), True
            name = swallowed[1]
            start += length + swallowed.end()
            value = read_value(value.rest[swallowed.end() :])
        yield name.lower(), value, Span(entry.source, start, entry.start + end), False


def joined(value: Value, macros: Mapping[str, str], span: Span, findings: Findings) -> str:
    """Return a value without its delimiters: operands joined, macros replaced."""
    text, operands = value.text, value.operands
    if value.rest.strip():
        if text[0] in '{"':  # `{A} B` or `"A "B" C"`
            delimiter = "quotation mark" if text[0] == '"' else "brace"
            message = f"this value goes on after its closing {delimiter}; all of it is printed"
            hint = "put the whole value in one pair of braces"
            findings.warning("bib-value", message, span.first_line(), hint)
            return text[1:-1].strip() if text[0] == text[-1] == '"' else text
        operands = (text,)
    if len(operands) == 1 and _DELIMITED.fullmatch(text):
        return text[1:-1].strip()
    pieces: list[str] = []
    for operand in operands:
        piece = macros.get(operand.lower())
        if _DELIMITED.fullmatch(operand):
            piece = operand[1:-1]
        elif operand.isdigit() or not operand:
            piece = operand
        elif piece is None:
            piece = operand
            code, message = "bib-value", f"`{operand}` stands without braces; printed as typed"
            hint = f"put the value in braces: `{{{operand}}}`"
            if _NAME.fullmatch(operand):
                code = "bib-undefined-macro"
                message = f"the macro `{operand}` is defined nowhere; its name is printed"
                hint = f"put the value in braces, or define it: `@string{{{operand} = {{…}}}}`"
            findings.warning(code, message, span.first_line(), hint)
        pieces.append(piece)
    whole = "".join(pieces)
    if len(whole) > _LONGEST and len(whole) > len(text):
        message = f"the macros in this value make it longer than {_LONGEST:,} characters; the rest is cut off"
        findings.warning("bib-value", message, span.first_line())
        return whole[:_LONGEST]
    return whole


def unclosed_value(entry: str) -> int | None:
    """Return the offset in a broken entry's text of the first value that runs into the next field."""
    starts = list(_FIELD_LINE.finditer(entry))
    stops = [match.start() for match in starts[1:]] + [len(entry)]
    for match, stop in zip(starts, stops, strict=False):  # without fields there is one stop and no start
        at = match.end()
        if entry[at] in '{"' and _closing(entry, at, stop) is None:
            return at
    return None


def _closing(text: str, at: int, stop: int) -> int | None:
    """Return the offset behind the delimiter that closes the one at `at`, if that is before `stop`."""
    closing = '"' if text[at] == '"' else "}"
    depth = 0
    for mark in _DELIMITER.finditer(text, at + 1, stop):
        if depth == 0 and mark[0] == closing:
            return mark.end()
        if mark[0] == "{":
            depth += 1
        elif mark[0] == "}" and depth:
            depth -= 1
    return None
