"""Running an engine until the pages hold still."""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cvbuild.diagnostics import Diagnostic, EngineProblem
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.choose import ChosenEngine
from cvbuild.typeset.engine import JOB_NAME, Run
from cvbuild.typeset.log import diagnostics
from cvbuild.typeset.stops import stopped

MAX_PASSES = 4

_SOME_SPACE = 1 << 16
"""Bytes; a disk with less is full for TeX, which writes in blocks."""


@dataclass(frozen=True)
class TypesetResult:
    """What an engine made of a document: the PDF where it succeeded, and what it had to say."""

    pdf: Path | None
    engine: str
    passes: int
    seconds: float
    log: Path
    diagnostics: tuple[Diagnostic, ...]


def typeset(
    rendered: RenderedTex,
    chosen: ChosenEngine,
    folder: Path,
    epoch: int,
    progress: Callable[[str], None] = lambda message: None,
) -> TypesetResult:
    """Typeset a document in a folder of its own, which keeps its .aux for the next time.

    Another pass is made only when the .aux shows that something moved. Raises
    EngineProblem where the engine cannot be started, OSError where the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    make_private(folder)
    (folder / f"{JOB_NAME}.tex").write_text(rendered.text, encoding="utf-8")
    pdf, log = folder / f"{JOB_NAME}.pdf", folder / f"{JOB_NAME}.log"
    started = time.perf_counter()
    passes = 0
    had_aux = bool(_auxiliary(folder))
    while True:
        before = _auxiliary(folder)
        pdf.unlink(missing_ok=True)
        log.unlink(missing_ok=True)
        passes += 1
        progress(f"{chosen.engine.name}, pass {passes}")
        run = run_once(chosen, folder, epoch)
        if not run.succeeded and run.stopped is None and had_aux and passes == 1:
            # An .aux left by another version of the document can break the run: once more without.
            _forget(folder)
            had_aux = False
            continue
        settled = (
            not run.succeeded
            or chosen.engine.runs_to_the_end
            or lasting(_auxiliary(folder)) == lasting(before)
        )
        if settled or passes >= MAX_PASSES:
            break
    whole = run.succeeded and run.stopped is None and is_whole(pdf)
    if not whole and shutil.disk_usage(folder).free < _SOME_SPACE:
        # TeX says "I can't write on file", or nothing at all.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    found = [stopped(run, chosen.engine, rendered)] if run.stopped else diagnostics(run.log, rendered)
    if not run.succeeded and not any(item.severity == "error" for item in found):
        last = next((line for line in reversed(run.log.splitlines()) if line.strip()), "no output at all")
        found.append(
            Diagnostic("tex-error", f"{chosen.engine.name} failed and gave no reason: {last.strip()}")
        )
    if run.succeeded and run.stopped is None and not whole:
        made = "a broken PDF" if pdf.exists() else "no PDF"
        found.append(Diagnostic("tex-error", f"{chosen.engine.name} ended well, but made {made}"))
    if not whole:
        _forget(folder)
    seconds = time.perf_counter() - started
    return TypesetResult(pdf if whole else None, chosen.engine.name, passes, seconds, log, tuple(found))


def run_once(chosen: ChosenEngine, folder: Path, epoch: int) -> Run:
    """One run of the engine. Raises EngineProblem where it cannot be started."""
    try:
        return chosen.engine.run(chosen.installation, folder, epoch)
    except OSError as error:
        raise EngineProblem(f"{chosen.engine.name} cannot be started: {error.strerror}") from None


def is_whole(pdf: Path) -> bool:
    """Whether a file begins and ends as a PDF, its cross-references where its end says (ISO 32000-1, 7.5)."""
    if not pdf.is_file():
        return False  # a pipe would never end
    with pdf.open("rb") as file:
        begins = file.read(5) == b"%PDF-"
        size = file.seek(0, 2)
        file.seek(max(size - 1024, 0))
        end = re.search(rb"startxref\s+(\d+)\s+%%EOF\s*$", file.read())
        if not begins or end is None or int(end[1]) >= size:
            return False
        file.seek(int(end[1]))
        return re.match(rb"\s*(xref|\d+\s+\d+\s+obj)", file.read(64)) is not None


def make_private(folder: Path) -> None:
    """Take away what is no file of the engine's own: it would write through a link, or trip over a folder."""
    for path in folder.iterdir():
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)


# The outline's entries, which bookmark reads at the end of the same run (bkm-pdftex.def), with lines
# of the .tex in them; and babel's, where nothing follows the language's name (babel.sty, \babel@aux).
_PASSING = re.compile(rb"^\\(?:BKM@entry\{.*|babel@aux\{\w+\}\{\})\r?\n", re.MULTILINE)


def lasting(aux: bytes) -> bytes:
    """Of an .aux what the next run can depend on."""
    return _PASSING.sub(b"", aux)


def _auxiliary(folder: Path) -> bytes:
    aux = folder / f"{JOB_NAME}.aux"
    return aux.read_bytes() if aux.is_file() else b""


def _forget(folder: Path) -> None:
    (folder / f"{JOB_NAME}.aux").unlink(missing_ok=True)
