"""Start the engine early, and pipe the document to it while the document is rendered.

TeX spends much of a run before the first word of the content: it starts, loads its format and reads
packages. So each build first starts the engine of the previous build, in a separate folder where
`cv.tex` is a named pipe (fifo(7)), with the previous preamble. If the new document begins differently,
or any other input has changed, the engine is ended and a normal run follows.
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
"""The first line of every shipped theme's document; an engine can start with this line alone."""
_KIND = "begins"
"""The name of the cache's folder for the previous builds' engines and preambles."""
_POLL = 0.002
"""Interval between attempts to open the pipe until the engine reads from it, in seconds."""


def begin(
    key: str, request: Request, formats: Formats, folder_of: Callable[[str], Path], anew: bool, expected: str
) -> Stream | None:
    """Start the engine remembered under a key; `folder_of` returns the work folder for an engine's name.

    With a format, the engine gets the `expected` beginning of the document, if it continues the remembered
    one. If nothing is remembered and `anew` is true, start the requested engine with the first line only.
    Return None if no engine can wait; the normal run reports any error.
    """
    with suppress(OSError, EngineProblem, UsageProblem):
        last = _recalled(key)
        if last is None and not anew:
            return None
        chosen, begins = last or (choose_engine(request.engine, FIRST_LINE), FIRST_LINE)
        if not (isinstance(chosen.engine, TexLiveEngine) and chosen.engine.reads_pipes):
            return None
        loaded = look_up(formats, begins, chosen).format
        # Only with a format is it noticed if a file appears after TeX has searched for it.
        if loaded and last is not None and expected.startswith(begins):
            begins = expected
        elif not loaded and formats.own_epoch is not None:
            begins = FIRST_LINE  # the project's preamble may search for files that appear later
        target = folder_of(chosen.engine.name)
        # The first pass over a document without an .aux is a draft.
        is_draft = not auxiliary(target)
        chosen = chosen.adapted(makes_pdf=not is_draft, format=loaded.path if loaded else None)
        stream = Stream(chosen, request.epoch, as_read_by(chosen, begins), target)
        stream.with_next = formats.own_epoch is None
        return stream
    return None


def remember(key: str, chosen: ChosenEngine, document: str) -> None:
    """Store the engine and the beginning of a document for `begin`."""
    begins, program = beginning(document), str(chosen.installation.executable)
    state = state_of([program, os.path.realpath(program)])
    content = json.dumps([chosen.engine.name, program, chosen.installation.version, state, begins]).encode()
    if begins and cache.read(_KIND, key) != content:
        cache.write(_KIND, key, content)


def _recalled(key: str) -> tuple[ChosenEngine, str] | None:
    """Return the stored engine and beginning; None if nothing is stored or the program has changed."""
    try:
        name, program, version, state, begins = json.loads(cache.read(_KIND, key) or b"null")
        chosen = ChosenEngine(ENGINES[name], Installation(Path(program), str(version)))
        return (chosen, str(begins)) if is_as_before(state) else None
    except (ValueError, KeyError, TypeError):
        return None


class Stream:
    """A running engine that waits for the rest of its document; `finish` or `end` ends it."""

    next: Stream | None = None
    """The engine for the pass after a draft. It copies the target's files when the draft is done."""
    with_next = False
    """Whether a draft starts the engine for the next pass when the draft has its whole document."""

    def __init__(
        self, chosen: ChosenEngine, epoch: int, begins: str, target: Path, kind: str = "stream"
    ) -> None:
        """Start an engine with a document's beginning and the target folder's files. Raises OSError."""
        assert isinstance(chosen.engine, TexLiveEngine)
        self.begun = time.time_ns()
        self._chosen, self._engine, self._epoch = chosen, chosen.engine, epoch
        self._begins, self._target = begins, target
        self._heard: str | None = ""
        """The document so far; None after the expected beginning has been compared."""
        self._given = [begins]
        self._pieces: SimpleQueue[str | None] = SimpleQueue()
        self._pieces.put(begins)
        self._format = state_of([str(self._engine.format)])
        self._copied: dict[str, tuple[int, ...]] | None = None
        self._was_read, self._is_waiting = False, True
        _sweep(target, kind)
        self._folder = target.with_name(f"{target.name}-{kind}-{os.getpid()}")
        self._pipe = self._folder / f"{JOB_NAME}.tex"
        with ExitStack() as stack:
            self._folder.mkdir(parents=True)
            stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
            if kind == "stream":
                self._copy_files()
            os.mkfifo(self._pipe, 0o600)
            self._started = chosen.engine.start(chosen.installation, self._folder, epoch)
            stack.callback(self._started.end)
            self._feeder = threading.Thread(target=self._feed, daemon=True)
            self._feeder.start()
            stack.callback(self._feeder.join)
            stack.callback(self._pieces.put, None)
            stack.callback(self._started.end)  # runs first: the feeder may be blocked until the engine ends
            self._stack = stack.pop_all()

    def hear(self, piece: str) -> None:
        """Pass on the next piece of a document; end the engine if the document begins differently."""
        if not self._is_waiting:
            return
        if self._heard is not None:
            self._heard += piece
            # If a format is loaded, wait for the whole preamble: the format replaces it.
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
        """Finish the run over a document, and move its files to the target; None if it cannot be used."""
        given, is_waiting, self._is_waiting = "".join(self._given), self._is_waiting, False
        with self._stack, suppress(OSError):  # the normal run meets the same problem and reports it
            if not is_waiting or (self._chosen, self._epoch) != (chosen, epoch):
                return None
            if self._copied is None:
                self._copy_files()
            if self._copied != _files(self._target) or not document.startswith(given):
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
        """End the engine, and the engine for the next pass."""
        self._is_waiting = False
        self._stack.close()
        if self.next is not None:
            self.next.end()

    def _feed(self) -> None:
        """Wait until the engine opens the pipe, then write the pieces to the pipe as they come."""
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
                # TeX code that opens the document once more would block on the pipe. It finds an empty
                # file instead, and `_is_current` rejects the run.
                self._replace_pipe("")
                while (piece := self._pieces.get()) is not None:
                    file.write(piece.encode("utf-8"))
                    file.flush()
                # If a script around the engine has read the pipe, the engine reads this whole document.
                self._replace_pipe("".join(self._given))
                self._was_read = True

    def _replace_pipe(self, text: str) -> None:
        """Replace the pipe by a file with a text, in one step."""
        whole = self._pipe.with_suffix(".whole")
        whole.write_text(text, encoding="utf-8")
        whole.replace(self._pipe)

    def _copy_files(self) -> None:
        """Copy the files of the last run from the target."""
        self._copied = _files(self._target)
        for name in self._copied:
            shutil.copyfile(self._target / name, self._folder / name)

    def _is_current(self) -> bool:
        """Return whether the engine read its document once, and only files older than its start."""
        read = inputs(self._folder)
        if read is None or read[1] > 1:
            return False
        # Compare ctimes: programs can set an mtime, but no ctime. The format may be newer than that, if
        # it has just been made: compare its state since the start instead.
        others = (Path(path) for path in read[0] if path != str(self._engine.format))
        is_unchanged = all(path.stat().st_ctime_ns < self.begun - SLACK for path in others)
        return is_unchanged and is_as_before(self._format)

    def _hand_over(self) -> None:
        """Move the engine's files to the target, and rewrite the paths in the list of inputs."""
        self._pipe.unlink()
        listed = self._folder / f"{JOB_NAME}.fls"
        text = listed.read_bytes()
        listed.write_bytes(text.replace(os.fsencode(self._folder), os.fsencode(self._target)))
        for path in self._folder.iterdir():
            if path.is_file():
                path.replace(self._target / path.name)


def _files(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return the files in a folder that a pass may read, each with a state that changes with the file."""
    found: dict[str, tuple[int, ...]] = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in NOT_READ and path.is_file() and not path.is_symlink():
            state = path.lstat()
            found[path.name] = (state.st_ino, state.st_mtime_ns, state.st_ctime_ns, state.st_size)
    return found


def _sweep(target: Path, kind: str) -> None:
    """Delete the folders of streams that killed builds left."""
    for path in target.parent.glob(f"{target.name}-{kind}-*"):
        try:
            os.kill(int(path.name.rpartition("-")[2]), 0)
        except (ProcessLookupError, OverflowError):
            shutil.rmtree(path, ignore_errors=True)
        except (PermissionError, ValueError):
            continue  # another user's build is running, or the name has no process id
