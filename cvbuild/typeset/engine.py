"""What a TeX engine is to the rest of the program."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from cvbuild.record import Record
from cvbuild.typeset.process import Stop

JOB_NAME = "cv"
"""The fixed name of the job: its files are cv.tex, cv.aux, cv.log and cv.pdf."""

STAMP = "stamp.json"
"""Beside them: the manifest of the PDF (`uptodate.py`)."""


class Installation(Record):
    """An engine as found on this machine."""

    executable: Path
    version: str


class Run(Record):
    """How one run of an engine ended.

    `log` is what TeX wrote, decoded; `stopped` says at which limit it was ended, and
    `signal` by which signal.
    """

    succeeded: bool
    log: str
    stopped: Stop | None = None
    signal: str = ""


class Engine(Protocol):
    """A program that typesets `cv.tex` in a folder of its own."""

    @property
    def name(self) -> str:
        """The name by which it is chosen."""

    @property
    def purpose(self) -> str:
        """What it is good for, in a few words."""

    @property
    def time_limit(self) -> float:
        """Seconds that one run may take."""

    @property
    def is_unicode(self) -> bool:
        """Whether it takes every character that its fonts have (pdflatex takes a fixed set)."""

    @property
    def right_to_left(self) -> bool:
        """Whether it sets text that runs from right to left."""

    @property
    def runs_to_the_end(self) -> bool:
        """Whether one run does all passes that are needed."""

    def find(self) -> Installation | None:
        """The engine on this machine, run once to be sure that it works; None without one."""

    def missing(self) -> list[str]:
        """The files that the theme needs and an installed engine does not find."""

    def forget(self) -> None:
        """Look anew the next time: something was installed."""

    def run(self, installation: Installation, folder: Path, epoch: int) -> Run:
        """One run in the folder; `epoch` (seconds since 1970) is the document's date."""
