"""The interface of a TeX engine, and the names of a job's files."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from cvbuild.record import Record
from cvbuild.typeset.process import LOCK, Stop

JOB_NAME = "cv"
"""TeX's job name: the files are cv.tex, cv.aux, cv.log and cv.pdf."""
STAMP = "stamp.json"
"""The file name of a PDF's manifest in its folder (see `uptodate.py`)."""
NOT_READ = frozenset((LOCK, STAMP, *(f"{JOB_NAME}.{ending}" for ending in ("tex", "log", "fls", "pdf"))))
"""Files in a work folder that are not input of the next pass."""


class Installation(Record):
    """An engine on this machine: the program, and the first line of its `--version`."""

    executable: Path
    version: str


class Run(Record):
    """A finished run: TeX's log, decoded; `stopped` and `signal` name the limit or signal that ended it."""

    succeeded: bool
    log: str
    stopped: Stop | None = None
    signal: str = ""


class Engine(Protocol):
    """A program that typesets `cv.tex` in a work folder.

    Treat its attributes as read-only; a protocol could declare that only by properties.
    """

    name: str
    """The value of `--engine`."""
    purpose: str
    """Its strengths, in a few words."""
    time_limit: float
    """Maximum duration of one run, in seconds."""
    is_unicode: bool
    """Whether it prints every character of its fonts; pdflatex prints only a fixed set."""
    right_to_left: bool
    """Whether it typesets right-to-left text."""
    runs_to_the_end: bool
    """Whether one run makes all the passes that a document needs."""

    def find(self) -> Installation | None:
        """Return the installed engine, after it printed its version; None if it is missing or fails."""

    def missing(self) -> list[str]:
        """Return the files that the classic theme needs and the installed engine does not find."""

    def forget(self) -> None:
        """Clear the cached result of `find`, after an installation."""

    def run(self, installation: Installation, folder: Path, epoch: int) -> Run:
        """Run once, with the date `epoch` (seconds since 1970). Raises OSError if the engine cannot start."""
