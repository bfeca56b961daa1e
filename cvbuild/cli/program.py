"""The program: its options, its exit codes, and what every command shares.

Exit codes: 0 done, 1 the content has problems, 2 usage, 3 engine, 70 a bug of ours.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Collection, Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from cvbuild import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from cvbuild.cli.outcome import Outcome
    from cvbuild.diagnostics import Diagnostic
    from cvbuild.model.cv import Cv
    from cvbuild.model.dates import Date
    from cvbuild.project import Project

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


class Listed(NamedTuple):
    """A command as `--help` lists it: the module of `cvbuild.cli` it is in, and its first sentence."""

    module: str
    summary: str


COMMANDS = {
    "init": Listed("setup", "Start a new CV project in FOLDER."),
    "pdf": Listed("build", "Build PDFs: every variant, or those named, several at a time."),
    "watch": Listed("watch", "Build, and build again whenever a file is saved, until Ctrl-C."),
    "batch": Listed("batch", "Build many CV projects: the folders named, or all in them."),
    "check": Listed("content", "Check everything but typesetting."),
    "explain": Listed("explain", "Say what the CODE of a message means, and the cure."),
    "audit": Listed("ledger", "Account for every entry: read = printed + left out."),
    "variants": Listed("ledger", "List the variants of cv.yaml and how much they print."),
    "diff": Listed("changes", "Say what differs between two variants, or since a git revision."),
    "profiles": Listed("profiles", "List the funders' profiles, or the rules of one."),
    "stats": Listed("content", "Count publications by category, and the items of sections."),
    "coauthors": Listed("people", "List the co-authors of the last months."),
    "number": Listed("number", "Give publications the permanent numbers that they keep."),
    "tex": Listed("build", "Write the LaTeX of a variant, ready for Overleaf."),
    "text": Listed("paste", "Print a variant as plain text, for the forms of a portal."),
    "doctor": Listed("setup", "Say which TeX engines are there, and what is missing."),
    "schema": Listed("content", "Print the JSON Schema of the content files, for editors."),
    "clean": Listed("build", "Delete what cvbuild made in build/; other files there stay."),
}
"""The commands in the order of `--help`, as a newcomer needs them. Their modules are imported when called."""


class _Command(click.Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does it, with how a variant is named for a word that stands alone."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as problem:
            if not (problem.message.startswith("Got unexpected extra") and self._has_variants):
                raise
            hint = "A variant is named by an option: `--variant NAME`."
            raise click.UsageError(f"{problem.message}. {hint}", problem.ctx) from None

    @property
    def _has_variants(self) -> bool:
        return any(parameter.name == "variants" for parameter in self.params)


class _Commands(click.Group):
    command_class = _Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, its module imported."""
        if cmd_name in COMMANDS:
            import_module(f"cvbuild.cli.{COMMANDS[cmd_name].module}")
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does it, without importing the commands."""
        width = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl([(name, _short(listed, width)) for name, listed in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """As click does it, without importing the commands."""
        from click.shell_completion import CompletionItem

        begun = {name: listed for name, listed in COMMANDS.items() if name.startswith(incomplete)}
        found = [CompletionItem(name, help=_short(listed)) for name, listed in begun.items()]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with the nearest command for a misspelled one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as problem:
            from cvbuild.diagnostics import did_you_mean

            near = [hint.capitalize() for hint in did_you_mean(args[0], COMMANDS)]
            raise click.UsageError(" ".join((problem.message, *near)), problem.ctx) from None


def _short(listed: Listed, width: int = 45) -> str:
    """A command's first sentence in so many characters; the least is what click takes for completion."""
    return click.Command(None, help=listed.summary).get_short_help_str(width)


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, message="cvbuild %(version)s")
@click.option(
    "-C", "--directory", type=click.Path(file_okay=False), default=".",
    help="Work in this folder, and take paths from there.",
)  # fmt: skip
@click.pass_context
def cli(context: click.Context, directory: str) -> None:
    """Compile an academic CV from YAML and BibTeX, through LaTeX, into PDF.

    \b
    Start with:
      cvbuild init my-cv && cd my-cv
      cvbuild pdf
    """
    import signal
    from pathlib import Path

    # A build that is asked to end cleans up after itself, as after Ctrl-C.
    for asked in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(asked, signal.default_int_handler)
    context.obj = Path(directory)


def main() -> None:
    """The entry point: runs the command line and turns problems into messages and exit codes."""
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except Exception as problem:  # the last line: what is no problem of the user's is our own mistake
        sys.exit(complain_of(problem))


def complain_of(problem: Exception) -> int:
    """Say what went wrong, and what to do; gives the exit code. What is none of the user's is our mistake."""
    from cvbuild.diagnostics import ContentProblem, EngineProblem, UsageProblem

    match problem:
        case ContentProblem():
            from cvbuild.report import print_diagnostics

            print_diagnostics(problem.diagnostics, sys.stderr)
            return EXIT_CONTENT
        case UsageProblem():
            _complain(problem.message, problem.hints)
            return EXIT_USAGE
        case EngineProblem():
            _complain(problem.message, problem.hints)
            return EXIT_ENGINE
        case OSError():
            from pathlib import Path

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
    import tempfile
    import traceback

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
    from cvbuild.diagnostics import UsageProblem
    from cvbuild.project import find_project

    if not directory.is_dir():
        raise UsageProblem(f"there is no folder {directory}")
    return find_project(directory, is_trusted=not untrusted)


def project_or_folder(directory: Path, *, untrusted: bool = False) -> Project:
    """The project that the folder is or lies in; else the folder, as a project without content."""
    from cvbuild.diagnostics import UsageProblem
    from cvbuild.project import Project

    try:
        return open_project(directory, untrusted=untrusted)
    except UsageProblem:
        if not directory.is_dir():
            raise
        return Project(directory.resolve(), directory.resolve() / "build")


def load_if_sound(outcome: Outcome, despite: Collection[str] = ()) -> Cv | None:
    """The CV, or None where it has errors; all that was found is in the outcome."""
    from cvbuild.pipeline import load_cv

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
    from pathlib import Path

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
            from cvbuild.diagnostics import UsageProblem

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
    from cvbuild.diagnostics import UsageProblem
    from cvbuild.model.dates import Date

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
