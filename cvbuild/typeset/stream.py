"""An engine that is started early and reads its document from a pipe while that is rendered.

Much of a run of TeX is over before the first word of the content: the engine starts, loads its format
and reads the packages. So the engine of last time starts with the call, in a folder of its own where
`cv.tex` is a named pipe (fifo(7)), and gets the preamble of last time. If the document turns out to
begin otherwise, or anything else differs, the engine is ended and a usual run follows.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import SimpleQueue

from cvbuild.record import replace
from cvbuild.typeset.choose import ChosenEngine
from cvbuild.typeset.engine import JOB_NAME, STAMP, Run
from cvbuild.typeset.format import MARK, as_read_by, beginning
from cvbuild.typeset.lock import LOCK
from cvbuild.typeset.texinputs import inputs, times_read
from cvbuild.typeset.texlive import TexLiveEngine
from cvbuild.uptodate import SLACK, is_as_before, state_of

NOT_READ = frozenset((LOCK, STAMP, *(f"{JOB_NAME}.{ending}" for ending in ("tex", "log", "fls", "pdf"))))
"""Files of a work folder that no pass reads as the last one left them."""

_POLL = 0.002


class Stream:
    """An engine that waits for the rest of its document, until it is finished or ended."""

    next: Stream | None = None
    """The engine for the pass after a draft."""

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
        """Start it with the beginning of a document and the files of the target. Raises OSError.

        With `with_next`, a draft that has its whole document starts the engine of the next pass, which
        gets the files of the target later, when the draft is done.
        """
        assert isinstance(chosen.engine, TexLiveEngine)
        self.begun = time.time_ns()
        self._chosen, self._engine, self._epoch = chosen, chosen.engine, epoch
        self._begins, self._target, self._with_next = begins, target, with_next
        self._heard: list[str] | None = []
        self._unheard = len(begins)
        self._given = [begins]
        self._pieces: SimpleQueue[str | None] = SimpleQueue()
        self._pieces.put(begins)
        self._format = state_of([str(self._engine.format)])
        self._taken: dict[str, tuple[int, ...]] | None = None
        self._was_read = False
        self._is_waiting = True
        kind = "next" if is_next else "stream"
        _sweep(target, kind)
        self._folder = target.with_name(f"{target.name}-{kind}-{os.getpid()}")
        self._pipe = self._folder / f"{JOB_NAME}.tex"
        with ExitStack() as stack:
            self._folder.mkdir(parents=True)
            stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
            if not is_next:
                self._take_over()
            os.mkfifo(self._pipe, 0o600)
            self._started = chosen.engine.start(chosen.installation, self._folder, epoch)
            stack.callback(self._started.end)
            self._feeder = threading.Thread(target=self._feed, daemon=True)
            self._feeder.start()
            stack.callback(self._stop)
            self._stack = stack.pop_all()

    def hear(self, piece: str) -> None:
        """Take the next piece of a document; one with another preamble than last time ends the engine."""
        if not self._is_waiting:
            return
        if self._heard is not None:
            self._heard.append(piece)
            self._unheard -= len(piece)
            if self._unheard > 0:
                return
            heard = "".join(self._heard)
            # A preamble that is loaded as a format has to be known to its end.
            is_known = self._engine.format is None or MARK in heard
            piece = as_read_by(self._chosen, heard) if is_known else ""
            if len(piece) < len(self._begins):
                return
            if not piece.startswith(self._begins):
                self.end()
                return
            piece, self._heard = piece.removeprefix(self._begins), None
        self._given.append(piece)
        self._pieces.put(piece)

    def finish(self, chosen: ChosenEngine, epoch: int, document: str) -> Run | None:
        """The run over a document, as if it had been made in the target.

        None where this engine was started for another run, or did not make it. It is ended in any case.
        """
        given, is_waiting, self._is_waiting = "".join(self._given), self._is_waiting, False
        with self._stack, suppress(OSError):  # the usual run comes upon the same problem and reports it
            if not is_waiting or (self._chosen, self._epoch) != (chosen, epoch):
                return None
            if self._taken is None:
                self._take_over()
            if self._taken != _files(self._target) or not document.startswith(given):
                return None
            self._given = [document]
            self._pieces.put(document[len(given) :])
            self._pieces.put(None)
            if self._with_next and not self._engine.makes_pdf:
                after = replace(chosen, engine=replace(self._engine, makes_pdf=True))
                with suppress(OSError):
                    self.next = Stream(after, epoch, beginning(document), self._target, is_next=True)
            finished = self._started.finish()
            self._feeder.join()
            if self._was_read and finished.stopped != "crash" and self._is_current():
                self._hand_over()
                return self._engine.ended(finished, self._target)
        return None

    def end(self) -> None:
        """End it, and the one for the next pass."""
        self._is_waiting = False
        self._stack.close()
        if self.next is not None:
            self.next.end()

    def _feed(self) -> None:
        """Write the pieces into the pipe as they come, from when the engine has opened it."""
        with suppress(OSError):  # the engine ended before it had read all, or the folder was deleted
            while (pipe := _opened(self._pipe)) is None:
                if self._started.has_ended:
                    return
                time.sleep(_POLL)
            with os.fdopen(pipe, "wb") as file:
                # A line of the content that opens the document would wait for ever at a pipe. It
                # finds an empty file, and `_is_current` rejects the run.
                self._lay_down("")
                while (piece := self._pieces.get()) is not None:
                    file.write(piece.encode("utf-8"))
                    file.flush()
                # A script around the engine may have read the pipe: the engine then finds all.
                self._lay_down("".join(self._given))
                self._was_read = True

    def _lay_down(self, text: str) -> None:
        whole = self._pipe.with_suffix(".whole")
        whole.write_text(text, encoding="utf-8")
        whole.replace(self._pipe)

    def _stop(self) -> None:
        self._started.end()
        self._pieces.put(None)
        self._feeder.join()

    def _take_over(self) -> None:
        """Copy what the last run left in the target."""
        self._taken = _files(self._target)
        for name in self._taken:
            shutil.copyfile(self._target / name, self._folder / name)

    def _is_current(self) -> bool:
        """Whether the engine read its document once, and no file that changed since it started."""
        read = inputs(self._folder, JOB_NAME)
        if read is None or times_read(self._folder, JOB_NAME) > 1:
            return False
        # The time of a file's last change cannot be set, as that of its content can. A format may just
        # have been made, and is the one that was loaded if it is unchanged.
        others = (Path(path) for path in read if path != str(self._engine.format))
        is_unchanged = all(path.stat().st_ctime_ns < self.begun - SLACK for path in others)
        return is_unchanged and is_as_before(self._format)

    def _hand_over(self) -> None:
        """Move what the engine made to where a usual run would have made it."""
        self._pipe.unlink()
        listed = self._folder / f"{JOB_NAME}.fls"
        text = listed.read_bytes()
        listed.write_bytes(text.replace(os.fsencode(self._folder), os.fsencode(self._target)))
        for path in self._folder.iterdir():
            if path.is_file():
                path.replace(self._target / path.name)


def _opened(pipe: Path) -> int | None:
    """A pipe to write to; None as long as nobody has opened it to read (open(2), ENXIO)."""
    try:
        opened = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        raise
    os.set_blocking(opened, True)
    return opened


def _files(folder: Path) -> dict[str, tuple[int, ...]]:
    """The files that a pass in a folder may read, with what changes whenever one of them does."""
    if not folder.is_dir():
        return {}
    paths = [path for path in folder.iterdir() if path.name not in NOT_READ]
    states = {path.name: path.lstat() for path in paths if path.is_file() and not path.is_symlink()}
    return {
        name: (state.st_ino, state.st_mtime_ns, state.st_ctime_ns, state.st_size)
        for name, state in states.items()
    }


def _sweep(target: Path, kind: str) -> None:
    """Delete the folders that killed builds left."""
    for path in target.parent.glob(f"{target.name}-{kind}-*"):
        process = path.name.rpartition("-")[2]
        if process.isdecimal():
            try:
                os.kill(int(process), 0)
            except (ProcessLookupError, OverflowError):
                shutil.rmtree(path, ignore_errors=True)
            except PermissionError:
                continue  # it runs, as another user
