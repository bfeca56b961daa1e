"""pdflatex, xelatex and lualatex of TeX Live or MiKTeX."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

from cvbuild import cache as memory
from cvbuild.record import Record
from cvbuild.typeset.engine import JOB_NAME, Installation, Run
from cvbuild.typeset.environment import tex_environment
from cvbuild.typeset.process import Finished, Limits, Started, go_on, version_of
from cvbuild.typeset.texfiles import missing_files
from cvbuild.uptodate import state_of

OPTIONS = (
    "-interaction=nonstopmode",
    "-file-line-error",
    "-no-shell-escape",
    "-recorder",
    f"-jobname={JOB_NAME}",
)

_KIND = "programs"

LARGEST_LOG = 8 << 20
"""Bytes of the log that are read: what comes after them repeats itself."""


class TexLiveEngine(Record):
    """An engine of web2c: one pass a run."""

    name: str
    is_unicode: bool
    purpose: str = ""
    right_to_left: bool = False
    runs_to_the_end: bool = False
    time_limit: float = 120.0
    memory_limit: int = 2 << 30  # bytes; the reference CV takes 0.4 of these 2 GB
    format: Path | None = None
    """TeX's memory with the preamble in it, to be loaded in place of LaTeX alone."""
    makes_pdf: bool = True
    reads_pipes: bool = False
    """Whether it reads a document from a pipe, as it comes."""

    def find(self) -> Installation | None:
        """The engine on the search path."""
        return _find(self.name)

    def missing(self) -> list[str]:
        """What kpsewhich does not find."""
        return missing_files(self.name)

    def forget(self) -> None:
        """Look anew the next time, and ask what is found for its version."""
        _find.cache_clear()
        if (path := shutil.which(self.name)) is not None:
            memory.write(_KIND, _key(path), b"")

    def run(self, installation: Installation, folder: Path, epoch: int) -> Run:
        """One pass over cv.tex."""
        go_on()
        return self.ended(self.start(installation, folder, epoch).finish(), folder)

    def start(self, installation: Installation, folder: Path, epoch: int) -> Started:
        """Begin a pass over cv.tex. Raises OSError where the engine cannot be started."""
        options, environment = list(OPTIONS), tex_environment(epoch)
        if self.reads_pipes:
            # Else it is opened twice: first for a line `%&` that names a format (web2c manual, "Formats").
            options.append("-no-parse-first-line")
        if not self.makes_pdf:
            options.append("-no-pdf" if self.name == "xelatex" else "-draftmode")
        if self.format is not None:
            options.append(f"-fmt={self.format}")
            environment["MKTEXFMT"] = "0"  # one that is gone is not looked for among TeX's own
        return Started(
            [installation.executable, *options, f"{JOB_NAME}.tex"],
            folder,
            environment,
            Limits(self.time_limit, self.memory_limit),
        )

    @staticmethod
    def ended(finished: Finished, folder: Path) -> Run:
        """What a pass that ended came to."""
        return Run(finished.code == 0, read_log(folder, finished), finished.stopped, finished.signal)


def read_log(folder: Path, finished: Finished) -> str:
    """The log that a run wrote, or what it printed where it wrote none."""
    path = folder / f"{JOB_NAME}.log"
    if not path.is_file():
        return finished.output
    with path.open("rb") as file:
        log = file.read(LARGEST_LOG)
        if rest := file.seek(0, 2) - len(log):
            # The end says where TeX stopped.
            file.seek(-min(rest, 1 << 16), 2)
            log += b"\n" + file.read()
    return log.decode("utf-8", "replace") or finished.output


@cache
def _find(name: str) -> Installation | None:
    path = shutil.which(name)
    if path is None:
        return None
    version = _version(path)
    return Installation(Path(path), version) if version else None


def _version(path: str) -> str | None:
    """What the program says of its version; it is asked once, as long as its file stays as it is."""
    if kept := memory.read(_KIND, _key(path)):
        return kept.decode("utf-8", "replace")
    version = version_of(Path(path))
    if version is not None:
        memory.write(_KIND, _key(path), version.encode("utf-8"))
    return version


def _key(path: str) -> str:
    return repr(state_of([path, os.path.realpath(path)]))
