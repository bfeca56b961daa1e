"""Saying once more what a call to build gave, where nothing changed since."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cvbuild.cli.program import shown

if TYPE_CHECKING:
    from cvbuild.cli.outcome import Outcome
    from cvbuild.pipeline import Built
    from cvbuild.report.json import Json
    from cvbuild.uptodate import Answer, Call


def say_again(outcome: Outcome, answer: Answer, *, verbose: bool, open_pdf: bool) -> None:
    """Print what the call printed the last time, with no engine run."""
    begun = time.perf_counter()
    results: list[Json] = []
    outcome.results["built"] = results
    for item in answer.built:
        if verbose:
            outcome.say(f"{item['variant']}: no pass: nothing changed since the last call", err=True)
        outcome.say(f"{shown(Path(item['pdf']))}  {item['pages']}  up to date{item['held']}")
        results.append({**item["json"], "passes": 0, "seconds": round(time.perf_counter() - begun, 3)})
        if open_pdf:
            click.launch(item["pdf"])
    outcome.diagnostics.extend(answer.diagnostics)
    outcome.silenced.update(answer.silenced)
    outcome.print()
    for item in answer.built:
        if item["log"]:
            outcome.say(f"{item['variant']}: the log is {shown(Path(item['log']))}", err=True)


def remember(
    call: Call,
    outcome: Outcome,
    built: Sequence[tuple[Built, Json]],
    bibliography: Iterable[str],
    *,
    keep_tex: bool,
) -> None:
    """Write down what a call gave that built all it was asked for."""
    from cvbuild.typeset.stamp import reads_in
    from cvbuild.uptodate import Answer

    reads, outputs, items = [], [], []
    for one, told in built:
        known = reads_in(one.log.parent) if one.log else None
        if known is None or one.pdf is None:
            return
        reads += known
        outputs += [one.pdf, one.pdf.with_suffix(".tex")] if keep_tex else [one.pdf]
        items.append(
            {
                "variant": one.variant,
                "pdf": str(one.pdf),
                "pages": pages_of(one),
                "held": held_by(one),
                "log": str(one.log) if one.says_more else "",
                "json": told,
            }
        )
    answer = Answer(items, outcome.diagnostics, list(outcome.silenced))
    call.remember(answer, [str(pattern) for pattern in bibliography], outputs, reads)


def pages_of(built: Built) -> str:
    """`1 page`, `2 pages`."""
    return "1 page" if built.pages == 1 else f"{built.pages} pages"


def held_by(built: Built) -> str:
    """What the rules of the variant's profile came to, as it follows on the line."""
    return f"  {built.held}" if built.held else ""
