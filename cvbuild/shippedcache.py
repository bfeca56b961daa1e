"""What was made of files that ship with cvbuild or a library, kept beside the code of cvbuild's modules.

It is the same for every project and every user, and whoever can change the one can change the
other. Where Python may not write there, or is told not to, it is kept in the user's cache.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from contextlib import suppress
from pathlib import Path

from cvbuild import cache


def read(kind: str, key: str, name: str) -> bytes | None:
    """What was kept under a key (`cache.read`) for a file of the name; None where nothing sound was.

    What has no name does not ship.
    """
    path = _path(kind, name)
    if path is not None:
        with suppress(OSError):
            if (data := cache.unsealed(kind, key, path.read_bytes())) is not None:
                return data
    return cache.read(kind, key)


def write(kind: str, key: str, name: str, data: bytes) -> None:
    """Keep something under a key for a file of the name, in one step; silently not where that fails."""
    path = _path(kind, name)
    if path is None or sys.dont_write_bytecode or not _written(path, cache.sealed(kind, key, data)):
        cache.write(kind, key, data)


def _path(kind: str, name: str) -> Path | None:
    """Where it is kept, named as Python names a module's code; None where that is nowhere."""
    if not name or sys.implementation.cache_tag is None:
        return None
    named = importlib.util.cache_from_source(str(Path(__file__).with_name(name)))
    return Path(named).with_suffix(f".{kind}")


def _written(path: Path, content: bytes) -> bool:
    """Whether a file could be written, in one step."""
    new = path.with_name(f"{path.name}.{os.urandom(8).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(content)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        return False
    return True
