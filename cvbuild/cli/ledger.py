"""The commands that say what each variant prints: `audit`, `variants`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cvbuild.audit import as_lines, for_programs
from cvbuild.cli.outcome import Outcome
from cvbuild.cli.program import cli
from cvbuild.cli.shared import EXIT_CONTENT, load, open_project, untrusted_option, variant_option
from cvbuild.fitting.fit import account_for
from cvbuild.fitting.measure import Setting
from cvbuild.phrases import counted
from cvbuild.pipeline import BROKEN_ENTRY, chosen_variants


@cli.command()
@variant_option
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@untrusted_option
@click.pass_obj
def audit(directory: Path, variants: tuple[str, ...], as_json: bool, untrusted: bool) -> None:
    """Account for every entry: read = printed + left out.

    What is left out has its reason and its place.

    A variant with `fit` is measured for it, which takes a run of TeX.

    \b
    Examples:
      cvbuild audit
      cvbuild audit --variant short
      cvbuild audit --json
    """
    outcome = Outcome(open_project(directory, untrusted=untrusted), "json" if as_json else "human")
    cv = load(outcome, despite={BROKEN_ENTRY})
    ledgers = {}
    for name in chosen_variants(cv.variants, variants):
        selected, findings = account_for(cv, name, Setting(outcome.project))
        outcome.add(findings.items)
        ledgers[name] = selected.ledger
    outcome.results["variants"] = for_programs(ledgers)
    outcome.print()
    for line in as_lines(ledgers):
        outcome.say(line)
    if outcome.has_errors:
        raise click.exceptions.Exit(EXIT_CONTENT)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="The names alone, for programs.")
@untrusted_option
@click.pass_obj
def variants(directory: Path, as_json: bool, untrusted: bool) -> None:
    """List the variants of cv.yaml and how much they print.

    `cvbuild audit` says what they leave out.

    A variant with `fit` is measured for it, which takes a run of TeX.

    \b
    Example:
      cvbuild variants
    """
    outcome = Outcome(open_project(directory, untrusted=untrusted))
    cv = load(outcome)
    outcome.print()
    if as_json:
        click.echo(json.dumps(list(cv.variants)))
        return
    width = max(len(name) for name in cv.variants)
    for name, variant in cv.variants.items():
        selected, _ = account_for(cv, name, Setting(outcome.project))
        sections = counted(len(selected.sections), "section")
        limit = f", at most {counted(variant.max_pages, 'page')}" if variant.max_pages else ""
        held = f", held against {variant.profile}" if variant.profile else ""
        limit += f", fitted to {counted(variant.fit.pages, 'page')}" if variant.fit else ""
        click.echo(
            f"{name:{width}}  {cv.output_name(name)}.pdf: {sections},"
            f" {selected.ledger.printed} of {selected.ledger.read} entries{limit}{held}"
            + (f"  ({variant.description})" if variant.description else "")
        )
