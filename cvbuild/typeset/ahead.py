"""An engine that is started ahead of its document: it reads the preamble while the rest is being rendered.

Most of a run of TeX goes by before the first word of the content: the engine starts, loads its
format, and reads the packages. None of this has to wait for Python. So the engine runs in a
folder of its own, where `cv.tex` is a pipe, which it reads as it comes. When the document is there, it
gets the rest, and what it made goes to where it would have run.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from cvbuild.filestate import SLACK
from cvbuild.typeset.choose import ChosenEngine
from cvbuild.typeset.engine import JOB_NAME, STAMP, Run
from cvbuild.typeset.lock import LOCK, held
from cvbuild.typeset.process import Finished
from cvbuild.typeset.texinputs import inputs
from cvbuild.typeset.texlive import TexLiveEngine
from cvbuild.typeset.turns import waiting

MOST_BYTES = 1 << 15
"""Of what a document begins with; a pipe takes no more than 64 KB before it is read (pipe(7))."""

NOT_READ = frozenset((LOCK, STAMP, *(f"{JOB_NAME}.{ending}" for ending in ("tex", "log", "fls", "pdf"))))
"""In a work folder: what lies there, and no pass reads as the last one left it."""

_POLL = 0.001


class CannotWaitError(Exception):
    """An engine or a document for which none can be started ahead."""


@dataclass(frozen=True)
class Guess:
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
        self._document = folder / f"{JOB_NAME}.tex"
        self._was_opened = False
        with ExitStack() as stack:
            stack.enter_context(held(folder, _rather_not))
            _empty(folder)
            stack.callback(_empty, folder)
            os.mkfifo(self._document, 0o600)
            # Opened to read as well, so that what is written waits there until the engine comes.
            self._pipe = os.open(self._document, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            stack.callback(self._close)
            if os.write(self._pipe, begins) < len(begins):
                raise CannotWaitError("this system's pipes take less than the document begins with")
            self._started = engine.start(guess.chosen.installation, folder, guess.epoch)
            stack.callback(self._started.end)
            self._stack = stack.pop_all()
        self._is_waiting = True

    def is_right(self, chosen: ChosenEngine, epoch: int, document: str) -> bool:
        """Whether it waits for this run."""
        known = (self._guess.chosen, self._guess.epoch)
        return self._is_waiting and known == (chosen, epoch) and document.startswith(self._guess.begins)

    def finish(self, document: str, target: Path, meanwhile: Callable[[], None] = lambda: None) -> Run | None:
        """The run with the document that was expected, as if it was made in the target.

        None where the engine did not take the document. `meanwhile` is called while it is at work,
        where it has all of it already.
        """
        self._is_waiting = False
        with self._stack, suppress(OSError):  # what fails here fails again, and is told, where it is usual
            for path in target.iterdir():
                if path.name not in NOT_READ and path.is_file():
                    shutil.copyfile(path, self._folder / path.name)
            finished = self._fed(document.encode("utf-8"), meanwhile)
            if self._was_opened and not self._is_outdated():
                self._hand_over(target)
                return self._engine.ended(finished, target)
        return None

    def _is_outdated(self) -> bool:
        """Whether a file that the engine read was put there after it had begun, and perhaps read it."""
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
        at = self._given(document, 0) if self._has_opened() else 0
        feeder = threading.Thread(target=self._feed, args=(document, at), daemon=True)
        try:
            if at < len(document):
                feeder.start()
            else:
                self._close()  # the end of the document
                meanwhile()
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

    def _feed(self, document: bytes, at: int) -> None:
        """Give the engine the rest of the document, until it ends or has all of it."""
        try:
            while at < len(document) and not self._started.has_ended:
                if self._has_opened():
                    at = self._given(document, at)
                time.sleep(_POLL)
        finally:
            self._close()

    def _given(self, document: bytes, at: int) -> int:
        """Give the engine as much as the pipe takes, from an offset on; gives the offset then."""
        if at == 0:
            # Whoever opens it from now on, by a line of the content for one, finds a file.
            whole = self._document.with_suffix(".whole")
            whole.write_bytes(document)
            whole.replace(self._document)
            _widen(self._pipe, len(document))
            at = len(self._guess.begins.encode("utf-8"))
        with suppress(BlockingIOError):
            while at < len(document):
                at += os.write(self._pipe, document[at : at + MOST_BYTES])
        return at

    def _has_opened(self) -> bool:
        """Whether the engine has begun to read."""
        # Once it has, it goes on with whatever comes, and the pipe may fill again.
        begins = len(self._guess.begins.encode("utf-8"))
        self._was_opened = self._was_opened or self._unread() < begins
        return self._was_opened

    def _close(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1

    def _unread(self) -> int:
        """Bytes in the pipe."""
        import fcntl
        import termios

        told = fcntl.ioctl(self._pipe, termios.FIONREAD, bytes(4))
        return int.from_bytes(told, sys.byteorder)


def _widen(pipe: int, size: int) -> None:
    """Have a pipe take so many bytes at once, where the system can (fcntl(2), `F_SETPIPE_SZ`)."""
    import fcntl

    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # more than it allows
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, size)


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
