"""What TeX wrote in its log, message by message."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from cvbuild.record import Record
from cvbuild.typeset.engine import JOB_NAME

OVERFULL_LIMIT = 2.0
"""Points (TeX's pt) by which a line may stick out without a word about it."""

HYPHENATION_NOTE = "cvbuild-missing-hyphenation:"
"""What the preamble writes into the log where babel lacks a language."""

# tex.web, `print_err` with -file-line-error (web2c): file:line: message, then the
# context lines of `show_context`, the last of which begins `l.NUMBER`.
_ERROR = re.compile(r"^(?P<file>[^\s:\\]+\.\w+):(?P<line>\d+): (?P<message>.+)$")
_FATAL = re.compile(r"^! (?P<message>.+)$")
# tex.web, `hpack`: "Overfull \hbox (" … "pt too wide) in paragraph at lines A--B".
_OVERFULL = re.compile(
    r"^Overfull \\hbox \((?P<points>[\d.]+)pt too wide\).*?(?:at lines? (?P<first>\d+)(?:--(?P<last>\d+))?)?$"
)
# tex.web, `vpack`: the box of a page that holds more than fits.
_TOO_HIGH = re.compile(r"^Overfull \\vbox \((?P<points>[\d.]+)pt too high\) has occurred while \\output")
# tex.web, `char_warning`: "Missing character: There is no X in font F!"; engines
# with Unicode add the code point in brackets.
_MISSING = re.compile(
    r"^Missing character: There is no (?P<char>.+?)(?: \(U\+(?P<code>[0-9A-F]+)\))? in font (?P<font>.+?)!"
)
# ltxref.dtx, `\@setref`, and ltbibl.dtx, `\@citex`.
_UNDEFINED = re.compile(
    r"^LaTeX Warning: (?P<what>Reference|Citation|Hyper reference) [`'](?P<name>.+?)'"
    r"(?: on page \S+)? undefined on input line (?P<line>\d+)"
)
# ltxref.dtx, `\@newl@bel`.
_TWICE = re.compile(r"^LaTeX Warning: Label [`'](?P<name>.+?)' multiply defined")

STOPS = re.compile(r"(?:Emergency stop| *==> Fatal error|That makes 100 errors|Interruption)")
"""How the message begins with which TeX ends, after what it has said before."""

# tex.web, `show_context`: the line of the file; an argument or another list of tokens;
# or a macro's text. Each is cut where TeX stands, and the rest follows on the next line.
_LINE = re.compile(r"^l\.(?P<line>\d+) (?P<read>.*)$")
_TOKENS = re.compile(r"^<(?P<what>[a-z ]+)> (?P<read>.*)$")
_MACRO = re.compile(r"^(?P<name>\\(?:[A-Za-z@:_]+|.)) (?:[^>]*?->|\.\.\.)(?P<read>.*)$")
_MOST_CONTEXT = 400


class TexMessage(Record):
    """A message of the log worth a user's time; lines are 1-based and of the document."""

    kind: str
    message: str
    first_line: int | None = None
    last_line: int | None = None
    context: str = ""


class Level(Record):
    """What TeX was reading, of a file, an argument or a macro: up to where it stood, and from there.

    `name` is the macro's, with its backslash.
    """

    kind: Literal["line", "argument", "macro"]
    read: str
    rest: str
    name: str = ""


def levels(context: str) -> list[Level]:
    """The levels of an error's context, innermost first."""
    found: list[Level] = []
    lines = context.split("\n")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        rest = following.strip()
        if match := _LINE.match(line):
            found.append(Level("line", match["read"], rest))
        elif match := _TOKENS.match(line):
            if match["what"] == "argument":
                found.append(Level("argument", match["read"], rest))
        elif match := _MACRO.match(line):
            found.append(Level("macro", match["read"], rest, match["name"]))
    return found


def messages(log: str) -> Iterator[TexMessage]:
    """The messages worth a user's time, in the log's order."""
    lines = log.splitlines()
    quoting = False
    beyond = 0
    for at, line in enumerate(lines):
        if at < beyond or (quoting and line.strip()):
            continue  # the context of an error, or the text of a box, which can look like anything
        quoting = line.startswith(("Overfull ", "Underfull "))
        if match := _ERROR.match(line):
            context, beyond = _context(lines, at)
            name = match["file"].removeprefix("./")
            number = int(match["line"]) if name == f"{JOB_NAME}.tex" else None
            yield TexMessage("error", match["message"], number, number, context)
        elif match := _FATAL.match(line):
            # tex.web, `fatal_error`: what stopped TeX, and only then where. Tectonic
            # names no file; whether the line is the document's is seen from its text.
            context, beyond = _context(lines, at)
            place = re.search(r"(?m)^l\.(\d+) ", context)
            number = int(place[1]) if place else None
            yield TexMessage("error", match["message"], number, number, context)
        else:
            yield from _remark(line, lines[at + 1] if at + 1 < len(lines) else "")


def _context(lines: Sequence[str], at: int) -> tuple[str, int]:
    """What follows an error's first line, up to the line of the file where TeX stood; and where it ends."""
    found: list[str] = []
    for number in range(at + 1, min(at + _MOST_CONTEXT, len(lines))):
        line = lines[number]
        another = _ERROR.match(line) or _FATAL.match(line)
        # A macro that holds a message is no message: it has its parameters in it.
        if another and not STOPS.match(another["message"]) and "#" not in another["message"]:
            break
        found.append(line)
        if _LINE.match(line):
            found.extend(lines[number + 1 : number + 2])
            return "\n".join(found), number + 1
    return "\n".join(found), at + 1


def _remark(line: str, following: str) -> Iterator[TexMessage]:
    """What is not an error, but worth a user's time."""
    if match := _OVERFULL.match(line):
        if float(match["points"]) > OVERFULL_LIMIT:
            first = int(match["first"]) if match["first"] else None
            last = int(match["last"]) if match["last"] else first
            yield TexMessage("overfull", match["points"], first, last, following)
    elif match := _TOO_HIGH.match(line):
        if float(match["points"]) > OVERFULL_LIMIT:
            yield TexMessage("too-high", match["points"])
    elif line.startswith(HYPHENATION_NOTE):
        yield TexMessage("hyphenation", line.removeprefix(HYPHENATION_NOTE).strip())
    elif match := _MISSING.match(line):
        char = chr(int(match["code"], 16)) if match["code"] else match["char"]
        yield TexMessage("missing", char, context=match["font"])
    elif match := _UNDEFINED.match(line):
        number = int(match["line"])
        kind = "citation" if match["what"] == "Citation" else "reference"
        yield TexMessage(kind, match["name"], number, number)
    elif match := _TWICE.match(line):
        yield TexMessage("label", match["name"])
