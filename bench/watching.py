"""`cvbuild watch`: how long it takes from saving a file until the PDF is there."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.documents import Edit
from bench.processes import Measured, RunFailed

_LONGEST = 120.0
"""Seconds after which no PDF is expected any more."""

_REST = 0.3
"""Seconds between a finished PDF and the next edit: nobody saves faster."""


class Watching:
    """A process that watches a project; it is started for the first measurement."""

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str], edit: Edit, pdf: Path
    ) -> None:
        self.command, self.folder, self.environment = command, folder, environment
        self.edit, self.pdf = edit, pdf
        self._process: subprocess.Popen[bytes] | None = None

    def measure(self) -> Measured:
        """Save an edited line and wait for the PDF. Raises RunFailed where none comes."""
        if self._process is None:
            self._process = subprocess.Popen(
                self.command, cwd=self.folder, env=dict(self.environment),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            self._wait_until(self.pdf.is_file)
        time.sleep(_REST)
        before = self._state()
        started = time.perf_counter()
        self.edit.make()
        self._wait_until(lambda: self._state() != before)
        return Measured(time.perf_counter() - started, 0.0, self._memory())

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait()

    def _memory(self) -> int:
        """The most bytes of memory that it had so far (proc(5), `VmHWM`); 0 where the system does not say."""
        assert self._process is not None
        try:
            told = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        except OSError:
            return 0
        return next((int(line.split()[1]) << 10 for line in told.splitlines() if "VmHWM" in line), 0)

    def _state(self) -> tuple[int, int]:
        """What changes when another file takes the PDF's place."""
        try:
            found = self.pdf.stat()
        except FileNotFoundError:
            return (0, 0)
        return (found.st_ino, found.st_mtime_ns)

    def _wait_until(self, condition: Callable[[], bool]) -> None:
        assert self._process is not None
        end = time.monotonic() + _LONGEST
        while not condition():
            if self._process.poll() is not None:
                raise RunFailed(f"`watch` ended with {self._process.returncode}")
            if time.monotonic() > end:
                raise RunFailed(f"`watch` made no PDF within {_LONGEST:.0f} seconds")
            time.sleep(0.001)
