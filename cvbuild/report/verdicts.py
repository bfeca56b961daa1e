"""What a profile's rules came to, as a table for people and as data for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill
from typing import IO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cvbuild.funders.profile import Profile, Verdict
from cvbuild.funders.rule import OUTCOMES, TOLERANCE, Outcome, Rule
from cvbuild.report.lines import Json, harmless, place

_COLOURS: Mapping[Outcome, str] = {
    "passed": "green",
    "warned": "bold yellow",
    "failed": "bold red",
    "not measurable": "bold magenta",
}

NARROWEST = 120
"""Columns of a table that is written into a file, where no terminal says how wide it is; in a
narrower terminal, what was asked and found stands in one column."""


def head_lines(profile: Profile) -> Iterable[str]:
    """What a profile is and where its rules come from."""
    head = profile.head
    yield f"{profile.name}: {head.title}"
    yield f"  source: {head.source}"
    yield f"  version {head.version}; checked {head.checked}; confidence {head.confidence}"
    if profile.rules and not profile.is_portals:
        yield f"  lengths are measured with a tolerance of {TOLERANCE} pt (1 pt = 1/72 inch)"
    if head.portal is not None:
        yield f"  {head.portal} makes the document: no PDF of your own is taken, and none is checked"
    for advice in head.advice:
        yield f"  note: {advice}"


def print_table(profile: Profile, verdicts: Sequence[Verdict], stream: IO[str]) -> None:
    """Every rule with what it asks, what was measured, where, the outcome and its source; the worst first."""
    console = Console(file=stream, highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = max(console.width, NARROWEST)
    is_narrow = console.width < NARROWEST
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("outcome", "rule"):
        table.add_column(name, no_wrap=True)
    for name in ("required, and found",) if is_narrow else ("required", "measured", "where", "source"):
        table.add_column(name, overflow="fold")
    for verdict in sorted(verdicts, key=lambda verdict: OUTCOMES.index(verdict.outcome)):
        cells = _in_one(profile, verdict) if is_narrow else _in_four(profile, verdict)
        table.add_row(
            Text(verdict.outcome, _COLOURS[verdict.outcome]),
            Text(harmless(verdict.rule.name)),
            *(Text("\n".join(map(harmless, cell))) for cell in cells),
        )
    console.print(table)


def remedy_lines(verdicts: Sequence[Verdict]) -> Iterable[str]:
    """What to change in a variant, for each rule that it breaks."""
    broken = dict.fromkeys(
        (verdict.rule.name, cure)
        for verdict in verdicts
        if verdict.outcome in {"failed", "warned"} and (cure := verdict.rule.remedy)
    )
    if broken:
        yield "what to change:"
    for name, cure in broken:
        yield f"  {name}: {cure}"


def _in_four(profile: Profile, verdict: Verdict) -> list[tuple[str, ...]]:
    found = verdict.found
    return [(found.required,), (found.measured,), (_where(verdict),), (origin(profile, verdict.rule),)]


def _in_one(profile: Profile, verdict: Verdict) -> list[tuple[str, ...]]:
    """What is asked and what was found; of a rule that is not kept also where, and the source."""
    found = verdict.found
    if verdict.outcome == "passed":
        return [(f"{found.required}: {found.measured}",)]
    source = f"source: {origin(profile, verdict.rule)}" if verdict.rule.source else ""
    lines = (found.required, f"found: {found.measured}", _where(verdict), source)
    return [tuple(line for line in lines if line)]


def _where(verdict: Verdict) -> str:
    places = [verdict.found.where, verdict.found.span.place if verdict.found.span else ""]
    return "; ".join(place for place in places if place)


def origin(profile: Profile, rule: Rule) -> str:
    """Where a rule comes from and how sure that is."""
    confidence = rule.confidence or profile.head.confidence
    return f"{rule.source} ({confidence})" if rule.source else confidence


def verdicts_for_programs(profile: Profile, verdicts: Sequence[Verdict]) -> Json:
    """The same as data."""
    return [
        {
            "rule": verdict.rule.name,
            "kind": verdict.rule.rule,
            "severity": verdict.rule.severity,
            "required": verdict.found.required,
            "measured": verdict.found.measured,
            "where": verdict.found.where,
            "place": place(verdict.found.span),
            "outcome": verdict.outcome,
            "confidence": verdict.rule.confidence or profile.head.confidence,
            "source": str(verdict.rule.source or profile.head.source),
        }
        for verdict in verdicts
    ]


def profile_for_programs(profile: Profile) -> dict[str, Json]:
    """A profile's head as data."""
    head = profile.head
    return {
        "profile": profile.name,
        "title": str(head.title),
        "source": str(head.source),
        "version": str(head.version),
        "checked": str(head.checked),
        "confidence": head.confidence,
        "portal": str(head.portal) if head.portal else None,
        "advice": [str(advice) for advice in head.advice],
        "tolerance_pt": TOLERANCE,
    }


def profile_with_rules(profile: Profile) -> dict[str, Json]:
    """A profile as data, with its rules as they are asked for."""
    rules: list[Json] = [
        {
            "rule": rule.name,
            "kind": rule.rule,
            "severity": rule.severity,
            "confidence": rule.confidence or profile.head.confidence,
            "source": str(rule.source or profile.head.source),
            "asks": rule.asked,
        }
        for rule in profile.rules
    ]
    return {**profile_for_programs(profile), "rules": rules}


def profile_lines(profiles: Sequence[Profile]) -> Iterable[str]:
    """A line on each profile: name, title, source, version, confidence."""
    width = max((len(profile.name) for profile in profiles), default=0)
    for profile in profiles:
        head = profile.head
        origin_of_all = f"{head.source}; {head.version}; checked {head.checked}; confidence {head.confidence}"
        by_portal = "; made by a portal, so advice only" if head.portal else ""
        yield f"{profile.name:{width}}  {head.title}"
        indent = " " * (width + 2)
        yield fill(f"{origin_of_all}{by_portal}", 80, initial_indent=indent, subsequent_indent=indent)


def rule_lines(profile: Profile) -> Iterable[str]:
    """A profile's head, and a line on each rule: what it asks, how grave, how sure."""
    yield from head_lines(profile)
    width = max((len(rule.name) for rule in profile.rules), default=0)
    for rule in profile.rules:
        yield f"  {rule.name:{width}}  {rule.required}  [{rule.severity}; {origin(profile, rule)}]"
