"""Slips that people make in BibTeX files, recognised and put in words.

bibtexparser goes on after them as best it can; here is found what it went over,
so that nothing is left out without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cvbuild.diagnostics import Label
from cvbuild.read.bibtex_values import unclosed_value
from cvbuild.source import Span

# Entry types of BibTeX (btxdoc, section 3.1) and biblatex (manual, section 2.1).
TYPES = """article artwork audio bibnote book bookinbook booklet collection commentary conference dataset
    electronic image inbook incollection inproceedings inreference jurisdiction legal legislation letter
    manual mastersthesis misc movie music mvbook mvcollection mvproceedings mvreference online patent
    performance periodical phdthesis proceedings reference report review set software standard
    suppbook suppcollection suppperiodical techreport thesis unpublished video www xdata""".split()
"""The names of entry types."""
_UNREADABLE_ENTRY = re.compile(r"\s*@(?!comment\b)(?:\w|\s*[^\s{(@]+\s*[{(])", re.IGNORECASE)
# Any word may be a misspelled type where the line ends behind the key.
_ENTRY_WITHOUT_SIGN = re.compile(
    rf"\s*(?:(?:{'|'.join(TYPES)})\s*[{{(]\s*[^\s,={{}}()]+\s*,|[a-z]+\s*\{{\s*[^\s,={{}}()]+\s*,\s*$)",
    re.IGNORECASE,
)
# A line that can only be the beginning of an entry, though it lies within another.
_SWALLOWED = re.compile(
    rf"(?im)^[ \t]*(?:@(?:{'|'.join(TYPES)})[ \t]+|(?:{'|'.join(TYPES)})[ \t]*[{{(])"
    r"[^\s,={}()]+[ \t]*,[ \t\r]*$"
)
_NOT_CLOSED = "the next entry begins before this one is closed (a missing brace or quotation mark)"
_ASSIGNMENT = re.compile(r"(?<![\w-])[A-Za-z][\w-]*\s*=\s*[\"{\w]")
_BLOCK_LINE = re.compile(r"\n[ \t]*@")
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
# On the line of the entry's end, or as a field in lines of its own.
_REST = re.compile(rf"[ \t]*[^\s@%]|\s*(?={_ASSIGNMENT.pattern})")
_BRACE = re.compile(r"(?<!\\)[{}]")
_OPENING_BRACE = re.compile(r"[^\n{(,=]*\{")


def reason_of(error: Exception, raw: str) -> str:
    """Why bibtexparser gave an entry up, in words that help; `raw` is the text up to that place."""
    message = str(getattr(error, "abort_reason", error)).strip().rstrip(".")
    if "end of file" in message:
        at = unclosed_value(raw)
        quoted = at is not None and raw[at] == '"'
        return f"the file ends before its closing {'quotation mark' if quoted else 'brace'}"
    if "Unexpected block start" in message or "but found `@" in message:
        return _NOT_CLOSED
    if "but found `,`" in message and raw.rstrip().endswith(","):
        return "two commas follow each other"
    if "Expected a `=` after entry key" in message or "Expected either a `,`" in message:
        return "a comma or an equals sign is missing between two fields"
    if "Expected equals sign after field key" in message:
        return "the equals sign behind its name is missing"
    if "Expected comma after entry key" in message:
        return "the comma after its key is missing"
    return message[:1].lower() + message[1:]


def reason_swallowing(entry: Span) -> str | None:
    """Why an entry that seems sound is none: another one begins within it."""
    second_line = entry.source.text.find("\n", entry.start, entry.end)
    swallowed = second_line >= 0 and _SWALLOWED.search(entry.source.text, second_line, entry.end)
    return _NOT_CLOSED if swallowed else None


def culprit_of(error: Exception | None, span: Span) -> Iterator[Label]:
    """The place within a broken entry that is to be looked at, where one can be named."""
    raw = span.text
    message = str(getattr(error, "abort_reason", error))
    if (at := unclosed_value(raw)) is not None:
        yield Label(Span(span.source, span.start + at, span.end).first_line(), "not closed")
    elif "Expected a `=`" in message and "but found `@" not in message:
        end = len(raw.rstrip(" \t\r\n)}" if "end of the entry" in message else None))
        start = max(raw.rfind(",", 0, end), raw.rfind("\n", 0, end)) + 1
        start = min(start, end - 1)  # of two commas, the first
        start += len(raw[start:end]) - len(raw[start:end].lstrip())
        yield Label(Span(span.source, span.start + start, span.start + end), "here")


def end_of_rest(text: str, start: int, stop: int) -> int:
    """Where the fields end that follow an entry: a closing brace too many cut them off.

    It is `start` where there are none, as after every sound entry. `stop` is where the next
    block begins.
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
    """Where a broken entry ends: at the brace that closes it, or where the next one seems to begin.

    `block` is what was read of it, its first line at least; `stop` is where the next block begins.
    """
    text = block.source.text
    next_block = _BLOCK_LINE.search(text, max(block.start, block.end - 1), stop)
    stop = next_block.start() if next_block else stop
    second_line = min(block.first_line().end, stop)
    lost = next(lost_entries(Span(block.source, second_line, stop)), None)
    stop = lost[0].start if lost else stop
    in_braces = _OPENING_BRACE.match(text, block.start, stop) is not None
    depth = 0 if in_braces else 1
    for brace in _BRACE.finditer(text, block.start, stop):
        depth += 1 if brace[0] == "{" else -1
        if depth <= 0 and brace.end() >= block.end:
            return brace.end()
    # Never closed: the paragraphs of text behind its last field are none of it.
    at, end = second_line, second_line
    for paragraph in _BLANK_LINE.finditer(text, second_line, stop):
        end = paragraph.start() if _ASSIGNMENT.search(text, at, paragraph.start()) or end == at else end
        at = paragraph.end()
    end = stop if _ASSIGNMENT.search(text, at, stop) or at == second_line else end
    return block.start + len(text[block.start : end].rstrip())


def lost_entries(comment: Span) -> Iterator[tuple[Span, str]]:
    """Lines between entries that look like the beginning of one, and what keeps them from being it.

    Any text may stand between entries, as a comment.
    """
    at = comment.start
    for line in comment.text.splitlines(keepends=True):
        indent = len(line) - len(line.lstrip())
        place = Span(comment.source, at + indent, at + max(indent, len(line.rstrip())))
        at += len(line)
        if _UNREADABLE_ENTRY.match(line):
            yield place, "this looks like an entry, but cannot be read as one"
        elif _ENTRY_WITHOUT_SIGN.match(line):
            yield place, "this looks like an entry without its `@`, and is not read"


def is_behind_percent(entry: Span, earliest: int) -> bool:
    """Whether a `%` stands before an entry on its line, after what was read before."""
    text = entry.source.text
    line = text.rfind("\n", earliest, entry.start)
    return "%" in text[max(line, earliest) : entry.start]


def is_behind_percents(entry: str) -> bool:
    """Whether an entry of several lines goes on behind a `%` on each of them."""
    lines = [line.lstrip() for line in entry.splitlines()[1:] if line.strip()]
    return bool(lines) and all(line.startswith("%") for line in lines)
