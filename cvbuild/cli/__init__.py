"""The command line: parses options, calls one function, prints, picks the exit code."""

from cvbuild.cli import (
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
)
from cvbuild.cli.program import cli, main

__all__ = [
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
]
