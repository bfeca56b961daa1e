"""Measuring a whole process: from its start until it has ended."""

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
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """One run: seconds on the clock, seconds of a processor, and the most memory, in bytes, at a time.

    Processor and memory are those of the process and of all its children: its own time
    with theirs, and the largest of them. `told` is what it said of itself at its end, `began` when
    it did, on the clock `time.perf_counter`.
    The system never counts less memory than the measuring process had itself: that is to stay small.
    """

    seconds: float
    cpu: float
    memory: int
    output: str = ""
    began: float = 0.0
    told: Mapping[str, float] = field(default_factory=dict)

    @property
    def own_cpu(self) -> float | None:
        """Seconds of a processor that the process alone used, where it told."""
        return self.told.get("cpu")

    @property
    def own_memory(self) -> float | None:
        """Bytes that the process alone had at most, where it told."""
        memory = self.told.get("memory")
        return None if memory is None else memory * _UNIT


class RunFailed(Exception):
    """A command that did not end well, or that cannot be measured; says why in a line."""

    def __init__(self, why: str, output: str = "") -> None:
        super().__init__(why)
        self.output = output


TOLD = "BENCH_TOLD"
"""The variable that names the file where a command tells of itself: lines of a name, a tab, a number."""

# Python's own share cannot be seen from outside, where the engine's is with it.
_TELLING = f"""\
import atexit, os, resource
def tell():
    used = resource.getrusage(resource.RUSAGE_SELF)
    with open(os.environ[{TOLD!r}], "w") as file:
        print("cpu", used.ru_utime + used.ru_stime, sep="\\t", file=file)
        print("memory", used.ru_maxrss, sep="\\t", file=file)
atexit.register(tell)
import sys
sys.argv[0] = "cvbuild"
from cvbuild.__main__ import main
main()
"""


def telling(arguments: Sequence[str]) -> list[str]:
    """The command line of cvbuild as one that says at its end what Python itself used."""
    return [sys.executable, "-c", _TELLING, *arguments]


LONGEST = 120.0
"""Seconds after which a run is ended: biber takes many minutes for 10,000 entries."""


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Measured:
    """Run a command in a folder and measure it. Raises RunFailed where it fails."""
    with tempfile.TemporaryFile() as output, tempfile.NamedTemporaryFile() as told:
        started = time.perf_counter()
        try:
            process = subprocess.Popen(
                command, cwd=folder, env={**environment, TOLD: told.name},
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        except OSError as problem:
            raise RunFailed(f"{Path(command[0]).name}: {problem.strerror}") from None
        watchdog = threading.Timer(LONGEST, _end, [process.pid])
        watchdog.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        finally:
            watchdog.cancel()
            _end(process.pid)  # also where the bench is interrupted
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if seconds >= LONGEST:
            raise RunFailed(f"{Path(command[0]).name} did not end within {LONGEST:.0f} seconds")
        output.seek(0)
        said = output.read().decode("utf-8", "replace")
        if process.returncode != 0:
            raise RunFailed(_why(command, process.returncode, said), said)
        lines = Path(told.name).read_text(encoding="utf-8").splitlines()
    numbers = {name: float(number) for name, _, number in (line.partition("\t") for line in lines)}
    cpu, memory = used.ru_utime + used.ru_stime, used.ru_maxrss * _UNIT
    return Measured(seconds, cpu, memory, said, started, numbers)


_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes of `ru_maxrss` (getrusage(2): kilobytes, and bytes on macOS)."""


def _end(process: int) -> None:
    """End a process with its children; it leads a group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


def _why(command: Sequence[str], code: int, output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    # TeX's errors begin so (The TeXbook, chapter 6), and are followed by what says less.
    said = next((line for line in lines if line.startswith("! ")), lines[-1] if lines else "no output")
    return f"{Path(command[0]).name} ended with {code}: {said[:200]}"
