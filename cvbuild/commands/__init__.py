"""The command line: global options, the list of commands, exit codes.

Exit codes: 0 done, 1 the content has problems, 2 usage, 3 engine, 70 a bug of ours.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import click

from cvbuild import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Listed(NamedTuple):
    """An entry in the list of `--help`: the command's module in `cvbuild.commands`, and its summary."""

    module: str
    summary: str


COMMANDS = {
    "init": Listed("other", "Start a new CV project in FOLDER."),
    "pdf": Listed("build", "Build PDFs: every variant, or those named, several at a time."),
    "watch": Listed("watch", "Build, and build again whenever a file is saved, until Ctrl-C."),
    "batch": Listed("batch", "Build many CV projects: the folders named, or all in them."),
    "check": Listed("check", "Check everything but typesetting."),
    "explain": Listed("explain", "Say what the CODE of a message means, and the cure."),
    "audit": Listed("lists", "Account for every entry: read = printed + left out."),
    "variants": Listed("lists", "List the variants of cv.yaml and how much they print."),
    "diff": Listed("diff", "Say what differs between two variants, or since a git revision."),
    "profiles": Listed("check", "List the funders' profiles, or the rules of one."),
    "stats": Listed("lists", "Count publications by category, and the items of sections."),
    "coauthors": Listed("lists", "List the co-authors of the last months."),
    "number": Listed("lists", "Give publications the permanent numbers that they keep."),
    "tex": Listed("build", "Write the LaTeX of a variant, ready for Overleaf."),
    "text": Listed("other", "Print a variant as plain text, for the forms of a portal."),
    "doctor": Listed("other", "Say which TeX engines are there, and what is missing."),
    "schema": Listed("other", "Print the JSON Schema of the content files, for editors."),
    "clean": Listed("build", "Delete what cvbuild made in build/; other files there stay."),
}
"""The commands in the order in which new users need them; a module is imported when its command is called."""


class _Command(click.Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does. The error for an extra argument explains how to name a variant."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as problem:
            takes_variants = any(parameter.name == "variants" for parameter in self.params)
            if not (problem.message.startswith("Got unexpected extra") and takes_variants):
                raise
            hint = "A variant is named by an option: `--variant NAME`."
            raise click.UsageError(f"{problem.message}. {hint}", problem.ctx) from None


class _Commands(click.Group):
    command_class = _Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module, and return the command."""
        if cmd_name in COMMANDS:
            import_module(f"cvbuild.commands.{COMMANDS[cmd_name].module}")
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands as click does, without importing their modules."""
        width = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl([(name, _short(listed, width)) for name, listed in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete as click does, without importing the modules of commands."""
        from click.shell_completion import CompletionItem

        begun = {name: listed for name, listed in COMMANDS.items() if name.startswith(incomplete)}
        found = [CompletionItem(name, help=_short(listed)) for name, listed in begun.items()]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve as click does. The error for an unknown command suggests a similar one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as problem:
            from cvbuild.diagnostics import did_you_mean

            near = [hint.capitalize() for hint in did_you_mean(args[0], COMMANDS)]
            raise click.UsageError(" ".join((problem.message, *near)), problem.ctx) from None


def _short(listed: Listed, width: int = 45) -> str:
    """Return a command's summary, cut to `width` characters; the default is click's width in completions."""
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
    import signal  # imported late, like the next: `--help` needs neither
    from pathlib import Path

    # Treat these signals like Ctrl-C, so that a build cleans up before it ends.
    for asked in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(asked, signal.default_int_handler)
    context.obj = Path(directory)


def main() -> None:
    """Run the command line. Print problems as messages, and exit with their codes."""
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
    except Exception as problem:  # a user's problem, or else a bug of ours
        from cvbuild.commands.shared import complain_of  # imported late: `--help` does not need it

        sys.exit(complain_of(problem))
