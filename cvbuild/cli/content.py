"""The commands that look at the content: `check`, `stats`, `schema`."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cvbuild.cli.outcome import Outcome, format_option
from cvbuild.cli.profiles import check_profile
from cvbuild.cli.program import cli
from cvbuild.cli.shared import (
    EXIT_CONTENT,
    language_option,
    load,
    load_if_sound,
    new_since_option,
    open_project,
    shown,
    theme_option,
    untrusted_option,
    variant_option,
)
from cvbuild.diagnostics import ContentProblem, UsageProblem
from cvbuild.lint.registry import lint_cv
from cvbuild.pipeline import Options, chosen_variants, prepare
from cvbuild.record import as_builtins
from cvbuild.schema import schemas, write_schemas
from cvbuild.stats import as_lines, count

if TYPE_CHECKING:
    from cvbuild.model.values import Date
    from cvbuild.report import Style


@cli.command()
@variant_option
@theme_option
@language_option
@click.option(
    "--lint",
    is_flag=True,
    help="Look as well for what is sound but odd: a work listed twice, a name misspelled;"
    " list every text that is missing in a variant's language.",
)
@click.option("--strict", is_flag=True, help="Fail where there are warnings.")
@click.option(
    "--profile",
    metavar="NAME",
    help="Measure a funder's rules on the PDF of a variant; `cvbuild profiles` lists them.",
)
@click.option(
    "--pdf",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --profile: on this PDF, made anywhere.",
)
@format_option
@untrusted_option
@click.pass_obj
def check(
    directory: Path,
    variants: tuple[str, ...],
    theme: str | None,
    language: str | None,
    lint: bool,
    strict: bool,
    profile: str | None,
    pdf: Path | None,
    style: Style,
    untrusted: bool,
) -> None:
    """Check everything but typesetting.

    Content, bibliography, references and templates are read as for a PDF.

    With --profile, check a PDF against a funder's rules instead.

    \b
    Examples:
      cvbuild check
      cvbuild check --variant short
      cvbuild check --lint --strict
      cvbuild check --lang de --lint --format short
      cvbuild check --format github
      cvbuild check --profile dfg-53.200 --variant short
      cvbuild check --profile erc-b1-cv --pdf ~/Desktop/cv.pdf
    """
    if profile is None and pdf is not None:
        raise UsageProblem("`--pdf` goes with `--profile`", "`cvbuild profiles` lists the profiles")
    if profile is not None:
        if lint:
            raise UsageProblem("`--lint` looks at the content, `--profile` at the PDF: call them one by one")
        options = Options(theme=theme, language=language)
        check_profile(directory, profile, variants, pdf, options, style, strict=strict, untrusted=untrusted)
        return
    outcome = Outcome(open_project(directory, untrusted=untrusted), style)
    cv = load_if_sound(outcome)
    if cv is not None:
        options = Options(theme=theme, language=language, every_translation=lint)
        for name in chosen_variants(cv.variants, variants):
            try:
                prepared = prepare(outcome.project, cv, name, options)
                outcome.add(prepared.findings.items)
            except ContentProblem as problem:
                outcome.add(problem.diagnostics)
        if lint and not outcome.has_errors:
            outcome.add(lint_cv(outcome.project, cv, date.today()))
    outcome.print()
    outcome.say(outcome.summary)
    if outcome.has_errors or (strict and outcome.has_warnings):
        raise click.exceptions.Exit(EXIT_CONTENT)


@cli.command()
@click.option("--since", type=int, metavar="YEAR", help="The year of the second count.")
@new_since_option
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def stats(directory: Path, since: int | None, new_since: Date | None, as_json: bool) -> None:
    """Count publications by category, and the items of sections.

    \b
    Examples:
      cvbuild stats
      cvbuild stats --since 2022 --json
      cvbuild stats --new-since 2025-06
    """
    outcome = Outcome(open_project(directory))
    counted = count(load(outcome), since, new_since)
    outcome.print()
    if as_json:
        click.echo(json.dumps(as_builtins(counted), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(as_lines(counted)))


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
