"""The command `diff`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, get_args

import click

from cvbuild.build import setting_of
from cvbuild.commands import cli
from cvbuild.commands.shared import EXIT_CONTENT, Outcome, load, open_project, options, with_request
from cvbuild.compare import as_lines, as_markdown, compare, for_programs
from cvbuild.content.cv import Cv
from cvbuild.diagnostics import UsageProblem, did_you_mean
from cvbuild.fit.fit import cut_of
from cvbuild.loading import chosen_variants, load_cv
from cvbuild.project import Project
from cvbuild.report import summary
from cvbuild.request import Request
from cvbuild.select.selection import select
from cvbuild.select.types import SelectedCv
from cvbuild.snapshot import Subject, at_revision, of_cv, of_variant

DiffFormat = Literal["text", "markdown", "json"]


@cli.command()
@click.argument("names", nargs=-1, metavar="[VARIANT VARIANT]")
@click.option("--since", "revision", metavar="REVISION", help="Compare a git tag, branch or commit with now.")
@click.option(
    "-v", "--variant", metavar="NAME", help="With `--since`: what this variant prints, then and now."
)
@click.option(
    "--format",
    "chosen",
    type=click.Choice(get_args(DiffFormat)),
    default="text",
    help="For people, as a comment of a pull request, or for programs.",
)
@click.option("--exit-code", is_flag=True, help="Exit with 1 where there are differences, as git does.")
@options("untrusted")
@with_request
def diff(
    directory: Path,
    request: Request,
    names: tuple[str, ...],
    revision: str | None,
    variant: str | None,
    chosen: DiffFormat,
    exit_code: bool,
) -> None:
    """Say what differs between two variants, or since a git revision.

    Entries are the same where they have the same citation key or `id`, else by name, place
    and dates: a new date or a name mended is a change. The files of a revision are read
    from git; the work tree stays as it is. A variant with `fit` is measured for it, which
    takes a run of TeX.

    \b
    Examples:
      cvbuild diff full short
      cvbuild diff --since v2025.1
      cvbuild diff --since main --variant short --format markdown
    """
    if revision is None and (len(names) != 2 or variant is not None):
        raise UsageProblem(
            "two variants are compared, or a revision with now",
            "`cvbuild diff full short`, or `cvbuild diff --since v2025.1`",
        )
    if revision is not None and names:
        raise UsageProblem(
            "a revision is compared with now", f"leave out `{names[0]}`; `--variant` chooses one"
        )
    project = open_project(directory, request)
    outcome = Outcome(project, "json" if chosen == "json" else "human")
    if revision is not None:
        before = _at(outcome, revision, variant)
        cv = load(outcome)
        changes = compare(before, _subjects(outcome, project, cv, variant, ""), (revision, "now"))
    else:
        cv = load(outcome)
        chosen_variants(cv.variants, names)  # says which one there is not
        old, new = (of_variant(_printed(outcome, project, cv, name)) for name in names)
        changes = compare(old, new, (names[0], names[1]))
    outcome.results.update(for_programs(changes))
    outcome.print()
    if chosen == "markdown":
        click.echo(as_markdown(changes), nl=False)
    elif chosen == "text":
        plain = False if os.environ.get("NO_COLOR") else None  # click itself asks the terminal
        for line in as_lines(changes, lambda text, colour: click.style(text, fg=colour or None)):
            click.echo(line, color=plain)
    outcome.exit_if_failed(also_if=exit_code and bool(changes))


def _at(outcome: Outcome, revision: str, variant: str | None) -> list[Subject]:
    """The subjects at a revision. Errors of its CV are printed and end the call: exit 1."""
    with at_revision(outcome.project, revision) as project:
        cv, found = load_cv(project)
        if cv is not None:
            return _subjects(outcome, project, cv, variant, f" at `{revision}`")
    errors = [item for item in found if item.severity == "error"]
    outcome.add(errors)
    outcome.print()
    outcome.say(
        f"the CV at {revision} has {summary(errors)}, so that it cannot be compared:"
        " it may be written for another version of cvbuild. Name a later revision, or mend it there"
        f" (`git worktree add ../old {revision}`)",
        err=True,
    )
    raise click.exceptions.Exit(EXIT_CONTENT)


def _subjects(outcome: Outcome, project: Project, cv: Cv, variant: str | None, when: str) -> list[Subject]:
    """The subjects of the whole CV, or of what a variant prints."""
    if variant is None:
        return of_cv(cv)
    if variant not in cv.variants:
        raise UsageProblem(
            f"there is no variant `{variant}`{when}",
            *did_you_mean(variant, cv.variants),
            f"the variants{' there' if when else ''} are {', '.join(cv.variants)}",
        )
    return of_variant(_printed(outcome, project, cv, variant), with_settings=True)


def _printed(outcome: Outcome, project: Project, cv: Cv, variant: str) -> SelectedCv:
    """The selected variant. If it cannot be fitted to its pages, the errors are printed: exit 1."""
    cut, found = cut_of(cv, variant, setting_of(project, Request()))
    outcome.add(found)
    outcome.print_if_failed()
    return select(cv, variant, cut=cut)[0]
