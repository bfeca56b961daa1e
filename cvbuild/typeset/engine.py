"""The interface of a TeX engine, and the names of a job's files."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from cvbuild.record import Record
from cvbuild.typeset.process import LOCK, Stop

JOB_NAME = "cv"
"""The name of every job: its files are cv.tex, cv.aux, cv.log and cv.pdf."""
STAMP = "stamp.json"
"""The manifest of a PDF, beside it (`uptodate.py`)."""
NOT_READ = frozenset((LOCK, STAMP, *(f"{JOB_NAME}.{ending}" for ending in ("tex", "log", "fls", "pdf"))))
"""Files of a work folder that no pass reads as the last pass left them."""


class Installation(Record):
    """An engine as found on this machine."""

    executable: Path
    version: str


class Run(Record):
    """The end of a run: TeX's log, decoded, and the limit or the name of the signal that ended it."""

    succeeded: bool
    log: str
    stopped: Stop | None = None
    signal: str = ""


class Engine(Protocol):
    """A program that typesets `cv.tex` in a folder of its own.

    Its attributes never change; they are not read-only only because a protocol then needs properties.
    """

    name: str
    """The name for `--engine`."""
    purpose: str
    """Its strengths, in a few words."""
    time_limit: float
    """Maximum duration of one run, in seconds."""
    is_unicode: bool
    """Whether it prints every character that its fonts have (pdflatex prints a fixed set)."""
    right_to_left: bool
    """Whether it sets text that runs from right to left."""
    runs_to_the_end: bool
    """Whether one run makes all passes that a document needs."""

    def find(self) -> Installation | None:
        """Return the engine on this machine, after a test run; None if it is missing or does not run."""

    def missing(self) -> list[str]:
        """Return the files that the theme needs and the installed engine does not find."""

    def forget(self) -> None:
        """Forget what `find` returned: something was installed."""

    def run(self, installation: Installation, folder: Path, epoch: int) -> Run:
        """Run once in a folder; `epoch` (seconds since 1970) is the document's date. Raises OSError."""
