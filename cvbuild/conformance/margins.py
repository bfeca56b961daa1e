"""The margins that everything on a page leaves: text, images, rules, borders, the running head."""

from __future__ import annotations

from collections.abc import Iterator

from cvbuild.conformance.subject import TOLERANCE, Measurement, Subject, at, quoted
from cvbuild.model.rules import MarginsMin
from cvbuild.pdf.types import Box, Page

SIDES = ("left", "right", "top", "bottom")


def margins_min(rule: MarginsMin, subject: Subject) -> Iterator[Measurement]:
    """For each side the least distance of any ink from the paper's edge."""
    for side in SIDES:
        least = rule.side(side)
        if least is None:
            continue
        required = f"{side} {least} or more, with nothing in it"
        found = [
            (_distance(side, box, page), page.number, what)
            for page in subject.pdf.pages
            for box, what in _inked(page)
        ]
        if not found:
            yield Measurement(None, required, "nothing is on the pages")
            continue
        distance, number, what = min(found, key=lambda item: item[:2])
        holds = distance >= least.bp - TOLERANCE
        pages = {page for there, page, _ in found if there < least.bp - TOLERANCE}
        more = f", and on {len(pages) - 1} more" if len(pages) > 1 else ""
        yield Measurement(holds, required, f"{side} {least.of(distance)}", f"{at(number)}: {what}{more}")


def _inked(page: Page) -> Iterator[tuple[Box, str]]:
    """What is drawn on a page, with a word for it; text beside the paper is not seen."""
    paper = Box(0.0, 0.0, page.width, page.height)
    for run in page.visible:
        if shown := run.box.within(paper):
            yield shown, quoted(run.text)
    for mark in page.marks:
        yield mark.box, mark.kind


def _distance(side: str, box: Box, page: Page) -> float:
    match side:
        case "left":
            return box.left
        case "right":
            return page.width - box.right
        case "top":
            return page.height - box.top
        case _:
            return box.bottom
