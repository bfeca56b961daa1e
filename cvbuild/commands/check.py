"""The commands `check`, for content or against a funder's profile, and `profiles`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeAlias

import click

from cvbuild.build import Built, Made, build, render_variant, setting_of
from cvbuild.commands import cli
from cvbuild.commands.shared import (
    Outcome,
    Progress,
    load,
    load_if_sound,
    open_project,
    options,
    project_or_folder,
    with_request,
)
from cvbuild.content.cv import Cv
from cvbuild.diagnostics import ContentProblem, UsageProblem, did_you_mean
from cvbuild.fit.fit import cut_of
from cvbuild.funders import profile_names
from cvbuild.funders.profile import Profile, Verdict, complaints, find_profile, portal_note, tally
from cvbuild.funders.profile import check as check_rules
from cvbuild.funders.rule import NO_PDF, Subject, read_pdf
from cvbuild.lint import lint_cv
from cvbuild.loading import chosen_variants
from cvbuild.project import Project, asked_epoch
from cvbuild.record import replace
from cvbuild.report import harmless
from cvbuild.report.verdicts import (
    head_lines,
    print_table,
    profile_for_programs,
    profile_lines,
    remedy_lines,
    rule_lines,
    verdicts_for_programs,
)
from cvbuild.select.request import Request
from cvbuild.select.types import Cut
from cvbuild.source import SourceFile, Span

Checked: TypeAlias = tuple[str, Span | None, Sequence[Verdict]]
"""A document's name, the span where its profile is named, and the verdicts."""


@cli.command()
@options("variant theme language")
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
@options("format untrusted")
@with_request
def check(
    directory: Path, request: Request, lint: bool, strict: bool, profile: str | None, pdf: Path | None
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
        if pdf is not None and request.variants:
            raise UsageProblem("`--pdf` is a PDF made elsewhere, and `--variant` one to be made: choose")
        outcome = Outcome(project_or_folder(directory, request), request.style)
        rules = named_profile(outcome, profile)
        if pdf is not None and not rules.is_portals:
            span = Span(SourceFile(str(pdf), ""), 0, 0)
            found: list[Checked] = [(str(pdf), span, check_rules(rules, read_pdf(directory / pdf)))]
        else:
            if not rules.is_portals:
                open_project(directory)  # raises UsageProblem if the folder holds no project
            found = _checked_variants(outcome, rules, request)
        _report(outcome, rules, found, is_ours=pdf is None)
        broken = {"failed", "warned"} if strict else {"failed"}
        outcomes = {verdict.outcome for _, _, verdicts in found for verdict in verdicts}
        outcome.exit_if_failed(also_if=not outcomes.isdisjoint(broken))
        return
    outcome = Outcome(open_project(directory, request), request.style)
    cv = load_if_sound(outcome)
    if cv is not None:
        request = replace(request, every_translation=lint)
        for name in chosen_variants(cv.variants, request.variants):
            try:
                outcome.add(render_variant(outcome.project, cv, name, request).findings.items)
            except ContentProblem as problem:
                outcome.add(problem.diagnostics)
        if lint and not outcome.has("error"):
            outcome.add(lint_cv(outcome.project, cv, date.today()))
    outcome.print()
    outcome.say(outcome.summary)
    outcome.exit_if_failed(also_if=strict and outcome.has("warning"))


def _checked_variants(outcome: Outcome, profile: Profile, request: Request) -> list[Checked]:
    """Check the named variants, or those with this profile. Skip variants that cannot be built.

    For a portal nothing is built: its rules are checked on the selected content. Otherwise raises
    UsageProblem if there is no variant to build.
    """
    project = outcome.project
    if profile.is_portals and not request.variants and not project.settings.is_file():
        return []
    cv = load(outcome)
    chosen = chosen_variants(cv.variants, request.variants)
    if not request.variants:
        chosen = [name for name in chosen if cv.variants[name].profile == profile.name]
    if not chosen and not profile.is_portals:
        raise UsageProblem(
            f"which variant is to be held against {profile.name}?",
            f"name one with `--variant`: {', '.join(cv.variants)}",
            f"or give one the line `profile: {profile.name}` in cv.yaml",
        )
    checked: list[Checked] = []
    for name in chosen:
        verdicts: list[Verdict] | None = None
        if profile.is_portals:
            cut, found = cut_of(cv, name, setting_of(project, request))
            outcome.add(found)
            verdicts = portal_verdicts(project, cv, name, request, profile, cut)
        else:

            def measured(_: Project, built: Built, made: Made) -> Built:
                nonlocal verdicts
                document = made.document
                name = f"{document.output}.pdf"
                verdicts = check_rules(
                    profile, read_pdf(made.pdf, name, document.selected, document.rendered)
                )
                return built

            dated = replace(request, epoch=asked_epoch(project)())
            with Progress() as progress:
                built = build(project, cv, name, dated, partial(progress.show, name), measured)
            outcome.add(built.diagnostics)
        if verdicts is not None:
            variant = cv.variants[name]
            checked.append((name, variant.span_of("profile") if variant.profile else None, verdicts))
    return checked


def portal_verdicts(
    project: Project, cv: Cv, variant: str, request: Request, profile: Profile, cut: Cut
) -> list[Verdict]:
    """Check a variant's content against the rules of a portal, which makes the document itself."""
    document = render_variant(project, cv, variant, request, cut)
    return check_rules(profile, Subject(NO_PDF, document.selected, document.rendered))


def named_profile(outcome: Outcome, name: str) -> Profile:
    """Return the named profile. If it has errors, print them and end the call: exit 1."""
    known = profile_names(outcome.project)
    if name not in known:
        raise UsageProblem(
            f"there is no profile `{name}`",
            *did_you_mean(name, known),
            f"the profiles are {', '.join(known)}",
        )
    profile, found = find_profile(outcome.project, name)
    outcome.add(found)
    outcome.print_if_failed()
    assert profile is not None  # else there were errors, and the call has ended
    return profile


def _report(outcome: Outcome, profile: Profile, found: Sequence[Checked], *, is_ours: bool) -> None:
    """Print the verdicts on a profile's rules; for variants (`is_ours`) also the remedies."""
    outcome.results["profile"] = profile_for_programs(profile)
    outcome.results["checked"] = [
        {"document": name, "verdicts": verdicts_for_programs(profile, verdicts)}
        for name, _, verdicts in found
    ]
    if outcome.style == "human":
        outcome.print()  # the diagnostics of building; the tables show the verdicts
        click.echo(harmless("\n".join(head_lines(profile))))
    else:
        if profile.is_portals:
            outcome.add([portal_note(profile, None)])
        for _, span, verdicts in found:
            outcome.add(complaints(profile, verdicts, span, with_remedies=is_ours))
        outcome.print()
    for name, _, verdicts in found:
        if outcome.style == "human" and verdicts:
            print_table(profile, verdicts, sys.stdout)
            for line in remedy_lines(verdicts) if is_ours else ():
                outcome.say(harmless(line))
        outcome.say(f"{name}: {tally(verdicts) or 'no rules to check'}")


@cli.command()
@click.argument("name", required=False)
@options("json")
@with_request
def profiles(directory: Path, request: Request, name: str | None) -> None:
    """List the funders' profiles, or the rules of one.

    \b
    Examples:
      cvbuild profiles
      cvbuild profiles dfg-53.200
    """
    outcome = Outcome(project_or_folder(directory), request.style)
    if name is not None:
        profile = named_profile(outcome, name)
        outcome.results["profiles"] = [profile_for_programs(profile, with_rules=True)]
        lines = list(rule_lines(profile))
    else:
        found = [find_profile(outcome.project, one) for one in profile_names(outcome.project)]
        for _, problems in found:
            outcome.add(problems)
        sound = [profile for profile, _ in found if profile is not None]
        outcome.results["profiles"] = [profile_for_programs(profile) for profile in sound]
        lines = list(profile_lines(sound))
    outcome.print()
    for line in lines:
        outcome.say(harmless(line))
    outcome.exit_if_failed()
