"""An engine that is started early and reads its document from a pipe while that is rendered.

A large part of a run of TeX is over before the first word of the content: the engine starts, loads its
format and reads the packages. So the engine of last time starts with the call, in a folder of its
own where `cv.tex` is a named pipe (fifo(7)), and gets the preamble of last time. If the document
turns out to begin otherwise, or anything else differs, the engine is ended and a usual run follows. What it
made is moved to where a usual run would have made it.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import SimpleQueue

from cvbuild import cache
from cvbuild.diagnostics import EngineProblem, UsageProblem
from cvbuild.filestate import SLACK, is_as_before, state_of
from cvbuild.record import replace
from cvbuild.typeset.auxiliary import auxiliary
from cvbuild.typeset.choose import ENGINES, ChosenEngine, choose_engine, drafting
from cvbuild.typeset.engine import JOB_NAME, STAMP, Installation, Run
from cvbuild.typeset.format import MARK, Formats, as_read_by, beginning, look_up
from cvbuild.typeset.lock import LOCK, held
from cvbuild.typeset.texinputs import inputs, times_read
from cvbuild.typeset.texlive import TexLiveEngine

FIRST_LINE = "\\errorcontextlines=99\n"
"""The first line of every shipped theme's document: an engine may start with it before more is known."""

NOT_READ = frozenset((LOCK, STAMP, *(f"{JOB_NAME}.{ending}" for ending in ("tex", "log", "fls", "pdf"))))
"""Files of a work folder that no pass reads as the last one left them."""

_KIND = "begins"
_POLL = 0.002


def begin(
    key: str, engine: str, formats: Formats, epoch: int, folder_of: Callable[[str], Path], *, anew: bool
) -> Stream | None:
    """Start an engine for a document, which an engine of a name typesets in the folder given for it.

    It is the one remembered under the key. If nothing is remembered, `anew` starts the engine that is
    asked for with the first line alone. None where no engine can wait; if something is wrong, the usual
    run comes upon it and reports it.
    """
    with suppress(OSError, EngineProblem, UsageProblem):
        last = _recalled(key)
        if last is None and not anew:
            return None
        chosen, begins = last or (choose_engine(engine, FIRST_LINE), FIRST_LINE)
        if not (isinstance(chosen.engine, TexLiveEngine) and chosen.engine.reads_pipes):
            return None
        target = folder_of(chosen.engine.name)
        if loaded := look_up(formats, begins, chosen).format:
            chosen = loaded.loaded_by(chosen)
        elif formats.own_epoch is not None:
            begins = FIRST_LINE  # the project's own preamble may read what is not there yet
        if not auxiliary(target):
            chosen = drafting(chosen)  # as the first pass of such a document is
        return Stream(chosen, epoch, as_read_by(chosen, begins), target, with_next=formats.own_epoch is None)
    return None


def remember(key: str, chosen: ChosenEngine, document: str) -> None:
    """Keep what a document was typeset with and how it begins, for `begin`."""
    if begins := beginning(document):
        program = chosen.installation.executable
        known = {
            "engine": chosen.engine.name,
            "executable": str(program),
            "version": chosen.installation.version,
            "program": state_of([str(program), str(program.resolve())]),
            "begins": begins,
        }
        content = json.dumps(known).encode("utf-8", "surrogatepass")
        if cache.read(_KIND, key) != content:
            cache.write(_KIND, key, content)


def _recalled(key: str) -> tuple[ChosenEngine, str] | None:
    """The engine and the beginning of the last document; None where the engine is not the same program."""
    try:
        known = json.loads(cache.read(_KIND, key) or b"{}")
        installation = Installation(Path(known["executable"]), str(known["version"]))
        chosen = ChosenEngine(ENGINES[known["engine"]], installation)
        return (chosen, str(known["begins"])) if is_as_before(known["program"]) else None
    except (ValueError, KeyError, TypeError):
        return None


class Stream:
    """An engine that waits for the rest of its document, until it is finished or ended."""

    def __init__(
        self,
        chosen: ChosenEngine,
        epoch: int,
        begins: str,
        target: Path,
        *,
        with_next: bool = False,
        is_next: bool = False,
    ) -> None:
        """Start it with the beginning of a document. Raises OSError, also where its folder is in use.

        It reads what lies in the target now. With `with_next`, a draft that has its document starts the
        engine of the pass after it, so that this one has read the packages when the draft is done.
        """
        assert isinstance(chosen.engine, TexLiveEngine)
        self.begun = time.time_ns()
        self.next: Stream | None = None
        self._chosen, self._engine, self._epoch, self._begins = chosen, chosen.engine, epoch, begins
        self._target = target
        self._folder = target.with_name(f"{target.name}-{'next' if is_next else 'ahead'}")
        self._with_next = with_next
        self._heard: str | None = ""
        self._given = [begins]
        self._taken: dict[str, tuple[int, ...]] | None = None
        self._pieces: SimpleQueue[str | None] = SimpleQueue()
        self._pieces.put(begins)
        self._was_opened = False
        with ExitStack() as stack:
            stack.enter_context(held(self._folder, _refuse))
            _empty(self._folder)
            self._place = _identity(self._folder)
            stack.callback(self._clean_up)
            if not is_next:
                self._take_over()
            os.mkfifo(self._folder / f"{JOB_NAME}.tex", 0o600)
            self._started = self._engine.start(chosen.installation, self._folder, epoch)
            stack.callback(self._started.end)
            self._feeder = threading.Thread(target=self._feed, daemon=True)
            self._feeder.start()
            stack.callback(self._stop)
            self._stack = stack.pop_all()
        self._is_waiting = True

    @property
    def has_heard(self) -> bool:
        """Whether it has more of a document than its beginning, so that it is of use for no other."""
        return self._heard is None

    def hear(self, piece: str) -> None:
        """Give the engine the next piece of the document, which begins with its preamble.

        It is ended where the preamble is another one than last time.
        """
        if not self._is_waiting:
            return
        if self._heard is not None:
            self._heard += piece
            if MARK not in self._heard:
                return
            piece = as_read_by(self._chosen, self._heard)
            if not piece.startswith(self._begins):
                self.end()
                return
            piece, self._heard = piece.removeprefix(self._begins), None
        self._given.append(piece)
        self._pieces.put(piece)

    def finish(
        self, chosen: ChosenEngine, epoch: int, document: str, meanwhile: Callable[[], None] = lambda: None
    ) -> Run | None:
        """The run over a document, as if it had been made in the target.

        None where this engine was started for another run, or did not make it. `meanwhile` is called while
        the engine is at work. The engine is ended in any case.
        """
        given = "".join(self._given)
        is_right = self._is_waiting and (self._chosen, self._epoch) == (chosen, epoch)
        is_right = is_right and document.startswith(given) and self._is_ours()
        self._is_waiting = False
        with self._stack, suppress(OSError):  # the usual run comes upon the same problem and reports it
            if self._taken is None and is_right:
                self._take_over()
            if not is_right or self._taken != _files(self._target):
                return None
            self._pieces.put(document[len(given) :])
            self._pieces.put(None)
            self._start_next(document)
            meanwhile()
            finished = self._started.finish()
            self._feeder.join()
            if self._was_opened and finished.stopped != "crash" and self._is_ours() and self._is_current():
                self._hand_over()
                return self._engine.ended(finished, self._target)
        return None

    def end(self) -> None:
        """End it, and the one for the next pass."""
        self._is_waiting = False
        self._stack.close()
        if self.next is not None:
            self.next.end()

    def _start_next(self, document: str) -> None:
        if self._with_next and not self._engine.makes_pdf:
            chosen = replace(self._chosen, engine=replace(self._engine, makes_pdf=True))
            with suppress(OSError):
                self.next = Stream(chosen, self._epoch, beginning(document), self._target, is_next=True)

    def _feed(self) -> None:
        """Write the pieces into the pipe as they come, once the engine has opened it."""
        with suppress(OSError):  # the engine ended before it had read all, or the folder was deleted
            path = self._folder / f"{JOB_NAME}.tex"
            while (pipe := _opened(path)) is None:
                if self._started.has_ended:
                    return
                time.sleep(_POLL)
            with os.fdopen(pipe, "wb") as file:
                self._was_opened = True
                # A line of the content that opens the document would wait for ever at a pipe. It finds an
                # empty file, and the run does not count (`_is_current`).
                whole = path.with_suffix(".whole")
                whole.touch()
                whole.replace(path)
                while (piece := self._pieces.get()) is not None:
                    file.write(piece.encode("utf-8"))
                    file.flush()

    def _stop(self) -> None:
        self._started.end()
        self._pieces.put(None)
        self._feeder.join()

    def _take_over(self) -> None:
        """Copy what lies in the target, as the last run left it."""
        found = _files(self._target)
        for name in found:
            shutil.copyfile(self._target / name, self._folder / name)
        self._taken = found

    def _is_current(self) -> bool:
        """Whether the engine read the document once, and no file that changed after it had started."""
        read = inputs(self._folder, JOB_NAME)
        if read is None or times_read(self._folder, JOB_NAME) != 1:
            return False
        # The time of a file's last change cannot be set, as that of its content can.
        return all(Path(path).stat().st_ctime_ns < self.begun - SLACK for path in read)

    def _hand_over(self) -> None:
        """Move what the engine made to where a usual run would have made it."""
        listed = self._folder / f"{JOB_NAME}.fls"
        text = listed.read_bytes()
        listed.write_bytes(text.replace(os.fsencode(self._folder), os.fsencode(self._target)))
        for path in self._folder.iterdir():
            if path.name not in {LOCK, f"{JOB_NAME}.tex"} and path.is_file():
                path.replace(self._target / path.name)

    def _is_ours(self) -> bool:
        """Whether the folder is still the one that the engine started in: it may have been cleaned away."""
        try:
            return _identity(self._folder) == self._place
        except OSError:
            return False

    def _clean_up(self) -> None:
        if self._is_ours():
            _empty(self._folder)


def _opened(path: Path) -> int | None:
    """A pipe to write to, as soon as somebody has opened it to read (open(2), ENXIO)."""
    try:
        pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return None
    os.set_blocking(pipe, True)
    return pipe


def _identity(folder: Path) -> tuple[int, int]:
    """What tells a folder from another that took its place."""
    status = folder.stat()
    return status.st_dev, status.st_ino


def _files(folder: Path) -> dict[str, tuple[int, ...]]:
    """The files that a pass in a folder may read, with what changes whenever one of them does."""
    if not folder.is_dir():
        return {}
    found = ((path.name, path.lstat()) for path in folder.iterdir() if path.name not in NOT_READ)
    return {
        name: (state.st_ino, state.st_mtime_ns, state.st_ctime_ns, state.st_size)
        for name, state in found
        if stat.S_ISREG(state.st_mode)
    }


def _refuse() -> None:
    raise BlockingIOError("another build has an engine waiting here")


def _empty(folder: Path) -> None:
    """Delete all that lies in a folder but its lock."""
    with suppress(FileNotFoundError):  # the whole was deleted meanwhile
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != LOCK:
                path.unlink(missing_ok=True)
