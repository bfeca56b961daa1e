"""Diagnostics: problems in the user's content, as values.

A diagnostic is data until `report` prints it. Stages collect diagnostics and continue where that is safe,
so that one run shows every problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal

from cvbuild.record import MutableRecord, Record, field
from cvbuild.source import Span

Severity = Literal["error", "warning", "note"]
Style = Literal["human", "short", "json", "github"]
"""The form in which diagnostics are printed."""


class Label(Record):
    """A second place that helps to explain a diagnostic, with the text to print there."""

    span: Span
    text: str


class Diagnostic(Record):
    """One problem: a stable code, a message, its place, and hints on how to solve it."""

    code: str
    message: str
    span: Span | None = None
    severity: Severity = "error"
    labels: tuple[Label, ...] = ()
    hints: tuple[str, ...] = ()


class Findings(MutableRecord):
    """The diagnostics of a stage, in the order found."""

    items: list[Diagnostic] = field(default_factory=list)

    def error(
        self, code: str, message: str, span: Span | None = None, *hints: str, labels: Iterable[Label] = ()
    ) -> None:
        """Add an error."""
        self.items.append(Diagnostic(code, message, span, "error", tuple(labels), hints))

    def warning(
        self, code: str, message: str, span: Span | None = None, *hints: str, labels: Iterable[Label] = ()
    ) -> None:
        """Add a warning."""
        self.items.append(Diagnostic(code, message, span, "warning", tuple(labels), hints))

    def extend(self, others: Iterable[Diagnostic]) -> None:
        """Add the diagnostics of another stage."""
        self.items.extend(others)

    @property
    def has_errors(self) -> bool:
        """Whether one of the diagnostics is an error."""
        return any(item.severity == "error" for item in self.items)


class ContentProblem(Exception):
    """The content cannot be built; the diagnostics give the reasons. Exit code 1."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(item.message for item in diagnostics))
        self.diagnostics = diagnostics


class _Problem(Exception):
    """A problem with its message and hints."""

    def __init__(self, message: str, *hints: str) -> None:
        super().__init__(message)
        self.message = message
        self.hints = hints


class UsageProblem(_Problem):
    """The call asks for something that does not exist. Exit code 2."""


class EngineProblem(_Problem):
    """There is no TeX engine, or it cannot do its work. Exit code 3."""


_MOST_COMPARED = 500
"""Maximum number of words compared in full; among more, only those with the same first letter."""


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6) -> tuple[str, ...]:
    """Return a hint that suggests known words for an unknown word; no hint if none is similar.

    These are the one or two words that contain it, as `dfg-53.200` contains `dfg`; else the most similar
    word, if its similarity (`difflib`) is at least `cutoff`.
    """
    word = word.casefold()
    names = set(known)
    if len(names) > _MOST_COMPARED:
        names = {name for name in names if name[:1].casefold() == word[:1]}
    folded = {name.casefold(): name for name in sorted(names)}
    near = [name for name in folded if word in re.split(r"[-_. ]", name)] if len(word) >= 3 else []
    if not 1 <= len(near) <= 2:
        near = get_close_matches(word, list(folded), n=1, cutoff=cutoff)
    return (f"did you mean {' or '.join(f'`{folded[name]}`' for name in near)}?",) if near else ()
