"""Loading files in a process of its own, so that they are in the cache when this one comes to them.

A first build imports for a third of its time what checks and prints the content. Meanwhile
another processor can load the files. It is the same process once more (fork(2)): it
imports nothing twice, and whatever becomes of it costs time alone.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from cvbuild import cache
from cvbuild.machine import cores

_POLL = 0.001
_MOST_FILES = 1 << 16

_child: list[int] = []
"""The process under way."""


def load_beside(load: Callable[[], object]) -> None:
    """Call something that loads files as `remembered` does, in another process.

    Nothing is done where that would not help, or may not be safe: with one processor, without a
    cache, beside other threads, and on systems other than Linux.
    """
    is_possible = sys.platform == "linux" and threading.active_count() == 1 and cores() > 1
    if _child or not is_possible or cache.folder_for("yaml") is None:
        return
    with suppress(OSError):  # no more processes
        pid = os.fork()
        if pid == 0:
            # Nothing is said or cleaned up here: all of that is the other's, which finds the same again.
            try:
                _let_go()
                load()
            finally:
                os._exit(0)
        _child.append(pid)
        atexit.register(_end)


def _let_go() -> None:
    """Keep nothing open that the other has: an engine waits for the end of its pipe."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.closerange(3, _MOST_FILES)


def waited_for(read: Callable[[], bytes | None]) -> bytes | None:
    """What is read from the cache, or is as soon as the other process put it there."""
    data = read()
    while data is None and is_under_way():
        data = read()
    return data


def is_under_way() -> bool:
    """Whether something may still come into the cache; true after a moment's wait."""
    if not _child:
        return False
    try:
        has_ended = os.waitpid(_child[0], os.WNOHANG)[0] != 0
    except ChildProcessError:
        has_ended = True  # whoever started this process has it never hear of its children's end
    if has_ended:
        _child.clear()
        return False
    time.sleep(_POLL)
    return True


def _end() -> None:
    with suppress(ChildProcessError):
        if _child and not os.waitpid(_child[0], os.WNOHANG)[0]:
            os.kill(_child[0], signal.SIGKILL)
            os.waitpid(_child[0], 0)
    _child.clear()
