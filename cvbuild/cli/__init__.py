"""The command line: parses options, calls one function, prints, picks the exit code."""

from cvbuild.cli import (
    batch,
    build,
    changes,
    content,
    explain,
    ledger,
    number,
    paste,
    people,
    profiles,
    setup,
    watch,
)
from cvbuild.cli.program import cli, main

__all__ = [
    "batch",
    "build",
    "changes",
    "cli",
    "content",
    "explain",
    "ledger",
    "main",
    "number",
    "paste",
    "people",
    "profiles",
    "setup",
    "watch",
]
