"""Running an engine as a process: no shell, no input, bounded in time, killed as a group."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Finished:
    """A process that ended, or was ended at its time limit."""

    code: int
    output: str
    timed_out: bool = False


def run_process(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], seconds: float
) -> Finished:
    """Run a command in a folder. Raises OSError where it cannot be started."""
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        _kill_group(process)
        output, _ = process.communicate()
        return Finished(-1, _decoded(output), timed_out=True)
    except BaseException:
        # Interrupted (Ctrl-C): the engine must not outlive the build.
        _kill_group(process)
        process.wait()
        raise
    return Finished(process.returncode, _decoded(output))


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _decoded(output: bytes) -> str:
    return output.decode("utf-8", "replace")


def version_of(executable: Path) -> str | None:
    """The first line that `--version` prints; None where the program does not run."""
    try:
        finished = run_process([executable, "--version"], Path.cwd(), os.environ, 20)
    except OSError:
        return None
    if finished.code != 0 or not finished.output.strip():
        return None
    return finished.output.strip().splitlines()[0]
