"""Parse TeX's log into messages, and report its warnings as diagnostics at the user's line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from cvbuild.diagnostics import Diagnostic, Label, Severity
from cvbuild.record import Record
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.source import Span
from cvbuild.typeset.engine import JOB_NAME
from cvbuild.typeset.texlive import collection_for

OVERFULL_LIMIT = 2.0
"""Maximum excess of a line or page that is not reported, in TeX's points (pt, 1/72.27 inch)."""
HYPHENATION_NOTE = "cvbuild-missing-hyphenation:"
"""The beginning of the line that the preamble logs for a language without hyphenation patterns."""

# tex.web, `print_err` with -file-line-error (web2c): file:line: message, then the
# context lines of `show_context`, the last of which begins `l.NUMBER`.
_ERROR = re.compile(r"^(?P<file>[^\s:\\]+\.\w+):(?P<line>\d+): (?P<message>.+)$")
_FATAL = re.compile(r"^! (?P<message>.+)$")
_UNDEFINED = r"[`'](?P<what>.+?)'(?: on page \S+)? undefined on input line (?P<first>\d+)"
_REMARKS = {
    # tex.web, `hpack`: "Overfull \hbox (" … "pt too wide) in paragraph at lines A--B".
    "overfull": r"Overfull \\hbox \((?P<what>[\d.]+)pt too wide\)"
    r".*?(?:at lines? (?P<first>\d+)(?:--(?P<last>\d+))?)?$",
    # tex.web, `vpack`: the contents of a page are higher than the page.
    "too-high": r"Overfull \\vbox \((?P<what>[\d.]+)pt too high\) has occurred while \\output",
    "hyphenation": rf"{HYPHENATION_NOTE}\s*(?P<what>.*?)\s*$",
    # tex.web, `char_warning`; engines with Unicode add the code point in brackets.
    "missing": r"Missing character: There is no (?P<what>.+?)(?: \(U\+(?P<code>[0-9A-F]+)\))?"
    r" in font (?P<font>.+?)!",
    # ltbibl.dtx, `\@citex`; ltxref.dtx, `\@setref` and `\@newl@bel`.
    "citation": rf"LaTeX Warning: Citation {_UNDEFINED}",
    "reference": rf"LaTeX Warning: (?:Reference|Hyper reference) {_UNDEFINED}",
    "label": r"LaTeX Warning: Label [`'](?P<what>.+?)' multiply defined",
}
"""Patterns of messages that are not errors, by kind."""
_REMARK = {kind: re.compile(pattern) for kind, pattern in _REMARKS.items()}
STOPS = re.compile(r"(?:Emergency stop| *==> Fatal error|That makes 100 errors|Interruption)")
"""The beginning of TeX's last message, which follows the messages that give the reason."""

# tex.web, `show_context`: the line of the file; an argument or another list of tokens; or a
# macro's text. TeX breaks the line at its position, and prints the rest on the next line.
_LINE = re.compile(r"^l\.(?P<line>\d+) (?P<read>.*)$")
_TOKENS = re.compile(r"^<(?P<what>[a-z ]+)> (?P<read>.*)$")
_MACRO = re.compile(r"^(?P<name>\\(?:[A-Za-z@:_]+|.)) (?:[^>]*?->|\.\.\.)(?P<read>.*)$")
_MOST_CONTEXT = 400
"""Maximum number of lines of an error's context."""

# TeX prints this line last, so no document can forge it (tex.web, section 642).
_WRITTEN = re.compile(rf"^Output written on {JOB_NAME}\.pdf \((\d+) pages?[,)]", re.MULTILINE)
_END_BYTES = 1 << 16
"""Length of the end of a log that is searched for that line, in bytes."""
_MOST_SUSPECTS = 4
"""Maximum number of possible places in a diagnostic whose place is unknown."""


class TexMessage(Record):
    """A message of the log that is worth reporting; lines (1-based) are those of the document."""

    kind: str
    message: str
    first_line: int | None = None
    last_line: int | None = None
    context: str = ""


class Level(Record):
    """A line, an argument or a macro (`\\name`) that TeX was reading: the `read` part, and the `rest`."""

    kind: Literal["line", "argument", "macro"]
    read: str
    rest: str
    name: str = ""


def pages_written(log: Path) -> int | None:
    """Return the number of pages from the end of a log; None if the log lacks it."""
    if not log.is_file():
        return None
    with log.open("rb") as file:
        file.seek(max(file.seek(0, 2) - _END_BYTES, 0))
        written = _WRITTEN.findall(file.read().decode("utf-8", "replace"))
    return int(written[-1]) if written else None


def levels(context: str) -> list[Level]:
    """Return the levels of an error's context, innermost first."""
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
    """Yield the messages worth reporting, in the order of the log."""
    lines = log.splitlines()
    is_quoting = False
    beyond = 0
    for at, line in enumerate(lines):
        if at < beyond or (is_quoting and line.strip()):
            continue  # an error's context or a box's text may look like a message
        is_quoting = line.startswith(("Overfull ", "Underfull "))
        if match := _ERROR.match(line) or _FATAL.match(line):
            context, beyond = _context(lines, at)
            # tex.web, `fatal_error`: the reason comes first, then the place. Tectonic names no file;
            # the locator compares the line's text with the document later.
            place = match if match.re is _ERROR else re.search(r"(?m)^l\.(?P<line>\d+) ", context)
            is_ours = match.re is _FATAL or match["file"].removeprefix("./") == f"{JOB_NAME}.tex"
            number = int(place["line"]) if place and is_ours else None
            yield TexMessage("error", match["message"], number, number, context)
        elif line.startswith(("Overfull ", "Missing ", "LaTeX Warning: ", HYPHENATION_NOTE)):
            yield from _remark(line, lines[at + 1] if at + 1 < len(lines) else "")


def _context(lines: Sequence[str], at: int) -> tuple[str, int]:
    """Return the context after an error's first line, up to the line `l.NUMBER`, and the context's end."""
    found: list[str] = []
    for number in range(at + 1, min(at + _MOST_CONTEXT, len(lines))):
        line = lines[number]
        another = _ERROR.match(line) or _FATAL.match(line)
        # A line with a parameter such as `#1` is a macro's text, even if it looks like a message.
        if another and not STOPS.match(another["message"]) and "#" not in another["message"]:
            break
        found.append(line)
        if _LINE.match(line):
            found.extend(lines[number + 1 : number + 2])
            return "\n".join(found), number + 1
    return "\n".join(found), at + 1


def _remark(line: str, following: str) -> Iterator[TexMessage]:
    """Yield the message of a line that is not an error, if the line matches a kind."""
    for kind, pattern in _REMARK.items():
        if match := pattern.match(line):
            found = match.groupdict()
            said, first = match["what"], found.get("first")
            last = found.get("last") or first
            said = chr(int(found["code"], 16)) if found.get("code") else said
            if kind not in {"overfull", "too-high"} or float(said) > OVERFULL_LIMIT:
                start, end = (int(number) if number else None for number in (first, last))
                context = following if kind == "overfull" else found.get("font") or ""
                yield TexMessage(kind, said, start, end, context)
            return


def as_diagnostic(message: TexMessage, rendered: RenderedTex) -> Diagnostic:
    """Return a diagnostic for a message; errors and missing characters are handled elsewhere."""
    said = message.message
    severity: Severity = "warning"
    span: Span | None = None
    match message.kind:
        case "overfull":
            code, text = "overfull-line", f"a line sticks out by {float(said):.1f} pt"
            span = _span_of_box(message, rendered)
            hint = "reword it, or give a long word a place to break with a soft hyphen (U+00AD)"
        case "too-high":
            code, severity = "page-overflow", "error"
            text = f"a page holds {float(said):.0f} pt more than fits: text at its foot is lost"
            hint = "an item is longer than a page and cannot be divided: shorten it, or make it two"
        case "hyphenation":
            code = "missing-hyphenation"
            text = f"TeX has no hyphenation for {said} here; words are broken as in English"
            hint = "install your TeX distribution's package for that language, if there is one"
            if collection := collection_for(said):
                hint = (
                    f"`cvbuild doctor --install` installs it: TeX Live's `collection-lang{collection}`,"
                    f" Debian's `texlive-lang-{collection}`"
                )
        case "label":
            code, span = "duplicate-label", _span_of_command(rendered, "label", said)
            text = f"the label `{said}` is set twice; references lead to the last one"
            hint = "give each `\\label` a name of its own"
        case "citation":
            code, span = "undefined-citation", _span_of_command(rendered, "cite", said)
            text = f"nothing is called `{said}`, and a question mark is printed instead"
            hint = "the list of publications is no bibliography of LaTeX's: write the citation as text"
        case _:
            code, span = "undefined-reference", _span_of_command(rendered, r"\w*ref", said)
            text = f"nothing is called `{said}`, and two question marks are printed instead"
            hint = "name a `\\label` that is set in this variant"
    return Diagnostic(code, text, span, severity, hints=(hint,))


def _span_of_command(rendered: RenderedTex, command: str, name: str) -> Span | None:
    """Return the last use of a command with a name in its argument in the user's raw TeX."""
    pattern = re.compile(
        rf"\\{command}(?:\[[^\]]*\])?\{{[^}}]*(?<![\w:.-]){re.escape(name)}(?![\w:.-])[^}}]*\}}"
    )
    for item in reversed(rendered.mapped):
        if item.kind == "tex" and (found := list(pattern.finditer(item.span.text))):
            start = item.span.start
            return Span(item.span.source, start + found[-1].start(), start + found[-1].end())
    return None


def _span_of_box(message: TexMessage, rendered: RenderedTex) -> Span | None:
    """Return the place of the value that has the last letters of an overfull line, else the likeliest one."""
    if message.first_line is None:
        return None

    def letters(text: str) -> str:
        # TeX prints hyphens and commands among the letters of a line: compare letters only.
        return "".join(char for char in re.sub(r"\\[A-Za-z]+", "", text) if char.isalnum())

    values = list(rendered.on_lines(message.first_line, message.last_line or message.first_line))
    shown = letters(re.sub(r"\\\S+/\S+ |\[\]", "", message.context))
    for item in values:
        if shown and shown[-12:] in letters(rendered.text[item.start : item.end]):
            return item.span.first_line()
    if values:
        # TeX does not print inner boxes: the longest value is the likeliest.
        return max(values, key=lambda item: item.end - item.start).span.first_line()
    nearest = rendered.nearest(message.first_line)
    return nearest.first_line() if nearest else None


def missing_characters(characters: Iterable[str], rendered: RenderedTex) -> list[Diagnostic]:
    """Return one diagnostic for each value with characters that its font lacks."""
    characters = list(characters)
    found: dict[Span | None, tuple[list[str], tuple[Label, ...]]] = {}
    placed: set[str] = set()
    for item in rendered.mapped:
        if here := [char for char in characters if char in item.span.text]:
            placed.update(here)
            start = item.span.start + min(item.span.text.index(char) for char in here)
            found.setdefault(Span(item.span.source, start, start + 1), (here, ()))
    if rest := [char for char in characters if char not in placed]:
        # A command in the user's raw TeX makes them; TeX does not say which one.
        raw = list(dict.fromkeys(item.span for item in rendered.mapped if item.kind == "tex"))
        labels = tuple(Label(span.first_line(), "or this TeX") for span in raw[1:_MOST_SUSPECTS])
        found[raw[0].first_line() if raw else None] = rest, labels
    made = []
    for place, (here, labels) in found.items():
        listed = ", ".join(f"{char} (U+{ord(char):04X})" if len(char) == 1 else char for char in here[:8])
        more = f" and {len(here) - 8} more" if len(here) > 8 else ""
        text = f"the theme's font does not have {listed}{more}: there would be a hole in the page"
        hint = "write it in another way, or give your project a theme whose font has it"
        made.append(Diagnostic("missing-character", text, place, labels=labels, hints=(hint,)))
    return made
