"""The command `profiles`, and `check --profile`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cvbuild.cli.outcome import Outcome
from cvbuild.cli.program import EXIT_CONTENT, cli, project_or_folder
from cvbuild.diagnostics import UsageProblem

if TYPE_CHECKING:
    from cvbuild.conformance.subject import Subject
    from cvbuild.model.profile import Profile
    from cvbuild.report import Style
    from cvbuild.source import Span


def check_pdf(directory: Path, name: str, pdf: Path, style: Style, *, strict: bool) -> None:
    """`check --profile NAME --pdf FILE`: a PDF made anywhere against a profile; outside a project as well."""
    from cvbuild.conformance.reading import read_pdf
    from cvbuild.source import SourceFile, Span

    project = project_or_folder(directory)
    outcome = Outcome(project, style)
    profile = _profile(outcome, name)
    path = directory / pdf
    subject = None if profile.is_portals else read_pdf(path)
    report(outcome, profile, subject, Span(SourceFile(str(pdf), ""), 0, 0), strict=strict)


def _profile(outcome: Outcome, name: str) -> Profile:
    from cvbuild.conformance.library import find_profile, profile_names
    from cvbuild.diagnostics import did_you_mean

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


def report(
    outcome: Outcome, profile: Profile, subject: Subject | None, span: Span | None, *, strict: bool
) -> None:
    """Print what a profile's rules came to; exit code 1 where one failed, or with `strict` warned.

    Without a subject a portal makes the document: that is said, and nothing is checked.
    """
    from cvbuild.conformance.complaints import complaints, portal_note
    from cvbuild.conformance.registry import check
    from cvbuild.report.verdicts import for_programs, head_lines, print_table, tally

    verdicts = [] if subject is None else check(profile, subject)
    outcome.results["conformance"] = for_programs(profile, verdicts)
    if outcome.style == "human":
        outcome.print()  # of the build before; the table has the rest
        if subject is None:
            click.echo("\n".join(head_lines(profile)))
        else:
            print_table(profile, verdicts, sys.stdout)
    else:
        outcome.add([portal_note(profile, span)] if subject is None else complaints(profile, verdicts, span))
        outcome.print()
    if subject is not None:
        outcome.say(f"{profile.name}: {tally(verdicts)}")
    ends_badly = {"failed", "warned"} if strict else {"failed"}
    if outcome.has_errors or any(verdict.outcome in ends_badly for verdict in verdicts):
        raise click.exceptions.Exit(EXIT_CONTENT)


@cli.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def profiles(directory: Path, name: str | None, as_json: bool) -> None:
    """List the funders' profiles with their sources, or the rules of one.

    \b
    Examples:
      cvbuild profiles
      cvbuild profiles dfg-53.200
    """
    from cvbuild.report.verdicts import profile_for_programs, profile_lines, profile_with_rules, rule_lines

    outcome = Outcome(project_or_folder(directory), "json" if as_json else "human")
    if name is not None:
        profile = _profile(outcome, name)
        outcome.results["profiles"] = [profile_with_rules(profile)]
        lines = list(rule_lines(profile))
    else:
        from cvbuild.conformance.library import every_profile

        found = list(every_profile(outcome.project))
        for _, _, problems in found:
            outcome.add(problems)
        sound = [profile for _, profile, _ in found if profile is not None]
        outcome.results["profiles"] = [profile_for_programs(profile) for profile in sound]
        lines = list(profile_lines(sound))
    outcome.print()
    for line in lines:
        outcome.say(line)
    if outcome.has_errors:
        raise click.exceptions.Exit(EXIT_CONTENT)
