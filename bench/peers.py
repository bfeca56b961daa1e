"""The other programs: their paths, and how missing ones are installed."""

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
    """Another program: its path and version, or why it is absent."""

    name: str
    program: str = ""
    version: str = ""
    absent: str = ""


def packaged(name: str, packages: Sequence[str], *, install: bool) -> Peer:
    """A program of the system, from these packages of Debian."""
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
    return Peer(name, program, version(program))


def rendercv(folder: Path, *, install: bool) -> Peer:
    """RenderCV, from the search path or in a virtual environment of its own in the folder."""
    places = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{folder / 'bin'}"
    failed = f"not installed: `pip install {RENDERCV}`"
    if shutil.which("rendercv", path=places) is None and install:
        failed = _install_rendercv(folder)
    program = shutil.which("rendercv", path=places)
    if program is None:
        return Peer("rendercv", absent=failed)
    return Peer("rendercv", program, version(program))


def _install_rendercv(folder: Path) -> str:
    """Install it with a Python that is new enough; says why it failed."""
    commands = [[found, "-m", "venv", str(folder)] for found in _new_pythons()]
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    commands += [[uv, "venv", "--seed", "--python", "3.12", str(folder)]] if uv else []
    failed = f"not installed: it needs Python 3.12, and neither {', '.join(_PYTHONS)} nor uv is here"
    for command in commands:
        failed = _failure(command) or _failure([str(folder / "bin/pip"), "install", "--quiet", RENDERCV])
        if not failed:
            break
        shutil.rmtree(folder, ignore_errors=True)
    return failed


def _new_pythons() -> list[str]:
    """Pythons that run: this one, those on the search path, and those that pyenv has built.

    A name of pyenv's on the search path fails unless its version is chosen (pyenv's README, "Shims").
    """
    names = [sys.executable] if sys.version_info >= (3, 12) else []
    names += [found for name in _PYTHONS if (found := shutil.which(name))]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    names += [str(found) for name in _PYTHONS for found in sorted(pyenv.glob(f"versions/*/bin/{name}"))]
    return [name for name in names if not _failure([name, "-c", "pass"])]


def _failure(command: Sequence[str]) -> str:
    """Run a command; says why it failed, with its last line, or nothing."""
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


def version(program: str) -> str:
    """The first line that `--version` prints and that is not empty."""
    done = subprocess.run(
        [program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return next((line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()), "")
