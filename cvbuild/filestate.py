"""Whether files are as they were, by the time of their last change and their size."""

# Paths are strings: pathlib takes longer to import than a call with nothing to do may.
# ruff: noqa: PTH116

from __future__ import annotations

import os
from collections.abc import Iterable

SLACK = 50_000_000
"""Nanoseconds by which the clock of a file system may be behind that of the system."""

State = list[tuple[str, int, int]]
"""Paths with the time of the last change, in nanoseconds, and bytes; -1 and -1 where nothing is."""


def state_of(paths: Iterable[str]) -> State:
    """How files and folders are now."""
    return [(path, *_now(path)) for path in paths]


def is_as_before(state: object) -> bool:
    """Whether files are as a state says; False for what is no state."""
    if not isinstance(state, list):
        return False
    try:
        return all(_now(path) == (time, size) for path, time, size in state)
    except (TypeError, ValueError):
        return False


def changed_since(state: State, moment: int) -> bool:
    """Whether one of the files changed at or after a moment, in nanoseconds since 1970."""
    return any(time >= moment for _, time, _ in state)


def _now(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return -1, -1
    return status.st_mtime_ns, status.st_size
