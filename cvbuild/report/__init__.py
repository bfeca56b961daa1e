"""Diagnostics for whoever reads them: people, one line each, programs, GitHub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO

from cvbuild.diagnostics import Diagnostic, Style
from cvbuild.report.lines import github_line, in_order, short_line


def print_diagnostics(
    diagnostics: Sequence[Diagnostic], stream: IO[str], style: Style = "human", folder: Path | None = None
) -> None:
    """Print diagnostics in a style meant to be read line by line; `json` is `report.lines.as_json`.

    `folder` is where the project lies, seen from the root of its repository: GitHub
    wants paths from there.
    """
    if not diagnostics:
        return
    ordered = in_order(diagnostics)
    if style == "human":
        from cvbuild.report.human import print_human  # imports rich

        print_human(ordered, stream)
    elif style == "short":
        stream.writelines(f"{short_line(item)}\n" for item in ordered)
    else:
        stream.writelines(f"{github_line(item, folder or Path())}\n" for item in ordered)
