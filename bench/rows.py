"""The rows of the table: what is measured against what, and what it may come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.series import Quantity, Series, ratio

SIZES = (100, 1_000, 10_000)
"""Publications of the made-up CVs."""


@dataclass(frozen=True)
class Row:
    """A quantity of a contestant, or its ratio `against` another one's in the same race.

    `limit` is in the quantity's own unit, seconds or bytes, where there is nothing to
    hold it against; None where it is measured to be known, and not to be held.
    """

    key: str
    race: str
    what: str
    contestant: str
    against: str | None = None
    limit: float | None = None
    quantity: Quantity = "seconds"


ROWS = (
    Row("edited", "reference", "`cvbuild pdf --variant full` after one edited line / bare pdflatex",
        "edited", "bare", 0.85),
    Row("scratch", "reference", "from scratch / `latexmk -pdf` from scratch", "scratch", "latexmk", 1.0),
    Row("nothing", "reference", "nothing to do / bare pdflatex", "nothing", "bare", 0.15),
    Row("help", "start", "`cvbuild --help` / `python -c pass`", "help", "pass", 5),
    Row("variants", "reference", "full and short together / full alone, one line edited",
        "variants", "edited", 1.25),
    Row("watch", "reference", "save to finished PDF under `watch` / bare pdflatex", "watch", "bare", 0.65),
    Row("python", "reference", "Python's work after one edited line, in seconds of a processor",
        "python", None, 0.30, "own_cpu"),
    Row("growth", "growth", "Python's work for 10,000 publications / for 1,000",
        "large", "small", 11, "own_cpu"),
    Row("memory", "growth", "Python's memory for 10,000 publications", "large", None, 400e6, "own_memory"),
    Row("rendercv", "500", "500 publications, one line edited / RenderCV on the same",
        "edited", "rendercv", 0.2),
)  # fmt: skip

_BESIDE = (
    ("bare", "bare pdflatex", None),
    ("edited", "`cvbuild pdf`, one line edited", "bare"),
    ("latexmk", "`latexmk -pdf` from scratch", "bare"),
    ("biblatex", "biblatex: pdflatex, biber, pdflatex from scratch", "bare"),
    ("biblatex-edited", "biblatex: biber, pdflatex after one edited title", "bare"),
    ("rendercv", "RenderCV, one line edited", "bare"),
)

BESIDE = tuple(
    Row(f"{race}-{contestant}", race, what, contestant, against)
    for race in ("reference", *(str(size) for size in SIZES))
    for contestant, what, against in _BESIDE
    if (race, contestant) != ("reference", "rendercv")  # it has no BibTeX to read
)
"""What others do beside: nothing of it is held to a limit."""


@dataclass(frozen=True)
class Result:
    """What a row came to: its value, or why there is none; the median of its contestant; what to know."""

    row: Row
    value: float | None
    median: float | None
    pages: int | None = None
    peak: int = 0
    remark: str = ""
    runs: int = 0
    """How many were counted; of a ratio, the rounds in which both ran."""

    @property
    def is_worse(self) -> bool:
        """Whether it is over the row's limit, or what is held to it gave no figure at all."""
        if self.row.limit is None:
            return False
        return self.median is None if self.value is None else self.value > self.row.limit


def chosen(names: Sequence[str]) -> list[Row]:
    """The rows of these keys or races; all without a name. Raises ValueError for what is neither."""
    rows = (*ROWS, *BESIDE)
    for name in names:
        if not any(name in (row.key, row.race) for row in rows):
            raise ValueError(f"there is no row `{name}`: {', '.join(row.key for row in rows)}")
    return [row for row in rows if not names or row.key in names or row.race in names]


def needed(rows: Iterable[Row], race: str) -> set[str]:
    """The contestants that a race needs for these rows."""
    mine = [row for row in rows if row.race == race]
    return {name for row in mine for name in (row.contestant, row.against) if name is not None}


def held(rows: Iterable[Row]) -> set[str]:
    """The contestants of which all runs are needed: those of the rows with a limit."""
    return {name for row in rows if row.limit is not None for name in (row.contestant, row.against) if name}


def result(row: Row, series: dict[str, Series]) -> Result:
    """What a row came to in its race."""
    of = series[row.contestant]
    against = series[row.against] if row.against is not None else None
    both = [found for found in (of, against) if found is not None]
    failures = [found.failure for found in both if found.failure]
    remark = "; ".join(dict.fromkeys(filter(None, (*(found.remark for found in both), *failures))))
    middle = None if of.failure else of.median(row.quantity)
    value = None
    if not failures:
        value = middle if against is None else ratio(of, against, row.quantity)
    runs = min(len(found.runs) for found in both if found.runs or found is of)
    return Result(row, value, middle, of.pages, of.peak, remark, runs)
