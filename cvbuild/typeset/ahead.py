"""An engine that is started ahead of its document: it reads the preamble while the rest is being rendered.

Most of a run of TeX goes by before the first word of the content: the engine starts, loads its
format, and reads the packages. None of this has to wait for Python. So the engine runs in a
folder of its own, where `cv.tex` is a pipe, which it reads as it comes. It gets the document while that
is being made, or in one piece, and what the engine made goes to where it would have run.
"""

from __future__ import annotations

import os
import shutil
import stat
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from cvbuild.record import Record, replace
from cvbuild.typeset.choose import ChosenEngine
from cvbuild.typeset.engine import JOB_NAME, STAMP, Run
from cvbuild.typeset.fifo import MOST_BYTES, Fifo
from cvbuild.typeset.formats import MARK, as_read_by
from cvbuild.typeset.lock import LOCK, held
from cvbuild.typeset.process import Finished
from cvbuild.typeset.texinputs import inputs, times_read
from cvbuild.typeset.texlive import TexLiveEngine
from cvbuild.typeset.turns import waiting
from cvbuild.uptodate import SLACK

NOT_READ = frozenset((LOCK, STAMP, *(f"{JOB_NAME}.{ending}" for ending in ("tex", "log", "fls", "pdf"))))
"""In a work folder: what lies there, and no pass reads as the last one left it."""

_POLL = 0.001

_Files = dict[Path, tuple[int, ...]]


class CannotWaitError(Exception):
    """An engine or a document for which none can be started ahead."""


class Guess(Record):
    """What is expected of a run: by which engine, with which date, and what the document begins with.

    `epoch` is in seconds since 1970.
    """

    chosen: ChosenEngine
    epoch: int
    begins: str


class Ahead:
    """An engine that waits in a folder of its own for its document, until it is finished or ended."""

    def __init__(self, guess: Guess, folder: Path) -> None:
        """Start it. Raises CannotWaitError, and OSError where the system refuses or the folder is in use."""
        engine = guess.chosen.engine
        begins = guess.begins.encode("utf-8")
        if not isinstance(engine, TexLiveEngine) or not engine.reads_pipes:
            raise CannotWaitError(f"{engine.name} does not read a document as it comes")
        if not 0 < len(begins) <= MOST_BYTES:
            raise CannotWaitError("the document begins with nothing, or with too much")
        self.begun = time.time_ns()
        self._guess = guess
        self._engine = engine
        self._folder = folder
        self._preamble: str | None = ""
        self._taken: _Files | None = None
        self._came_in_pieces = False
        self._is_laid_down = False
        with ExitStack() as stack:
            stack.enter_context(held(folder, _rather_not))
            _empty(folder)
            self._place = _identity(folder)
            stack.callback(self._clean_up)
            self._fifo = Fifo(folder / f"{JOB_NAME}.tex", begins)
            stack.callback(self._fifo.close)
            if not self._fifo.has_all:
                raise CannotWaitError("this system's pipes take less than the document begins with")
            self._started = engine.start(guess.chosen.installation, folder, guess.epoch)
            stack.callback(self._started.end)
            self._stack = stack.pop_all()
        self._is_waiting = True

    @property
    def has_heard(self) -> bool:
        """Whether it has more of a document than what was expected, and so waits for no other."""
        return self._preamble is None

    @property
    def engine(self) -> str:
        """The engine's name."""
        return self._engine.name

    def expect(self, begins: str) -> None:
        """Begin with more of the document, now that more is known; it goes on from what was expected."""
        assert begins.startswith(self._guess.begins)
        more = begins.removeprefix(self._guess.begins)
        self._guess = replace(self._guess, begins=begins)
        self._fifo.begin(more.encode("utf-8"))

    def hear(self, piece: str, target: Path) -> None:
        """Take what comes next of the document, as it is being made for the target, and begin with it.

        The document is heard from its start, with its preamble. If another one comes in the end, or
        the target has other files then, this engine is not right for it.
        """
        if not self._is_waiting or not self._is_ours():
            return
        if self._preamble is not None:
            self._preamble += piece
            if MARK not in self._preamble:
                return
            piece = as_read_by(self._guess.chosen, self._preamble)
            if not piece.startswith(self._guess.begins):
                self.end()
                return
            piece, self._preamble = piece.removeprefix(self._guess.begins), None
        self._fifo.add(piece.encode("utf-8"))
        with suppress(OSError):  # what fails here fails again, and is told, where it is usual
            if self._fifo.was_opened:
                if self._taken is None:
                    self._came_in_pieces = True
                    self._fifo.lay_down()
                    self._take_over(target)
                self._fifo.give()

    def is_right(self, chosen: ChosenEngine, epoch: int, document: str) -> bool:
        """Whether it waits for this run."""
        known = (self._guess.chosen, self._guess.epoch)
        is_expected = self._is_waiting and known == (chosen, epoch)
        return is_expected and self._fifo.is_followed_by(document.encode("utf-8"))

    def finish(self, document: str, target: Path, meanwhile: Callable[[], None] = lambda: None) -> Run | None:
        """The run with the document that was expected, as if it was made in the target.

        None where the engine did not take the document. `meanwhile` is called while it is at work,
        where it has all of it already.
        """
        self._is_waiting = False
        with self._stack, suppress(OSError):  # what fails here fails again, and is told, where it is usual
            if not self._is_ours() or (self._taken is not None and self._taken != _files(target)):
                return None
            if self._taken is None:
                self._take_over(target)
            finished = self._fed(document.encode("utf-8"), meanwhile)
            if self._fifo.was_opened and self._is_ours() and not self._is_outdated():
                self._hand_over(target)
                return self._engine.ended(finished, target)
        return None

    def _take_over(self, target: Path) -> None:
        """Have what lies in the target, as the last run left it."""
        found = _files(target)
        for path in found:
            shutil.copyfile(path, self._folder / path.name)
        self._taken = found

    def _is_outdated(self) -> bool:
        """Whether a file that the engine read was put there after it had begun, and perhaps read it."""
        if self._came_in_pieces and times_read(self._folder, JOB_NAME) != 1:
            return True  # a line of the content read the document itself, of which not all was there
        read = inputs(self._folder, JOB_NAME)
        # The time of a file's last change cannot be set, as that of its content can.
        return read is None or any(Path(path).stat().st_ctime_ns >= self.begun - SLACK for path in read)

    def _hand_over(self, target: Path) -> None:
        """Put what the engine made where it would have run."""
        listed = self._folder / f"{JOB_NAME}.fls"
        if listed.is_file():
            text = listed.read_bytes()
            listed.write_bytes(text.replace(os.fsencode(self._folder), os.fsencode(target)))
        for path in self._folder.iterdir():
            if path.name != LOCK and path.is_file():
                path.replace(target / path.name)

    def _fed(self, document: bytes, meanwhile: Callable[[], None]) -> Finished:
        """The engine, when it had the document and ended."""
        self._fifo.complete(document)
        feeder = threading.Thread(target=self._feed, daemon=True)
        try:
            self._give()
            if self._fifo.has_all:
                self._fifo.close()
                meanwhile()
            else:
                feeder.start()
            with waiting():
                return self._started.finish()
        finally:
            self._started.end()
            if feeder.ident is not None:
                feeder.join()  # it ends when the engine does

    def end(self) -> None:
        """Let it go, where it still waits."""
        self._is_waiting = False
        self._stack.close()

    def _feed(self) -> None:
        """Give the engine the rest of the document, until it ends or has all of it."""
        try:
            while not self._fifo.has_all and not self._started.has_ended:
                self._give()
                time.sleep(_POLL)
        finally:
            self._fifo.close()

    def _give(self) -> None:
        """Give the engine of the whole document as much as it takes, once it has begun to read."""
        if self._fifo.was_opened:
            if not self._is_laid_down:
                self._fifo.lay_down()
                self._is_laid_down = True
            self._fifo.give()

    def _is_ours(self) -> bool:
        """Whether the folder is still the one that the engine began in: it may have been cleaned away."""
        try:
            return _identity(self._folder) == self._place
        except OSError:
            return False

    def _clean_up(self) -> None:
        if self._is_ours():
            _empty(self._folder)


def _identity(folder: Path) -> tuple[int, int]:
    """What tells a folder from another that took its place."""
    status = folder.stat()
    return status.st_dev, status.st_ino


def _files(folder: Path) -> _Files:
    """What a pass in a folder may read of the last one, with what changes when a file does."""
    if not folder.is_dir():
        return {}
    found = ((path, path.lstat()) for path in folder.iterdir() if path.name not in NOT_READ)
    return {
        path: (state.st_ino, state.st_mtime_ns, state.st_ctime_ns, state.st_size)
        for path, state in found
        if stat.S_ISREG(state.st_mode)
    }


def _rather_not() -> None:
    raise BlockingIOError("another build has an engine waiting here")


def _empty(folder: Path) -> None:
    """Delete all that lies in a folder but its lock."""
    with suppress(FileNotFoundError):  # the whole was deleted meanwhile
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != LOCK:
                path.unlink(missing_ok=True)
