"""Results of pure stages, kept under the hash of their inputs: in memory, and on disk for the next run.

A stage is a function whose result depends on its arguments alone. The key holds the stage's name, its
arguments and the state of cvbuild's code and of the installed libraries, so nothing has to be
invalidated: other inputs have another key. Files are named in keys and results by their digest.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
from collections.abc import Callable
from functools import cache as once
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple, Unpack

from cvbuild import cache

T = TypeVar("T")
Inputs = TypeVarTuple("Inputs")

MOST_IN_MEMORY = 2000
"""Maximum number of results kept in memory; the oldest go first."""

_KIND = "memo"
_UNPICKLABLE = (pickle.PicklingError, TypeError, ValueError, AttributeError, RecursionError)
_DAMAGED = (pickle.UnpicklingError, LookupError, EOFError, TypeError, ValueError, AttributeError, ImportError)


class Memo:
    """Calls stages, and answers a call whose inputs are known from memory or from the cache folder."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def __call__(self, stage: Callable[[Unpack[Inputs]], T], *inputs: *Inputs) -> T:
        """What the stage returns for these inputs. Raises what the stage raises, and keeps nothing then."""
        key = _key(stage, inputs)
        if key is None:
            return stage(*inputs)
        if key in self._known:
            found: T = self._known[key]
            return found
        try:
            kept = cache.read(_KIND, key)
            result: T = pickle.loads(kept) if kept is not None else stage(*inputs)
        except _DAMAGED:
            kept, result = None, stage(*inputs)
        if kept is None:
            _write(key, result)
        if len(self._known) >= MOST_IN_MEMORY:
            self._known.pop(next(iter(self._known)), None)
        self._known[key] = result
        return result

    def forget(self) -> None:
        """Drop what is in memory."""
        self._known.clear()


memo = Memo()
"""The memo of this process."""


def _key(stage: Callable[..., object], inputs: tuple[object, ...]) -> str | None:
    """The name of a call; None where its inputs cannot be pickled."""
    written = io.BytesIO()
    pickler = pickle.Pickler(written, pickle.HIGHEST_PROTOCOL)
    # References to earlier objects depend on which equal values are the same object, which differs
    # between values that were read anew and values from the cache.
    pickler.fast = True
    try:
        pickler.dump((stage.__module__, stage.__qualname__, program_state(), inputs))
    except _UNPICKLABLE:
        return None
    return blake2b(written.getbuffer(), digest_size=20).hexdigest()


def _write(key: str, result: object) -> None:
    try:
        data = pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
    except _UNPICKLABLE:
        return
    cache.write(_KIND, key, data)


@once
def program_state() -> bytes:
    """A digest of the code that results depend on: cvbuild's files by time and size, and the libraries.

    An installer changes the time of the folder that the libraries lie in.
    """
    found = blake2b(sys.version.encode(), digest_size=20)
    for place, folders, files in os.walk(Path(__file__).parent):
        folders[:] = sorted(set(folders) - {"__pycache__", "latex_templates", "starter"})
        for name in sorted(files):
            status = Path(place, name).stat()
            found.update(f"{place}/{name} {status.st_mtime_ns} {status.st_size}\n".encode())
    for folder in sys.path:
        if folder.endswith("-packages") and Path(folder).is_dir():
            found.update(f"{folder} {Path(folder).stat().st_mtime_ns}\n".encode())
    return found.digest()
