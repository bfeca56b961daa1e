"""Runs in turn, and what they come to: medians, and ratios of runs of one round."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

from bench.processes import Measured, RunFailed

Quantity = Literal["seconds", "own_cpu", "own_memory"]

PATIENCE = 40.0
"""Seconds of counted runs after which a contestant that is not held to a limit runs no more."""


@dataclass(frozen=True)
class Contestant:
    """Something that is measured again and again.

    `measure` prepares a run, which is not counted, and measures it; `pdf` is what it
    makes; `remark` says after a run what is to be known of it. So many runs come first that
    are not counted, until what it keeps is there.
    """

    name: str
    measure: Callable[[], Measured]
    pdf: Path | None = None
    remark: Callable[[Measured], str] = lambda measured: ""
    uncounted: int = 1


@dataclass
class Series:
    """The runs of a contestant, in order; `failure` says why there are none, or no more."""

    runs: list[Measured] = field(default_factory=list)
    failure: str = ""
    remark: str = ""
    pages: int | None = None

    def values(self, quantity: Quantity) -> list[float]:
        """One quantity of each run. Raises ValueError where it is not known."""
        found = [getattr(run, quantity) for run in self.runs]
        if not found or None in found:
            raise ValueError(f"{quantity} was not measured")
        return [float(value) for value in found]

    def median(self, quantity: Quantity) -> float:
        """The median of a quantity."""
        return median(self.values(quantity))

    @property
    def spent(self) -> float:
        """Seconds of all runs."""
        return sum(run.seconds for run in self.runs)

    @property
    def peak(self) -> int:
        """The most memory, in bytes, that a process of any run had."""
        return max((run.memory for run in self.runs), default=0)


def ratio(one: Series, other: Series, quantity: Quantity) -> float:
    """The median of the ratios, each of two runs of one round.

    What slows the machine down for a while slows both, and a single slow run is no median.
    Where one ran in fewer rounds, these were the first.
    """
    pairs = zip(one.values(quantity), other.values(quantity), strict=False)
    return median(first / second for first, second in pairs)


def interleaved(
    contestants: Sequence[Contestant],
    repetitions: int,
    told: Callable[[str], None],
    held: Collection[str] = (),
) -> dict[str, Series]:
    """Run all contestants in turn, so many rounds, once each is warm; by name.

    Those that are not `held` to a limit leave when they have taken up too much time.
    """
    series = {contestant.name: Series() for contestant in contestants}
    for contestant in contestants:
        for _ in range(contestant.uncounted):
            if not series[contestant.name].failure:
                told(f"{contestant.name}, not counted")
                _run(contestant, series[contestant.name], is_counted=False)
    for repetition in range(1, repetitions + 1):
        for contestant in _running(contestants, series, held):
            told(f"{contestant.name}, run {repetition} of {repetitions}")
            _run(contestant, series[contestant.name], is_counted=True)
    return series


def _run(contestant: Contestant, found: Series, *, is_counted: bool) -> None:
    try:
        measured = contestant.measure()
    except RunFailed as problem:
        found.failure = str(problem)
        found.runs.clear()
        return
    found.remark = contestant.remark(measured)
    if is_counted:
        found.runs.append(measured)


def _running(
    contestants: Iterable[Contestant], series: dict[str, Series], held: Collection[str]
) -> list[Contestant]:
    """Those of the next round."""
    return [
        contestant
        for contestant in contestants
        if not series[contestant.name].failure
        and (contestant.name in held or series[contestant.name].spent < PATIENCE)
    ]
