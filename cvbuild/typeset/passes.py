"""Passes over a document until its .aux holds still, and the manifest of the PDF they make."""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from cvbuild import uptodate
from cvbuild.diagnostics import Diagnostic, EngineProblem
from cvbuild.record import MutableRecord, Record, field, replace
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.engine import JOB_NAME, NOT_READ, STAMP, Engine, Run
from cvbuild.typeset.engines import ChosenEngine
from cvbuild.typeset.format import (
    Format,
    Formats,
    Sample,
    as_read_by,
    look_up,
    make_later,
    remember,
)
from cvbuild.typeset.log import messages, missing_characters, warning
from cvbuild.typeset.process import Limits, Stop
from cvbuild.typeset.stream import Stream
from cvbuild.typeset.texlive import (
    PAGES,
    TexLiveEngine,
    auxiliary,
    files_read,
    lasting,
    searched,
    tex_environment,
)

MAX_PASSES = 4

_SOME_SPACE = 1 << 16
"""Minimum free space of a disk that is not full for TeX, which writes in blocks; in bytes."""

# xelatex and tectonic do not list everything they read: the fonts of xelatex are read by another program.
_LIST_ALL = frozenset(("pdflatex", "lualatex"))

_REASONS: dict[Stop, str] = {
    "time": "{name} did not end within {seconds:.0f} seconds and was stopped",
    "memory": "{name} took all the memory that it may have, and stopped",
    "file-size": "{name} wrote a file of {file_size} MB and was stopped",
    "output": "{name} printed more than {output} MB of messages and was stopped",
}
_HINT = "most often a macro in `!tex` or in a template calls itself without end"


class TypesetResult(Record):
    """The result of typesetting a document: the PDF, None after an error, and the diagnostics of the log.

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
    begun: int = 0
    """When typesetting began, in nanoseconds since 1970."""


class _Passes(MutableRecord):
    """The passes made so far: the last run, the .aux before it, and the format that it loaded."""

    loaded: Format | None
    about_format: str
    reasons: list[str] = field(default_factory=list)
    before: bytes = b""
    run: Run = Run(False, "")


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

    The preamble is loaded as a format if `formats` has one; else one is made later. The engine that
    waits in the `stream` makes the first pass if it was started for the same run. Raises EngineProblem
    if the engine cannot be started, OSError if the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    make_private(folder)
    pdf, started = folder / f"{JOB_NAME}.pdf", time.perf_counter()
    begun = stream.begun if stream is not None else time.time_ns()
    found = look_up(formats, rendered.text, chosen)
    passes = _Passes(found.format, f"format: {found.reason}")
    is_due = found.is_due and formats is not None and not formats.due
    if is_due:
        passes.about_format += "; one is made for the next time"
    elif found.key and not found.is_due:
        remember(found.key, {"seen": True})
    _run_until_settled(passes, rendered.text, chosen, folder, epoch, progress, stream)
    run, loaded = passes.run, passes.loaded
    if loaded is not None:
        _write(folder, rendered.text)  # for people: the engine has read it without its preamble
    ended_well = run.succeeded and run.stopped is None
    whole = ended_well and is_whole(pdf)
    if not whole and shutil.disk_usage(folder).free < _SOME_SPACE:
        # TeX says "I can't write on file", or nothing at all.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    if is_due and formats is not None and whole:
        sample = _sample(rendered.text, chosen, folder, epoch, passes)
        make_later(formats, found.key, sample, folder.with_name(f"{folder.name}-format"))
    if loaded is not None and loaded.log:
        run = replace(run, log=f"{loaded.log}\n{run.log}")
    complaints = complaints_of(run, chosen.engine, rendered)
    if not run.succeeded and not any(item.severity == "error" for item in complaints):
        reason = f"{chosen.engine.name} failed and gave no reason: {_last_line(run) or 'no output at all'}"
        complaints.append(Diagnostic("tex-error", reason))
    if ended_well and not whole:
        made = "a broken PDF" if pdf.exists() else "no PDF"
        complaints.append(Diagnostic("tex-error", f"{chosen.engine.name} ended well, but made {made}"))
    if not whole:
        (folder / f"{JOB_NAME}.aux").unlink(missing_ok=True)
    return TypesetResult(
        pdf if whole else None,
        chosen.engine.name,
        len(passes.reasons),
        time.perf_counter() - started,
        folder / f"{JOB_NAME}.log",
        tuple(complaints),
        (*passes.reasons, passes.about_format),
        loaded,
        begun,
    )


def _run_until_settled(
    passes: _Passes,
    document: str,
    chosen: ChosenEngine,
    folder: Path,
    epoch: int,
    progress: Callable[[str], None],
    stream: Stream | None,
) -> None:
    """Make passes until the .aux shows that nothing moved any more."""
    had_aux = bool(auxiliary(folder))
    reason = "something may have changed" if had_aux else "no .aux yet"
    while True:
        passes.before = before = auxiliary(folder)
        is_first = not passes.reasons
        passes.reasons.append(f"pass {len(passes.reasons) + 1}: {reason}")
        progress(f"{chosen.engine.name}, pass {len(passes.reasons)}")
        # Without an .aux there will be a second pass, which makes the PDF.
        is_draft = is_first and not before and isinstance(chosen.engine, TexLiveEngine)
        engine = chosen.adapted(makes_pdf=not is_draft, format=passes.loaded.path if passes.loaded else None)
        passes.run = run = run_pass(engine, folder, epoch, document, stream)
        stream = stream.next if stream is not None else None
        if passes.loaded is not None and said_nothing(run):
            # Something is wrong with the format and not with the document.
            passes.loaded, passes.about_format = None, "format: not used, as TeX could not load it"
            reason = "the format could not be loaded"
            continue
        if not run.succeeded and run.stopped is None and had_aux and is_first:
            # An .aux left by another version of the document can break the run: once more without.
            (folder / f"{JOB_NAME}.aux").unlink(missing_ok=True)
            had_aux = False
            reason = "the .aux of the last time may have broken it"
            continue
        after = auxiliary(folder)
        is_settled = not run.succeeded or chosen.engine.runs_to_the_end or lasting(after) == lasting(before)
        needs_pdf = run.succeeded and is_draft and not os.path.lexists(folder / f"{JOB_NAME}.pdf")
        if not needs_pdf and (is_settled or len(passes.reasons) >= MAX_PASSES):
            return
        is_number = PAGES.sub(b"", lasting(before)) == PAGES.sub(b"", lasting(after))
        reason = "the number of pages changed" if is_number else "the .aux changed"
        if not before:
            reason = "there is an .aux now"


def run_pass(
    chosen: ChosenEngine, folder: Path, epoch: int, document: str, stream: Stream | None = None
) -> Run:
    """Run once over a document, by the engine that waits in a stream if it was started for the same run.

    Raises EngineProblem if the engine cannot be started.
    """
    text = as_read_by(chosen, document)
    for ending in ("pdf", "log"):
        (folder / f"{JOB_NAME}.{ending}").unlink(missing_ok=True)
    _write(folder, text)
    if stream is not None and (run := stream.finish(chosen, epoch, text)):
        return run
    try:
        return chosen.engine.run(chosen.installation, folder, epoch)
    except OSError as error:
        raise EngineProblem(f"{chosen.engine.name} cannot be started: {error.strerror}") from None


def _write(folder: Path, text: str) -> None:
    (folder / f"{JOB_NAME}.tex").write_text(text, encoding="utf-8")


def said_nothing(run: Run) -> bool:
    """Return whether a run failed and TeX did not say that the document is to blame."""
    if run.succeeded or run.stopped not in {None, "crash"}:
        return False
    return not any(message.kind == "error" for message in messages(run.log))


def _sample(document: str, chosen: ChosenEngine, folder: Path, epoch: int, passes: _Passes) -> Sample:
    """Return the last run as a sample for a format: it found what it left, but for the .aux."""
    aux = f"{JOB_NAME}.aux"
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    found = {name: content for name, content in files.items() if name not in {*NOT_READ, aux}}
    if passes.before:
        found[aux] = passes.before
    pdf, log = files[f"{JOB_NAME}.pdf"], passes.run.log
    return Sample(chosen, epoch, document, found, pdf, files.get(aux, b""), log)


def is_whole(pdf: Path) -> bool:
    """Return whether a file begins and ends as a PDF, with cross-references (ISO 32000-1, 7.5)."""
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
    """Delete links and folders: an engine would write through a link, or fail at a folder."""
    for path in folder.iterdir():
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)


def complaints_of(run: Run, engine: Engine, rendered: RenderedTex) -> list[Diagnostic]:
    """Return the diagnostics of a run; if it was stopped, one at the place where TeX was."""
    if run.stopped is None:
        return diagnostics(run.log, rendered)
    if run.stopped == "crash":
        said = f"; the last it said: {last}" if (last := _last_line(run)) else ""
        hint = "build once more; if it stays so, try another engine with `--engine`"
        return [Diagnostic("tex-error", f"{engine.name} crashed ({run.signal}){said}", hints=(hint,))]
    limits = Limits(engine.time_limit)
    sizes = {"file_size": limits.file_size >> 20, "output": limits.output >> 20}
    message = _REASONS[run.stopped].format(name=engine.name, seconds=limits.seconds, **sizes)
    for found in diagnostics(run.log, rendered):
        if any("Interruption" in label.text for label in found.labels):
            here = tuple(replace(label, text="TeX was here") for label in found.labels)
            return [Diagnostic("tex-limit", message, found.span, labels=here, hints=(_HINT,))]
    return [Diagnostic("tex-limit", message, hints=(_HINT,))]


def _last_line(run: Run) -> str:
    return next((line.strip() for line in reversed(run.log.splitlines()) if line.strip()), "")


def diagnostics(log: str, rendered: RenderedTex) -> list[Diagnostic]:
    """Return the messages of a log at the places that caused them, each once."""
    seen = list(dict.fromkeys(messages(log)))
    found: list[Diagnostic] = []
    if said := [message for message in seen if message.kind == "error"]:
        from cvbuild.typeset.errors import errors  # seldom, and imports the table of what they mean

        found = errors(said, rendered)
    missing = dict.fromkeys(message.message for message in seen if message.kind == "missing")
    # After an error TeX goes on with what it can: its lines are not those that will be.
    remarks = [] if found else [item for item in seen if item.kind not in {"error", "missing"}]
    warnings = dict.fromkeys(warning(message, rendered) for message in remarks)
    return [*found, *warnings, *missing_characters(missing, rendered)]


class Typeset(Record):
    """A document to be typeset by an engine in a folder; the last PDF there may have a manifest.

    If everything that the last PDF was made of is unchanged, no engine runs.
    """

    rendered: RenderedTex
    chosen: ChosenEngine
    folder: Path
    epoch: int

    def again(self) -> TypesetResult | None:
        """Return the result of the last time, if everything that it was made of is unchanged."""
        known = uptodate.read(str(self.folder / STAMP))
        if known is None or known[0].get("facts") != self._facts():
            return None
        pdf, log = self._made()
        said = "\n".join([*(text for text, _ in known[1]), log.read_text(encoding="utf-8", errors="replace")])
        found = tuple(diagnostics(said, self.rendered))
        reasons = ("no pass: all it is made of is as it was",)
        return TypesetResult(pdf, self.chosen.engine.name, 0, 0.0, log, found, reasons)

    def remember(self, result: TypesetResult, root: Path) -> None:
        """Write the manifest of a PDF that was just made; none if TeX may have read what it does not list.

        The files that it read from the project's folder are compared by content.
        """
        (self.folder / STAMP).unlink(missing_ok=True)
        listed = files_read(self.folder)
        if result.pdf is None or listed is None or self.chosen.engine.name not in _LIST_ALL:
            return
        read, preamble_log = listed[0], []
        if result.loaded is not None:
            own = str(result.loaded.path)
            read = [*(path for path, *_ in result.loaded.reads), *(path for path in read if path != own)]
            preamble_log.append((result.loaded.log, False))
        elif (places := searched()) is not None:
            read = [*read, *places]
        else:
            return
        contents = [path for path in read if Path(path).is_relative_to(root) and Path(path).is_file()]
        program = str(self.chosen.installation.executable.resolve())
        names = {
            "facts": self._facts(),
            "contents": contents,
            "files": [program, *sorted({*read} - {*contents})],
            "outputs": [str(path) for path in self._made()],
        }
        uptodate.write(str(self.folder / STAMP), names, preamble_log, result.begun)

    def _made(self) -> tuple[Path, Path]:
        return self.folder / f"{JOB_NAME}.pdf", self.folder / f"{JOB_NAME}.log"

    def _facts(self) -> list[str]:
        environment = (f"{name}={value}" for name, value in sorted(tex_environment(self.epoch).items()))
        installation = self.chosen.installation
        document = sha256(self.rendered.text.encode("utf-8")).hexdigest()
        return [document, str(installation.executable), installation.version, *environment]
