"""Profiles and the verdicts on their rules, as tables for people and as data for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import fill
from typing import IO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cvbuild.funders.profile import Profile, Verdict
from cvbuild.funders.rule import OUTCOMES, TOLERANCE, Rule
from cvbuild.report import Json, harmless, place

_COLOURS = dict(zip(OUTCOMES, ("bold red", "bold yellow", "bold magenta", "green"), strict=True))

_NARROWEST = 120
"""Columns of a table written to a file. In a narrower terminal, requirement and result share a cell."""


def head_lines(profile: Profile) -> Iterable[str]:
    """Yield lines on a profile and the source of its rules."""
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


def _origin(profile: Profile, rule: Rule) -> str:
    """Return a rule's confidence, after its source if that is not the profile's."""
    confidence = rule.confidence or profile.head.confidence
    return f"{rule.source} ({confidence})" if rule.source else confidence


def print_table(profile: Profile, verdicts: Sequence[Verdict], stream: IO[str]) -> None:
    """Print a row for each verdict, the worst first: its rule's requirement, result, place and source."""
    console = Console(file=stream, highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = max(console.width, _NARROWEST)
    is_narrow = console.width < _NARROWEST
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("outcome", "rule"):
        table.add_column(name, no_wrap=True)
    for name in ("required, and found",) if is_narrow else ("required", "measured", "where", "source"):
        table.add_column(name, overflow="fold")
    for verdict in sorted(verdicts, key=lambda verdict: OUTCOMES.index(verdict.outcome)):
        found, rule = verdict.found, verdict.rule
        source = _origin(profile, rule)
        where = "; ".join(text for text in (found.where, found.span.place if found.span else "") if text)
        if not is_narrow:
            cells = [found.required, found.measured, where, source]
        elif verdict.outcome == "passed":
            cells = [f"{found.required}: {found.measured}"]
        else:
            own = f"source: {source}" if rule.source else ""
            lines = (found.required, f"found: {found.measured}", where, own)
            cells = ["\n".join(line for line in lines if line)]
        row = [Text(harmless(cell)) for cell in (rule.name, *cells)]
        table.add_row(Text(verdict.outcome, _COLOURS[verdict.outcome]), *row)
    console.print(table)


def remedy_lines(verdicts: Sequence[Verdict]) -> Iterable[str]:
    """Return a line for each broken rule on how to change the variant."""
    broken = dict.fromkeys(
        (verdict.rule.name, cure)
        for verdict in verdicts
        if verdict.found.holds is False and (cure := verdict.rule.remedy)
    )
    lines = [f"  {name}: {cure}" for name, cure in broken]
    return ["what to change:", *lines] if lines else []


def verdicts_for_programs(profile: Profile, verdicts: Sequence[Verdict]) -> Json:
    """Return verdicts as data."""
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


def profile_for_programs(profile: Profile, *, with_rules: bool = False) -> dict[str, Json]:
    """Return a profile as data, with its rules if `with_rules`."""
    head = profile.head
    about = {key: str(getattr(head, key)) for key in ("title", "source", "version", "checked", "confidence")}
    rules: list[Json] = [
        {
            "rule": rule.name,
            "kind": rule.rule,
            "severity": rule.severity,
            "confidence": rule.confidence or head.confidence,
            "source": str(rule.source or head.source),
            "asks": rule.asked,
        }
        for rule in profile.rules
    ]
    return {
        "profile": profile.name,
        **about,
        "portal": str(head.portal) if head.portal else None,
        "advice": [str(advice) for advice in head.advice],
        "tolerance_pt": TOLERANCE,
        **({"rules": rules} if with_rules else {}),
    }


def profile_lines(profiles: Sequence[Profile]) -> Iterable[str]:
    """Yield at least two lines on each profile: name and title; source, version and confidence."""
    width = max((len(profile.name) for profile in profiles), default=0)
    indent = " " * (width + 2)
    for profile in profiles:
        head = profile.head
        about = f"{head.source}; {head.version}; checked {head.checked}; confidence {head.confidence}"
        by_portal = "; made by a portal, so advice only" if head.portal else ""
        yield f"{profile.name:{width}}  {head.title}"
        yield fill(f"{about}{by_portal}", 80, initial_indent=indent, subsequent_indent=indent)


def rule_lines(profile: Profile) -> Iterable[str]:
    """Yield the head of a profile, and a line on each rule: requirement, severity, source and confidence."""
    yield from head_lines(profile)
    width = max((len(rule.name) for rule in profile.rules), default=0)
    for rule in profile.rules:
        yield f"  {rule.name:{width}}  {rule.required}  [{rule.severity}; {_origin(profile, rule)}]"
