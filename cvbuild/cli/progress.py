"""What is going on, while a call takes its time."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click


class Progress:
    """A line for each variant under way, on a terminal only; they are gone when its context is left.

    Threads may share it. What is printed meanwhile is to be printed within `paused`.
    """

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()
        self._lines: dict[str, str] = {}
        self._drawn = 0
        self._lock = threading.RLock()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._lines.clear()
            self._draw()

    def show(self, variant: str, message: str) -> None:
        """Say what is done now for a variant."""
        with self._lock:
            self._lines[variant] = message
            self._draw()

    def end(self, variant: str) -> None:
        """Take a variant's line away."""
        with self._lock:
            if self._lines.pop(variant, None) is not None:
                self._draw()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing of it is to be seen, as long as something else is printed."""
        with self._lock:
            self._wipe()
            yield
            self._draw()

    def _draw(self) -> None:
        if not self.live:
            return
        self._wipe()
        # A line that is broken in two would not be wiped whole.
        width = shutil.get_terminal_size().columns - 1
        lines = [f"{variant}: {message} …"[:width] for variant, message in self._lines.items()]
        click.echo("\r" + "\n".join(lines), err=True, nl=False)
        self._drawn = len(lines)

    def _wipe(self) -> None:
        """Clear the lines that are drawn, the cursor at the start of the first (ECMA-48: CUU, EL and ED)."""
        if not self.live or not self._drawn:
            return
        up = f"\x1b[{self._drawn - 1}A" if self._drawn > 1 else ""
        below = "\x1b[J" if up else ""
        click.echo(f"{up}\r\x1b[K{below}", err=True, nl=False)
        self._drawn = 0


class ProgressLine:
    """The line of a variant that is alone under way; a context."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._progress = Progress()

    def __enter__(self) -> ProgressLine:
        return self

    def show(self, message: str) -> None:
        """Say what is done now."""
        self._progress.show(self.name, message)

    def __exit__(self, *_: object) -> None:
        self._progress.end(self.name)
