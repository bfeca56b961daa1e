"""The results as a file for people, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from bench.rows import Result, Row
from bench.series import PATIENCE


def quantity(row: Row, value: float | None) -> str:
    """A value with its unit; ratios have none."""
    if value is None:
        return "–"
    if row.against is not None:
        return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
    return _own(row, value)


def _own(row: Row, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value / 1e6:.0f} MB" if row.quantity == "own_memory" else f"{value:.3f} s"


def table(results: Sequence[Result], *, limits: bool) -> list[str]:
    """Results as rows of Markdown; `limits` with what they are held to."""
    head = [
        "what",
        *(["at most"] if limits else []),
        "ratio or value",
        "median",
        "runs",
        "pages",
        "largest process",
        "remark",
    ]
    lines = [line(head), line(["---"] * len(head))]
    for result in results:
        row = result.row
        value = quantity(row, result.value if row.against or limits else None)
        held = [quantity(row, row.limit)] if limits else []
        what = row.what if limits else f"{_document(row)}: {row.what}"
        lines.append(
            line(
                [
                    what,
                    *held,
                    f"**{value}, worse**" if result.is_worse else value,
                    _own(row, result.median),
                    str(result.runs or "–"),
                    str(result.pages or "–"),
                    f"{result.peak / 1e6:.0f} MB" if result.peak else "–",
                    result.remark or "",
                ]
            )
        )
    return lines


def _document(row: Row) -> str:
    return "reference CV" if row.race == "reference" else f"{int(row.race):,} publications"


def line(cells: Sequence[str]) -> str:
    """A row of a table in Markdown."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def document(
    results: Sequence[Result],
    machine: str,
    versions: Sequence[str],
    repetitions: int,
    busy: str,
    sections: Sequence[Sequence[str]] = (),
) -> str:
    """The whole file; `sections` are what comes after the tables, each as lines."""
    held = [result for result in results if result.row.limit is not None]
    beside = [result for result in results if result.row.limit is None]
    lines = ["# How fast cvbuild is", "", "Written by `make bench`.", ""]
    lines += [f"- {machine}", *(f"- {version}" for version in versions)]
    lines += [
        f"- medians of {repetitions} runs of whole processes, and of fewer where the table says so:"
        f" what is not held to a limit runs no more after {PATIENCE:.0f} seconds",
        "- all run in turn, round by round, after runs that are not counted: programs that keep"
        " something for the next time have it",
        "- a ratio is the median of the ratios of two runs of one round, so that a machine whose"
        " speed changes over minutes changes none",
        "- from scratch there is neither a cache nor an .aux; what Python and cvbuild made of the"
        " package's own files stays beside them",
    ]
    if busy:
        lines += ["", f"**{busy}**"]
    if held:
        lines += ["", "## What is held to a limit", "", *table(held, limits=True)]
    if beside:
        lines += ["", "## Beside others", "", *table(beside, limits=False)]
    for section in sections:
        lines += ["", *section]
    return "\n".join([*lines, ""])
