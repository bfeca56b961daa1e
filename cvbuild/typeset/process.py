"""Run processes without input, within limits, and end their whole group; lock work folders."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import selectors
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Literal

from cvbuild.record import Record

Stop = Literal["time", "memory", "file-size", "output", "crash"]
"""Why a process was ended: the limit that it reached, or a `crash` by a signal."""
POLL = 0.1
"""Interval between a waiting thread's checks of `stopping`, in seconds."""
stopping: ContextVar[threading.Event | None] = ContextVar("stopping", default=None)
"""The event that stops a thread, set in threads that Ctrl-C does not reach."""
GRACE = 2.0
"""Time for an interrupted TeX to log its position, in seconds."""
LOCK = "lock"
"""The name of the lock file in a folder."""

# The shell's `ulimit` sets the limits (POSIX: file sizes in blocks of 512 bytes), so they hold from
# the program's first instruction, whichever thread starts it. If a system lacks one limit (macOS
# has no `-v`) or is stricter already, the others still hold. A background shell kills the whole
# group when its input ends: that is, when the build ends, even if the build is killed.
_STARTER = """\
ulimit -c 0; ulimit -f "$1"; ulimit -v "$2"; ulimit -t "$3"
shift 3
exec 3<&0 </dev/null
(read -r line <&3; kill -KILL 0) >/dev/null 2>&1 &
exec 2>&1 "$@" 3<&-
"""

# The messages of web2c's, Lua's, Rust's and C++'s allocators when memory runs out.
_NO_MEMORY = re.compile(
    r"memory exhausted|not enough memory|cannot allocate memory|out of memory|bad_alloc|memory allocation of",
    re.IGNORECASE,
)


def go_on() -> None:
    """Raise KeyboardInterrupt if `stopping` is set; a waiting thread calls it every `POLL` seconds."""
    event = stopping.get()
    if event is not None and event.is_set():
        raise KeyboardInterrupt


class Limits(Record):
    """Limits of a process: seconds, and bytes of memory, of each file written, and of output."""

    seconds: float
    memory: int = 2 << 30
    file_size: int = 256 << 20
    output: int = 8 << 20


class Finished(Record):
    """The exit code and output of a process; `stopped` says why it did not end normally."""

    code: int
    output: str
    stopped: Stop | None = None


class Started:
    """A command run in a folder, within limits; no child outlives it. Raises OSError if it cannot start."""

    def __init__(
        self, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], limits: Limits
    ) -> None:
        program = [str(part) for part in command]
        with Path(program[0]).open("rb"):
            pass  # raises the system's error for a missing or unreadable program
        numbers = (limits.file_size // 512, limits.memory // 1024, int(limits.seconds) + 10)
        self._limits = limits
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _STARTER, "sh", *map(str, numbers), *program],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def finish(self) -> Finished:
        """Wait for the end; the time limit counts from this call."""
        output, stopped = bytearray(), None
        with self._stdin, self._stdout:
            try:
                stopped = self._read(output)
                if stopped is not None:
                    # As at Ctrl-C, TeX logs its line (tex.web, `check_interrupt`). Interrupt only TeX:
                    # if xelatex's PDF writer ends too, xelatex ends before it can log the line.
                    self._process.send_signal(signal.SIGINT)
                    for _ in self._pieces(time.monotonic() + GRACE):
                        pass  # read on, as a full pipe would block the process
            finally:
                # The engine must not outlive an interrupted build.
                code = self._kill()
        text = output.decode("utf-8", "replace")
        if stopped is None and code != 0:
            # An engine may be a shell script, which returns 128 plus the signal's number.
            limits: dict[int, Stop] = {signal.SIGXFSZ: "file-size", signal.SIGXCPU: "time"}
            stopped = limits.get(-code) or limits.get(code - 128)
            if stopped is None and _NO_MEMORY.search(text[-2000:]):
                stopped = "memory"
            elif stopped is None and code < 0:
                stopped = "crash"
        return Finished(code, text, stopped)

    def end(self) -> None:
        """Kill the process group, unless `finish` or `end` has run before."""
        if not self._stdin.closed:
            with self._stdin, self._stdout:
                self._kill()

    def _kill(self) -> int:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.wait()

    def _read(self, output: bytearray) -> Stop | None:
        """Collect the output until the process ends or reaches a limit; return that limit."""
        deadline = time.monotonic() + self._limits.seconds
        for piece in self._pieces(deadline):
            output += piece
            if len(output) > self._limits.output:
                return "output"
        while not self.has_ended:
            go_on()
            if (remaining := deadline - time.monotonic()) <= 0:
                return "time"
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(min(remaining, POLL))
        return None

    def _pieces(self, deadline: float) -> Iterator[bytes]:
        """Yield the output until it or the process ends, as a child may keep the pipe open for longer."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            while (remaining := deadline - time.monotonic()) > 0:
                go_on()
                if selector.select(min(remaining, POLL)):
                    piece = os.read(self._stdout.fileno(), 1 << 16)
                    if not piece:
                        return
                    yield piece
                elif self.has_ended:
                    return


def run_process(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], limits: Limits
) -> Finished:
    """Run a command (a program's path and its arguments) in a folder, and wait for it; see `Started`."""
    go_on()
    return Started(command, folder, environment, limits).finish()


def version_of(executable: Path) -> str | None:
    """Return the first line that `--version` prints; None if the program does not run."""
    try:
        finished = run_process([executable, "--version"], Path.cwd(), os.environ, Limits(20))
    except OSError:
        return None
    lines = finished.output.strip().splitlines()
    return lines[0] if lines and finished.code == 0 else None


@contextlib.contextmanager
def held(folder: Path, told: Callable[[], None] = lambda: None, *, shared: bool = False) -> Iterator[None]:
    """Hold a folder's lock, exclusive or `shared`; call `told` once before waiting for the lock.

    The operating system releases the lock of a killed build. On a file system without locks, go on
    without a lock.
    """
    how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    path = folder / LOCK
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.is_symlink() or (path.exists() and not path.is_file()):
                path.unlink(missing_ok=True)  # a link may lead to another file
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:
            continue  # the folder was deleted meanwhile
        except FileExistsError as error:
            # `mkdir` found a path that is not a folder: it was deleted meanwhile, or a file is there.
            if Path(error.filename).is_dir() or not os.path.lexists(error.filename):
                continue
            raise
        try:
            is_held = not _locked(file, how, told)
            # If the folder was deleted during the wait, the path names another file, or none.
            with contextlib.suppress(FileNotFoundError):
                is_held = is_held or os.path.samestat(path.stat(), os.fstat(file))
            if is_held:
                yield
                return
        finally:
            os.close(file)


def _locked(file: int, how: int, told: Callable[[], None]) -> bool:
    """Lock a file, after waiting if necessary; return False on a file system without locks."""
    has_waited = False
    while True:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if not has_waited:
                told()
            has_waited = True
            # Poll, as Ctrl-C could not end a blocking wait in a thread.
            go_on()
            time.sleep(POLL / 2)
        except OSError:
            return False
        else:
            return True
