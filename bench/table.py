"""The results as a file in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bench.rows import Result
from bench.series import PATIENCE, Quantity

_HEAD = "ratio or value|median|own processor time|runs|pages|largest process|remark".split("|")
_NONE = "–"


def document(
    results: Sequence[Result], machine: str, versions: Sequence[str], repetitions: int, busy: str
) -> str:
    """The whole file; `busy` warns of a busy machine."""
    lines = ["# How fast cvbuild is", "", "Written by `make bench`.", ""]
    lines += [f"**{busy}**", ""] if busy else []
    lines += [
        f"- {machine}",
        *(f"- {version}" for version in versions),
        f"- medians of {repetitions} runs, and of fewer in rows without a limit after {PATIENCE:.0f} s",
        "- all run in turn, round by round, after runs that are not counted",
        "- a ratio is the median of the ratios of two runs of one round",
        "- each edit writes a text that no run has seen before, so no cache can know it",
        "- all else cached: cvbuild's cache, the work folder with the .aux and the preamble's format exist",
        "- from scratch: neither a cache nor an .aux; the installed package keeps its compiled modules",
        "- own processor time: of the program without its children, for cvbuild Python without the engine",
    ]
    held = [result for result in results if result.row.limit is not None]
    beside = [result for result in results if result.row.limit is None]
    if held:
        lines += ["", "## Held to a limit", "", *table(held, limits=True)]
    if beside:
        lines += ["", "## Beside others", "", *table(beside, limits=False)]
    return "\n".join([*lines, ""])


def table(results: Sequence[Result], *, limits: bool) -> list[str]:
    """Results as rows of Markdown, with their limits or with the name of their document."""
    head = ["what", *(["at most"] if limits else []), *_HEAD]
    return [
        _line(head),
        _line(["---"] * len(head)),
        *(_line(_cells(item, limits=limits)) for item in results),
    ]


def _cells(result: Result, *, limits: bool) -> list[str]:
    row = result.row
    document = "reference CV" if row.race == "reference" else f"{row.race} publications"
    kind = row.quantity if row.against is None else "ratio"
    value = _shown(result.value if row.against or limits else None, kind)
    return [
        row.what if limits else f"{document}: {row.what}",
        *([_shown(row.limit, kind)] if limits else []),
        f"**{value}, worse**" if result.is_worse else value,
        _shown(result.median, row.quantity),
        f"{result.own_cpu:.2f} s" if result.own_cpu else _NONE,
        str(result.runs or _NONE),
        str(result.pages or _NONE),
        f"{result.peak / 1e6:.0f} MB" if result.peak else _NONE,
        result.remark,
    ]


def _shown(value: float | None, kind: Quantity | Literal["ratio"]) -> str:
    if value is None:
        return _NONE
    if kind == "ratio":
        return f"{value:.3f}" if value < 0.2 else f"{value:.2f}"
    return f"{value / 1e6:.0f} MB" if kind == "memory" else f"{value:.3f} s"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
