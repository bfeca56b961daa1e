"""The commands that say what each variant prints: `audit`, `variants`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from cvbuild.cli.outcome import Outcome
from cvbuild.cli.program import cli
from cvbuild.cli.shared import EXIT_CONTENT, load, open_project, untrusted_option, variant_option
from cvbuild.fitted import account_for
from cvbuild.ledger import Account, Ledger, LeftOut
from cvbuild.measured import Setting
from cvbuild.phrases import counted, shortened
from cvbuild.pipeline import BROKEN_ENTRY, chosen_variants
from cvbuild.report.lines import Json, place

_LONGEST_SUMMARY = 72


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


def as_lines(ledgers: Mapping[str, Ledger]) -> Iterator[str]:
    """For each variant the sum, the sum of each section, and what is left out under its reason."""
    names = [account.section for ledger in ledgers.values() for account in ledger.accounts]
    width = max(map(len, names), default=0)
    for at, (variant, ledger) in enumerate(ledgers.items()):
        if at:
            yield ""
        yield f"{variant}: {_sum(ledger.read, ledger.printed, len(ledger.left_out))}"
        for account in ledger.accounts:
            sums = _sum(len(account.read), len(account.printed), len(account.left_out))
            yield f"  {account.section:{width}}  {sums}"
            for reason, items in _by_reason(account.left_out).items():
                yield f"    {reason}:"
                places = max(len(item.span.place) for item in items)
                for item in items:
                    yield f"      {item.span.place:{places}}  {shortened(item.summary, _LONGEST_SUMMARY)}"


def _sum(read: int, printed: int, left_out: int) -> str:
    return f"{read} read = {printed} printed + {left_out} left out"


def _by_reason(items: Iterable[LeftOut]) -> dict[str, list[LeftOut]]:
    grouped: dict[str, list[LeftOut]] = {}
    for item in items:
        grouped.setdefault(item.reason, []).append(item)
    return grouped


def for_programs(ledgers: Mapping[str, Ledger]) -> Json:
    """The same as data: variants with their sections, each with its counts and what it leaves out."""
    return [
        {
            "variant": variant,
            "read": ledger.read,
            "printed": ledger.printed,
            "left_out": len(ledger.left_out),
            "sections": [_account(account) for account in ledger.accounts],
        }
        for variant, ledger in ledgers.items()
    ]


def _account(account: Account) -> Json:
    left_out = [
        {"summary": item.summary, "reason": item.reason, "place": place(item.span)}
        for item in account.left_out
    ]
    return {
        "section": account.section,
        "title": account.title,
        "read": len(account.read),
        "printed": len(account.printed),
        "left_out": left_out,
    }


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
