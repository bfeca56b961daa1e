"""Diagnostics for whoever reads them: people, one line each, programs, GitHub."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Literal, get_args

from cvbuild.diagnostics import Diagnostic
from cvbuild.report.lines import github_line, short_line
from cvbuild.report.order import in_order, summary

Style = Literal["human", "short", "json", "github"]
STYLES: tuple[Style, ...] = get_args(Style)

__all__ = ["STYLES", "Style", "in_order", "print_diagnostics", "summary"]


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
    from cvbuild.report.human import print_human  # imports rich

    print_human(ordered, stream)


def _short(ordered: Sequence[Diagnostic], stream: IO[str]) -> None:
    stream.writelines(f"{short_line(item)}\n" for item in ordered)


def _github(ordered: Sequence[Diagnostic], stream: IO[str], folder: Path) -> None:
    stream.writelines(f"{github_line(item, folder)}\n" for item in ordered)
