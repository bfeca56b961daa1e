"""Values of BibTeX fields: what is in braces, in quotation marks, a number or a macro, joined at `#`.

The syntax is that of btxdoc, section 2, and of BibTeX's own scanner (bibtex.web,
"Scan the field's list of values").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from cvbuild.diagnostics import Findings
from cvbuild.source import Span

# A backslash hides a delimiter, as it does in bibtexparser's splitter.
_DELIMITER = re.compile(r'(?<!\\)[{}"]')
_WORD = re.compile(r'[^\s"#{}=,]*')
_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"[A-Za-z][^\s\"#%'(),={}]*")
_FIELD = re.compile(r"\s*(" + _NAME.pattern + r")\s*=\s*(?=[\"{\w])")
_FIELD_LINE = re.compile(r"(?m)^[ \t]*[A-Za-z][\w-]*[ \t]*=[ \t]*(?=[\"{\w])")
_LONGEST = 100_000
"""Characters of a value made of macros: each may double the one before."""


# Of each value it is asked twice, where it ends and what it is.
@lru_cache(maxsize=1)
def read_value(text: str, at: int = 0) -> tuple[tuple[str, ...], int]:
    """The operands of `#` from an offset on, as typed, and the offset where the value ends.

    An operand that is never closed runs to the end of the text.
    """
    operands = []
    while True:
        start = _behind(_SPACE, text, at)
        end = _operand_end(text, start)
        operands.append(text[start:end].rstrip())
        at = _behind(_SPACE, text, end)
        if not text.startswith("#", at):
            return tuple(operands), end
        at += 1


def swallowed_field(value: str) -> re.Match[str] | None:
    """The `name =` that follows a complete value because the comma between the two is missing."""
    _, end = read_value(value)
    return _FIELD.match(value, end)


def unclosed_value(entry: str) -> int | None:
    """The offset in a broken entry's text of the first value that runs into the next field."""
    starts = list(_FIELD_LINE.finditer(entry))
    stops = [match.start() for match in starts[1:]] + [len(entry)]
    for match, stop in zip(starts, stops, strict=False):  # no fields, no stop but the end
        at = match.end()
        if entry[at] in '{"' and _closing(entry, at, stop) is None:
            return at
    return None


def joined(value: str, strings: Mapping[str, str], span: Span, findings: Findings) -> str:
    """A value without its delimiters: operands joined, macros replaced."""
    operands, end = read_value(value)
    if value[end:].strip():
        if value[0] in '{"':
            return _with_text_outside(value, span, findings)
        operands = (value,)
    if len(operands) == 1 and _is_delimited(value):
        return value[1:-1].strip()
    whole = "".join(_replaced(operand, strings, span, findings) for operand in operands)
    if len(whole) > _LONGEST and len(whole) > len(value):
        message = f"the macros in this value make it longer than {_LONGEST:,} characters; the rest is cut off"
        findings.warning("bib-value", message, span.first_line())
        return whole[:_LONGEST]
    return whole


def _replaced(operand: str, strings: Mapping[str, str], span: Span, findings: Findings) -> str:
    if _is_delimited(operand):
        return operand[1:-1]
    if operand.isdigit() or not operand:
        return operand
    if operand.lower() in strings:
        return strings[operand.lower()]
    if _NAME.fullmatch(operand):
        message = f"the macro `{operand}` is defined nowhere; its name is printed"
        hint = f"put the value in braces, or define it: `@string{{{operand} = {{…}}}}`"
        findings.warning("bib-undefined-macro", message, span.first_line(), hint)
    else:
        message = f"`{operand}` stands without braces; printed as typed"
        findings.warning("bib-value", message, span.first_line(), f"put the value in braces: `{{{operand}}}`")
    return operand


def _with_text_outside(value: str, span: Span, findings: Findings) -> str:
    """A value such as `{A} B` or `"A "B" C"`: all of it is kept."""
    delimiter = "quotation mark" if value[0] == '"' else "brace"
    message = f"this value goes on after its closing {delimiter}; all of it is printed"
    findings.warning("bib-value", message, span.first_line(), "put the whole value in one pair of braces")
    return value[1:-1].strip() if value[0] == value[-1] == '"' else value


def _is_delimited(operand: str) -> bool:
    return len(operand) >= 2 and (operand[0], operand[-1]) in {("{", "}"), ('"', '"')}


def _operand_end(text: str, at: int) -> int:
    if text.startswith(("{", '"'), at):
        end = _closing(text, at)
        return len(text) if end is None else end
    return _behind(_WORD, text, at)


def _behind(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _closing(text: str, at: int, stop: int | None = None) -> int | None:
    """The offset behind the delimiter that closes the one at `at`, before `stop`."""
    quoted = text[at] == '"'
    depth = 0
    for mark in _DELIMITER.finditer(text, at + 1, len(text) if stop is None else stop):
        if mark[0] == "{":
            depth += 1
        elif mark[0] == "}" and depth:
            depth -= 1
        elif depth == 0 and mark[0] == ('"' if quoted else "}"):
            return mark.end()
    return None
