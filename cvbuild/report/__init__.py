"""Diagnostics for whoever reads them: people, one line each, programs, GitHub."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Literal, get_args

from cvbuild.diagnostics import Diagnostic, Severity
from cvbuild.phrases import counted

Style = Literal["human", "short", "json", "github"]
STYLES: tuple[Style, ...] = get_args(Style)

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the gravest to the least."""


def in_order(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Each once; errors first, then warnings and notes, each by file, line and column."""

    def rank(item: Diagnostic) -> tuple[int, str, int, int]:
        gravity = SEVERITIES.index(item.severity)
        if item.span is None:
            return gravity, "", 0, 0
        return gravity, item.span.source.name, item.span.line, item.span.column

    return sorted(dict.fromkeys(diagnostics), key=rank)


def counts(diagnostics: Sequence[Diagnostic]) -> Mapping[Severity, int]:
    """How many there are of each severity, each diagnostic counted once."""
    found = [item.severity for item in dict.fromkeys(diagnostics)]
    return {severity: found.count(severity) for severity in SEVERITIES}


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`; empty for none."""
    return ", ".join(counted(number, severity) for severity, number in counts(diagnostics).items() if number)


def print_diagnostics(
    diagnostics: Sequence[Diagnostic], stream: IO[str], style: Style = "human", folder: Path | None = None
) -> None:
    """Print diagnostics in a style meant to be read line by line; `json` is `report.json.as_json`.

    `folder` is where the project lies, seen from the root of its repository: GitHub
    wants paths from there.
    """
    if not diagnostics:
        return
    ordered = in_order(diagnostics)
    printers: Mapping[str, Callable[[], None]] = {
        "human": lambda: _human(ordered, stream),
        "short": lambda: _short(ordered, stream),
        "github": lambda: _github(ordered, stream, folder or Path()),
    }
    printers[style]()


def _human(ordered: Sequence[Diagnostic], stream: IO[str]) -> None:
    from cvbuild.report.human import print_human

    print_human(ordered, stream)


def _short(ordered: Sequence[Diagnostic], stream: IO[str]) -> None:
    from cvbuild.report.lines import short_line

    stream.writelines(f"{short_line(item)}\n" for item in ordered)


def _github(ordered: Sequence[Diagnostic], stream: IO[str], folder: Path) -> None:
    from cvbuild.report.lines import github_line

    stream.writelines(f"{github_line(item, folder)}\n" for item in ordered)
