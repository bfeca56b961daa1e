"""Measuring a whole process, from its start until it has ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST = 120.0
"""Seconds after which a run is ended: biber takes many minutes for 10,000 entries."""

_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes per unit of `ru_maxrss` (getrusage(2): kilobytes, and bytes on macOS)."""


@dataclass(frozen=True)
class Measured:
    """One run.

    `memory` is the peak of the largest process, in bytes: the command or one of its children. The system
    never reports less than the measuring process had itself, so that one has to stay small.
    `own_cpu` is the processor time of the command without its children, in seconds: for cvbuild, of
    Python without the engine. It is None where the system does not report it.
    """

    seconds: float
    memory: int = 0
    own_cpu: float | None = None
    output: str = ""
    remark: str = ""


class RunFailed(Exception):
    """A command failed or cannot be measured; the message says why in one line."""

    def __init__(self, why: str, output: str = "") -> None:
        super().__init__(why)
        self.output = output


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Measured:
    """Run a command in a folder and measure it. Raises RunFailed if it fails."""
    program = Path(command[0]).name
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        try:
            process = subprocess.Popen(
                command, cwd=folder, env=dict(environment),
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        except OSError as problem:
            raise RunFailed(f"{program}: {problem.strerror}") from None
        watchdog = threading.Timer(LONGEST, _end, [process.pid])
        watchdog.start()
        try:
            own_cpu = _wait_for_own_cpu(process.pid)
            _, status, used = os.wait4(process.pid, 0)
        finally:
            watchdog.cancel()
            _end(process.pid)  # also if the bench is interrupted
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if seconds >= LONGEST:
            raise RunFailed(f"{program} did not end within {LONGEST:.0f} seconds")
        output.seek(0)
        said = output.read().decode("utf-8", "replace")
    if process.returncode != 0:
        raise RunFailed(f"{program} ended with {process.returncode}: {_reason(said)}", said)
    return Measured(seconds, used.ru_maxrss * _UNIT, own_cpu, said)


def _wait_for_own_cpu(process: int) -> float | None:
    """Wait until a process has ended, and read its own processor time before it is reaped.

    wait4(2) adds the children's time; proc(5) keeps them apart: `utime` and `stime` are fields 14 and 15.
    """
    if sys.platform != "linux":
        return None
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(state[11]) + int(state[12])) / os.sysconf("SC_CLK_TCK")


def _end(process: int) -> None:
    """End a process with its children; it leads a group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


def _reason(output: str) -> str:
    """The first error of TeX, or the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    # TeX's errors begin with `! ` (The TeXbook, chapter 6); the lines that follow say less.
    return next((line for line in lines if line.startswith("! ")), lines[-1] if lines else "no output")[:200]
