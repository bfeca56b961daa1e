"""What the rules look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TypeAlias

from cvbuild.diagnostics import Diagnostic
from cvbuild.model.cv import Cv
from cvbuild.record import Record


class Subject(Record):
    """A CV without errors, the day on which it is looked at, and the .bib files that it does not read."""

    cv: Cv
    today: date
    unread: tuple[str, ...] = ()


Rule: TypeAlias = Callable[[Subject], Iterator[Diagnostic]]
"""Finds one kind of oddity, or a family of them; pure, and in a time that grows with the CV's size."""
