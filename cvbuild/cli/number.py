"""The command that keeps permanent numbers: `number`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cvbuild.cli.outcome import Outcome, format_option
from cvbuild.cli.program import cli
from cvbuild.cli.shared import EXIT_CONTENT, load, open_project, shown
from cvbuild.delivery import write_in_place
from cvbuild.diagnostics import ContentProblem, Findings, UsageProblem
from cvbuild.load.numberlock import with_lines
from cvbuild.model.cv import Cv
from cvbuild.phrases import counted
from cvbuild.project import Project
from cvbuild.reading import outside
from cvbuild.record import replace
from cvbuild.variant import Permanent, numbered_sections, permanent_numbers

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
    cv = load(outcome)
    if not numbered_sections(cv):
        raise UsageProblem(
            "no section has permanent numbers",
            "write `numbering: permanent` into the section of kind `publications`",
        )
    findings = Findings()
    given = permanent_numbers(cv, findings)
    outcome.add(item for item in findings.items if item.code != "unnumbered")  # the command lists them
    if not check and not outcome.has_errors:
        keep_numbers(project, cv, given, date.today())
    outcome.results["numbers"] = [{"key": str(line.key), "number": line.number} for line in given.missing]
    outcome.print()
    numbers = max((len(line.number) for line in given.missing), default=0)
    keys = max((len(line.key) for line in given.missing), default=0)
    for line in given.missing:
        outcome.say(f"{line.number:{numbers}}  {line.key:{keys}}  {line.title}")
    new = counted(len(given.missing), "new number")
    if check:
        if given.missing:
            outcome.say(f"{new} to give")
        elif given.renamed:
            outcome.say("every entry has its number, some under a key that is gone")
        elif not outcome.has_errors:
            outcome.say("every entry has its number")
    elif not outcome.has_errors:
        outcome.say(f"{shown(project.numbers)}: {new}, {len(cv.numbers.lines)} kept")
    if outcome.has_errors or given.renamed or (check and given.missing):
        raise click.exceptions.Exit(EXIT_CONTENT)


def keep_numbers(project: Project, cv: Cv, given: Permanent, today: date) -> None:
    """Write `bib/numbers.lock` with its new lines, in one step; nothing else in it changes.

    Raises ContentProblem where it would be written out of the project.
    """
    if not given.missing:
        return
    if refusal := outside(project.numbers, project.root):
        raise ContentProblem(refusal.of(project.shown(project.numbers)))
    fresh = given.fresh
    lines = (line if line.series in fresh else replace(line, joined=today) for line in given.missing)
    text = with_lines(cv.numbers.source, lines)
    windows = project.numbers.is_file() and b"\r\n" in project.numbers.read_bytes()
    write_in_place(text.replace("\n", "\r\n" if windows else "\n").encode(), project.numbers)
