"""The command `diff`: compare two variants, or a git revision with the present files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path, PurePosixPath

import click

from cvbuild.build import setting_of
from cvbuild.commands import cli
from cvbuild.commands.shared import EXIT_CONTENT, Outcome, load, open_project, options, with_request
from cvbuild.compare import Subject, as_lines, as_markdown, compare, for_programs, of_cv, of_variant
from cvbuild.content.cv import Cv
from cvbuild.diagnostics import UsageProblem, did_you_mean
from cvbuild.fit.fit import cut_of
from cvbuild.funders import OWN_PROFILES
from cvbuild.git import check_out, commit_of, files_of
from cvbuild.loading import chosen_variants, load_cv
from cvbuild.project import LARGEST_BYTES, NUMBERS, OWN_TEMPLATES, SETTINGS, Project, find_project
from cvbuild.record import replace
from cvbuild.report import summary
from cvbuild.select.request import Request
from cvbuild.select.selection import select


@cli.command()
@click.argument("names", nargs=-1, metavar="[VARIANT VARIANT]")
@click.option("--since", "revision", metavar="REVISION", help="Compare a git tag, branch or commit with now.")
@click.option(
    "-v", "--variant", metavar="NAME", help="With `--since`: what this variant prints, then and now."
)
@click.option(
    "--format",
    "chosen",
    type=click.Choice(["text", "markdown", "json"]),
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
    chosen: str,
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
        hint = "`cvbuild diff full short`, or `cvbuild diff --since v2025.1`"
        raise UsageProblem("two variants are compared, or a revision with now", hint)
    if revision is not None and names:
        hint = f"leave out `{names[0]}`; `--variant` chooses one"
        raise UsageProblem("a revision is compared with now", hint)
    outcome = Outcome(open_project(directory, request), "json" if chosen == "json" else "human")
    if revision is not None:
        before = _at(outcome, revision, variant)
        cv = load(outcome)
        changes = compare(before, _subjects(outcome, outcome.project, cv, variant), (revision, "now"))
    else:
        cv = load(outcome)
        chosen_variants(cv.variants, names)  # reports an unknown name before the slow fitting
        old, new = (_subjects(outcome, outcome.project, cv, name) for name in names)
        changes = compare(old, new, (names[0], names[1]))
    outcome.results.update(for_programs(changes))
    outcome.print()
    if chosen == "markdown":
        click.echo(as_markdown(changes), nl=False)
    elif chosen == "text":
        plain = False if os.environ.get("NO_COLOR") else None  # None: click decides by the terminal
        for line in as_lines(changes, lambda text, colour: click.style(text, fg=colour or None)):
            click.echo(line, color=plain)
    outcome.exit_if_failed(also_if=exit_code and bool(changes))


def _at(outcome: Outcome, revision: str, variant: str | None) -> list[Subject]:
    """Return the subjects at a revision. Its files go to a temporary folder, not to work tree or index.

    Raises UsageProblem for an untrusted project, whose git configuration can name programs to run. If the
    CV at the revision has errors, print them and end the call: exit 1.
    """
    project = outcome.project
    if not project.is_trusted:
        hint = "leave out `--untrusted` or `--since`"
        raise UsageProblem("the git of an untrusted project is not asked", hint)
    commit = commit_of(project.root, revision)
    # Own templates define kinds of sections, and variants name own profiles.
    folders = {PurePosixPath(SETTINGS).parts[0], OWN_TEMPLATES, OWN_PROFILES}
    files, endings = files_of(project.root, commit), {".bib", PurePosixPath(NUMBERS).suffix}
    paths = [path for path in files if path.parts[0] in folders or path.suffix in endings]
    if PurePosixPath(SETTINGS) not in paths:
        hint = f"`git log --follow --oneline -- {SETTINGS}` lists the commits that have one"
        raise UsageProblem(f"`{revision}` has no CV here: {SETTINGS} is not in it", hint)
    with tempfile.TemporaryDirectory(prefix="cvbuild-") as folder:
        root = Path(folder).resolve()
        check_out(project.root, commit, paths, root, max(LARGEST_BYTES.values()))
        then = replace(find_project(root), revision=revision)
        cv, found = load_cv(then)
        if cv is not None:
            return _subjects(outcome, then, cv, variant, f" at `{revision}`")
    errors = [item for item in found if item.severity == "error"]
    outcome.add(errors)
    outcome.print()
    cannot = f"the CV at {revision} has {summary(errors)}, so that it cannot be compared"
    reason = "it may be written for another version of cvbuild"
    cure = f"Name a later revision, or mend it there (`git worktree add ../old {revision}`)"
    outcome.say(f"{cannot}: {reason}. {cure}", err=True)
    raise click.exceptions.Exit(EXIT_CONTENT)


def _subjects(
    outcome: Outcome, project: Project, cv: Cv, variant: str | None, when: str = ""
) -> list[Subject]:
    """Return the subjects of the whole CV, or of a variant. If fitting has errors, print them: exit 1."""
    if variant is None:
        return of_cv(cv)
    if variant not in cv.variants:
        known = f"the variants{' there' if when else ''} are {', '.join(cv.variants)}"
        hints = *did_you_mean(variant, cv.variants), known
        raise UsageProblem(f"there is no variant `{variant}`{when}", *hints)
    cut, found = cut_of(cv, variant, setting_of(project, Request()))
    outcome.add(found)
    outcome.print_if_failed()
    return of_variant(select(cv, variant, cut=cut)[0])
