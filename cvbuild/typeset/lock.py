"""One build at a time in one work folder, and none while the output folder is cleaned."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cvbuild.typeset.process import POLL, go_on

LOCK = "lock"
"""In the folder: the file that is locked."""


@contextmanager
def held(folder: Path, told: Callable[[], None] = lambda: None, *, shared: bool = False) -> Iterator[None]:
    """Hold the folder's lock, alone or `shared` with others; who comes second is `told`, and waits.

    The lock goes with the process, so that a killed build leaves none behind.
    Where the file system has no locks the folder is not locked.
    """
    how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    path = folder / LOCK
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _make_way(path)
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:
            continue  # the folder was deleted this moment
        except FileExistsError as error:
            # It was there, and then no folder: deleted this moment as well, or a file in its place.
            if Path(error.filename).is_dir() or not os.path.lexists(error.filename):
                continue
            raise
        try:
            if not _locked(file, how, told) or _is_still(path, file):
                yield
                return
        finally:
            os.close(file)


def _locked(file: int, how: int, told: Callable[[], None]) -> bool:
    """Lock a file as soon as nobody else has it; False on a file system without locks."""
    has_waited = False
    while True:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if not has_waited:
                told()
            has_waited = True
            # Not in one wait, which a thread could not be woken from.
            go_on()
            time.sleep(POLL / 2)
        except OSError:
            return False
        else:
            return True


def _make_way(path: Path) -> None:
    """Take away what cannot be the lock: a link would lead to somebody's file."""
    if path.is_symlink() or not (path.is_file() or path.is_dir() or not path.exists()):
        path.unlink(missing_ok=True)
    elif path.is_dir():
        shutil.rmtree(path)


def _is_still(path: Path, file: int) -> bool:
    """Whether the path still names the opened file: who waited may have seen its folder deleted."""
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(file))
    return False
