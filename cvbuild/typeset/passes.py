"""Running an engine until the pages hold still."""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from cvbuild.diagnostics import Diagnostic, EngineProblem
from cvbuild.record import Record
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.auxiliary import auxiliary, forget_auxiliary, lasting, what_moved
from cvbuild.typeset.choose import ChosenEngine, drafting
from cvbuild.typeset.engine import JOB_NAME, Run
from cvbuild.typeset.format import Format, Formats, Sample, as_read_by, look_up, make_later, note
from cvbuild.typeset.log import diagnostics, stopped
from cvbuild.typeset.messages import messages
from cvbuild.typeset.stream import NOT_READ, Stream

MAX_PASSES = 4

_SOME_SPACE = 1 << 16
"""Bytes; a disk with less is full for TeX, which writes in blocks."""


_NO_INPUTS = NOT_READ | {f"{JOB_NAME}.aux"}


class TypesetResult(Record):
    """What an engine made of a document: the PDF where it succeeded, and what it had to say.

    `reasons` say why each pass was made, and whether a format was `loaded`.
    """

    pdf: Path | None
    engine: str
    passes: int
    seconds: float
    log: Path
    diagnostics: tuple[Diagnostic, ...]
    reasons: tuple[str, ...] = ()
    loaded: Format | None = None


def typeset(
    rendered: RenderedTex,
    chosen: ChosenEngine,
    folder: Path,
    epoch: int,
    progress: Callable[[str], None] = lambda message: None,
    formats: Formats | None = None,
    stream: Stream | None = None,
) -> TypesetResult:
    """Typeset a document in a folder of its own, which keeps its .aux for the next time.

    Another pass is made only when the .aux shows that something moved. The preamble is loaded
    as a format if `formats` has one, else one is made later. The engine that waits in the `stream`
    makes the first pass if it is the right one. Raises EngineProblem where the engine cannot be
    started, OSError where the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    make_private(folder)
    pdf, log = folder / f"{JOB_NAME}.pdf", folder / f"{JOB_NAME}.log"
    started = time.perf_counter()
    passes = 0
    had_aux = bool(auxiliary(folder))
    reason = "something may have changed" if had_aux else "no .aux yet"
    reasons: list[str] = []
    found = look_up(formats, rendered.text, chosen)
    loaded, about_format = found.format, f"format: {found.reason}"
    is_due = found.is_due and formats is not None and not formats.due
    if is_due:
        about_format += "; one is made for the next time"
    elif found.key and not found.is_due:
        note(found.key)
    while True:
        before = auxiliary(folder)
        passes += 1
        # Without an .aux there will be a second pass, which makes the PDF.
        engine = drafting(chosen) if passes == 1 and not before else chosen
        progress(f"{chosen.engine.name}, pass {passes}")
        reasons.append(f"pass {passes}: {reason}")
        run = run_pass(loaded.loaded_by(engine) if loaded else engine, folder, epoch, rendered.text, stream)
        stream = stream.next if stream is not None else None
        if loaded is not None and said_nothing(run):
            # Something is wrong with the format and not with the document.
            loaded, about_format = None, "format: not used, as TeX could not load it"
            reason = "the format could not be loaded"
            continue
        if not run.succeeded and run.stopped is None and had_aux and passes == 1:
            # An .aux left by another version of the document can break the run: once more without.
            forget_auxiliary(folder)
            had_aux = False
            reason = "the .aux of the last time may have broken it"
            continue
        after = auxiliary(folder)
        if run.succeeded and engine is not chosen and not os.path.lexists(pdf):
            reason = what_moved(before, after)
            continue
        settled = not run.succeeded or chosen.engine.runs_to_the_end or lasting(after) == lasting(before)
        if settled or passes >= MAX_PASSES:
            break
        reason = what_moved(before, after)
    # Only now, so that the engine does not wait for it.

    preamble_log = loaded.log if loaded else ""
    if loaded is not None:
        _write(folder, rendered.text)  # for people
    whole = run.succeeded and run.stopped is None and is_whole(pdf)
    if not whole and shutil.disk_usage(folder).free < _SOME_SPACE:
        # TeX says "I can't write on file", or nothing at all.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    if is_due and formats is not None and whole:
        scratch, sample = (
            folder.with_name(f"{folder.name}-format"),
            _sample(folder, rendered.text, before, run),
        )
        make_later(formats, found.key, chosen, scratch, epoch, sample)
    said = f"{preamble_log}\n{run.log}" if preamble_log else run.log
    complaints = [stopped(run, chosen.engine, rendered)] if run.stopped else diagnostics(said, rendered)
    if not run.succeeded and not any(item.severity == "error" for item in complaints):
        last = next((line for line in reversed(run.log.splitlines()) if line.strip()), "no output at all")
        complaints.append(
            Diagnostic("tex-error", f"{chosen.engine.name} failed and gave no reason: {last.strip()}")
        )
    if run.succeeded and run.stopped is None and not whole:
        made = "a broken PDF" if pdf.exists() else "no PDF"
        complaints.append(Diagnostic("tex-error", f"{chosen.engine.name} ended well, but made {made}"))
    if not whole:
        forget_auxiliary(folder)
    seconds = time.perf_counter() - started
    return TypesetResult(
        pdf if whole else None,
        chosen.engine.name,
        passes,
        seconds,
        log,
        tuple(complaints),
        (*reasons, about_format),
        loaded,
    )


def run_pass(
    chosen: ChosenEngine,
    folder: Path,
    epoch: int,
    document: str,
    stream: Stream | None = None,
) -> Run:
    """One run over a document, by the engine that waits for it if that is the right one.

    Raises EngineProblem where it cannot be started.
    """
    text = as_read_by(chosen, document)
    for ending in ("pdf", "log"):
        (folder / f"{JOB_NAME}.{ending}").unlink(missing_ok=True)
    _write(folder, text)
    run = stream.finish(chosen, epoch, text) if stream is not None else None
    return run or run_once(chosen, folder, epoch)


def _write(folder: Path, text: str) -> None:
    (folder / f"{JOB_NAME}.tex").write_text(text, encoding="utf-8")


def said_nothing(run: Run) -> bool:
    """Whether a run failed and TeX did not say that the document is to blame."""
    if run.succeeded or run.stopped not in {None, "crash"}:
        return False

    return not any(message.kind == "error" for message in messages(run.log))


def _sample(folder: Path, document: str, before: bytes, run: Run) -> Sample:
    """The last run as a sample for a format: what it found there is what it left, but for the .aux."""
    found = {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.is_file() and path.name not in _NO_INPUTS
    }
    if before:
        found[f"{JOB_NAME}.aux"] = before
    pdf = (folder / f"{JOB_NAME}.pdf").read_bytes()
    return Sample(document, found, pdf, auxiliary(folder), run.log)


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
