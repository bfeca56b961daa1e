"""Verdicts as diagnostics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cvbuild.conformance.remedies import remedy
from cvbuild.conformance.subject import Verdict
from cvbuild.diagnostics import Diagnostic
from cvbuild.model.profile import Profile
from cvbuild.phrases import counted
from cvbuild.source import Span


def complaints(
    profile: Profile, verdicts: Sequence[Verdict], span: Span | None, *, with_remedies: bool = True
) -> Iterator[Diagnostic]:
    """An error for each rule that failed, a warning for each that warned, a note of what was not measured.

    `span` is where the profile is named, for rules that know no place of their own. Remedies
    are for variants; a PDF made elsewhere has none.
    """
    for verdict in verdicts:
        if verdict.outcome not in {"failed", "warned"}:
            continue
        found, rule = verdict.found, verdict.rule
        where = f", on {found.where}" if found.where else ""
        cure = remedy(rule) if with_remedies else None
        confidence = rule.confidence or profile.head.confidence
        yield Diagnostic(
            "profile-rule",
            f"{profile.name}, {rule.name}: {found.required}; found {found.measured}{where}",
            found.span or span,
            "error" if verdict.outcome == "failed" else "warning",
            hints=(
                *([cure] if cure else []),
                f"source: {rule.source or profile.head.source} (confidence: {confidence})",
            ),
        )
    unmeasured = [verdict for verdict in verdicts if verdict.outcome == "not measurable"]
    if unmeasured:
        yield Diagnostic(
            "profile-not-measurable",
            f"{profile.name}: {counted(len(unmeasured), 'rule')} could not be measured, and did not pass",
            span,
            "note",
            hints=tuple(
                f"{verdict.rule.name}: {verdict.found.required}; {verdict.found.measured}"
                for verdict in unmeasured
            ),
        )


def portal_note(profile: Profile, span: Span | None) -> Diagnostic:
    """That a portal makes the document."""
    return Diagnostic(
        "profile-portal",
        f"{profile.name}: {profile.head.portal} makes the document;"
        " no PDF of your own is taken, and none is checked",
        span,
        "note",
        hints=tuple(map(str, profile.head.advice)),
    )
