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
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache as once
from hashlib import blake2b
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, TypeVarTuple, Unpack

from cvbuild import cache
from cvbuild.source import Span, in_key, relative_to


class Placed(Protocol):
    """An item with a place in a file."""

    @property
    def span(self) -> Span:
        """Its place."""


T = TypeVar("T")
Item = TypeVar("Item", bound=Placed)
Inputs = TypeVarTuple("Inputs")

MOST_IN_MEMORY = 2000
"""Maximum number of results kept in memory; the oldest go first."""
MOST_BYTES_IN_MEMORY = 32 << 20
"""Maximum size of these results when pickled, in bytes; the latest one always stays."""

MOST_SPARE = 500
"""Maximum number of results that a bundle keeps beyond three times those in use."""
MOST_BYTES_IN_BUNDLE = 24 << 20
"""Maximum size of a bundle of which not all is in use, in bytes."""

_KIND = "memo"
_UNPICKLABLE = (pickle.PicklingError, TypeError, ValueError, AttributeError, RecursionError)
_DAMAGED = (pickle.UnpicklingError, LookupError, EOFError, TypeError, ValueError, AttributeError, ImportError)


class Memo:
    """Calls stages; a call with known inputs is answered from memory or from the cache folder."""

    def __init__(self) -> None:
        self._known: dict[bytes, Any] = {}
        self._sizes: dict[bytes, int] = {}
        self._lock = threading.Lock()

    def __call__(self, stage: Callable[[Unpack[Inputs]], T], *inputs: *Inputs) -> T:
        """Return the stage's result. Raises the stage's exceptions, and keeps nothing then."""
        found: T = self._result(stage, inputs, in_folder=True)
        return found

    def here(self, stage: Callable[[Unpack[Inputs]], T], *inputs: *Inputs) -> T:
        """Return the result, kept in memory alone: for results made quickly from others that are kept."""
        found: T = self._result(stage, inputs, in_folder=False)
        return found

    def _result(self, stage: Callable[..., Any], inputs: tuple[Any, ...], *, in_folder: bool) -> Any:
        key = _key(stage, inputs)
        if key is None:
            return stage(*inputs)
        if key in self._known:
            return self._known[key]
        data = cache.read(_KIND, key.hex()) if in_folder else None
        if data is not None:
            with suppress(*_DAMAGED):
                found = pickle.loads(data)
                self._remember(key, found, len(data))
                return found
        found, data = stage(*inputs), b""
        if in_folder:
            with suppress(*_UNPICKLABLE):
                data = pickle.dumps(found, pickle.HIGHEST_PROTOCOL)
                cache.write(_KIND, key.hex(), data)
        self._remember(key, found, len(data))
        return found

    def _remember(self, key: bytes, result: object, size: int) -> None:
        with self._lock:
            self._known[key], self._sizes[key] = result, size
            total = sum(self._sizes.values())
            for oldest in [*self._sizes][:-1]:
                if total <= MOST_BYTES_IN_MEMORY and len(self._sizes) <= MOST_IN_MEMORY:
                    break
                total -= self._sizes.pop(oldest)
                del self._known[oldest]

    def forget(self) -> None:
        """Drop the results in memory."""
        self._known.clear()
        self._sizes.clear()


memo = Memo()
"""The memo of this process."""


def key_of(item: Placed) -> bytes | None:
    """A hash of an item, its places relative to its own; None where it cannot be pickled."""
    with relative_to(item.span):
        return _key(key_of, (item,))


class Bundle(Generic[Item, T]):
    """Results of a stage for many small items that share their other inputs, kept in one file.

    Places within an item's own span are kept by their distance from its start, so a result stays valid
    when text before the item changes. Results that no item uses are dropped when there are too many.
    """

    def __init__(self, stage: Callable[[Item, Unpack[Inputs]], T], *shared: *Inputs) -> None:
        self._call: Callable[[Item], T] = lambda item: stage(item, *shared)
        self._key = _key(stage, shared)
        self._used: dict[bytes, bytes] = {}
        self._is_new = False
        self._known: dict[bytes, bytes] = {}
        data = cache.read(_KIND, self._key.hex()) if self._key is not None else None
        if data is not None:
            with suppress(*_DAMAGED):
                self._known = pickle.loads(data)

    def __call__(self, item: Item, key: bytes | None = None) -> T:
        """Return the stage's result for an item. Raises the stage's exceptions, and keeps nothing then.

        `key` determines the item but for its place; without one it is the hash of the item.
        """
        key = key or key_of(item)
        if key is None:
            return self._call(item)
        with relative_to(item.span), suppress(*_DAMAGED):
            found: T = pickle.loads(self._known[key])
            self._used[key] = self._known[key]
            return found
        result = self._call(item)
        with relative_to(item.span), suppress(*_UNPICKLABLE):
            self._used[key] = pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
            self._is_new = True
        return result

    def save(self) -> None:
        """Keep the results for the next call."""
        if self._is_new and self._key is not None:
            spare, room = 2 * len(self._used) + MOST_SPARE, MOST_BYTES_IN_BUNDLE
            room -= sum(map(len, self._used.values()))
            older: list[tuple[bytes, bytes]] = []
            for key, data in reversed(self._known.items()):
                room -= len(data) if key not in self._used else 0
                if room < 0 or len(older) == spare:
                    break
                if key not in self._used:
                    older.append((key, data))
            kept = {**dict(reversed(older)), **self._used}
            cache.write(_KIND, self._key.hex(), pickle.dumps(kept, pickle.HIGHEST_PROTOCOL))


def _key(stage: Callable[..., object], inputs: tuple[object, ...]) -> bytes | None:
    """The name of a call; None where its inputs cannot be pickled."""
    written = io.BytesIO()
    pickler = pickle.Pickler(written, pickle.HIGHEST_PROTOCOL)
    # References to earlier objects depend on which equal values are the same object, which differs
    # between values that were read anew and values from the cache.
    pickler.fast = True
    token = in_key.set(True)
    try:
        pickler.dump((stage.__module__, stage.__qualname__, program_state(), inputs))
    except _UNPICKLABLE:
        return None
    finally:
        in_key.reset(token)
    return blake2b(written.getbuffer(), digest_size=20).digest()


@once
def program_state() -> bytes:
    """A digest of the code that results depend on: cvbuild's files by time and size, and the libraries."""
    found = blake2b(sys.version.encode(), digest_size=20)
    for place, folders, names in os.walk(Path(__file__).parent):
        folders[:] = sorted({*folders} - {"__pycache__", "latex_templates", "starter"})
        for name in sorted(names):
            path = Path(place, name)
            status = path.stat()
            found.update(f"{path} {status.st_mtime_ns} {status.st_size}\n".encode())
    # An installer changes the time of the folder that the libraries lie in.
    for folder in sys.path:
        if folder.endswith("-packages") and Path(folder).is_dir():
            found.update(f"{folder} {Path(folder).stat().st_mtime_ns}\n".encode())
    return found.digest()
