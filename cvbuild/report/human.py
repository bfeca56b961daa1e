"""Diagnostics as people read them: message, place, the line itself, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from cvbuild.diagnostics import Diagnostic
from cvbuild.report.lines import harmless, summary
from cvbuild.source import Span

MOST_SHOWN = 20
"""Diagnostics printed in one call; the rest are counted."""

LONGEST_LINE = 200
"""Characters of a line that are shown; one bibliography entry on a single line can have thousands."""

_COLOURS = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}


def print_human(ordered: Sequence[Diagnostic], stream: IO[str]) -> None:
    """Print diagnostics; in colour on a terminal that has it."""
    console = Console(file=stream, soft_wrap=True, highlight=False, emoji=False, markup=False)
    for item in ordered[:MOST_SHOWN]:
        console.print(_human(item))
    if rest := ordered[MOST_SHOWN:]:
        console.print(f"… and {len(rest)} more: {summary(rest)}; `--format short` lists all, a line each")
    if console.is_terminal:
        console.print(f"`cvbuild explain {ordered[0].code}` says more", style="dim")


def _human(item: Diagnostic) -> Text:
    text = Text()
    text.append(item.severity, _COLOURS[item.severity])
    text.append(f"[{item.code}]", _COLOURS[item.severity])
    text.append(f": {harmless(item.message)}\n", "bold")
    if item.span is not None:
        _quote(text, item.span, "^", "", _COLOURS[item.severity])
    for label in item.labels:
        _quote(text, label.span, "-", label.text, "blue")
    for hint in item.hints:
        text.append("   = ", "blue")
        text.append(f"{harmless(hint)}\n")
    return text


def _quote(text: Text, span: Span, mark: str, note: str, colour: str) -> None:
    """The place, the line, and marks under what is meant."""
    text.append("  --> ", "blue")
    text.append(f"{span.place}\n")
    if not span.source.text:
        return
    number, column = span.source.position(span.start)
    line = harmless(span.source.line(number).replace("\t", " "))
    column, end = min(column, len(line)), min(column + span.end - span.start, len(line))
    first, last = _part_shown(len(line), column, end)
    before = ("… " if first else "") + line[first:column]
    meant = line[column : min(end, last)]
    after = line[max(end, column) : last] + (" …" if last < len(line) else "")
    shown = str(number + 1)
    text.append(f" {shown} | ", "blue")
    text.append(f"{before}{meant}{after}\n")
    text.append(f" {' ' * len(shown)} | ", "blue")
    text.append(" " * cell_len(before) + mark * max(cell_len(meant), 1), colour)
    text.append(f" {note}\n" if note else "\n", colour)


def _part_shown(length: int, start: int, end: int) -> tuple[int, int]:
    """The part of a line to show: all of it, or of a very long one what stands around the place."""
    if length <= LONGEST_LINE:
        return 0, length
    first = max(start - LONGEST_LINE // 3, 0)
    return first, min(max(first + LONGEST_LINE, min(end, start + LONGEST_LINE)), length)
