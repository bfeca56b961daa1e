"""Runs in turn, their medians, and ratios of runs of one round."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

from bench.processes import Measured, RunFailed

Quantity = Literal["seconds", "own_cpu", "memory"]

PATIENCE = 40.0
"""Seconds of counted runs after which a contestant without a limit leaves."""


@dataclass(frozen=True)
class Contestant:
    """A command that is measured again and again.

    `measure` prepares a run, which is not counted, and measures it; `pdf` is the file that it makes.
    The first `uncounted` runs warm up.
    """

    name: str
    measure: Callable[[], Measured]
    pdf: Path | None = None
    uncounted: int = 1


@dataclass
class Series:
    """The runs of a contestant, in order; `failure` says why there are none."""

    runs: list[Measured] = field(default_factory=list)
    failure: str = ""
    pages: int | None = None

    def values(self, quantity: Quantity) -> list[float]:
        """One quantity of each run; none where a run does not have it."""
        found = [getattr(run, quantity) for run in self.runs]
        return [] if None in found else found

    def median(self, quantity: Quantity) -> float | None:
        """The median of a quantity; None without values."""
        found = self.values(quantity)
        return median(found) if found else None


def ratio(one: Series, other: Series, quantity: Quantity) -> float | None:
    """The median of the ratios, each of two runs of one round; None without values.

    A slow minute of the machine slows both. If one contestant left early, the first rounds count.
    """
    pairs = zip(one.values(quantity), other.values(quantity), strict=False)
    found = [first / second for first, second in pairs if second]
    return median(found) if found else None


def interleaved(
    contestants: Sequence[Contestant],
    repetitions: int,
    told: Callable[[str], None],
    held: Collection[str] = (),
) -> dict[str, Series]:
    """Warm up each contestant, then run all in turn, one round per repetition; by name.

    Contestants that are not `held` to a limit leave once they have used up PATIENCE.
    """
    series = {contestant.name: Series() for contestant in contestants}
    for contestant in contestants:
        for _ in range(contestant.uncounted):
            told(f"{contestant.name}, not counted")
            _run(contestant, series[contestant.name], is_counted=False)
    for repetition in range(1, repetitions + 1):
        for contestant in contestants:
            spent = sum(run.seconds for run in series[contestant.name].runs)
            if contestant.name in held or spent < PATIENCE:
                told(f"{contestant.name}, run {repetition} of {repetitions}")
                _run(contestant, series[contestant.name], is_counted=True)
    return series


def _run(contestant: Contestant, found: Series, *, is_counted: bool) -> None:
    if found.failure:
        return
    try:
        measured = contestant.measure()
    except RunFailed as problem:
        found.failure = str(problem)
        found.runs.clear()
        return
    if is_counted:
        found.runs.append(measured)
