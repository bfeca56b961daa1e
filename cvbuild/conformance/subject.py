"""What rules look at, and what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeAlias, get_args

from cvbuild.model.rules import Rule
from cvbuild.pdf.types import Measured, Page
from cvbuild.record import Record
from cvbuild.source import Span
from cvbuild.variant import SelectedCv

TOLERANCE = 0.02
"""In bp: what a length may fall short. Files round their coordinates; no reader sees 7 µm."""

Outcome = Literal["failed", "warned", "not measurable", "passed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""From the gravest to the least."""


class Subject(Record):
    """A measured PDF; `selected` is the content it was made from, None for one made elsewhere."""

    pdf: Measured
    selected: SelectedCv | None = None
    language: str = ""
    """The code of the language it was made in; empty where that is not known."""
    is_locked: bool = False
    """Whether it asks for a password, so that nothing in it can be seen."""
    printed: frozenset[tuple[str, int, int]] = frozenset()
    """The places of the values of the content that templates printed: they leave some out, as of `brief`."""


class Measurement(Record):
    """What a rule found: whether it holds, or None where that cannot be measured."""

    holds: bool | None
    required: str
    measured: str
    where: str = ""
    """Page and place: `page 3: “where it stands”`."""
    span: Span | None = None
    """The content's own place, where the rule knows it."""


LOCKED = "the PDF asks for a password"
"""What is said of every rule that such a file cannot be held against."""


Check: TypeAlias = Callable[[Any, Subject], Iterator[Measurement]]
"""Measures a rule of its kind; pure. One rule may give several measurements: a margin for each side."""


class Verdict(Record):
    """A rule's measurement with what it means under the rule's severity."""

    rule: Rule
    outcome: Outcome
    found: Measurement


def tally(verdicts: Sequence[Verdict]) -> str:
    """`1 failed, 2 not measurable, 9 passed`."""
    found = [verdict.outcome for verdict in verdicts]
    return ", ".join(f"{found.count(outcome)} {outcome}" for outcome in OUTCOMES if outcome in found)


def quoted(text: str, most: int = 40) -> str:
    """A few words that tell which text is meant."""
    text = " ".join(text.split())
    return f"“{text if len(text) <= most else text[: most - 1].rstrip() + '…'}”"


def at(page: int, text: str = "") -> str:
    """A page, and the text there."""
    return f"page {page}: {quoted(text)}" if text else f"page {page}"


def on_pages(numbers: list[int]) -> str:
    """Pages by their numbers: `page 3`, `pages 1, 2 and 12 more`."""
    if len(numbers) == 1:
        return f"page {numbers[0]}"
    shown, rest = (numbers, 0) if len(numbers) <= 5 else (numbers[:4], len(numbers) - 4)
    listing = ", ".join(map(str, shown))
    return f"pages {listing} and {rest} more" if rest else f"pages {listing}"


def unread_pages(subject: Subject) -> list[int]:
    """Pages whose text is not set but drawn, as on a scan: nothing can be measured of it."""
    return [page.number for page in subject.pdf.pages if _is_drawn(page)]


def _is_drawn(page: Page) -> bool:
    if any(not run.is_visible for run in page.runs) or (page.marks and not page.runs):
        return True
    # A scan with a line of text set over it.
    half = page.width * page.height / 2
    return any(mark.kind == "image" and mark.box.area > half for mark in page.marks)


def unless_unread(holds: bool, subject: Subject) -> tuple[bool | None, str]:
    """What a measurement of text comes to where some pages cannot be read, with their place."""
    unread = unread_pages(subject)
    if holds and unread:
        return None, f"{on_pages(unread)}: a picture of text, or its layer under a scan"
    return holds, ""
