"""Parts that commands share: options, opening and loading a project, messages, the outcome of a call.

Exit codes: 0 done, 1 the content has problems, 2 usage, 3 engine, 70 a bug of ours.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from io import StringIO
from pathlib import Path
from typing import Any, TextIO, TypeVar, get_args

import click

from cvbuild import __version__
from cvbuild.content.cv import Cv
from cvbuild.content.values import Date
from cvbuild.diagnostics import ContentProblem, Diagnostic, EngineProblem, Severity, Style, UsageProblem
from cvbuild.loading import load_cv
from cvbuild.project import Project, find_project
from cvbuild.read.comments import without_silenced
from cvbuild.record import MutableRecord, field
from cvbuild.report import Json, as_json, print_diagnostics, summary
from cvbuild.select.request import Request

EXIT_CONTENT, EXIT_USAGE, EXIT_ENGINE, EXIT_BUG = 1, 2, 3, 70

_CURES = {
    errno.ENOSPC: "make room on the disk and build again; the last PDF is as it was",
    errno.EDQUOT: "your quota of disk space is used up; the last PDF is as it was",
    errno.EROFS: "write the PDF elsewhere with `-o`, or copy the project to where you may write",
    errno.EACCES: "this file or folder belongs to somebody else, or is protected from writing",
    errno.EISDIR: "a folder stands where a file goes: rename one of the two",
    errno.ENOTDIR: "a file stands where a folder goes: rename one of the two",
    errno.EEXIST: "a file stands where a folder goes: rename one of the two",
}
"""Hints for errors of the operating system during a build, by error number."""

F = TypeVar("F", bound=Callable[..., Any])


class Outcome(MutableRecord):
    """The diagnostics and results of a call, and the style in which they are printed.

    Results go to standard output, diagnostics to standard error. As JSON or GitHub's annotations, which
    programs read, diagnostics go to standard output as well.
    """

    project: Project
    style: Style = "human"
    diagnostics: list[Diagnostic] = field(default_factory=list)
    results: dict[str, Json] = field(default_factory=dict)
    """The results of the call, printed in the style `json` only."""
    ignored: Collection[str] = ()
    """The codes that cv.yaml silences everywhere; set them before adding diagnostics."""
    silenced: set[Diagnostic] = field(default_factory=set)
    """The warnings and notes silenced by `ignored` or by a comment at their place."""

    def has(self, severity: Severity) -> bool:
        """Return whether a diagnostic has this severity."""
        return any(item.severity == severity for item in self.diagnostics)

    @property
    def summary(self) -> str:
        """`2 errors, 1 warning; 3 silenced`, or `no problems found`."""
        counted = summary(self.diagnostics) or "no problems found"
        return f"{counted}; {len(self.silenced)} silenced" if self.silenced else counted

    def add(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Add the diagnostics of a stage; keep the silenced ones apart."""
        kept, silenced = without_silenced(diagnostics, self.ignored)
        self.diagnostics.extend(kept)
        self.silenced.update(silenced)

    def say(self, line: str, *, err: bool = False) -> None:
        """Print a line for people; in the style `json` print nothing."""
        if self.style != "json":
            click.echo(line, err=err)

    def print(self) -> str:
        """Print the diagnostics, in JSON with the results, and return the printed text."""
        if self.style == "json":
            text = self.as_json(self.results)
            click.echo(text)
            return text
        stream = _Copied(sys.stdout if self.style == "github" else sys.stderr)
        print_diagnostics(self.diagnostics, stream, self.style, _folder_in_repository(self.project.root))
        return stream.getvalue()

    def as_json(self, results: Mapping[str, Json]) -> str:
        """Return the diagnostics and results as JSON."""
        return as_json(self.diagnostics, {"silenced": len(self.silenced), **results})

    def print_if_failed(self) -> None:
        """If there are errors, print all diagnostics and end the call: exit 1."""
        if self.has("error"):
            self.print()
            self.exit_if_failed()

    def exit_if_failed(self, *, also_if: bool = False) -> None:
        """If there are errors, end the call: exit 1. The caller has printed the diagnostics."""
        if also_if or self.has("error"):
            raise click.exceptions.Exit(EXIT_CONTENT)


class _Copied(StringIO):
    """Writes to another stream, and keeps a copy of the text."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def isatty(self) -> bool:
        return self._stream.isatty()

    def write(self, text: str) -> int:
        self._stream.write(text)
        return super().write(text)


def _folder_in_repository(root: Path) -> Path:
    """Return a project's path in GITHUB_WORKSPACE, else in its git repository, else an empty path."""
    given = os.environ.get("GITHUB_WORKSPACE")
    tops = [Path(given).resolve()] if given else []
    tops += [folder for folder in (root, *root.parents) if (folder / ".git").exists()]
    top = next((folder for folder in tops if root.is_relative_to(folder)), root)
    return root.relative_to(top)


class Progress:
    """Shows a line for each variant in progress, on a terminal only; the context removes them at its end.

    Threads may share it. Other output must be printed within `paused`.
    """

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()
        self._lines: dict[str, str] = {}
        self._drawn = 0
        self._lock = threading.RLock()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.end(*self._lines)

    def show(self, variant: str, message: str) -> None:
        """Show the step that a variant is in."""
        with self._lock:
            self._lines[variant] = f"{variant}: {message} …"
            self._draw(self._lines.values())

    def end(self, *variants: str) -> None:
        """Remove the lines of variants."""
        with self._lock:
            for variant in variants:
                self._lines.pop(variant, None)
            self._draw(self._lines.values())

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hide the lines while something else is printed."""
        with self._lock:
            self._draw(())
            yield
            self._draw(self._lines.values())

    def _draw(self, lines: Collection[str]) -> None:
        """Clear the drawn lines and draw new ones; the cursor stays in the last line."""
        if not self.live or not (lines or self._drawn):
            return
        # ECMA-48: CUU moves up to the first line, EL clears it, ED clears all below.
        wipe = f"\x1b[{self._drawn - 1}A\r\x1b[K\x1b[J" if self._drawn > 1 else "\r\x1b[K"
        # A line wider than the terminal would wrap, and only its last row would be cleared.
        width = shutil.get_terminal_size().columns - 1
        text = "\r" + "\n".join(line[:width] for line in lines)
        click.echo((wipe if self._drawn else "") + text, err=True, nl=False)
        self._drawn = len(lines)


def complain_of(problem: Exception) -> int:
    """Print a problem and its hints, and return the exit code. Any unknown exception is a bug of ours."""
    code = EXIT_CONTENT
    hints: tuple[str, ...] = ()
    match problem:
        case ContentProblem():
            print_diagnostics(problem.diagnostics, sys.stderr)
            return EXIT_CONTENT
        case UsageProblem() | EngineProblem():
            code = EXIT_USAGE if isinstance(problem, UsageProblem) else EXIT_ENGINE
            message, hints = problem.message, problem.hints
        case OSError():
            where = f": {shown(Path(os.fsdecode(problem.filename)))}" if problem.filename else ""
            message = (problem.strerror or str(problem)).lower() + where
            hints = (_CURES.get(problem.errno or 0, "nothing was changed there"),)
        case _:
            code = EXIT_BUG
            report = report_file(traceback.format_exception(problem))
            message = f"this is a mistake in cvbuild, not in your CV ({type(problem).__name__})"
            hints = (f"please report it, with the file {report}",)
    click.echo(click.style("error", fg="red", bold=True) + f": {message}", err=True)
    for hint in hints:
        click.echo(click.style("   = ", fg="blue") + hint, err=True)
    return code


def report_file(traces: Iterable[str]) -> str:
    """Write tracebacks of bugs to a new temporary file for a bug report, and return its name."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="cvbuild-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(f"cvbuild {__version__}, Python {sys.version}\n")
        file.writelines(traces)
    return file.name


def open_project(directory: Path, request: Request | None = None) -> Project:
    """Return the project in the folder or the nearest folder above. Raises UsageProblem without one."""
    if not directory.is_dir():
        raise UsageProblem(f"there is no folder {directory}")
    return find_project(directory, is_trusted=request is None or not request.is_untrusted)


def project_or_folder(directory: Path, request: Request | None = None) -> Project:
    """Return the project as `open_project` does; without one, the folder as a project without content."""
    try:
        return open_project(directory, request)
    except UsageProblem:
        if not directory.is_dir():
            raise
        return Project(directory.resolve(), directory.resolve() / "build")


def load_if_sound(outcome: Outcome, despite: Collection[str] = ()) -> Cv | None:
    """Load the CV, and add its diagnostics to the outcome; None if it has errors."""
    cv, found = load_cv(outcome.project, despite)
    outcome.ignored = cv.settings.ignore if cv is not None else ()
    outcome.add(found)
    return cv


def load(outcome: Outcome, despite: Collection[str] = ()) -> Cv:
    """Load the CV, and add its warnings to the outcome. On errors print them and end the call: exit 1.

    Errors with a code in `despite` do not end the call.
    """
    return sound(outcome, load_if_sound(outcome, despite))


def sound(outcome: Outcome, cv: Cv | None) -> Cv:
    """Return the CV; if it is None, print the diagnostics and end the call: exit 1."""
    if cv is None:
        outcome.print()
        outcome.say(f"{outcome.summary}; nothing was built", err=True)
        raise click.exceptions.Exit(EXIT_CONTENT)
    return cv


def shown(path: Path) -> str:
    """Return a path to show: relative to the current folder if it is inside."""
    whole, here = path.resolve(), Path.cwd()
    return str(whole.relative_to(here) if whole.is_relative_to(here) else path)


class Count(click.IntRange):
    """An integer of at least 1. Raises UsageProblem for any other value."""

    def __init__(self) -> None:
        super().__init__(min=1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Convert as click does. The error shows how to write the option."""
        try:
            return int(super().convert(value, param, ctx))
        except click.UsageError:
            option = param.opts[-1] if param else ""
            number = re.match(r"[1-9]\d*", str(value).strip())
            raise UsageProblem(
                f"`{option}` takes a whole number from 1 on, not `{value}`",
                f"write `{option} {number[0] if number else 2}`",
            ) from None


def with_request(command: Callable[..., None]) -> Callable[..., None]:
    """Call a command with the folder, and with one `Request` made of the options that are its fields."""

    @click.pass_obj
    @wraps(command)
    def call(directory: Path, /, **typed: Any) -> None:
        asked = {name: typed.pop(name) for name in Request.__struct_fields__ if name in typed}
        command(directory, Request(**asked), **typed)

    return call


def _day(_: click.Context, __: click.Parameter, typed: str | None) -> Date | None:
    """Parse the date of an option. Raises UsageProblem if it is not a date."""
    if typed is None:
        return None
    try:
        return Date.parse(typed)
    except ValueError as problem:
        raise UsageProblem(str(problem), "write a date as `2025`, `2025-06` or `2025-06-23`") from None


_OPTIONS = {
    "variant": click.option(
        "-v",
        "--variant",
        "variants",
        multiple=True,
        metavar="NAME",
        help="A variant of cv.yaml; again for several. All without it.",
    ),
    "engine": click.option(
        "--engine", default="auto", metavar="NAME", help="pdflatex, xelatex, lualatex, tectonic or auto."
    ),
    "theme": click.option("--theme", metavar="NAME", help="A theme in place of the variant's."),
    "language": click.option(
        "--lang", "language", metavar="CODE", help="A language in place of the variant's: en, de, …"
    ),
    "new_since": click.option(
        "--new-since",
        callback=_day,
        metavar="DATE",
        help="Mark and count what is new since a date, such as your last report: 2025-06.",
    ),
    "fit": click.option(
        "--fit",
        type=Count(),
        metavar="PAGES",
        help="Leave out what matters least until the rest fits on PAGES.",
    ),
    "json": click.option("--json", "style", flag_value="json", default="human", help="For programs."),
    "format": click.option(
        "--format",
        "style",
        type=click.Choice(get_args(Style)),
        default="human",
        help="How problems are printed: for people, one a line, for programs, or as annotations"
        " of a pull request on GitHub.",
    ),
    "untrusted": click.option(
        "--untrusted",
        "is_untrusted",
        is_flag=True,
        help="For a stranger's CV: refuse `!tex`, the project's own templates, and links out of it.",
    ),
}
"""Options that several commands have, by name."""


def options(names: str) -> Callable[[F], F]:
    """Return a decorator that adds shared options to a command, in this order; names are space-separated."""

    def add(command: F) -> F:
        for name in reversed(names.split()):
            command = _OPTIONS[name](command)
        return command

    return add
