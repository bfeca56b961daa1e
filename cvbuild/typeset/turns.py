"""Taking turns: of several documents under way at once, one is worked on while the others wait.

What Python does for a document is not made for threads (PDFium and the caches among it), and
threads would not make it faster. So each thread works only while it has its turn, and gives
it away for as long as it waits for a program or for a lock. Outside of `taking` nothing of this happens.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

POLL = 0.1
"""Seconds after which who waits looks whether all was stopped."""


class Turns:
    """Whose turn it is, and whether all are to stop."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let everybody who waits, and everybody at the next wait, raise KeyboardInterrupt."""
        self._stopped.set()

    @property
    def is_stopped(self) -> bool:
        """Whether all are to stop."""
        return self._stopped.is_set()

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Work within a turn, as one of several threads. Raises KeyboardInterrupt where all are to stop."""
        token = _mine.set(self)
        try:
            with self._turn:
                go_on()
                yield
        finally:
            _mine.reset(token)

    @contextmanager
    def given_away(self) -> Iterator[None]:
        """Wait, so that it is another's turn."""
        self._turn.release()
        try:
            yield
        finally:
            self._turn.acquire()


_mine: ContextVar[Turns | None] = ContextVar("turns", default=None)


def go_on() -> None:
    """Raise KeyboardInterrupt where this thread is one of several that are to stop."""
    turns = _mine.get()
    if turns is not None and turns.is_stopped:
        raise KeyboardInterrupt


@contextmanager
def waiting() -> Iterator[None]:
    """Wait for something outside of Python; meanwhile another thread has its turn.

    `go_on` is to be called every `POLL` seconds within.
    """
    go_on()
    turns = _mine.get()
    if turns is None:
        yield
        return
    with turns.given_away():
        yield
