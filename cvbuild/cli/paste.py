"""The command that gives plain text for the forms of a portal: `text`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cvbuild.cli.outcome import Outcome, format_option
from cvbuild.cli.profiles import named_profile
from cvbuild.cli.program import cli
from cvbuild.cli.shared import (
    EXIT_CONTENT,
    language_option,
    load,
    new_since_option,
    open_project,
    shown,
    untrusted_option,
    variant_option,
)
from cvbuild.conformance.complaints import complaints
from cvbuild.conformance.subject import tally
from cvbuild.delivery import write_in_place
from cvbuild.diagnostics import ContentProblem, UsageProblem
from cvbuild.fitted import cut_of
from cvbuild.measured import Setting
from cvbuild.pipeline import Options, chosen_variants, conform_content, prepare
from cvbuild.plaintext import plain_text
from cvbuild.render.document import render_sections

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cvbuild.model.cv import Cv
    from cvbuild.model.profile import Profile
    from cvbuild.model.values import Date
    from cvbuild.report import Style
    from cvbuild.variant import Cut


@cli.command()
@variant_option
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
@language_option
@new_since_option
@format_option
@untrusted_option
@click.pass_obj
def text(
    directory: Path,
    variants: tuple[str, ...],
    sections: tuple[str, ...],
    addresses: bool,
    output: Path | None,
    profile: str | None,
    language: str | None,
    new_since: Date | None,
    style: Style,
    untrusted: bool,
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
    outcome = Outcome(open_project(directory, untrusted=untrusted), style)
    rules = _portals(outcome, profile) if profile else None
    cv = load(outcome)
    options = Options(language=language, new_since=new_since)
    setting = Setting(outcome.project, language=language, new_since=new_since)
    written: dict[str, str] = {}
    cuts: dict[str, Cut] = {}
    for name in chosen_variants(cv.variants, variants):
        cuts[name], found = cut_of(cv, name, setting)
        outcome.add(found)
        try:
            prepared = prepare(outcome.project, cv, name, options, sections, cuts[name])
        except ContentProblem as problem:
            outcome.add(problem.diagnostics)
            continue
        outcome.add(prepared.findings.items)
        parts = [prepared.rendered]
        if sections:
            # By themselves: no templates but these say where the header ends and a section begins.
            chosen, templates = prepared.selected, outcome.project.templates
            parts = render_sections(chosen, chosen.sections, templates, language=language)
        written[name] = "\n\n".join(plain_text(part, with_addresses=addresses) for part in parts)
    if not outcome.has_errors and output:
        write_in_place("\n\n".join(written.values()).encode(), directory / output)
    outcome.results["text"] = dict(written)
    outcome.print()
    if outcome.has_errors:
        raise click.exceptions.Exit(EXIT_CONTENT)
    if output:
        outcome.say(shown(directory / output))
    _print(written, outcome, to_file=output is not None)
    if rules is not None:
        _hold_against(rules, cv, cuts, options, outcome)


def _print(written: Mapping[str, str], outcome: Outcome, *, to_file: bool) -> None:
    """The texts, and beside them how long they are."""
    for name, lines in written.items():
        if not to_file:
            outcome.say(lines)
        outcome.say(f"{name}: {len(lines.rstrip()):,} characters, {len(lines.split()):,} words", err=True)


def _portals(outcome: Outcome, name: str) -> Profile:
    """The profile of a portal. Raises UsageProblem for another's, which is held against a PDF."""
    profile = named_profile(outcome, name)
    if not profile.is_portals:
        raise UsageProblem(
            f"{name} has rules on a PDF, not on text", f"`cvbuild check --profile {name} --variant NAME`"
        )
    return profile


def _hold_against(
    profile: Profile, cv: Cv, cuts: Mapping[str, Cut], options: Options, outcome: Outcome
) -> None:
    """Print what a portal's rules came to for variants, each with its cut; exit code 1 where one failed."""
    checked = Outcome(outcome.project, outcome.style, ignored=outcome.ignored)
    for name, cut in cuts.items():
        verdicts = conform_content(outcome.project, cv, name, options, profile, cut)
        checked.add(complaints(profile, verdicts, None))
        checked.say(f"{name}, {profile.name}: {tally(verdicts) or 'no rules to check'}", err=True)
    for advice in profile.head.advice:
        checked.say(f"note: {advice}", err=True)
    if checked.style != "json":
        checked.print()
    if checked.has_errors:
        raise click.exceptions.Exit(EXIT_CONTENT)
