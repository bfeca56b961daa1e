"""The other programs: where they are, and how they are installed where they are not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RENDERCV = "rendercv[full]==2.8"
_PYTHONS = ("python3.14", "python3.13", "python3.12")  # RenderCV's pyproject: 3.12 at least


@dataclass(frozen=True)
class Peer:
    """Another program: its path and version, or why it is not there."""

    name: str
    program: str = ""
    version: str = ""
    absent: str = ""


def packaged(name: str, packages: Sequence[str], *, install: bool) -> Peer:
    """A program of the system, from these packages of Debian's."""
    failed = ""
    if shutil.which(name) is None and install:
        apt = [*([] if os.geteuid() == 0 else ["sudo", "-n"]), "apt-get"]
        command = [*apt, "install", "-y", "--no-install-recommends", *packages]
        failed = _failure(command)
        if failed and not _failure([*apt, "update"]):  # a new machine has no list of packages
            failed = _failure(command)
    program = shutil.which(name)
    if program is None:
        return Peer(name, absent=failed or f"not installed: `apt-get install {' '.join(packages)}`")
    return Peer(name, program, _version(program))


def rendercv(folder: Path, *, install: bool) -> Peer:
    """RenderCV, from the search path or in a virtual environment of its own in the folder."""
    program = shutil.which("rendercv") or shutil.which("rendercv", path=str(folder / "bin"))
    failed = ""
    if program is None and install:
        failed = _install_rendercv(folder)
        program = shutil.which("rendercv", path=str(folder / "bin"))
    if program is None:
        return Peer("rendercv", absent=failed or f"not installed: `pip install {RENDERCV}`")
    return Peer("rendercv", program, f"{_version(program)}, {_version(_python_of(program))}")


def _python_of(program: str) -> str:
    """The Python that a program of a virtual environment runs on: the one beside it."""
    beside = Path(program).with_name("python")
    return str(beside) if beside.is_file() else sys.executable


def _install_rendercv(folder: Path) -> str:
    """Install it with a Python that is new enough; says what failed."""
    commands = [[found, "-m", "venv", str(folder)] for found in _new_pythons()]
    commands += [[uv, "venv", "--seed", "--python", "3.12", str(folder)] for uv in _uvs()]
    if not commands:
        return f"not installed: it needs Python 3.12, and neither {', '.join(_PYTHONS)} nor uv is here"
    failed = ""
    for command in commands:
        failed = _failure(command) or _failure([str(folder / "bin/pip"), "install", "--quiet", RENDERCV])
        if not failed:
            return ""
        shutil.rmtree(folder, ignore_errors=True)
    return failed


def _new_pythons() -> list[str]:
    names = [sys.executable] if sys.version_info >= (3, 12) else []
    names += [found for name in _PYTHONS if (found := shutil.which(name))]
    names += _pythons_of_pyenv()
    # A name may be there and stand for nothing, as those of pyenv's versions that are not chosen.
    return [name for name in names if not _failure([name, "-c", "pass"])]


def _pythons_of_pyenv() -> list[str]:
    """Those that pyenv has built, the newest name first; chosen or not (pyenv's README, "Shims")."""
    pyenv = shutil.which("pyenv")
    if pyenv is None:
        return []
    root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=False).stdout.strip()
    folder = Path(root) / "versions"
    return [str(found) for name in _PYTHONS for found in sorted(folder.glob(f"*/bin/{name}"))]


def _uvs() -> list[str]:
    return [
        found
        for found in [shutil.which("uv", path=str(Path(sys.executable).parent)), shutil.which("uv")]
        if found
    ]


def _failure(command: Sequence[str]) -> str:
    """Run a command; says what failed, with its last line, or nothing."""
    shown = " ".join([Path(command[0]).name, *command[1:]])
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as problem:
        return f"not installed: `{shown}`: {problem.strerror}"
    if done.returncode == 0:
        return ""
    last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
    return f"not installed: `{shown}`: {last[:200]}"


def _version(program: str) -> str:
    """What a program says of its version: the first line that is not empty."""
    done = subprocess.run(
        [program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return next((line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()), "")
