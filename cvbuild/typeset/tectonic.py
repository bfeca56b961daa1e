"""Tectonic: XeTeX in one program that fetches the packages it needs."""

from __future__ import annotations

import os
import shutil
import sys
from functools import cache
from pathlib import Path

from cvbuild.record import Record
from cvbuild.typeset.engine import JOB_NAME, Installation, Run
from cvbuild.typeset.environment import tex_environment
from cvbuild.typeset.process import Limits, run_process, version_of
from cvbuild.typeset.texlive import read_log

BUNDLE_VARIABLE = "CVBUILD_TECTONIC_BUNDLE"
"""Names a local folder or archive of TeX files, for machines without a network."""


def own_folder() -> Path:
    """Where `cvbuild doctor --install` puts a tectonic of its own."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "cvbuild"


class Tectonic(Record):
    """The tectonic program; one run does every pass."""

    name: str = "tectonic"
    purpose: str = "one program, for machines without TeX Live"
    time_limit: float = 900.0  # its first run fetches its packages
    is_unicode: bool = True
    right_to_left: bool = False
    runs_to_the_end: bool = True

    def find(self) -> Installation | None:
        """On the search path, beside the Python in use, or where doctor put it."""
        return _find()

    def missing(self) -> list[str]:
        """Nothing: it fetches what it needs."""
        return []

    def forget(self) -> None:
        """Look anew the next time."""
        _find.cache_clear()

    def run(self, installation: Installation, folder: Path, epoch: int) -> Run:
        """Typeset cv.tex to the end."""
        command: list[str | Path] = [installation.executable, "-X", "compile", "--untrusted", "--keep-logs"]
        if bundle := os.environ.get(BUNDLE_VARIABLE):
            command += ["--bundle", bundle]
        limits = Limits(self.time_limit, memory=4 << 30)
        finished = run_process([*command, f"{JOB_NAME}.tex"], folder, tex_environment(epoch), limits)
        return Run(finished.code == 0, read_log(folder, finished), finished.stopped, finished.signal)


@cache
def _find() -> Installation | None:
    candidates = [shutil.which("tectonic"), Path(sys.prefix) / "bin" / "tectonic", own_folder() / "tectonic"]
    for candidate in candidates:
        # A wheel's binary may need a newer C library than there is: run it before trusting it.
        if candidate and Path(candidate).is_file() and (version := version_of(Path(candidate))):
            return Installation(Path(candidate), version)
    return None
