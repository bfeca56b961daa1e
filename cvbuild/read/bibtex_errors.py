"""Find entries that bibtexparser skips without a message, and explain why an entry cannot be read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cvbuild.diagnostics import Label
from cvbuild.source import Span

TYPES = """article artwork audio bibnote book bookinbook booklet collection commentary conference dataset
    electronic image inbook incollection inproceedings inreference jurisdiction legal legislation letter
    manual mastersthesis misc movie music mvbook mvcollection mvproceedings mvreference online patent
    performance periodical phdthesis proceedings reference report review set software standard
    suppbook suppcollection suppperiodical techreport thesis unpublished video www xdata""".split()
"""Entry types of BibTeX (btxdoc, section 3.1) and biblatex (manual, section 2.1)."""
_UNREADABLE_ENTRY = re.compile(r"\s*@(?!comment\b)(?:\w|\s*[^\s{(@]+\s*[{(])", re.IGNORECASE)
# Any word counts as a misspelled type if the line ends after the key.
_ENTRY_WITHOUT_SIGN = re.compile(
    rf"\s*(?:(?:{'|'.join(TYPES)})\s*[{{(]\s*[^\s,={{}}()]+\s*,|[a-z]+\s*\{{\s*[^\s,={{}}()]+\s*,\s*$)",
    re.IGNORECASE,
)
_SWALLOWED_ENTRY = re.compile(
    rf"(?im)^[ \t]*(?:@(?:{'|'.join(TYPES)})[ \t]+|(?:{'|'.join(TYPES)})[ \t]*[{{(])"
    r"[^\s,={}()]+[ \t]*,[ \t\r]*$"
)
"""Matches a line within an entry that can only be the beginning of another entry."""
_NOT_CLOSED = "the next entry begins before this one is closed (a missing brace or quotation mark)"
_ASSIGNMENT = re.compile(r"(?<![\w-])[A-Za-z][\w-]*\s*=\s*[\"{\w]")
_BLOCK_LINE = re.compile(r"\n[ \t]*@")
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
# Text after an entry's end on the same line, or a field on the lines below.
_REST = re.compile(rf"[ \t]*[^\s@%]|\s*(?={_ASSIGNMENT.pattern})")
_BRACE = re.compile(r"(?<!\\)[{}]")
# A backslash escapes a delimiter, as in bibtexparser's splitter.
_DELIMITER = re.compile(r'(?<!\\)[{}"]')
_FIELD_LINE = re.compile(r"(?m)^[ \t]*[A-Za-z][\w-]*[ \t]*=[ \t]*(?=[\"{\w])")
_OPENING_BRACE = re.compile(r"[^\n{(,=]*\{")

_REASONS = (
    ("Unexpected block start|but found `@", _NOT_CLOSED),
    ("but found `,`,$", "two commas follow each other"),
    ("Expected (a `=` after entry|either a `,`)", "a comma or an equals sign is missing between two fields"),
    ("Expected equals sign after field key", "the equals sign behind its name is missing"),
    ("Expected comma after entry key", "the comma after its key is missing"),
)
"""Patterns for bibtexparser's message plus the last character it read, each with the reason to report."""


def slip_in(block: Span, error: Exception | None) -> tuple[str, tuple[Label, ...]] | None:
    """Return why an entry cannot be read, and a label at the slip if its place is known.

    `error` is bibtexparser's. If it is None, return None unless another entry begins within this one.
    """
    source, raw = block.source, block.text
    unclosed = unclosed_value(raw)
    labels: tuple[Label, ...] = ()
    if unclosed is not None:
        labels = (Label(Span(source, block.start + unclosed, block.end).first_line(), "not closed"),)
    if error is None:
        second_line = source.text.find("\n", block.start, block.end)
        is_swallowing = second_line >= 0 and _SWALLOWED_ENTRY.search(source.text, second_line, block.end)
        return (_NOT_CLOSED, labels) if is_swallowing else None
    message = str(getattr(error, "abort_reason", error)).strip().rstrip(".")
    if not labels and "Expected a `=`" in message and "but found `@" not in message:
        end = len(raw.rstrip(" \t\r\n)}" if "end of the entry" in message else None))
        start = max(raw.rfind(",", 0, end), raw.rfind("\n", 0, end)) + 1
        start = min(start, end - 1)  # if two commas follow each other, mark the first
        start += len(raw[start:end]) - len(raw[start:end].lstrip())
        labels = (Label(Span(source, block.start + start, block.start + end), "here"),)
    if "end of file" in message:
        is_quoted = unclosed is not None and raw[unclosed] == '"'
        return f"the file ends before its closing {'quotation mark' if is_quoted else 'brace'}", labels
    said = message + raw.rstrip()[-1:]
    fitting = (reason for pattern, reason in _REASONS if re.search(pattern, said))
    return next(fitting, message[:1].lower() + message[1:]), labels


def unclosed_value(entry: str) -> int | None:
    """Return the offset in a broken entry's text of the first value that runs into the next field."""
    starts = list(_FIELD_LINE.finditer(entry))
    stops = [match.start() for match in starts[1:]] + [len(entry)]
    for match, stop in zip(starts, stops, strict=False):  # without fields: one stop, no start
        at = match.end()
        if entry[at] in '{"' and closing_of(entry, at, stop) is None:
            return at
    return None


def closing_of(text: str, at: int, stop: int) -> int | None:
    """Return the offset after the delimiter that closes the one at `at`; None if none does before `stop`."""
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


def end_of_rest(text: str, start: int, stop: int) -> int:
    """Return the end of the fields that follow an entry because an extra closing brace ended it too early.

    Return `start` if no fields follow, as after a well-formed entry. The next block begins at `stop`.
    """
    begins = _REST.match(text, start, stop)
    if not begins:
        return start
    next_block = _BLOCK_LINE.search(text, start, stop)
    stop = next_block.start() if next_block else stop
    depth = end = 0
    for brace in _BRACE.finditer(text, start, stop):
        depth += 1 if brace[0] == "{" else -1
        if depth < 0:
            depth, end = 0, brace.end()
    if end and begins[0].endswith((",", "{", '"')) and re.search(r"\w", text[start:end]):
        return end
    paragraph = _BLANK_LINE.search(text, start, stop)
    end = end or (paragraph.start() if paragraph else stop)
    return end if _ASSIGNMENT.search(text, start, end) else start


def end_of_broken(block: Span, stop: int) -> int:
    """Return the end of a broken entry: its closing brace, or where the next entry seems to begin.

    `block` is the part that bibtexparser read, at least the first line. The next block begins at `stop`.
    """
    text = block.source.text
    next_block = _BLOCK_LINE.search(text, max(block.start, block.end - 1), stop)
    stop = next_block.start() if next_block else stop
    second_line = min(block.first_line().end, stop)
    lost = next(lost_entries(Span(block.source, second_line, stop)), None)
    stop = lost[0].start if lost else stop
    in_braces = _OPENING_BRACE.match(text, block.start, stop) is not None
    depth = 0 if in_braces else 1  # a missing opening brace counts as read
    for brace in _BRACE.finditer(text, block.start, stop):
        depth += 1 if brace[0] == "{" else -1
        if depth <= 0 and brace.end() >= block.end:
            return brace.end()
    # Never closed: the entry ends before the first paragraph of text after its last field.
    at, end = second_line, second_line
    for paragraph in _BLANK_LINE.finditer(text, second_line, stop):
        end = paragraph.start() if _ASSIGNMENT.search(text, at, paragraph.start()) or end == at else end
        at = paragraph.end()
    end = stop if _ASSIGNMENT.search(text, at, stop) or at == second_line else end
    return block.start + len(text[block.start : end].rstrip())


def lost_entries(comment: Span) -> Iterator[tuple[Span, str]]:
    """Yield each line of a comment (text between entries) that looks like an entry, with its problem."""
    at = comment.start
    for line in comment.text.splitlines(keepends=True):
        indent = len(line) - len(line.lstrip())
        place = Span(comment.source, at + indent, at + max(indent, len(line.rstrip())))
        at += len(line)
        if _UNREADABLE_ENTRY.match(line):
            yield place, "this looks like an entry, but cannot be read as one"
        elif _ENTRY_WITHOUT_SIGN.match(line):
            yield place, "this looks like an entry without its `@`, and is not read"
