"""One build at a time in one work folder, and none while the output folder is cleaned."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cvbuild.typeset.process import POLL, go_on

LOCK = "lock"
"""In the folder: the file that is locked."""


@contextmanager
def held(folder: Path, told: Callable[[], None] = lambda: None, *, shared: bool = False) -> Iterator[None]:
    """Hold the folder's lock, alone or `shared` with others; who comes second is `told`, and waits.

    The lock goes with the process, so that a killed build leaves none behind.
    Where the system has no such locks the folder is not locked.
    """
    try:
        import fcntl
    except ImportError:
        folder.mkdir(parents=True, exist_ok=True)
        yield
        return
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
            try:
                fcntl.flock(file, how | fcntl.LOCK_NB)
            except BlockingIOError:
                told()
                _wait_for(file, how)
            except OSError:  # a file system without locks
                yield
                return
            if _is_still(path, file):
                yield
                return
        finally:
            os.close(file)


def _wait_for(file: int, how: int) -> None:
    """Lock a file as soon as nobody else has it; not in one wait, which a thread could not be woken from."""
    import fcntl

    while True:
        go_on()
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(POLL / 2)
        else:
            return


def _make_way(path: Path) -> None:
    """Take away what cannot be the lock: a link would lead to somebody's file."""
    if path.is_symlink() or not (path.is_file() or path.is_dir() or not path.exists()):
        path.unlink(missing_ok=True)
    elif path.is_dir():
        shutil.rmtree(path)


def _is_still(path: Path, file: int) -> bool:
    """Whether the path still names the opened file: who waited may have seen its folder deleted."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False
