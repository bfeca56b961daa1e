"""A document in a named pipe (fifo(7)): an engine reads it as it comes."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

MOST_BYTES = 1 << 15
"""Of what a document begins with; a pipe takes no more than 64 KB before it is read (pipe(7))."""


class Fifo:
    """A pipe at a path, from which a document is read that is not all there yet."""

    def __init__(self, path: Path, begins: bytes) -> None:
        """Make it, with what the document begins with in it. Raises OSError where the system refuses."""
        self._path = path
        self._text = bytearray()
        self._at = self._begins = 0
        self._was_opened = False
        os.mkfifo(path, 0o600)
        # Opened to read as well, so that what is written waits there until the engine comes.
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self.begin(begins)

    def begin(self, more: bytes) -> None:
        """Put more into the pipe that the document begins with, whether the engine has come or not."""
        self._text += more
        self._write()
        self._begins = self._at

    @property
    def has_all(self) -> bool:
        """Whether the pipe has all that is known of the document."""
        return self._at == len(self._text)

    @property
    def was_opened(self) -> bool:
        """Whether the engine has begun to read."""
        # Once it has, it goes on with whatever comes, and the pipe may fill again.
        if not self._was_opened and self._pipe >= 0:
            self._was_opened = self._unread() < self._begins
        return self._was_opened

    def is_followed_by(self, document: bytes) -> bool:
        """Whether a document goes on from what is known of it."""
        return document.startswith(self._text)

    def add(self, more: bytes) -> None:
        """Know more of the document; it is given by `give`."""
        self._text += more

    def complete(self, document: bytes) -> None:
        """Know all of the document, which goes on from what is known."""
        self._text = bytearray(document)

    def lay_down(self) -> None:
        """Let whoever opens the path from now on, by a line of the content for one, find a file."""
        whole = self._path.with_suffix(".whole")
        whole.write_bytes(self._text)
        whole.replace(self._path)

    def give(self) -> None:
        """Give as much of what is known as the pipe takes, where the engine has begun to read."""
        if self.was_opened and not self.has_all:
            self._widen(len(self._text))
            self._write()

    def close(self) -> None:
        """The end of the document."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1

    def _write(self) -> None:
        with suppress(BlockingIOError):
            while self._at < len(self._text):
                self._at += os.write(self._pipe, self._text[self._at : self._at + MOST_BYTES])

    def _unread(self) -> int:
        """Bytes in the pipe."""
        import fcntl
        import termios

        told = fcntl.ioctl(self._pipe, termios.FIONREAD, bytes(4))
        return int.from_bytes(told, sys.byteorder)

    def _widen(self, size: int) -> None:
        """Have the pipe take so many bytes at once, where the system can (fcntl(2), `F_SETPIPE_SZ`)."""
        import fcntl

        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with suppress(OSError):  # more than it allows
                fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, size)
