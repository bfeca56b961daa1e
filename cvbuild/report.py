"""Diagnostics as people read them: message, place, the line itself, what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

from cvbuild.diagnostics import Diagnostic
from cvbuild.source import Span

if TYPE_CHECKING:
    from rich.text import Text

MOST_SHOWN = 20
"""Diagnostics printed in one run; the rest are counted."""

_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_COLOURS = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}


def in_order(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Each once; errors first, then by file and line."""

    def rank(item: Diagnostic) -> tuple[bool, str, int, int]:
        if item.span is None:
            return item.severity != "error", "", 0, 0
        return item.severity != "error", item.span.source.name, item.span.line, item.span.column

    return sorted(dict.fromkeys(diagnostics), key=rank)


def print_diagnostics(diagnostics: Sequence[Diagnostic], stream: IO[str]) -> None:
    """Print diagnostics; in colour on a terminal that has it."""
    if not diagnostics:
        return
    from rich.console import Console

    console = Console(file=stream, soft_wrap=True, highlight=False, emoji=False, markup=False)
    ordered = in_order(diagnostics)
    for item in ordered[:MOST_SHOWN]:
        console.print(_human(item))
    if (rest := len(ordered) - MOST_SHOWN) > 0:
        console.print(f"… and {rest} more")


def _harmless(text: str) -> str:
    """Text without the characters that steer a terminal (C0 and C1 controls, ECMA-48)."""
    return _CONTROLS.sub("\ufffd", text)


def _human(item: Diagnostic) -> Text:
    from rich.text import Text

    text = Text()
    text.append(item.severity, _COLOURS[item.severity])
    text.append(f"[{item.code}]", _COLOURS[item.severity])
    text.append(f": {_harmless(item.message)}\n", "bold")
    if item.span is not None:
        _quote(text, item.span, "^", "", _COLOURS[item.severity])
    for label in item.labels:
        _quote(text, label.span, "-", label.text, "blue")
    for hint in item.hints:
        text.append("   = ", "blue")
        text.append(f"{_harmless(hint)}\n")
    return text


def _quote(text: Text, span: Span, mark: str, note: str, colour: str) -> None:
    """The place, the line, and marks under what is meant."""
    from rich.cells import cell_len

    text.append("  --> ", "blue")
    if not span.source.text:
        text.append(f"{span.source.name}\n")
        return
    text.append(f"{span.place}\n")
    line = _harmless(span.source.line(span.line).replace("\t", " "))
    number = str(span.line + 1)
    margin = " " * len(number)
    end = min(span.end - span.start, max(len(line) - span.column, 0))
    before = cell_len(line[: span.column])
    width = max(cell_len(line[span.column : span.column + end]), 1)
    text.append(f" {number} | ", "blue")
    text.append(f"{line}\n")
    text.append(f" {margin} | ", "blue")
    text.append(" " * before + mark * width, colour)
    text.append(f" {note}\n" if note else "\n", colour)


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`; empty for none."""
    counts = []
    for severity in ("error", "warning"):
        number = sum(item.severity == severity for item in dict.fromkeys(diagnostics))
        if number:
            counts.append(f"{number} {severity}{'' if number == 1 else 's'}")
    return ", ".join(counts)
