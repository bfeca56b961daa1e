"""An engine that is started ahead of its document: it reads the preamble while the rest is being rendered.

Most of a run of TeX goes by before the first word of the content: the engine starts,
loads its format, and reads the packages. None of this has to wait for Python. So `cv.tex`
is a pipe at first, which the engine reads as it comes; when the document is there, it gets the rest.
Once the engine has the pipe open, a file takes its place in the folder, for whoever looks there.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cvbuild.typeset.choose import ChosenEngine
from cvbuild.typeset.engine import JOB_NAME, Run
from cvbuild.typeset.texlive import TexLiveEngine
from cvbuild.typeset.turns import waiting

MOST_BYTES = 1 << 15
"""Of what a document begins with; a pipe takes no more than 64 KB before it is read (pipe(7))."""

_POLL = 0.001
_ASIDE = tuple(f"{JOB_NAME}.{ending}" for ending in ("tex", "log", "fls"))
_LAST = ".last"


@dataclass(frozen=True)
class Guess:
    """What is expected of a run: by which engine, where, with which date, and what the document begins with.

    The folder has to be held as long as the engine runs; `epoch` is in seconds since 1970.
    """

    chosen: ChosenEngine
    folder: Path
    epoch: int
    begins: str

    def is_right(self, chosen: ChosenEngine, folder: Path, epoch: int, document: str) -> bool:
        """Whether a run is as expected."""
        known = (self.chosen, self.folder, self.epoch)
        return known == (chosen, folder, epoch) and document.startswith(self.begins)


class Ahead:
    """An engine that waits for its document, until it is finished or ended."""

    def __init__(self, guess: Guess) -> None:
        """Start it. Raises OSError or ValueError where that cannot be."""
        engine = guess.chosen.engine
        begins = guess.begins.encode("utf-8")
        if not isinstance(engine, TexLiveEngine) or not engine.reads_pipes or len(begins) > MOST_BYTES:
            raise ValueError("this engine cannot wait for a document of this kind")
        self.guess = guess
        self.begun = time.time_ns()
        self._engine = engine
        self._was_opened = False
        self._is_waiting = True
        for name in _ASIDE:
            if os.path.lexists(guess.folder / name):
                (guess.folder / name).replace(guess.folder / f"{name}{_LAST}")
        os.mkfifo(self._document, 0o600)
        try:
            # Opened to read as well, so that what is written waits there until the engine comes.
            self._pipe = os.open(self._document, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            os.write(self._pipe, begins)
            self._started = engine.start(guess.chosen.installation, guess.folder, guess.epoch)
        except BaseException:
            self._put_back()
            raise

    @property
    def _document(self) -> Path:
        return self.guess.folder / f"{JOB_NAME}.tex"

    def finish(self, document: str) -> Run | None:
        """The run with the document that was expected; None where the engine did not take it."""
        self._is_waiting = False
        for name in (*(name + _LAST for name in _ASIDE), f"{JOB_NAME}.pdf"):
            (self.guess.folder / name).unlink(missing_ok=True)
        feeder = threading.Thread(target=self._feed, args=(document.encode("utf-8"),), daemon=True)
        try:
            feeder.start()
            with waiting():
                finished = self._started.finish()
        finally:
            self._started.end()
            feeder.join()  # it ends when the engine does
        return self._engine.ended(finished, self.guess.folder) if self._was_opened else None

    def end(self) -> None:
        """Let it go, where it still waits; what lay in the folder before lies there again."""
        if not self._is_waiting:
            return
        self._is_waiting = False
        self._started.end()
        os.close(self._pipe)
        self._put_back()

    def _put_back(self) -> None:
        folder = self.guess.folder
        for name in _ASIDE:
            (folder / name).unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                (folder / f"{name}{_LAST}").replace(folder / name)
        # Before its job has a name the list of a run's files is named after the process (web2c, "Recorder").
        for path in folder.glob(f"{self._engine.name}[0-9]*.fls"):
            path.unlink(missing_ok=True)

    def _feed(self, document: bytes) -> None:
        """Give the engine the rest of the document, until it ends or has all of it."""
        try:
            at = len(self.guess.begins.encode("utf-8"))
            while self._unread() >= at:  # until it has opened the pipe
                if self._started.has_ended:
                    return
                time.sleep(_POLL)
            self._was_opened = True
            beside = self._document.with_name(f"{JOB_NAME}.tex{_LAST}")
            beside.write_bytes(document)
            beside.replace(self._document)
            while at < len(document) and not self._started.has_ended:
                try:
                    at += os.write(self._pipe, document[at : at + MOST_BYTES])
                except BlockingIOError:
                    time.sleep(_POLL)
            while self._unread() and not self._started.has_ended:
                time.sleep(_POLL)  # what is unread goes with the pipe
        finally:
            os.close(self._pipe)

    def _unread(self) -> int:
        """Bytes in the pipe."""
        import fcntl
        import termios

        told = fcntl.ioctl(self._pipe, termios.FIONREAD, bytes(4))
        return int.from_bytes(told, sys.byteorder)
