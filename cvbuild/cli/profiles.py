"""The command `profiles`, and `check --profile`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from cvbuild.cli.outcome import Outcome
from cvbuild.cli.program import cli
from cvbuild.cli.progress import ProgressLine
from cvbuild.cli.shared import EXIT_CONTENT, load, open_project, project_or_folder
from cvbuild.conformance.complaints import complaints, portal_note
from cvbuild.conformance.library import every_profile, find_profile
from cvbuild.conformance.reading import read_pdf
from cvbuild.conformance.registry import check
from cvbuild.conformance.shelf import profile_names
from cvbuild.conformance.subject import tally
from cvbuild.diagnostics import UsageProblem, did_you_mean
from cvbuild.fitting.fit import cut_of
from cvbuild.fitting.measure import Setting
from cvbuild.pipeline import chosen_variants, conform, conform_content
from cvbuild.project import document_epoch
from cvbuild.record import MutableRecord, replace
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

if TYPE_CHECKING:
    from cvbuild.conformance.subject import Verdict
    from cvbuild.model.cv import Cv
    from cvbuild.model.profile import Profile
    from cvbuild.pipeline import Options
    from cvbuild.report import Style

    Checked: TypeAlias = tuple[str, Span | None, Sequence[Verdict]]
    """A document's name, where its profile is named, and what became of it."""


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

    return str(pdf), Span(SourceFile(str(pdf), ""), 0, 0), check(profile, read_pdf(directory / pdf))


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
