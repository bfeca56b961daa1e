"""The commands that set things up: `init`, `doctor`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from cvbuild.cli.program import cli
from cvbuild.cli.shared import EXIT_ENGINE, open_project
from cvbuild.diagnostics import UsageProblem
from cvbuild.doctor import diagnose, languages_of, plan, run_plan
from cvbuild.scaffold import create_project


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def init(directory: Path, folder: Path) -> None:
    """Start a new CV project in FOLDER.

    It gets content, a bibliography, and a workflow that builds it on GitHub.

    \b
    Example:
      cvbuild init my-cv && cd my-cv && cvbuild pdf
    """
    create_project(directory / folder)
    click.echo(f"{folder} is a CV project now. What to do next:")
    click.echo(f"  cd {folder}")
    click.echo("  cvbuild pdf            builds every variant into build/")
    click.echo("  content/cv.yaml        is the file to begin with")


def _languages(directory: Path) -> Mapping[str, str]:
    """The languages of the project that the folder is or lies in, none where it is no project."""
    try:
        project = open_project(directory)
    except UsageProblem:
        return {}
    return languages_of(project)


@cli.command()
@click.option("--install", is_flag=True, help="Install what is missing, after asking.")
@click.option(
    "--engine",
    "engines",
    multiple=True,
    metavar="NAME",
    help="The engine to install; again for several. pdflatex without it.",
)
@click.option("--yes", is_flag=True, help="Do not ask before installing.")
@click.pass_obj
def doctor(directory: Path, install: bool, engines: tuple[str, ...], yes: bool) -> None:
    """Say which TeX engines are there, and what is missing.

    In a project, what its languages need is looked for and installed as well.

    \b
    Examples:
      cvbuild doctor
      cvbuild doctor --install
      cvbuild doctor --install --engine xelatex --engine lualatex --yes
    """
    languages = _languages(directory)
    if install:
        planned = plan(engines or ("pdflatex",), list(languages))
        if not planned.steps:
            click.echo("nothing is missing")
        else:
            click.echo("these commands will run:")
            for step in planned.steps:
                click.echo(f"  {step.shown}")
            if not yes and not click.confirm("go on?", default=True):
                raise click.Abort
            run_plan(planned)
    report = diagnose(languages)
    click.echo("\n".join(report.lines))
    if not report.can_build:
        raise click.exceptions.Exit(EXIT_ENGINE)
