"""The other commands: `text`, `init`, `doctor`, `schema`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click

from cvbuild.build import render_variant, setting_of
from cvbuild.commands import cli
from cvbuild.commands.check import named_profile, portal_verdicts
from cvbuild.commands.shared import EXIT_ENGINE, Outcome, load, open_project, options, shown, with_request
from cvbuild.content.schema import schemas, write_schemas
from cvbuild.diagnostics import ContentProblem, UsageProblem
from cvbuild.doctor import diagnose, languages_of, plan, run_plan
from cvbuild.fit.fit import cut_of
from cvbuild.funders.profile import complaints, tally
from cvbuild.loading import chosen_variants
from cvbuild.output import write_in_place
from cvbuild.render.document import render_sections
from cvbuild.render.plaintext import WRITERS, plain_text
from cvbuild.scaffold import create_project
from cvbuild.select.request import Request
from cvbuild.select.types import Cut


@cli.command()
@options("variant")
@click.option(
    "-s",
    "--section",
    "sections",
    multiple=True,
    metavar="NAME",
    help="This section alone; again for several.",
)
@click.option("--addresses", is_flag=True, help="Write the addresses of links behind their words.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file to write to.")
@click.option(
    "--profile", metavar="NAME", help="Hold it against the rules of this funder's portal: nih, snsf, …"
)
@options("language new_since format untrusted")
@with_request
def text(
    directory: Path,
    request: Request,
    sections: tuple[str, ...],
    addresses: bool,
    output: Path | None,
    profile: str | None,
) -> None:
    """Print a variant as plain text, for the forms of a portal.

    How long it is, is said beside it, since forms count characters or words. A variant with
    `fit` is measured for it, which takes a run of TeX.

    \b
    Examples:
      cvbuild text --variant short
      cvbuild text -v short --section publications
      cvbuild text -v short -o cv.txt
      cvbuild text -v short --profile nih
    """
    outcome = Outcome(open_project(directory, request), request.style)
    rules = named_profile(outcome, profile) if profile else None
    if rules is not None and not rules.is_portals:
        raise UsageProblem(
            f"{profile} has rules on a PDF, not on text",
            f"`cvbuild check --profile {profile} --variant NAME`",
        )
    cv = load(outcome)
    write = WRITERS.get(output.suffix.lower(), plain_text) if output else plain_text
    written: dict[str, str] = {}
    cuts: dict[str, Cut] = {}
    for name in chosen_variants(cv.variants, request.variants):
        cuts[name], found = cut_of(cv, name, setting_of(outcome.project, request))
        outcome.add(found)
        try:
            document = render_variant(outcome.project, cv, name, request, cuts[name], sections)
        except ContentProblem as problem:
            outcome.add(problem.diagnostics)
            continue
        outcome.add(document.findings.items)
        parts = [document.rendered]
        if sections:
            # Render the sections alone: only templates know where a section begins in a document.
            chosen, templates = document.selected, outcome.project.templates
            parts = render_sections(chosen, chosen.sections, templates)
        written[name] = "\n\n".join(write(part, with_addresses=addresses) for part in parts)
    if not outcome.has("error") and output:
        write_in_place("\n\n".join(written.values()).encode(), directory / output)
    outcome.results["text"] = dict(written)
    outcome.print()
    outcome.exit_if_failed()
    if output:
        outcome.say(shown(directory / output))
    for name, lines in written.items():
        if not output:
            outcome.say(lines)
        outcome.say(f"{name}: {len(lines.rstrip()):,} characters, {len(lines.split()):,} words", err=True)
    if rules is None:
        return
    checked = Outcome(outcome.project, request.style, ignored=outcome.ignored)
    for name, cut in cuts.items():
        verdicts = portal_verdicts(outcome.project, cv, name, request, rules, cut)
        checked.add(complaints(rules, verdicts, None))
        checked.say(f"{name}, {rules.name}: {tally(verdicts) or 'no rules to check'}", err=True)
    for advice in rules.head.advice:
        checked.say(f"note: {advice}", err=True)
    if request.style != "json":
        checked.print()
    checked.exit_if_failed()


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
    try:
        project = open_project(directory)
    except UsageProblem:
        languages: Mapping[str, str] = {}
    else:
        languages = languages_of(project)
    if install:
        steps = plan(engines or ("pdflatex",), list(languages))
        if not steps:
            click.echo("nothing is missing")
        else:
            click.echo("these commands will run:")
            for step in steps:
                click.echo(f"  {step.shown}")
            if not yes and not click.confirm("go on?", default=True):
                raise click.Abort
            run_plan(steps)
    report = diagnose(languages)
    click.echo("\n".join(report.lines))
    if not report.can_build:
        raise click.exceptions.Exit(EXIT_ENGINE)


@cli.command()
@click.argument("which", type=click.Choice(["cv", "section"]), required=False)
@click.option(
    "--write", is_flag=True, help="Write both into content/schema, where the content files look for them."
)
@click.pass_obj
def schema(directory: Path, which: str | None, write: bool) -> None:
    """Print the JSON Schema of the content files, for editors.

    \b
    Examples:
      cvbuild schema section
      cvbuild schema --write
    """
    if write:
        for path in write_schemas(open_project(directory).root / "content"):
            click.echo(shown(path))
        return
    if which is None:
        raise UsageProblem("which schema: `cv` or `section`?", "or `--write` for both, into content/schema")
    click.echo(json.dumps(schemas()[which], ensure_ascii=False, indent=2))
