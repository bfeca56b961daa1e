"""Running an engine as a process: no input, bounded in time, memory and output, ended as a group."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Literal

from cvbuild.record import Record

Stop = Literal["time", "memory", "file-size", "output", "crash"]
"""Why a process did not end by itself: the limit that it reached, or a signal."""

POLL = 0.1
"""Seconds between two looks at whether the build was stopped."""

stopping: ContextVar[threading.Event | None] = ContextVar("stopping", default=None)
"""In a thread that Ctrl-C does not reach: the event that stops it."""

GRACE = 2.0
"""Seconds that TeX gets, once interrupted, to write into its log where it was."""

# The limits are the shell's `ulimit` (POSIX: file sizes in blocks of 512 bytes), so that the
# program has them from its first instruction on, whichever thread started it. Where a
# system lacks one (macOS has no `-v`) or is stricter already, the others hold. The shell
# that stays behind ends the whole group as soon as its input ends, which it does when
# the build does, even a killed one.
_STARTER = """\
ulimit -c 0; ulimit -f "$1"; ulimit -v "$2"; ulimit -t "$3"
shift 3
exec 3<&0 </dev/null
(read -r line <&3; kill -KILL 0) >/dev/null 2>&1 &
exec 2>&1 "$@" 3<&-
"""

# What web2c's, Lua's, Rust's and C++'s allocators say when they get nothing.
_NO_MEMORY = re.compile(
    r"memory exhausted|not enough memory|cannot allocate memory|out of memory|bad_alloc|memory allocation of",
    re.IGNORECASE,
)


def go_on() -> None:
    """Raise KeyboardInterrupt in a thread that is to stop; call it every `POLL` seconds while waiting."""
    event = stopping.get()
    if event is not None and event.is_set():
        raise KeyboardInterrupt


class Limits(Record):
    """What a process may use: seconds, and bytes of memory, of each file written, and of output."""

    seconds: float
    memory: int = 2 << 30
    file_size: int = 256 << 20
    output: int = 8 << 20


class Finished(Record):
    """A process that ended, or was ended: `stopped` says at what."""

    code: int
    output: str
    stopped: Stop | None = None

    @property
    def signal(self) -> str:
        """The name of the signal that ended it, or nothing."""
        return signal.Signals(-self.code).name if self.code < 0 else ""


class Started:
    """A command that runs in a folder, within limits, until it is finished or ended.

    None of its children outlives that. Raises OSError where it cannot be started.
    """

    def __init__(
        self, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], limits: Limits
    ) -> None:
        program = [str(part) for part in command]
        with Path(program[0]).open("rb"):
            pass  # the system's own words for a program that is missing or not ours to read
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

    @property
    def has_ended(self) -> bool:
        """Whether it ended by itself."""
        return self._process.poll() is not None

    def finish(self) -> Finished:
        """Wait for its end; its time begins now."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdin, process.stdout:
            output, stopped = bytearray(), None
            try:
                stopped = _read(process, process.stdout, output, self._limits)
                if stopped is not None:
                    _interrupt(process, process.stdout)
            finally:
                # Also where the build is interrupted: the engine must not outlive it.
                code = self._kill()
        text = output.decode("utf-8", "replace")
        return Finished(code, text, stopped or _fault(code, text))

    def end(self) -> None:
        """End it, where it has not ended yet."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self._process.stdin.closed:
            return
        with self._process.stdin, self._process.stdout:
            self._kill()

    def _kill(self) -> int:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.wait()


def run_process(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], limits: Limits
) -> Finished:
    """Run a command, a program's path and its arguments, in a folder.

    Raises OSError where it cannot be started. None of its children outlives it.
    """
    go_on()
    return Started(command, folder, environment, limits).finish()


def _read(
    process: subprocess.Popen[bytes], stdout: IO[bytes], output: bytearray, limits: Limits
) -> Stop | None:
    """Collect what the process prints until it ends; gives the limit that it reached before."""
    deadline = time.monotonic() + limits.seconds
    for piece in _pieces(process, stdout, deadline):
        output += piece
        if len(output) > limits.output:
            return "output"
    while process.poll() is None:
        go_on()
        if (remaining := deadline - time.monotonic()) <= 0:
            return "time"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(min(remaining, POLL))
    return None


def _pieces(process: subprocess.Popen[bytes], stdout: IO[bytes], deadline: float) -> Iterator[bytes]:
    """The output as it comes, until it or the process ends; a child may keep it open for longer."""
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while (remaining := deadline - time.monotonic()) > 0:
            go_on()
            if selector.select(min(remaining, POLL)):
                piece = os.read(stdout.fileno(), 1 << 16)
                if not piece:
                    return
                yield piece
            elif process.poll() is not None:
                return


def _interrupt(process: subprocess.Popen[bytes], stdout: IO[bytes]) -> None:
    """Ask TeX to stop, as Ctrl-C does: it says then at which line it was (tex.web, `check_interrupt`)."""
    # TeX alone: xelatex would not outlive the program that writes its PDF for it.
    process.send_signal(signal.SIGINT)
    for _ in _pieces(process, stdout, time.monotonic() + GRACE):
        pass  # a full pipe would keep it from going on


def _fault(code: int, output: str) -> Stop | None:
    # A shell script that is an engine gives 128 and the signal's number.
    if code in {-signal.SIGXFSZ, 128 + signal.SIGXFSZ}:
        return "file-size"
    if code in {-signal.SIGXCPU, 128 + signal.SIGXCPU}:
        return "time"
    if code != 0 and _NO_MEMORY.search(output[-2000:]):
        return "memory"
    return "crash" if code < 0 else None


def version_of(executable: Path) -> str | None:
    """The first line that `--version` prints; None where the program does not run."""
    try:
        finished = run_process([executable, "--version"], Path.cwd(), os.environ, Limits(20))
    except OSError:
        return None
    if finished.code != 0 or not finished.output.strip():
        return None
    return finished.output.strip().splitlines()[0]
