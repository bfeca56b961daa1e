"""The command line: parses options, calls one function, prints, picks the exit code."""

from cvbuild.commands.program import cli, main

__all__ = ["cli", "main"]
