"""Diagnostics in the order in which they are printed, and how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from cvbuild.diagnostics import Diagnostic, Severity
from cvbuild.phrases import counted

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the gravest to the least."""


def in_order(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Each once; errors first, then warnings and notes, each by file, line and column."""

    def rank(item: Diagnostic) -> tuple[int, str, int, int]:
        gravity = SEVERITIES.index(item.severity)
        if item.span is None:
            return gravity, "", 0, 0
        return gravity, item.span.source.name, item.span.line, item.span.column

    return sorted(dict.fromkeys(diagnostics), key=rank)


def counts(diagnostics: Sequence[Diagnostic]) -> Mapping[Severity, int]:
    """How many there are of each severity, each diagnostic counted once."""
    found = [item.severity for item in dict.fromkeys(diagnostics)]
    return {severity: found.count(severity) for severity in SEVERITIES}


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`; empty for none."""
    return ", ".join(counted(number, severity) for severity, number in counts(diagnostics).items() if number)
