"""What commands share: their options, opening and loading a project, and messages for what goes wrong.

Exit codes: 0 done, 1 the content has problems, 2 usage, 3 engine, 70 a bug of ours.
"""

from __future__ import annotations

import errno
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from cvbuild import __version__
from cvbuild.cli.outcome import Outcome
from cvbuild.diagnostics import ContentProblem, Diagnostic, EngineProblem, UsageProblem
from cvbuild.loading import load_cv
from cvbuild.model.cv import Cv
from cvbuild.model.values import Date
from cvbuild.project import Project, find_project
from cvbuild.report import print_diagnostics

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


def complain_of(problem: Exception) -> int:
    """Say what went wrong, and what to do; gives the exit code. What is none of the user's is our mistake."""
    match problem:
        case ContentProblem():
            print_diagnostics(problem.diagnostics, sys.stderr)
            return EXIT_CONTENT
        case UsageProblem():
            _complain(problem.message, problem.hints)
            return EXIT_USAGE
        case EngineProblem():
            _complain(problem.message, problem.hints)
            return EXIT_ENGINE
        case OSError():
            where = f": {shown(Path(os.fsdecode(problem.filename)))}" if problem.filename else ""
            hint = _CURES.get(problem.errno or 0, "nothing was changed there")
            _complain(f"{(problem.strerror or str(problem)).lower()}{where}", (hint,))
            return EXIT_CONTENT
        case _:
            _report_bug(problem)
            return EXIT_BUG


def _complain(message: str, hints: Sequence[str]) -> None:
    click.echo(click.style("error", fg="red", bold=True) + f": {message}", err=True)
    for hint in hints:
        click.echo(click.style("   = ", fg="blue") + hint, err=True)


def _report_bug(problem: Exception) -> None:
    with tempfile.NamedTemporaryFile(
        "w", prefix="cvbuild-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(f"cvbuild {__version__}, Python {sys.version}\n")
        file.writelines(traceback.format_exception(problem))
    _complain(
        f"this is a mistake in cvbuild, not in your CV ({type(problem).__name__})",
        (f"please report it, with the file {file.name}",),
    )


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
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


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
    "--fit",
    type=Count(),
    metavar="PAGES",
    help="Leave out what matters least until it fits on so many.",
)


language_option = click.option(
    "--lang", "language", metavar="CODE", help="A language in place of the variant's: en, de, …"
)


def _day(_: click.Context, __: click.Parameter, typed: str | None) -> Date | None:
    """A date of the command line. Raises UsageProblem for what is none."""
    if typed is None:
        return None
    from cvbuild.model.values import Date

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
