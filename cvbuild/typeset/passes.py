"""Running an engine until the pages hold still."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cvbuild.diagnostics import Diagnostic, EngineProblem
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.choose import ChosenEngine
from cvbuild.typeset.engine import JOB_NAME, Run
from cvbuild.typeset.log import diagnostics

MAX_PASSES = 4


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
    EngineProblem where the engine hangs or cannot be started.
    """
    folder.mkdir(parents=True, exist_ok=True)
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
        run = _run(chosen, folder, epoch)
        if not run.succeeded and had_aux and passes == 1:
            # An .aux left by another version of the document can break the run: once more without.
            _forget(folder)
            had_aux = False
            continue
        settled = not run.succeeded or chosen.engine.runs_to_the_end or _auxiliary(folder) == before
        if settled or passes >= MAX_PASSES:
            break
    found = diagnostics(run.log, rendered)
    if not run.succeeded and not any(item.severity == "error" for item in found):
        last = next((line for line in reversed(run.log.splitlines()) if line.strip()), "no output at all")
        found.append(
            Diagnostic("tex-error", f"{chosen.engine.name} failed and gave no reason: {last.strip()}")
        )
    whole = run.succeeded and pdf.is_file()
    if run.succeeded and not whole:
        found.append(Diagnostic("tex-error", f"{chosen.engine.name} ended well, but made no PDF"))
    if not whole:
        _forget(folder)
    seconds = time.perf_counter() - started
    return TypesetResult(pdf if whole else None, chosen.engine.name, passes, seconds, log, tuple(found))


def _run(chosen: ChosenEngine, folder: Path, epoch: int) -> Run:
    try:
        run = chosen.engine.run(chosen.installation, folder, epoch)
    except OSError as error:
        raise EngineProblem(f"{chosen.engine.name} cannot be started: {error.strerror}") from None
    if run.timed_out:
        raise EngineProblem(
            f"{chosen.engine.name} did not end within {chosen.engine.time_limit:.0f} seconds and was stopped",
            "look for a macro in `!tex` or in a template that calls itself",
        )
    return run


def _auxiliary(folder: Path) -> bytes:
    try:
        return (folder / f"{JOB_NAME}.aux").read_bytes()
    except FileNotFoundError:
        return b""


def _forget(folder: Path) -> None:
    (folder / f"{JOB_NAME}.aux").unlink(missing_ok=True)
