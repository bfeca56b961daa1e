"""What the program has to say about the user's content, as values.

A diagnostic is data until `report` prints it. Stages collect them and go on
where that is safe, so that one run shows every problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal

from cvbuild.record import MutableRecord, Record, field
from cvbuild.source import Span

Severity = Literal["error", "warning", "note"]


class Label(Record):
    """A second place that explains the first, with a word on why."""

    span: Span
    text: str


class Diagnostic(Record):
    """One problem: a stable code, what is wrong, where, and what to do about it."""

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
        """Add what another stage found."""
        self.items.extend(others)

    @property
    def has_errors(self) -> bool:
        """Whether one of them is an error."""
        return any(item.severity == "error" for item in self.items)


class ContentProblem(Exception):
    """The content cannot be built as it stands: the diagnostics say why. Exit code 1."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(item.message for item in diagnostics))
        self.diagnostics = diagnostics


class UsageProblem(Exception):
    """The call asks for something that does not exist. Exit code 2."""

    def __init__(self, message: str, *hints: str) -> None:
        super().__init__(message)
        self.message = message
        self.hints = hints


class EngineProblem(Exception):
    """No TeX engine, or one that cannot do its work. Exit code 3."""

    def __init__(self, message: str, *hints: str) -> None:
        super().__init__(message)
        self.message = message
        self.hints = hints


_FEW = 500
"""Of more words than this, only those that begin alike are compared: a slip is rarely in the first letter."""


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6) -> tuple[str, ...]:
    """A hint with the known words that have the word as a part, else with the nearest to a misspelled one.

    There is none where none is as near as `cutoff`.
    """
    word = word.casefold()
    names = set(known)
    if len(names) > _FEW:
        names = {name for name in names if name[:1].casefold() == word[:1]}
    folded = {name.casefold(): name for name in sorted(names)}
    near = _with_part(word, folded) or get_close_matches(word, list(folded), n=1, cutoff=cutoff)
    return (f"did you mean {' or '.join(f'`{folded[name]}`' for name in near)}?",) if near else ()


def _with_part(word: str, names: Iterable[str]) -> list[str]:
    """The names of which a word is a part, as `dfg` is of `dfg-53.200`; none where it is of many."""
    found = [name for name in names if word in re.split(r"[-_. ]", name)] if len(word) >= 3 else []
    return found if len(found) <= 2 else []
