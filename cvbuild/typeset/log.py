"""What TeX wrote in its log, as diagnostics at the user's own line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.source import SourceFile, Span
from cvbuild.typeset.engine import JOB_NAME

OVERFULL_LIMIT = 1.0
"""Points (TeX's pt) by which a line may stick out without a word about it."""

# tex.web, `print_err` with -file-line-error (web2c): file:line: message, then the
# context lines of `show_context`, the first of which begins `l.NUMBER`.
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

HYPHENATION_NOTE = "cvbuild-missing-hyphenation:"
"""What the preamble writes into the log where babel lacks a language."""

# Part of TeX's message, what it means, what to do.
_MEANINGS = (
    ("Undefined control sequence", "TeX does not know the command {command}", "check its spelling"),
    ("Missing $ inserted", "a formula's command stands outside of dollars", "put the formula between `$…$`"),
    ("Extra }, or forgotten", "a closing brace has no opening one", "count the braces"),
    ("Too many }'s", "a closing brace has no opening one", "count the braces"),
    ("File ended while scanning", "a brace is opened and never closed", "count the braces"),
    ("Runaway argument", "a brace is opened and never closed", "count the braces"),
    ("Paragraph ended before", "a blank line stands inside a command's braces", "or a brace is missing"),
    ("Double superscript", "two superscripts in a row", "write `x^{a^b}` or `x^{ab}`"),
    ("Double subscript", "two subscripts in a row", "write `x_{a_b}` or `x_{ab}`"),
    ("Illegal parameter number", "a `#` that TeX takes for a parameter", r"write `\#`"),
    ("You can't use `macro parameter character #'", "a `#` that TeX takes for a parameter", r"write `\#`"),
    ("Misplaced alignment tab", "an `&` outside of a table", r"write `\&`"),
    ("Environment", "an environment that TeX does not know", "check its spelling"),
    (".sty' not found", "TeX cannot find a package: {message}", "`cvbuild doctor` says what is missing"),
    ("not found", "TeX cannot find a file: {message}", "TeX reads no files but those of its installation"),
    ("Unicode character", "pdflatex cannot print a character: {message}", "try `--engine xelatex`"),
    ("TeX capacity exceeded", "a command calls itself without end", "look at the macros in `!tex`"),
    ("Emergency stop", "TeX gave up", "look at the log"),
)  # fmt: skip


@dataclass(frozen=True)
class TexMessage:
    """An error, an overfull line or a missing character of the log; lines are 1-based."""

    kind: str
    message: str
    first_line: int | None = None
    last_line: int | None = None
    context: str = ""


def messages(log: str) -> Iterator[TexMessage]:
    """The messages worth a user's time, in the log's order."""
    lines = log.splitlines()
    quoting = False
    for at, line in enumerate(lines):
        if quoting and line.strip():
            continue  # the text of a box, which can look like anything
        quoting = line.startswith(("Overfull ", "Underfull "))
        if match := _ERROR.match(line):
            context = "\n".join(lines[at + 1 : at + 4])
            name = match["file"].removeprefix("./")
            number = int(match["line"]) if name == f"{JOB_NAME}.tex" else None
            yield TexMessage("error", match["message"], number, number, context)
        elif match := _FATAL.match(line):
            # tex.web, `fatal_error`: what stopped TeX, and only then where.
            stop = next((found for later in lines[at + 1 :] if (found := _ERROR.match(later))), None)
            number = int(stop["line"]) if stop else None
            yield TexMessage("error", match["message"], number, number, "\n".join(lines[at + 1 : at + 4]))
        elif match := _OVERFULL.match(line):
            if float(match["points"]) > OVERFULL_LIMIT:
                first = int(match["first"]) if match["first"] else None
                last = int(match["last"]) if match["last"] else first
                yield TexMessage("overfull", match["points"], first, last)
        elif match := _TOO_HIGH.match(line):
            if float(match["points"]) > OVERFULL_LIMIT:
                yield TexMessage("too-high", match["points"])
        elif line.startswith(HYPHENATION_NOTE):
            yield TexMessage("hyphenation", line.removeprefix(HYPHENATION_NOTE).strip())
        elif match := _MISSING.match(line):
            char = chr(int(match["code"], 16)) if match["code"] else match["char"]
            yield TexMessage("missing", char, context=match["font"])


def diagnostics(log: str, rendered: RenderedTex) -> list[Diagnostic]:
    """The messages of a log at the places that caused them, each once."""
    found: list[Diagnostic] = []
    missing: dict[str, str] = {}
    for message in dict.fromkeys(messages(log)):
        if message.kind == "error":
            if not (found and re.match(r"(Emergency stop| *==> Fatal error)", message.message)):
                found.append(_error(message, rendered))
        elif message.kind == "overfull":
            found.append(
                Diagnostic(
                    "overfull-line",
                    f"a line sticks out by {float(message.message):.1f} pt",
                    _span(message, rendered),
                    "warning",
                    hints=("reword it, or give a long word a place to break with a soft hyphen (U+00AD)",),
                )
            )
        elif message.kind == "too-high":
            found.append(
                Diagnostic(
                    "page-overflow",
                    f"a page holds {float(message.message):.0f} pt more than fits: text at its foot is lost",
                    hints=(
                        "an item is longer than a page and cannot be divided: shorten it, or make it two",
                    ),
                )
            )
        elif message.kind == "hyphenation":
            found.append(
                Diagnostic(
                    "missing-hyphenation",
                    f"TeX has no hyphenation for {message.message} here; words are broken as in English",
                    severity="warning",
                    hints=("install your TeX distribution's language package, such as texlive-lang-german",),
                )
            )
        else:
            missing.setdefault(message.message, message.context)
    return [*dict.fromkeys(found), *_missing(list(missing), rendered)]


def _span(message: TexMessage, rendered: RenderedTex) -> Span | None:
    if message.first_line is None:
        return None
    for item in rendered.on_lines(message.first_line, message.last_line or message.first_line):
        return item.span.first_line()
    nearest = rendered.nearest(message.first_line)
    return nearest.first_line() if nearest else None


def _error(message: TexMessage, rendered: RenderedTex) -> Diagnostic:
    text = message.message.removeprefix("LaTeX Error: ").removeprefix("Package ").rstrip(".")
    # The first line of `show_context` ends where TeX stopped: its last command is the culprit.
    read_so_far = message.context.split("\n", 1)[0]
    commands = re.findall(r"\\(?:[A-Za-z@]+|.)", read_so_far)
    command = f"`{commands[-1]}`" if commands else ""
    meaning, hint = f"TeX cannot go on: {text}", "look at the log"
    for part, sentence, advice in _MEANINGS:
        if part in message.message:
            meaning, hint = sentence.format(command=command or "here", message=text), advice
            break
    labels = []
    span = _span(message, rendered)
    if message.first_line is not None:
        line = rendered.line(message.first_line)
        generated = SourceFile(f"{JOB_NAME}.tex", "\n" * (message.first_line - 1) + line)
        labels.append(Label(generated.span_of_line(message.first_line - 1), f"TeX says: {text}"))
    return Diagnostic("tex-error", meaning, span, "error", tuple(labels), (hint,))


def _missing(characters: list[str], rendered: RenderedTex) -> list[Diagnostic]:
    """One diagnostic for each text with characters that its font lacks."""
    found: list[Diagnostic] = []
    placed: set[str] = set()
    for item in rendered.mapped:
        here = [char for char in characters if char in item.span.text]
        if not here:
            continue
        placed.update(here)
        at = min(item.span.text.index(char) for char in here)
        start = item.span.start + at
        span = Span(item.span.source, start, start + 1)
        if not any(other.span == span for other in found):
            found.append(_hole(here, span))
    if rest := [char for char in characters if char not in placed]:
        found.append(_hole(rest, None))
    return found


def _hole(characters: list[str], span: Span | None) -> Diagnostic:
    listed = ", ".join(f"{char} (U+{ord(char):04X})" if len(char) == 1 else char for char in characters[:8])
    more = f" and {len(characters) - 8} more" if len(characters) > 8 else ""
    return Diagnostic(
        "missing-character",
        f"the theme's font does not have {listed}{more}: there would be a hole in the page",
        span,
        hints=("write it in another way, or give your project a theme whose font has it",),
    )
