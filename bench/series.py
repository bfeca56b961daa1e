"""Runs in turn, and what they come to: medians, and ratios of runs that were neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

from bench.processes import Measured, RunFailed

Quantity = Literal["seconds", "own_cpu", "own_memory"]


@dataclass(frozen=True)
class Contestant:
    """Something that is measured again and again.

    `measure` prepares a run, which is not counted, and measures it; `pdf` is what it
    makes; `remark` says after a run what is to be known of it.
    """

    name: str
    measure: Callable[[], Measured]
    pdf: Path | None = None
    remark: Callable[[Measured], str] = lambda measured: ""


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
    def peak(self) -> int:
        """The most memory, in bytes, that a process of any run had."""
        return max((run.memory for run in self.runs), default=0)


def ratio(one: Series, other: Series, quantity: Quantity) -> float:
    """The median of the ratios, each of two runs that came one after the other.

    What slows the machine down for a while slows both, and a single slow run is no median.
    """
    pairs = zip(one.values(quantity), other.values(quantity), strict=True)
    return median(first / second for first, second in pairs)


def interleaved(
    contestants: Sequence[Contestant], repetitions: int, told: Callable[[str], None]
) -> dict[str, Series]:
    """Run each contestant once to be warm, then all of them in turn, so many times; by name."""
    series = {contestant.name: Series() for contestant in contestants}
    for repetition in range(repetitions + 1):
        for contestant in _running(contestants, series):
            told(f"{contestant.name}, run {repetition} of {repetitions}" if repetition else contestant.name)
            found = series[contestant.name]
            try:
                measured = contestant.measure()
            except RunFailed as problem:
                found.failure = str(problem)
                found.runs.clear()
                continue
            found.remark = contestant.remark(measured)
            if repetition:
                found.runs.append(measured)
    return series


def _running(contestants: Iterable[Contestant], series: dict[str, Series]) -> list[Contestant]:
    return [contestant for contestant in contestants if not series[contestant.name].failure]
