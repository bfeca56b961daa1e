"""The machine beside its figures: processor, versions and load; nothing that identifies it."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from bench.peers import Peer, version

PATIENCE = 180.0
"""Longest wait for an idle machine, in seconds: installing programs leaves load behind."""


def versions(peers: Iterable[Peer], programs: Iterable[str]) -> list[str]:
    """The version of each program; a peer that is absent is named."""
    own = [*(version(program) for program in programs), f"Python {platform.python_version()}"]
    return [*own, *(peer.version or f"no {peer.name}" for peer in peers)]


def described() -> str:
    """Processor (proc(5), `/proc/cpuinfo`, or its kind), cores, memory and system."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text(encoding="utf-8").splitlines() if known.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{next(named, platform.machine())}, {_cores()} cores, {memory:.0f} GB, {platform.system()}"


def load() -> float:
    """Average number of processes that wanted to run during the last minute."""
    return os.getloadavg()[0]


def is_busy(seen: float) -> bool:
    """Whether this load distorts figures: a build needs a core for itself, and two variants two."""
    return seen > max(_cores() / 4, 0.5)


def idle_load() -> float:
    """Wait until the machine is idle, or until PATIENCE ends; the load at the end."""
    if is_busy(load()):
        print(f"waiting {PATIENCE:.0f} seconds at most for an idle machine", file=sys.stderr)
    end = time.monotonic() + PATIENCE
    while is_busy(load()) and time.monotonic() < end:
        time.sleep(1)
    return load()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
