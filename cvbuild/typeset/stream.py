"""An engine that is started early and reads its document from a pipe while that is rendered.

Much of a run of TeX is over before the first word of the content: the engine starts, loads its format
and reads the packages. So the engine of last time starts with the call, in a folder of its own where
`cv.tex` is a named pipe (fifo(7)), and gets the preamble of last time. If the document turns out to
begin otherwise, or anything else differs, the engine is ended and a usual run follows.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import SimpleQueue

from cvbuild import cache
from cvbuild.diagnostics import EngineProblem, UsageProblem
from cvbuild.select.request import Request
from cvbuild.typeset.engine import JOB_NAME, NOT_READ, Installation, Run
from cvbuild.typeset.engines import ENGINES, ChosenEngine, choose_engine
from cvbuild.typeset.format import MARK, Formats, as_read_by, beginning, look_up
from cvbuild.typeset.texlive import TexLiveEngine, auxiliary, inputs, run_of
from cvbuild.uptodate import SLACK, is_as_before, state_of

FIRST_LINE = "\\errorcontextlines=99\n"
"""The first line of every shipped theme's document: an engine may start with it before more is known."""
_KIND = "begins"
"""The name of the cache's folder for the engines and preambles of last time."""
_POLL = 0.002
"""Interval at which the pipe is tried until the engine has opened it, in seconds."""


def begin(
    key: str, request: Request, formats: Formats, folder_of: Callable[[str], Path], anew: bool, expected: str
) -> Stream | None:
    """Start the engine remembered under a key; `folder_of` returns the work folder for an engine's name.

    With a format it typesets the `expected` beginning of the document, if that continues the
    remembered beginning. If nothing is remembered, `anew` starts the engine asked for with the first
    line alone. Return None if no engine can wait; the usual run reports what is wrong.
    """
    with suppress(OSError, EngineProblem, UsageProblem):
        last = _recalled(key)
        if last is None and not anew:
            return None
        chosen, begins = last or (choose_engine(request.engine, FIRST_LINE), FIRST_LINE)
        if not (isinstance(chosen.engine, TexLiveEngine) and chosen.engine.reads_pipes):
            return None
        loaded = look_up(formats, begins, chosen).format
        # Without a format nothing tells that a file came which TeX looked for meanwhile.
        if loaded and last is not None and expected.startswith(begins):
            begins = expected
        elif not loaded and formats.own_epoch is not None:
            begins = FIRST_LINE  # the project's own preamble may look for files that come later
        target = folder_of(chosen.engine.name)
        # The first pass over a document without an .aux is a draft.
        is_draft = not auxiliary(target)
        chosen = chosen.adapted(makes_pdf=not is_draft, format=loaded.path if loaded else None)
        stream = Stream(chosen, request.epoch, as_read_by(chosen, begins), target)
        stream.with_next = formats.own_epoch is None
        return stream
    return None


def remember(key: str, chosen: ChosenEngine, document: str) -> None:
    """Keep the engine and the beginning of a document for `begin`."""
    begins, program = beginning(document), str(chosen.installation.executable)
    state = state_of([program, os.path.realpath(program)])
    content = json.dumps([chosen.engine.name, program, chosen.installation.version, state, begins]).encode()
    if begins and cache.read(_KIND, key) != content:
        cache.write(_KIND, key, content)


def _recalled(key: str) -> tuple[ChosenEngine, str] | None:
    """Return the engine and the beginning of the last document; None if the program has changed."""
    try:
        name, program, version, state, begins = json.loads(cache.read(_KIND, key) or b"null")
        chosen = ChosenEngine(ENGINES[name], Installation(Path(program), str(version)))
        return (chosen, str(begins)) if is_as_before(state) else None
    except (ValueError, KeyError, TypeError):
        return None


class Stream:
    """An engine that waits for the rest of its document, until it is finished or ended."""

    next: Stream | None = None
    """The engine for the pass after a draft, which gets the files of the target when the draft is done."""
    with_next = False
    """Whether a draft that has its whole document starts that engine."""

    def __init__(
        self, chosen: ChosenEngine, epoch: int, begins: str, target: Path, kind: str = "stream"
    ) -> None:
        """Start it with the beginning of a document and the files of the target. Raises OSError."""
        assert isinstance(chosen.engine, TexLiveEngine)
        self.begun = time.time_ns()
        self._chosen, self._engine, self._epoch = chosen, chosen.engine, epoch
        self._begins, self._target = begins, target
        self._heard: str | None = ""
        """The document so far, until it has begun as expected."""
        self._given = [begins]
        self._pieces: SimpleQueue[str | None] = SimpleQueue()
        self._pieces.put(begins)
        self._format = state_of([str(self._engine.format)])
        self._taken: dict[str, tuple[int, ...]] | None = None
        self._was_read, self._is_waiting = False, True
        _sweep(target, kind)
        self._folder = target.with_name(f"{target.name}-{kind}-{os.getpid()}")
        self._pipe = self._folder / f"{JOB_NAME}.tex"
        with ExitStack() as stack:
            self._folder.mkdir(parents=True)
            stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
            if kind == "stream":
                self._take_over()
            os.mkfifo(self._pipe, 0o600)
            self._started = chosen.engine.start(chosen.installation, self._folder, epoch)
            stack.callback(self._started.end)
            self._feeder = threading.Thread(target=self._feed, daemon=True)
            self._feeder.start()
            stack.callback(self._feeder.join)
            stack.callback(self._pieces.put, None)
            stack.callback(self._started.end)  # first of all: the feeder may wait for the engine to read
            self._stack = stack.pop_all()

    def hear(self, piece: str) -> None:
        """Take the next piece of a document; one with another preamble than last time ends the engine."""
        if not self._is_waiting:
            return
        if self._heard is not None:
            self._heard += piece
            # A preamble that is loaded as a format has to be known to its end.
            is_known = self._engine.format is None or MARK in self._heard
            piece = as_read_by(self._chosen, self._heard) if is_known else ""
            if len(piece) < len(self._begins):
                return
            if not piece.startswith(self._begins):
                self.end()
                return
            piece, self._heard = piece.removeprefix(self._begins), None
        self._given.append(piece)
        self._pieces.put(piece)

    def finish(self, chosen: ChosenEngine, epoch: int, document: str) -> Run | None:
        """Return the run over a document as if made in the target, None if this engine cannot; and end it."""
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
            if self.with_next and not self._engine.makes_pdf:
                after = chosen.adapted(format=self._engine.format)
                with suppress(OSError):
                    self.next = Stream(after, epoch, beginning(document), self._target, "next")
            finished = self._started.finish()
            self._feeder.join()
            if self._was_read and finished.stopped != "crash" and self._is_current():
                self._hand_over()
                return run_of(finished, self._target)
        return None

    def end(self) -> None:
        """End it, and the one for the next pass."""
        self._is_waiting = False
        self._stack.close()
        if self.next is not None:
            self.next.end()

    def _feed(self) -> None:
        """Write the pieces into the pipe as they come, as soon as the engine has opened it."""
        pipe = None
        with suppress(OSError):  # the engine ended before it had read all, or the folder was deleted
            while pipe is None:
                try:
                    pipe = os.open(self._pipe, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
                except OSError as error:
                    # ENXIO: nobody has opened the pipe to read (open(2)).
                    if error.errno != errno.ENXIO or self._started.has_ended:
                        return
                    time.sleep(_POLL)
            os.set_blocking(pipe, True)
            with os.fdopen(pipe, "wb") as file:
                # A line of the content that opens the document would wait for ever at a pipe. It
                # finds an empty file, and `_is_current` rejects the run.
                self._replace_pipe("")
                while (piece := self._pieces.get()) is not None:
                    file.write(piece.encode("utf-8"))
                    file.flush()
                # A script around the engine may have read the pipe: the engine then finds all.
                self._replace_pipe("".join(self._given))
                self._was_read = True

    def _replace_pipe(self, text: str) -> None:
        whole = self._pipe.with_suffix(".whole")
        whole.write_text(text, encoding="utf-8")
        whole.replace(self._pipe)

    def _take_over(self) -> None:
        """Copy what the last run left in the target."""
        self._taken = _files(self._target)
        for name in self._taken:
            shutil.copyfile(self._target / name, self._folder / name)

    def _is_current(self) -> bool:
        """Return whether the engine read its document once, and no file that changed since it started."""
        read = inputs(self._folder)
        if read is None or read[1] > 1:
            return False
        # The time of a file's last change cannot be set, as that of its content can. A format may just
        # have been made, and is the one that was loaded if it is unchanged.
        others = (Path(path) for path in read[0] if path != str(self._engine.format))
        is_unchanged = all(path.stat().st_ctime_ns < self.begun - SLACK for path in others)
        return is_unchanged and is_as_before(self._format)

    def _hand_over(self) -> None:
        """Move the engine's files to the target, where a usual run would have made them."""
        self._pipe.unlink()
        listed = self._folder / f"{JOB_NAME}.fls"
        text = listed.read_bytes()
        listed.write_bytes(text.replace(os.fsencode(self._folder), os.fsencode(self._target)))
        for path in self._folder.iterdir():
            if path.is_file():
                path.replace(self._target / path.name)


def _files(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return the files that a pass in a folder may read, each with a state that changes when it does."""
    found: dict[str, tuple[int, ...]] = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in NOT_READ and path.is_file() and not path.is_symlink():
            state = path.lstat()
            found[path.name] = (state.st_ino, state.st_mtime_ns, state.st_ctime_ns, state.st_size)
    return found


def _sweep(target: Path, kind: str) -> None:
    """Delete the folders that killed builds left."""
    for path in target.parent.glob(f"{target.name}-{kind}-*"):
        try:
            os.kill(int(path.name.rpartition("-")[2]), 0)
        except (ProcessLookupError, OverflowError):
            shutil.rmtree(path, ignore_errors=True)
        except (PermissionError, ValueError):
            continue  # it runs, as another user, or the name is not one of ours
