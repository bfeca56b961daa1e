"""What is sound and yet looks wrong: rules that `check --lint` adds to the checks of every build.

A rule finds one kind of oddity, or a family of them. It is pure, and its time grows with the CV's size.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import Item, Section
from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.record import Record
from cvbuild.source import Span


class Subject(Record):
    """A CV without errors, the day on which it is looked at, and the .bib files that it does not read."""

    cv: Cv
    today: date
    unread: tuple[str, ...] = ()


def warning(code: str, message: str, span: Span, *hints: str, labels: tuple[Label, ...] = ()) -> Diagnostic:
    """Something that is likely to be wrong."""
    return Diagnostic(code, message, span, "warning", labels, hints)


def suggestion(code: str, message: str, span: Span, *hints: str) -> Diagnostic:
    """Something that could be better."""
    return Diagnostic(code, message, span, "note", (), hints)


def items_of(section: Section) -> Iterator[Item]:
    """The items of a section, each followed by those within it."""
    for group in section.listed:
        for item in group.items:
            yield from (item, *item.inner_items())
