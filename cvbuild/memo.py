"""Memoise pure stages by the hash of their inputs: in memory, and on disk for the next run.

A stage is a function whose result depends on its arguments alone. The key is a hash of the stage's name,
its arguments, and the state of cvbuild's code and of the installed libraries. So no result is ever
invalidated: other inputs have another key. Keys and results refer to source files by their digest.
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
    """An item with a span in a source file."""

    @property
    def span(self) -> Span:
        """The item's span."""


T = TypeVar("T")
Item = TypeVar("Item", bound=Placed)
Inputs = TypeVarTuple("Inputs")

MOST_IN_MEMORY = 2000
"""Maximum number of results kept in memory; the oldest are dropped first."""
MOST_BYTES_IN_MEMORY = 32 << 20
"""Maximum pickled size of these results, in bytes; the latest result always stays."""

MOST_SPARE = 500
"""A bundle keeps at most this number of unused results, plus twice the number of used ones."""
MOST_BYTES_IN_BUNDLE = 24 << 20
"""Maximum pickled size of a bundle with unused results, in bytes; used results are always kept."""

_KIND = "memo"
_ABSENT = object()
_UNPICKLABLE = (pickle.PicklingError, TypeError, ValueError, AttributeError, RecursionError)
_DAMAGED = (pickle.UnpicklingError, LookupError, EOFError, TypeError, ValueError, AttributeError, ImportError)


class Memo:
    """Call stages, and keep their results in memory and in the cache folder for calls with equal inputs."""

    def __init__(self) -> None:
        self._known: dict[bytes, Any] = {}
        self._sizes: dict[bytes, int] = {}
        self._lock = threading.Lock()

    def __call__(self, stage: Callable[[Unpack[Inputs]], T], *inputs: *Inputs) -> T:
        """Return the stage's result. Exceptions of the stage are raised, and not kept."""
        found: T = self._result(stage, inputs, in_folder=True)
        return found

    def here(self, stage: Callable[[Unpack[Inputs]], T], *inputs: *Inputs) -> T:
        """Return the stage's result, kept in memory only: for fast stages whose inputs are memoised."""
        found: T = self._result(stage, inputs, in_folder=False)
        return found

    def _result(self, stage: Callable[..., Any], inputs: tuple[Any, ...], *, in_folder: bool) -> Any:
        key = _key(stage, inputs)
        if key is None:
            return stage(*inputs)
        found = self._known.get(key, _ABSENT)  # in one step: another thread may drop the key
        if found is not _ABSENT:
            return found
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
    """Return a hash of an item, independent of its place in the file; None if it cannot be pickled."""
    with relative_to(item.span):
        return _key(key_of, (item,))


class Bundle(Generic[Item, T]):
    """Memo of a stage for many small items with the same other inputs, kept in one file.

    Spans inside the item's span are stored relative to its start, so a result stays valid when text
    before the item changes. Unused results are dropped when there are too many.
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
        """Return the stage's result for an item. Exceptions of the stage are raised, and not kept.

        `key` must identify the item apart from its place in the file; the default is `key_of(item)`.
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
        """Write the results to the cache folder, if there are new ones: all used and some unused results."""
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
    """Return the key of a call, a hash; None if the inputs cannot be pickled."""
    written = io.BytesIO()
    pickler = pickle.Pickler(written, pickle.HIGHEST_PROTOCOL)
    # Without `fast`, a repeated object is pickled as a reference. Equal values from a file and from
    # the cache share objects differently, and would get different keys.
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
    """Return a digest of the code: times and sizes of cvbuild's files, and times of the library folders."""
    found = blake2b(sys.version.encode(), digest_size=20)
    for place, folders, names in os.walk(Path(__file__).parent):
        folders[:] = sorted({*folders} - {"__pycache__", "latex_templates", "starter"})
        for name in sorted(names):
            path = Path(place, name)
            status = path.stat()
            found.update(f"{path} {status.st_mtime_ns} {status.st_size}\n".encode())
    # Installing or removing a library changes the modification time of its parent folder.
    for folder in sys.path:
        if folder.endswith("-packages") and Path(folder).is_dir():
            found.update(f"{folder} {Path(folder).stat().st_mtime_ns}\n".encode())
    return found.digest()
