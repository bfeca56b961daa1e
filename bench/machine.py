"""What is to be known of the machine beside its figures; nothing that names it."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path

from bench.peers import Peer
from cvbuild import __version__


def versions(peers: Iterable[Peer], engine: str) -> list[str]:
    """The programs, each with its version."""
    listed = [f"cvbuild {__version__}", f"Python {platform.python_version()}", _first_line(engine)]
    return [*listed, *(peer.version or f"no {peer.name}" for peer in peers)]


def described() -> str:
    """Processor, cores, memory and system."""
    parts = [_processor(), f"{_cores()} cores", f"{_memory() / 2**30:.0f} GB", f"{platform.system()}"]
    return ", ".join(part for part in parts if part)


def load() -> float:
    """How many processes wanted to run during the last minute."""
    return os.getloadavg()[0]


def is_busy(seen: float) -> bool:
    """Whether so much load leaves figures unsound: a build needs a core for itself, and two variants two."""
    return seen > max(_cores() / 4, 0.5)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _processor() -> str:
    """The processor's own name (proc(5), `/proc/cpuinfo`), or its kind."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text(encoding="utf-8").splitlines() if known.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _first_line(program: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[0] if done.stdout else program
