"""Print diagnostics for people, as single lines, as GitHub's commands or as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import IO, TypeAlias, get_args

from cvbuild.diagnostics import Diagnostic, Severity, Style
from cvbuild.source import Span
from cvbuild.words import counted

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"

MOST_SHOWN = 20
"""Maximum number of diagnostics printed for people in one call; the rest are counted."""

LONGEST_LINE = 200
"""Maximum length of a quoted line, in characters; a bibliography on a single line can have thousands."""

_SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""All severities, the worst first."""

_COLOURS = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# Workflow commands of GitHub Actions, whose properties have two more characters to escape
# (actions/toolkit, packages/core/src/command.ts).
_IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = _IN_MESSAGE | str.maketrans({":": "%3A", ",": "%2C"})


def harmless(text: str) -> str:
    """Replace characters that control a terminal (C0 and C1, ECMA-48) or the direction of text."""
    return _CONTROLS.sub("\ufffd", text)


def in_order(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return the distinct diagnostics, sorted by severity, file, line and column."""

    def rank(item: Diagnostic) -> tuple[int, str, int, int]:
        severity, span = _SEVERITIES.index(item.severity), item.span
        return (severity, "", 0, 0) if span is None else (severity, span.source.name, span.line, span.column)

    return sorted(dict.fromkeys(diagnostics), key=rank)


def counts(diagnostics: Sequence[Diagnostic]) -> Mapping[Severity, int]:
    """Return the number of distinct diagnostics of each severity."""
    found = [item.severity for item in dict.fromkeys(diagnostics)]
    return {severity: found.count(severity) for severity in _SEVERITIES}


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the counts in words: `2 errors, 1 warning`; empty if there are none."""
    return ", ".join(counted(number, severity) for severity, number in counts(diagnostics).items() if number)


def print_diagnostics(
    diagnostics: Sequence[Diagnostic], stream: IO[str], style: Style = "human", folder: Path | None = None
) -> None:
    """Print diagnostics in order. GitHub's paths begin with the project's `folder` within its repository."""
    ordered = in_order(diagnostics)
    if style == "human" and ordered:
        _print_human(ordered, stream)
        return
    for item in ordered:
        # The format of compilers: `file:line:column: severity[code]: message; hint`.
        where = f"{item.span.place}: " if item.span is not None else ""
        said = "; ".join((f"{where}{item.severity}[{item.code}]: {item.message}", *item.hints))
        stream.write(f"{harmless(said) if style == 'short' else github_line(item, folder or Path())}\n")


def _print_human(ordered: Sequence[Diagnostic], stream: IO[str]) -> None:
    """Print message, place, line and hints of each diagnostic, in colour if the terminal supports it."""
    # Importing rich takes 50 ms, and most calls have no diagnostics.
    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, soft_wrap=True, highlight=False, emoji=False, markup=False)
    for item in ordered[:MOST_SHOWN]:
        colour = _COLOURS[item.severity]
        text = Text.assemble((item.severity, colour), (f"[{item.code}]", colour))
        text.append(f": {harmless(item.message)}\n", "bold")
        if item.span is not None:
            text.append_tokens(_quote(item.span, "^", "", colour, cell_len))
        for label in item.labels:
            text.append_tokens(_quote(label.span, "-", label.text, "blue", cell_len))
        for hint in item.hints:
            text.append_tokens([("   = ", "blue"), (f"{harmless(hint)}\n", None)])
        console.print(text)
    if rest := ordered[MOST_SHOWN:]:
        console.print(f"… and {len(rest)} more: {summary(rest)}; `--format short` lists all, a line each")
    if console.is_terminal:
        console.print(f"`cvbuild explain {ordered[0].code}` says more", style="dim")


def _quote(
    span: Span, mark: str, note: str, colour: str, width: Callable[[str], int]
) -> Iterator[tuple[str, str | None]]:
    """Yield texts and colours: a place, its line, and marks below it. `width` counts a text's columns."""
    yield "  --> ", "blue"
    yield f"{span.place}\n", None
    if not span.source.text:
        return
    number, column = span.source.position(span.start)
    line = harmless(span.source.line(number).replace("\t", " "))
    start, end = min(column, len(line)), min(column + span.end - span.start, len(line))
    first, last = 0, len(line)
    if len(line) > LONGEST_LINE:
        first = max(start - LONGEST_LINE // 3, 0)
        last = min(max(first + LONGEST_LINE, min(end, start + LONGEST_LINE)), len(line))
    before = ("… " if first else "") + line[first:start]
    meant = line[start : min(end, last)]
    after = line[max(end, start) : last] + (" …" if last < len(line) else "")
    shown = str(number + 1)
    yield f" {shown} | ", "blue"
    yield f"{before}{meant}{after}\n", None
    yield f" {' ' * len(shown)} | ", "blue"
    yield " " * width(before) + mark * max(width(meant), 1), colour
    yield f" {note}\n" if note else "\n", colour


def github_line(item: Diagnostic, folder: PurePath) -> str:
    """Return a command for GitHub to show a diagnostic at its line of a file below `folder`."""
    properties = {"title": f"{item.severity}[{item.code}]"}
    if item.span is not None:
        properties = {"file": (folder / item.span.source.name).as_posix(), **properties}
        if item.span.source.text:
            first, last = item.span.first_line(), item.span.last_line
            properties |= {"line": str(first.line + 1), "endLine": str(last + 1)}
            if last == first.line:
                end = first.column + max(first.end - first.start, 1)
                properties |= {"col": str(first.column + 1), "endColumn": str(end)}
    said = [item.message, *item.hints, *(f"{label.span.place}: {label.text}" for label in item.labels)]
    written = ",".join(f"{name}={value.translate(_IN_PROPERTY)}" for name, value in properties.items())
    message = "\n".join(harmless(line) for line in said)
    level = "notice" if item.severity == "note" else item.severity
    return f"::{level} {written}::{message.translate(_IN_MESSAGE)}"


def as_json(diagnostics: Sequence[Diagnostic], results: Mapping[str, Json]) -> str:
    """Return the diagnostics and the results of a call as one JSON object.

    {"diagnostics": [{"code", "severity", "message", "place", "labels": [{"text", "place"}], "hints"}],
     "errors": 0, "warnings": 0, "notes": 0, "silenced": 0, …}

    A place is null or `{"file", "line", "column", "end_line", "end_column", "text"}`: the file as
    the project names it, lines and columns from 1, the end column after the last character, and the
    whole first line as `text`. The place of a whole file has `file` only.
    """
    numbers = {f"{severity}s": number for severity, number in counts(diagnostics).items()}
    listed = [
        {
            **{key: getattr(item, key) for key in ("code", "severity", "message")},
            "place": place(item.span),
            "labels": [{"text": label.text, "place": place(label.span)} for label in item.labels],
            "hints": list(item.hints),
        }
        for item in in_order(diagnostics)
    ]
    return json.dumps({"diagnostics": listed, **numbers, **results}, ensure_ascii=False, indent=2)


def place(span: Span | None) -> Json:
    """Return a place as JSON; see `as_json`."""
    if span is None:
        return None
    found: dict[str, Json] = {"file": span.source.name}
    if span.source.text:
        for prefix, at in (("", span.start), ("end_", span.end)):
            line, column = span.source.position(at)
            found |= {f"{prefix}line": line + 1, f"{prefix}column": column + 1}
        found["text"] = span.source.line(span.line)
    return found
