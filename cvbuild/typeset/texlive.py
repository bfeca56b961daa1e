"""pdflatex, xelatex and lualatex of TeX Live or MiKTeX."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cvbuild.typeset.engine import JOB_NAME, Installation, Run
from cvbuild.typeset.process import run_process, version_of
from cvbuild.typeset.texfiles import missing_files

OPTIONS = (
    "-interaction=nonstopmode",
    "-file-line-error",
    "-no-shell-escape",
    "-recorder",
    f"-jobname={JOB_NAME}",
)

# Paranoid file access, and log lines that are not broken (texmf.cnf and web2c manual, section 3).
ENVIRONMENT = {
    "openin_any": "p",
    "openout_any": "p",
    "shell_escape": "f",
    "max_print_line": "1000",
    "error_line": "254",
    "half_error_line": "238",
    "FORCE_SOURCE_DATE": "1",
    "TZ": "UTC",
}


@dataclass(frozen=True)
class TexLiveEngine:
    """An engine of web2c: one pass a run."""

    name: str
    is_unicode: bool
    purpose: str = ""
    right_to_left: bool = False
    runs_to_the_end: bool = False
    time_limit: float = 120.0

    def find(self) -> Installation | None:
        """The engine on the search path."""
        return _find(self.name)

    def missing(self) -> list[str]:
        """What kpsewhich does not find."""
        return missing_files(self.name)

    def forget(self) -> None:
        """Look anew the next time."""
        _find.cache_clear()

    def run(self, installation: Installation, folder: Path, epoch: int) -> Run:
        """One pass over cv.tex."""
        environment = os.environ | ENVIRONMENT | {"SOURCE_DATE_EPOCH": str(epoch)}
        finished = run_process(
            [installation.executable, *OPTIONS, f"{JOB_NAME}.tex"], folder, environment, self.time_limit
        )
        log_file = folder / f"{JOB_NAME}.log"
        log = (
            log_file.read_text(encoding="utf-8", errors="replace") if log_file.is_file() else finished.output
        )
        return Run(finished.code == 0, log, finished.timed_out)


@cache
def _find(name: str) -> Installation | None:
    path = shutil.which(name)
    if path is None:
        return None
    version = version_of(Path(path))
    return Installation(Path(path), version) if version else None
