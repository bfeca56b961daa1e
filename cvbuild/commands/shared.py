"""What commands share: options, opening and loading a project, messages, and the outcome of a call.

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
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, TextIO, TypeVar, get_args

import click

from cvbuild import __version__
from cvbuild.content.cv import Cv
from cvbuild.content.values import Date
from cvbuild.diagnostics import ContentProblem, Diagnostic, EngineProblem, UsageProblem
from cvbuild.loading import load_cv
from cvbuild.project import Project, find_project
from cvbuild.read.comments import without_silenced
from cvbuild.record import MutableRecord, field
from cvbuild.report import Json, Style, as_json, print_diagnostics, summary

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
"""What to do about the system's errors that a build can meet."""

C = TypeVar("C")


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

    def print_if_failed(self) -> None:
        """Where there are errors, print what was found and end the call: exit 1."""
        if self.has_errors:
            self.print()
            self.exit_if_failed()

    def exit_if_failed(self, *, also_if: bool = False) -> None:
        """End a call that has printed its diagnostics where there are errors: exit 1."""
        if also_if or self.has_errors:
            raise click.exceptions.Exit(EXIT_CONTENT)


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


def complain_of(problem: Exception) -> int:
    """Say what went wrong, and what to do; gives the exit code. What is none of the user's is our mistake."""
    match problem:
        case ContentProblem():
            print_diagnostics(problem.diagnostics, sys.stderr)
            return EXIT_CONTENT
        case UsageProblem() | EngineProblem():
            _complain(problem.message, problem.hints)
            return EXIT_USAGE if isinstance(problem, UsageProblem) else EXIT_ENGINE
        case OSError():
            where = f": {shown(Path(os.fsdecode(problem.filename)))}" if problem.filename else ""
            hint = _CURES.get(problem.errno or 0, "nothing was changed there")
            _complain(f"{(problem.strerror or str(problem)).lower()}{where}", (hint,))
            return EXIT_CONTENT
        case _:
            report = report_file(traceback.format_exception(problem))
            _complain(
                f"this is a mistake in cvbuild, not in your CV ({type(problem).__name__})",
                (f"please report it, with the file {report}",),
            )
            return EXIT_BUG


def _complain(message: str, hints: Sequence[str]) -> None:
    click.echo(click.style("error", fg="red", bold=True) + f": {message}", err=True)
    for hint in hints:
        click.echo(click.style("   = ", fg="blue") + hint, err=True)


def report_file(traces: Iterable[str]) -> str:
    """The name of a new file with traces of mistakes of ours, to be sent in."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="cvbuild-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(f"cvbuild {__version__}, Python {sys.version}\n")
        file.writelines(traces)
    return file.name


def open_project(directory: Path, *, untrusted: bool = False) -> Project:
    """The project that the folder is or lies in."""
    if not directory.is_dir():
        raise UsageProblem(f"there is no folder {directory}")
    return find_project(directory, is_trusted=not untrusted)


def project_or_folder(directory: Path, *, untrusted: bool = False) -> Project:
    """The project that the folder is or lies in; else the folder, as a project without content."""
    try:
        return open_project(directory, untrusted=untrusted)
    except UsageProblem:
        if not directory.is_dir():
            raise
        return Project(directory.resolve(), directory.resolve() / "build")


def load_if_sound(outcome: Outcome, despite: Collection[str] = ()) -> Cv | None:
    """The CV, or None where it has errors; all that was found is in the outcome."""
    cv, found = load_cv(outcome.project, despite)
    take_down(outcome, cv.settings.ignore if cv is not None else (), found)
    return cv


def load(outcome: Outcome, despite: Collection[str] = ()) -> Cv:
    """The checked CV, its warnings kept in the outcome; where there are errors, these are printed: exit 1.

    `despite` are codes of errors that do not end the call here.
    """
    return sound(outcome, load_if_sound(outcome, despite))


def take_down(outcome: Outcome, ignored: Collection[str], found: Iterable[Diagnostic]) -> None:
    """Keep in the outcome what loading a CV found, but for the codes that it silences."""
    outcome.ignored = ignored
    outcome.add(found)


def sound(outcome: Outcome, cv: C | None) -> C:
    """A CV without errors, or its overview; else what was found is printed: exit 1."""
    if cv is None:
        outcome.print()
        outcome.say(f"{outcome.summary}; nothing was built", err=True)
        raise click.exceptions.Exit(EXIT_CONTENT)
    return cv


def shown(path: Path) -> str:
    """A path relative to the current folder where that is shorter."""
    whole, here = path.resolve(), Path.cwd()
    return str(whole.relative_to(here) if whole.is_relative_to(here) else path)


class Count(click.IntRange):
    """A whole number of at least 1. Raises UsageProblem for what is none."""

    def __init__(self) -> None:
        super().__init__(min=1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """As click does it, with the call as it would be right."""
        try:
            return int(super().convert(value, param, ctx))
        except click.UsageError:
            option = param.opts[-1] if param else ""
            number = re.match(r"[1-9]\d*", str(value).strip())
            raise UsageProblem(
                f"`{option}` takes a whole number from 1 on, not `{value}`",
                f"write `{option} {number[0] if number else 2}`",
            ) from None


variant_option = click.option(
    "-v",
    "--variant",
    "variants",
    multiple=True,
    metavar="NAME",
    help="A variant of cv.yaml; again for several. All without it.",
)
theme_option = click.option("--theme", metavar="NAME", help="A theme in place of the variant's.")
engine_option = click.option(
    "--engine", default="auto", metavar="NAME", help="pdflatex, xelatex, lualatex, tectonic or auto."
)
fit_option = click.option(
    "--fit", type=Count(), metavar="PAGES", help="Leave out what matters least until it fits on so many."
)
language_option = click.option(
    "--lang", "language", metavar="CODE", help="A language in place of the variant's: en, de, …"
)


def _day(_: click.Context, __: click.Parameter, typed: str | None) -> Date | None:
    """A date of the command line. Raises UsageProblem for what is none."""
    if typed is None:
        return None
    try:
        return Date.parse(typed)
    except ValueError as problem:
        raise UsageProblem(str(problem), "write a date as `2025`, `2025-06` or `2025-06-23`") from None


new_since_option = click.option(
    "--new-since",
    callback=_day,
    metavar="DATE",
    help="Mark and count what is new since a date, such as your last report: 2025-06.",
)
untrusted_option = click.option(
    "--untrusted",
    is_flag=True,
    help="For a stranger's CV: refuse `!tex`, the project's own templates, and links out of it.",
)
format_option = click.option(
    "--format",
    "style",
    type=click.Choice(get_args(Style)),
    default="human",
    help="How problems are printed: for people, one a line, for programs, or as annotations"
    " of a pull request on GitHub.",
)
