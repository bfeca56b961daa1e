"""What a call found, printed once at its end in the style that was asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

import click

from cvbuild.record import MutableRecord, field
from cvbuild.report import print_diagnostics
from cvbuild.report.lines import as_json, summary
from cvbuild.silencing import without_silenced

if TYPE_CHECKING:
    from cvbuild.diagnostics import Diagnostic
    from cvbuild.project import Project
    from cvbuild.report import Style
    from cvbuild.report.lines import Json

F = TypeVar("F", bound=Callable[..., object])


def format_option(command: F) -> F:
    """`--format`: how diagnostics are printed."""
    # The names stand here once more so that `--help` imports no stage.
    return click.option(
        "--format",
        "style",
        type=click.Choice(["human", "short", "json", "github"]),
        default="human",
        help="How problems are printed: for people, one a line, for programs, or as annotations"
        " of a pull request on GitHub.",
    )(command)


class Outcome(MutableRecord):
    """The diagnostics of a call so far, and how they are to be printed.

    Results go to standard output and diagnostics to standard error; what programs
    read, JSON and GitHub's annotations, to standard output.
    """

    project: Project
    style: Style = "human"
    diagnostics: list[Diagnostic] = field(default_factory=list)
    results: dict[str, Json] = field(default_factory=dict)
    """What the call gives beside its diagnostics, for `json`."""
    ignored: Collection[str] = ()
    """The codes that the project silences everywhere; to be set before diagnostics are added."""
    silenced: set[Diagnostic] = field(default_factory=set)
    """The warnings and notes that the project or a comment at their place silences."""

    @property
    def has_errors(self) -> bool:
        """Whether one of the diagnostics is an error."""
        return any(item.severity == "error" for item in self.diagnostics)

    @property
    def has_warnings(self) -> bool:
        """Whether one of the diagnostics is a warning."""
        return any(item.severity == "warning" for item in self.diagnostics)

    @property
    def summary(self) -> str:
        """`2 errors, 1 warning; 3 silenced`, or that there are none."""
        counted = summary(self.diagnostics) or "no problems found"
        return f"{counted}; {len(self.silenced)} silenced" if self.silenced else counted

    def add(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Add what a stage found, but for what is silenced."""
        kept, silenced = without_silenced(diagnostics, self.ignored)
        self.diagnostics.extend(kept)
        self.silenced.update(silenced)

    def say(self, line: str, *, err: bool = False) -> None:
        """A line for people; JSON is not to be mixed with it."""
        if self.style != "json":
            click.echo(line, err=err)

    def print(self) -> str:
        """Print the diagnostics, as JSON with the results of the call beside them; gives what was printed."""
        if self.style == "json":
            text = self.as_json(self.results)
            click.echo(text)
            return text
        stream = _Copied(sys.stdout if self.style == "github" else sys.stderr)
        print_diagnostics(self.diagnostics, stream, self.style, _folder_in_repository(self.project.root))
        return stream.getvalue()

    def as_json(self, results: Mapping[str, Json]) -> str:
        """The diagnostics as JSON, with results beside them."""
        return as_json(self.diagnostics, {"silenced": len(self.silenced), **results})


class _Copied(StringIO):
    """What is written to a stream, and a copy of it."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def isatty(self) -> bool:
        return self._stream.isatty()

    def write(self, text: str) -> int:
        self._stream.write(text)
        return super().write(text)


def _folder_in_repository(root: Path) -> Path:
    """Where a project lies, seen from the root of the repository that it is in."""
    given = os.environ.get("GITHUB_WORKSPACE")
    tops = [Path(given).resolve()] if given else []
    tops += [folder for folder in (root, *root.parents) if (folder / ".git").exists()]
    top = next((folder for folder in tops if root.is_relative_to(folder)), root)
    return root.relative_to(top)
