"""The command that keeps permanent numbers: `number`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cvbuild.cli.program import cli
from cvbuild.cli.shared import EXIT_CONTENT, Outcome, format_option, load, open_project, shown
from cvbuild.diagnostics import UsageProblem
from cvbuild.numbering import given_numbers, keep_numbers
from cvbuild.phrases import counted

if TYPE_CHECKING:
    from cvbuild.report import Style


@cli.command()
@click.option("--check", is_flag=True, help="Write nothing; fail where an entry has no number, for CI.")
@format_option
@click.pass_obj
def number(directory: Path, check: bool, style: Style) -> None:
    """Give publications the permanent numbers that they keep.

    Those of sections with `numbering: permanent`, in bib/numbers.lock. A new entry gets the
    next number, an old one keeps its own, and that of a deleted one is never given again.
    Commit the file.

    \b
    Examples:
      cvbuild number
      cvbuild number --check
    """
    project = open_project(directory)
    outcome = Outcome(project, style)
    given = given_numbers(load(outcome))
    if given is None:
        raise UsageProblem(
            "no section has permanent numbers",
            "write `numbering: permanent` into the section of kind `publications`",
        )
    outcome.add(given.findings)
    if not check and not outcome.has_errors:
        keep_numbers(project, given, date.today())
    outcome.results["numbers"] = [{"key": str(line.key), "number": line.number} for line in given.lines]
    outcome.print()
    numbers = max((len(line.number) for line in given.lines), default=0)
    keys = max((len(line.key) for line in given.lines), default=0)
    for line in given.lines:
        outcome.say(f"{line.number:{numbers}}  {line.key:{keys}}  {line.title}")
    new = counted(len(given.lines), "new number")
    if check:
        if given.lines:
            outcome.say(f"{new} to give")
        elif given.renamed:
            outcome.say("every entry has its number, some under a key that is gone")
        elif not outcome.has_errors:
            outcome.say("every entry has its number")
    elif not outcome.has_errors:
        outcome.say(f"{shown(project.numbers)}: {new}, {given.kept} kept")
    if outcome.has_errors or given.renamed or (check and given.lines):
        raise click.exceptions.Exit(EXIT_CONTENT)
