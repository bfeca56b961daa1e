"""Typeset a document in passes until its .aux no longer changes, and write the PDF's manifest."""

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
from cvbuild.record import Record, replace
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.engine import JOB_NAME, STAMP, Engine, Run
from cvbuild.typeset.engines import ChosenEngine
from cvbuild.typeset.format import Format, Formats, Sample, as_read_by, look_up, make_later, remember
from cvbuild.typeset.log import as_diagnostic, messages, missing_characters
from cvbuild.typeset.process import Limits, Stop
from cvbuild.typeset.stream import Stream
from cvbuild.typeset.texlive import (
    PAGES,
    TexLiveEngine,
    auxiliary,
    inputs,
    lasting,
    searched,
    tex_environment,
)

MAX_PASSES = 4
_LEAST_SPACE = 1 << 16
"""Minimum free disk space, in bytes. TeX writes in blocks: with less, a failed run means a full disk."""

# xelatex and tectonic list only a part of their input: another program reads the fonts for xelatex.
_LIST_ALL = frozenset(("pdflatex", "lualatex"))

_REASONS: dict[Stop, str] = {
    "time": "{name} did not end within {seconds:.0f} seconds and was stopped",
    "memory": "{name} took all the memory that it may have, and stopped",
    "file-size": "{name} wrote a file of {file_size} MB and was stopped",
    "output": "{name} printed more than {output} MB of messages and was stopped",
}
_HINT = "most often a macro in `!tex` or in a template calls itself without end"


class TypesetResult(Record):
    """The result of typesetting: the PDF, or None if there is none; `reasons` has one for each pass."""

    pdf: Path | None
    engine: str
    passes: int
    log: Path
    diagnostics: tuple[Diagnostic, ...]
    reasons: tuple[str, ...] = ()
    loaded: Format | None = None
    begun: int = 0
    """Start of typesetting, in nanoseconds since 1970."""


class Job(Record):
    """A document, its engine, and its work folder, which keeps the .aux and the PDF between builds."""

    rendered: RenderedTex
    chosen: ChosenEngine
    folder: Path
    epoch: int
    """The document's date, in seconds since 1970."""

    def again(self) -> TypesetResult | None:
        """Return the previous result if all of its inputs are unchanged, else None."""
        known = uptodate.read(str(self.folder / STAMP))
        if known is None or known[0].get("facts") != self._facts():
            return None
        pdf, log = self._file("pdf"), self._file("log")
        said = "\n".join([*(text for text, _ in known[1]), log.read_text(encoding="utf-8", errors="replace")])
        found = tuple(diagnostics(said, self.rendered))
        reasons = ("no pass: all it is made of is as it was",)
        return TypesetResult(pdf, self.chosen.engine.name, 0, log, found, reasons)

    def remember(self, result: TypesetResult, root: Path) -> None:
        """Write the manifest of a new PDF, but none if TeX's list of its inputs may be incomplete."""
        (self.folder / STAMP).unlink(missing_ok=True)
        listed = inputs(self.folder)
        if result.pdf is None or listed is None or self.chosen.engine.name not in _LIST_ALL:
            return
        loaded = result.loaded
        others = searched() if loaded is None else [path for path, *_ in loaded.reads]
        if others is None:
            return
        read = {*listed[0], *others} - {str(loaded.path) if loaded else ""}
        # `uptodate` compares the project's files by content, others by time and size.
        contents = sorted(path for path in read if Path(path).is_relative_to(root) and Path(path).is_file())
        program = str(self.chosen.installation.executable.resolve())
        names = {
            "facts": self._facts(),
            "contents": contents,
            "files": [program, *sorted(read.difference(contents))],
            "outputs": [str(self._file("pdf")), str(self._file("log"))],
        }
        preamble_log = [(loaded.log, False)] if loaded else []
        uptodate.write(str(self.folder / STAMP), names, preamble_log, result.begun)

    def typeset(
        self,
        progress: Callable[[str], None] = lambda message: None,
        formats: Formats | None = None,
        stream: Stream | None = None,
    ) -> TypesetResult:
        """Run the engine until the .aux is stable.

        `formats` may provide a format for the preamble; if it has none, one may be made later. The engine
        waiting in `stream` makes the first pass if it was started for the same run. Raises EngineProblem
        if the engine cannot be started, OSError if the disk is full.
        """
        folder = self.folder
        begun = stream.begun if stream is not None else time.time_ns()
        make_private(folder)
        found = look_up(formats, self.rendered.text, self.chosen)
        if found.key and not found.is_due:
            remember(found.key, {"seen": True})
        run, reasons, loaded = self._passes(found.format, progress, stream)
        # A run with a format can be compared only with a document that was stable.
        is_due = found.is_due and formats is not None and not formats.due and len(reasons) < MAX_PASSES
        about_format = f"{found.reason}; one is made for the next time" if is_due else found.reason
        if loaded is not None:
            self._file("tex").write_text(self.rendered.text, encoding="utf-8")  # in full, for readers
        elif found.format is not None:
            about_format = "not used, as TeX could not load it"
        pdf, ended_well = self._file("pdf"), run.succeeded and run.stopped is None
        whole = ended_well and is_whole(pdf)
        if not whole and shutil.disk_usage(folder).free < _LEAST_SPACE:
            # On a full disk TeX reports "I can't write on file", or nothing.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        if is_due and formats is not None and whole:
            make_later(formats, found.key, Sample(self.chosen, self.epoch, self.rendered.text, folder))
        if loaded is not None and loaded.log:
            run = replace(run, log=f"{loaded.log}\n{run.log}")
        complaints, name = complaints_of(run, self.chosen.engine, self.rendered), self.chosen.engine.name
        if not run.succeeded and not any(item.severity == "error" for item in complaints):
            last = _last_line(run) or "no output at all"
            complaints.append(Diagnostic("tex-error", f"{name} failed and gave no reason: {last}"))
        elif ended_well and not whole:
            what = "a broken PDF" if pdf.exists() else "no PDF"
            complaints.append(Diagnostic("tex-error", f"{name} ended well, but made {what}"))
        if not whole:
            self._file("aux").unlink(missing_ok=True)
        why = (*reasons, f"format: {about_format}")
        made, log = pdf if whole else None, self._file("log")
        return TypesetResult(made, name, len(reasons), log, tuple(complaints), why, loaded, begun)

    def _passes(
        self, loaded: Format | None, progress: Callable[[str], None], stream: Stream | None
    ) -> tuple[Run, list[str], Format | None]:
        """Make passes until the .aux is stable; return the last run, all reasons, and the format used."""
        had_aux = bool(auxiliary(self.folder))
        reason = "something may have changed" if had_aux else "no .aux yet"
        reasons: list[str] = []
        while True:
            before, is_first = auxiliary(self.folder), not reasons
            reasons.append(f"pass {len(reasons) + 1}: {reason}")
            progress(f"{self.chosen.engine.name}, pass {len(reasons)}")
            # Without an .aux a second pass always follows, and makes the PDF.
            is_draft = is_first and not before and isinstance(self.chosen.engine, TexLiveEngine)
            chosen = self.chosen.adapted(makes_pdf=not is_draft, format=loaded.path if loaded else None)
            run = run_pass(chosen, self.folder, self.epoch, self.rendered.text, stream)
            stream = stream.next if stream is not None else None
            if loaded is not None and said_nothing(run):
                # The format is at fault, not the document: run once more without it.
                loaded, reason = None, "the format could not be loaded"
                continue
            if not run.succeeded and run.stopped is None and had_aux and is_first:
                # An .aux of an earlier version of the document can break the run: try without it.
                self._file("aux").unlink(missing_ok=True)
                had_aux, reason = False, "the .aux of the last time may have broken it"
                continue
            after = auxiliary(self.folder)
            is_settled = chosen.engine.runs_to_the_end or lasting(after) == lasting(before)
            has_pdf = not is_draft or os.path.lexists(self._file("pdf"))
            if not run.succeeded or (has_pdf and (is_settled or len(reasons) >= MAX_PASSES)):
                return run, reasons, loaded
            is_number = PAGES.sub(b"", lasting(before)) == PAGES.sub(b"", lasting(after))
            reason = "the number of pages changed" if is_number else "the .aux changed"
            reason = reason if before else "there is an .aux now"

    def _file(self, ending: str) -> Path:
        return self.folder / f"{JOB_NAME}.{ending}"

    def _facts(self) -> list[str]:
        environment = (f"{name}={value}" for name, value in sorted(tex_environment(self.epoch).items()))
        installation = self.chosen.installation
        document = sha256(self.rendered.text.encode("utf-8")).hexdigest()
        return [document, str(installation.executable), installation.version, *environment]


def run_pass(
    chosen: ChosenEngine, folder: Path, epoch: int, document: str, stream: Stream | None = None
) -> Run:
    """Run once, by the stream's engine if it waits for this run. Raises EngineProblem if none starts."""
    text = as_read_by(chosen, document)
    for ending in ("pdf", "log"):
        (folder / f"{JOB_NAME}.{ending}").unlink(missing_ok=True)
    (folder / f"{JOB_NAME}.tex").write_text(text, encoding="utf-8")
    if stream is not None and (run := stream.finish(chosen, epoch, text)):
        return run
    try:
        return chosen.engine.run(chosen.installation, folder, epoch)
    except OSError as error:
        raise EngineProblem(f"{chosen.engine.name} cannot be started: {error.strerror}") from None


def said_nothing(run: Run) -> bool:
    """Return whether a run failed, or crashed, without an error message of TeX."""
    if run.succeeded or run.stopped not in {None, "crash"}:
        return False
    return not any(message.kind == "error" for message in messages(run.log))


def is_whole(pdf: Path) -> bool:
    """Return whether a file has a PDF's header, trailer and cross-references (ISO 32000-1, 7.5)."""
    if not pdf.is_file():
        return False  # reading a pipe could block for ever
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
    """Make a folder, and delete links and folders inside, as an engine would write through links."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)


def complaints_of(run: Run, engine: Engine, rendered: RenderedTex) -> list[Diagnostic]:
    """Return the diagnostics of a run; for a stopped run, only one, at the line that TeX had reached."""
    if run.stopped == "crash":
        said = f"; the last it said: {last}" if (last := _last_line(run)) else ""
        hint = "build once more; if it stays so, try another engine with `--engine`"
        return [Diagnostic("tex-error", f"{engine.name} crashed ({run.signal}){said}", hints=(hint,))]
    found = diagnostics(run.log, rendered)
    if run.stopped is None:
        return found
    limits = Limits(engine.time_limit)
    sizes = {"file_size": limits.file_size >> 20, "output": limits.output >> 20}
    message = _REASONS[run.stopped].format(name=engine.name, seconds=limits.seconds, **sizes)
    stopped = Diagnostic("tex-limit", message, hints=(_HINT,))
    for item in found:
        if any("Interruption" in label.text for label in item.labels):
            here = tuple(replace(label, text="TeX was here") for label in item.labels)
            return [replace(stopped, span=item.span, labels=here)]
    return [stopped]


def _last_line(run: Run) -> str:
    return next((line.strip() for line in reversed(run.log.splitlines()) if line.strip()), "")


def diagnostics(log: str, rendered: RenderedTex) -> list[Diagnostic]:
    """Return the diagnostics of a log, without repetitions."""
    seen = list(dict.fromkeys(messages(log)))
    found: list[Diagnostic] = []
    if said := [message for message in seen if message.kind == "error"]:
        from cvbuild.typeset.errors import errors  # needed only after errors of TeX

        found = errors(said, rendered)
    missing = dict.fromkeys(message.message for message in seen if message.kind == "missing")
    # After an error TeX skips text, so its warnings may not apply to the corrected document.
    remarks = [] if found else [item for item in seen if item.kind not in {"error", "missing"}]
    warnings = dict.fromkeys(as_diagnostic(message, rendered) for message in remarks)
    return [*found, *warnings, *missing_characters(missing, rendered)]
