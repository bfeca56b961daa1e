"""The commands that check: `check`, also against a funder's profile, and `profiles`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TypeAlias

import click

from cvbuild.cli.program import cli
from cvbuild.cli.shared import (
    EXIT_CONTENT,
    Outcome,
    ProgressLine,
    format_option,
    language_option,
    load,
    load_if_sound,
    open_project,
    project_or_folder,
    theme_option,
    untrusted_option,
    variant_option,
)
from cvbuild.conformance.complaints import complaints, portal_note
from cvbuild.conformance.library import every_profile, find_profile
from cvbuild.conformance.reading import read_pdf
from cvbuild.conformance.registry import check as check_rules
from cvbuild.conformance.shelf import profile_names
from cvbuild.conformance.subject import Verdict, tally
from cvbuild.diagnostics import ContentProblem, UsageProblem, did_you_mean
from cvbuild.fitted import cut_of
from cvbuild.lint.registry import lint_cv
from cvbuild.measured import Setting
from cvbuild.model.cv import Cv
from cvbuild.model.profile import Profile
from cvbuild.pipeline import Options, chosen_variants, conform, conform_content, prepare
from cvbuild.project import document_epoch
from cvbuild.record import MutableRecord, replace
from cvbuild.report import Style
from cvbuild.report.text import harmless
from cvbuild.report.verdicts import (
    head_lines,
    print_table,
    profile_for_programs,
    profile_lines,
    profile_with_rules,
    remedy_lines,
    rule_lines,
    verdicts_for_programs,
)
from cvbuild.source import SourceFile, Span

Checked: TypeAlias = tuple[str, Span | None, Sequence[Verdict]]
"""A document's name, where its profile is named, and what became of it."""


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


def check_profile(
    directory: Path,
    name: str,
    variants: tuple[str, ...],
    pdf: Path | None,
    options: Options,
    style: Style,
    *,
    strict: bool,
    untrusted: bool,
) -> None:
    """`check --profile NAME`: a PDF made anywhere, also outside a project, or variants, compiled for it."""
    if pdf is not None and variants:
        raise UsageProblem("`--pdf` is a PDF made elsewhere, and `--variant` one to be made: choose")
    outcome = Outcome(project_or_folder(directory, untrusted=untrusted), style)
    profile = named_profile(outcome, name)
    if profile.is_portals:
        found = _checked_content(outcome, profile, variants, options)
    elif pdf is not None:
        found = [_checked_pdf(directory, pdf, profile)]
    else:
        open_project(directory)  # says so where there is none
        found = _checked_variants(outcome, profile, variants, options)
    _Report(outcome, profile, strict, is_ours=pdf is None).end(found)


def _checked_pdf(directory: Path, pdf: Path, profile: Profile) -> Checked:

    return str(pdf), Span(SourceFile(str(pdf), ""), 0, 0), check_rules(profile, read_pdf(directory / pdf))


def _checked_content(
    outcome: Outcome, profile: Profile, variants: tuple[str, ...], options: Options
) -> list[Checked]:
    """What goes to a portal: of the variants named, else of those whose `profile` it is."""
    if not variants and not outcome.project.settings.is_file():
        return []
    cv = load(outcome)
    setting = Setting(outcome.project, theme=options.theme, language=options.language)
    checked: list[Checked] = []
    for variant in _chosen(cv, profile, variants):
        cut, found = cut_of(cv, variant, setting)
        outcome.add(found)
        verdicts = conform_content(outcome.project, cv, variant, options, profile, cut)
        checked.append((variant, _span_of_profile(cv, variant), verdicts))
    return checked


def _chosen(cv: Cv, profile: Profile, variants: tuple[str, ...]) -> list[str]:

    chosen = chosen_variants(cv.variants, variants)
    return chosen if variants else [name for name in chosen if cv.variants[name].profile == profile.name]


def _span_of_profile(cv: Cv, variant: str) -> Span | None:
    return cv.variants[variant].span_of("profile") if cv.variants[variant].profile else None


def _checked_variants(
    outcome: Outcome, profile: Profile, variants: tuple[str, ...], options: Options
) -> list[Checked]:
    """The variants named, else those whose `profile` it is; those that cannot be compiled are left out."""
    cv = load(outcome)
    chosen = _chosen(cv, profile, variants)
    if not chosen:
        raise UsageProblem(
            f"which variant is to be held against {profile.name}?",
            f"name one with `--variant`: {', '.join(cv.variants)}",
            f"or give one the line `profile: {profile.name}` in cv.yaml",
        )
    options = replace(options, epoch=document_epoch(outcome.project))
    found: list[Checked] = []
    for variant in chosen:
        with ProgressLine(variant) as line:
            built, verdicts = conform(outcome.project, cv, variant, options, profile, line.show)
        outcome.add(built.diagnostics)
        if verdicts is not None:
            found.append((variant, _span_of_profile(cv, variant), verdicts))
    return found


def named_profile(outcome: Outcome, name: str) -> Profile:
    """The profile of that name; where it has errors, these are printed: exit 1."""
    known = profile_names(outcome.project)
    if name not in known:
        raise UsageProblem(
            f"there is no profile `{name}`",
            *did_you_mean(name, known),
            f"the profiles are {', '.join(known)}",
        )
    profile, found = find_profile(outcome.project, name)
    outcome.add(found)
    if profile is None:
        outcome.print()
        raise click.exceptions.Exit(EXIT_CONTENT)
    return profile


class _Report(MutableRecord):
    """Prints what a profile's rules came to, and ends with the exit code that goes with it."""

    outcome: Outcome
    profile: Profile
    strict: bool
    is_ours: bool
    """Whether variants were checked, in which something can be changed."""

    def end(self, found: Sequence[Checked]) -> None:
        """Exit code 1 where a rule failed, or with `strict` warned, or there was no PDF."""
        self.outcome.results["profile"] = profile_for_programs(self.profile)
        self.outcome.results["checked"] = [
            {"document": name, "verdicts": verdicts_for_programs(self.profile, verdicts)}
            for name, _, verdicts in found
        ]
        if self.outcome.style == "human":
            self.outcome.print()  # of compiling; the tables have the rest
            click.echo(harmless("\n".join(head_lines(self.profile))))
        else:
            if self.profile.is_portals:
                self.outcome.add([portal_note(self.profile, None)])
            for _, span, verdicts in found:
                self.outcome.add(complaints(self.profile, verdicts, span, with_remedies=self.is_ours))
            self.outcome.print()
        for name, _, verdicts in found:
            if self.outcome.style == "human" and verdicts:
                print_table(self.profile, verdicts, sys.stdout)
                for line in remedy_lines(verdicts) if self.is_ours else ():
                    self.outcome.say(harmless(line))
            self.outcome.say(f"{name}: {tally(verdicts) or 'no rules to check'}")
        ends_badly = {"failed", "warned"} if self.strict else {"failed"}
        outcomes = {verdict.outcome for _, _, verdicts in found for verdict in verdicts}
        if self.outcome.has_errors or outcomes & ends_badly:
            raise click.exceptions.Exit(EXIT_CONTENT)


@cli.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def profiles(directory: Path, name: str | None, as_json: bool) -> None:
    """List the funders' profiles, or the rules of one.

    \b
    Examples:
      cvbuild profiles
      cvbuild profiles dfg-53.200
    """
    outcome = Outcome(project_or_folder(directory), "json" if as_json else "human")
    if name is not None:
        profile = named_profile(outcome, name)
        outcome.results["profiles"] = [profile_with_rules(profile)]
        lines = list(rule_lines(profile))
    else:
        found = list(every_profile(outcome.project))
        for _, _, problems in found:
            outcome.add(problems)
        sound = [profile for _, profile, _ in found if profile is not None]
        outcome.results["profiles"] = [profile_for_programs(profile) for profile in sound]
        lines = list(profile_lines(sound))
    outcome.print()
    for line in lines:
        outcome.say(harmless(line))
    if outcome.has_errors:
        raise click.exceptions.Exit(EXIT_CONTENT)
