"""Running an engine until the pages hold still."""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cvbuild import uptodate
from cvbuild.diagnostics import Diagnostic, EngineProblem
from cvbuild.record import MutableRecord, Record
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.ahead import NOT_READ, Ahead
from cvbuild.typeset.auxiliary import auxiliary, forget_auxiliary, lasting, what_moved
from cvbuild.typeset.choose import ChosenEngine, drafting
from cvbuild.typeset.engine import JOB_NAME, STAMP, Run
from cvbuild.typeset.environment import tex_environment
from cvbuild.typeset.formats import Format, Formats, as_read_by, look_up, note
from cvbuild.typeset.texinputs import inputs, searched

if TYPE_CHECKING:
    from cvbuild.typeset.making import Sample

MAX_PASSES = 4

_SOME_SPACE = 1 << 16
"""Bytes; a disk with less is full for TeX, which writes in blocks."""


_NO_INPUTS = NOT_READ | {f"{JOB_NAME}.aux"}


def _nothing() -> None:
    pass


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
    ahead: Sequence[Ahead] = (),
    meanwhile: Callable[[], None] = _nothing,
) -> TypesetResult:
    """Typeset a document in a folder of its own, which keeps its .aux for the next time.

    Another pass is made only when the .aux shows that something moved. The preamble is loaded
    as a format where `formats` has it, else one is begun to be made. Engines that were
    started `ahead` make the first passes, where these are as expected; `meanwhile` is called
    while one of them is at work. Raises EngineProblem where the engine cannot be started,
    OSError where the disk is full.
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
    making = None
    if formats is not None and found.wanted is not None and not formats.making:
        if found.wanted.is_due:
            from cvbuild.typeset.making import Making

            scratch = folder.with_name(f"{folder.name}-format")
            making = Making(formats, found.wanted, chosen, scratch, epoch)
            about_format += "; one is made for the next time"
        else:
            note(found.wanted)
    while True:
        before = auxiliary(folder)
        passes += 1
        # Without an .aux there will be a second pass, which makes the PDF.
        engine = drafting(chosen) if passes == 1 and not before else chosen
        progress(f"{chosen.engine.name}, pass {passes}")
        reasons.append(f"pass {passes}: {reason}")
        run = run_pass(
            loaded.loaded_by(engine) if loaded else engine, folder, epoch, rendered.text, ahead, meanwhile
        )
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
    from cvbuild.typeset.log import diagnostics
    from cvbuild.typeset.stops import stopped

    preamble_log = loaded.log if loaded else ""
    if loaded is not None:
        _write(folder, rendered.text)  # for people
    whole = run.succeeded and run.stopped is None and is_whole(pdf)
    if not whole and shutil.disk_usage(folder).free < _SOME_SPACE:
        # TeX says "I can't write on file", or nothing at all.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    if making is not None:
        making.compare(_sample(folder, rendered.text, before, run) if whole else None)
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
    ahead: Sequence[Ahead] = (),
    meanwhile: Callable[[], None] = _nothing,
) -> Run:
    """One run over a document, by an engine that was started ahead where one is right for it.

    Raises EngineProblem where it cannot be started.
    """
    text = as_read_by(chosen, document)
    for ending in ("pdf", "log"):
        (folder / f"{JOB_NAME}.{ending}").unlink(missing_ok=True)
    right = next((one for one in ahead if one.is_right(chosen, epoch, text)), None)
    for one in ahead:
        if one is not right and one.has_heard:
            one.end()  # what it is at work on is of no use
    run = right.finish(text, folder, meanwhile) if right is not None else None
    if run is not None:
        return run
    _write(folder, text)
    return run_once(chosen, folder, epoch)


def _write(folder: Path, text: str) -> None:
    (folder / f"{JOB_NAME}.tex").write_text(text, encoding="utf-8")


def said_nothing(run: Run) -> bool:
    """Whether a run failed and TeX did not say that the document is to blame."""
    if run.succeeded or run.stopped not in {None, "crash"}:
        return False
    from cvbuild.typeset.messages import messages

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
    from cvbuild.typeset.making import Sample

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


# The other engines do not list all that they read: the fonts of xelatex are another program's.
_LIST_ALL = frozenset(("pdflatex", "lualatex"))


class Typeset(MutableRecord):
    """A document to be typeset by an engine in a folder, where the PDF of the last time has a manifest.

    `begun` is when this began, in nanoseconds since 1970; `places` are where TeX looks for files.
    """

    rendered: RenderedTex
    chosen: ChosenEngine
    folder: Path
    epoch: int
    begun: int
    places: list[str] | None = None

    @classmethod
    def now(
        cls,
        rendered: RenderedTex,
        chosen: ChosenEngine,
        folder: Path,
        epoch: int,
        ahead: Sequence[Ahead] = (),
    ) -> Typeset:
        """A document that is typeset from this moment on, or by engines that have begun with it."""
        begun = min((one.begun for one in ahead), default=time.time_ns())
        return cls(rendered, chosen, folder, epoch, begun)

    def again(self) -> TypesetResult | None:
        """The result of the last time, if everything that it was made of is unchanged."""
        known = uptodate.read(str(self.folder / STAMP))
        if known is None or known[0].get("facts") != self._facts():
            return None
        from cvbuild.typeset.log import diagnostics

        pdf, log = self._made()
        said = "\n".join([*(text for text, _ in known[1]), log.read_text(encoding="utf-8", errors="replace")])
        found = tuple(diagnostics(said, self.rendered))
        reasons = ("no pass: all it is made of is as it was",)
        return TypesetResult(pdf, self.chosen.engine.name, 0, 0.0, log, found, reasons)

    def look_around(self) -> None:
        """Find out where TeX looks for files, which `remember` needs to know where no format was loaded."""
        self.places = searched()

    def remember(self, result: TypesetResult, root: Path) -> None:
        """Write the manifest of a PDF that was just made; none if TeX may have read what it does not list.

        What it read from the project's folder is compared by content.
        """
        (self.folder / STAMP).unlink(missing_ok=True)
        read = inputs(self.folder, JOB_NAME)
        if result.pdf is None or read is None or self.chosen.engine.name not in _LIST_ALL:
            return
        preamble_log = []
        if result.loaded is not None:
            own = str(result.loaded.path)
            read = [*(path for path, *_ in result.loaded.reads), *(path for path in read if path != own)]
            preamble_log.append((result.loaded.log, False))
        else:
            if self.places is None:
                self.look_around()
            if self.places is None:
                return
            read += self.places
        contents = [path for path in read if Path(path).is_relative_to(root) and Path(path).is_file()]
        program = str(self.chosen.installation.executable.resolve())
        names = {
            "facts": self._facts(),
            "contents": contents,
            "files": [program, *sorted({*read} - {*contents})],
            "outputs": [str(path) for path in self._made()],
        }
        uptodate.write(str(self.folder / STAMP), names, preamble_log, self.begun)

    def _made(self) -> tuple[Path, Path]:
        return self.folder / f"{JOB_NAME}.pdf", self.folder / f"{JOB_NAME}.log"

    def _facts(self) -> list[str]:
        environment = (f"{name}={value}" for name, value in sorted(tex_environment(self.epoch).items()))
        installation = self.chosen.installation
        document = sha256(self.rendered.text.encode("utf-8")).hexdigest()
        return [document, str(installation.executable), installation.version, *environment]
