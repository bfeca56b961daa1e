"""The rows of the table: a contestant against another one, and the limit of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.series import Quantity, Series, ratio


@dataclass(frozen=True)
class Row:
    """A quantity of a contestant, or its ratio `against` another one's in the same race.

    `limit` is a ratio, or in the quantity's own unit (seconds, bytes); None if the row is only shown.
    """

    key: str
    race: str
    what: str
    contestant: str
    against: str | None = None
    limit: float | None = None
    quantity: Quantity = "seconds"


ROWS = (
    Row("word", "reference", "a word edited, all else cached / bare pdflatex", "word", "bare", 0.90),
    Row("date", "reference", "a date edited (an item within one section), all else cached / bare pdflatex",
        "date", "bare", 0.90),
    Row("title", "reference", "a publication's title edited (.bib), all else cached / bare pdflatex",
        "title", "bare", 1.05),
    Row("settings", "reference", "a line of cv.yaml edited, all else cached / bare pdflatex",
        "settings", "bare", 1.00),
    Row("own", "own", "a word edited, all else cached, in a project with templates, a preamble and macros"
        " of its own / bare pdflatex", "word", "bare", 0.95),
    Row("nothing", "reference", "nothing to do, all cached / bare pdflatex", "nothing", "bare", 0.10),
    Row("scratch", "reference", "from scratch, nothing cached / `latexmk -pdf` from scratch",
        "scratch", "latexmk", 1.05),
    Row("together", "reference", "full and short together / full alone, a date edited that both print,"
        " all else cached", "together", "date", 1.20),
    Row("help", "start", "`cvbuild --help` / `python -c pass`", "help", "pass", 4.0),
    Row("watch", "reference", "save to finished PDF under `watch`, a word edited, all else in memory or"
        " cached / bare pdflatex", "watch", "bare", 0.40),
    # Of that, pdflatex alone takes 0.09 after the preamble: the pages limit it, not cvbuild.
    Row("rendercv", "500", "500 publications, a word edited on both sides, all else cached / RenderCV 2.8,"
        " which caches nothing", "word", "rendercv", 0.17),
    Row("bib-1000", "1000", "1,000 publications, a title edited (.bib), all else cached / bare pdflatex",
        "title", "bare", 1.3),
    Row("bib-10000", "10000", "10,000 publications, a title edited (.bib), all else cached / bare pdflatex",
        "title", "bare", 1.5),
    Row("growth", "10000", "Python's processor time for 10,000 publications / for 1,000, nothing cached",
        "scratch", "small", 11, "own_cpu"),
    Row("memory", "10000", "largest process for 10,000 publications, a title edited (.bib), all else cached",
        "title", None, 250e6, "memory"),
    Row("memory-scratch", "10000", "largest process for 10,000 publications, nothing cached",
        "scratch", None, 250e6, "memory"),
)  # fmt: skip
"""The rows that are held to a limit."""

_BESIDE = (
    ("bare", "bare pdflatex, with its .aux", None),
    ("title", "`cvbuild pdf`, a title edited (.bib), all else cached", "bare"),
    ("latexmk", "`latexmk -pdf` from scratch", "bare"),
    ("biblatex", "biblatex from scratch: pdflatex, biber, pdflatex", "bare"),
    ("biblatex-title", "biblatex, a title edited (.bib): biber, pdflatex", "bare"),
    ("rendercv-title", "RenderCV, a title edited (it caches nothing)", "bare"),
)

BESIDE = tuple(
    Row(f"{race}-{contestant}", race, what, contestant, against)
    for race in ("reference", "100", "1000", "10000")
    for contestant, what, against in _BESIDE
    if (race, contestant) != ("reference", "rendercv-title")  # RenderCV reads no BibTeX
)
"""Other programs, for comparison; without limits."""


@dataclass(frozen=True)
class Result:
    """The value of a row, or a remark why there is none.

    `median` is that of its contestant; `runs` counts the rounds in which all that it compares ran.
    """

    row: Row
    value: float | None = None
    median: float | None = None
    own_cpu: float | None = None
    pages: int | None = None
    peak: int = 0
    remark: str = ""
    runs: int = 0
    failed: bool = False

    @property
    def is_worse(self) -> bool:
        """Whether the value is over the limit, or the contestant that is held to it failed."""
        if self.row.limit is None:
            return False
        return self.failed if self.value is None else self.value > self.row.limit


def chosen(names: Sequence[str]) -> list[Row]:
    """The rows of these keys or races; all without a name. Raises ValueError for an unknown name."""
    rows = (*ROWS, *BESIDE)
    for name in names:
        if not any(name in (row.key, row.race) for row in rows):
            raise ValueError(f"there is no row `{name}`: {', '.join(row.key for row in rows)}")
    return [row for row in rows if not names or row.key in names or row.race in names]


def contestants(rows: Iterable[Row]) -> set[str]:
    """The names of the contestants that these rows compare."""
    return {name for row in rows for name in (row.contestant, row.against) if name is not None}


def result(row: Row, series: dict[str, Series]) -> Result:
    """The result of a row from the series of its race."""
    of = series[row.contestant]
    both = [of] if row.against is None else [of, series[row.against]]
    remarks = [found.failure for found in both]
    remarks += [run.remark for found in both for run in found.runs]
    middle = of.median(row.quantity)
    value = middle if row.against is None else ratio(of, series[row.against], row.quantity)
    if value is None and not any(found.failure for found in both):
        remarks.append("not measured on this system")
    return Result(
        row, value, middle, of.median("own_cpu"), of.pages,
        peak=max((run.memory for run in of.runs), default=0),
        remark="; ".join(dict.fromkeys(filter(None, remarks))),
        runs=min(len(found.runs) for found in both if found.runs or found is of),
        failed=bool(of.failure),
    )  # fmt: skip
