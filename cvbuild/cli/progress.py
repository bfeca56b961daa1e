"""What is going on, while a call takes its time."""

from __future__ import annotations

import sys

import click


class ProgressLine:
    """One line that says what is going on, on a terminal only; a context."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.live = sys.stderr.isatty()

    def __enter__(self) -> ProgressLine:
        return self

    def show(self, message: str) -> None:
        """Say what is done now."""
        if self.live:
            click.echo(f"\r\x1b[K{self.name}: {message} …", err=True, nl=False)

    def __exit__(self, *_: object) -> None:
        if self.live:
            click.echo("\r\x1b[K", err=True, nl=False)
