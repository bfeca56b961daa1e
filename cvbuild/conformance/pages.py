"""Rules on pages: how many, how large, numbered or not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cvbuild.conformance.subject import Measurement, Subject, on_pages, unless_unread, unread_pages
from cvbuild.model.rules import MaxPages, PageNumbers, PageSize
from cvbuild.pdf.lines import lines_of
from cvbuild.pdf.types import Page
from cvbuild.phrases import counted

PAPERS = {"a4": (210 / 25.4 * 72, 297 / 25.4 * 72), "letter": (612.0, 792.0)}
"""Width and height in bp (ISO 216; ANSI Y14.1)."""

SIZE_TOLERANCE = 1.0
"""In bp: programs round paper to whole points. ISO 216 itself allows paper 2 mm."""


def max_pages(rule: MaxPages, subject: Subject) -> Iterator[Measurement]:
    """The number of pages."""
    found = len(subject.pdf.pages)
    language = subject.language or subject.pdf.language
    limit = rule.by_language.get(language.split("-")[0]) or rule.pages
    measured = counted(found, "page")
    if limit is None:
        limits = rule.by_language.values()
        required = "at most " + ", ".join(f"{number} ({code})" for code, number in rule.by_language.items())
        holds = True if found <= min(limits) else False if found > max(limits) else None
        yield Measurement(holds, required, f"{measured}, language unknown" if holds is None else measured)
        return
    yield Measurement(found <= limit, f"at most {limit}", measured)


def page_size(rule: PageSize, subject: Subject) -> Iterator[Measurement]:
    """The paper of every page."""
    name = rule.exactly or rule.at_most or "a4"
    paper = name.upper() if name == "a4" else name
    width, height = PAPERS[name]

    def fits(page: Page) -> bool:
        if rule.exactly:
            return abs(page.width - width) <= SIZE_TOLERANCE and abs(page.height - height) <= SIZE_TOLERANCE
        return page.width <= width + SIZE_TOLERANCE and page.height <= height + SIZE_TOLERANCE

    required = paper if rule.exactly else f"no larger than {paper}"
    if not subject.pdf.pages:
        yield Measurement(None, required, "no pages")
        return
    wrong = [page for page in subject.pdf.pages if not fits(page)]
    shown = (wrong or list(subject.pdf.pages))[0]
    measured = f"{shown.width / 72 * 25.4:.1f} × {shown.height / 72 * 25.4:.1f} mm"
    if any((page.width, page.height) != (shown.width, shown.height) for page in wrong):
        measured += " and others"
    yield Measurement(
        not wrong, required, measured, on_pages([page.number for page in wrong]) if wrong else ""
    )


def page_numbers(rule: PageNumbers, subject: Subject) -> Iterator[Measurement]:
    """Whether the outermost lines of each page hold its number, alone or with the number of pages."""
    count = len(subject.pdf.pages)
    numbered = [page.number for page in subject.pdf.pages if _is_numbered(page, count)]
    missing = [page.number for page in subject.pdf.pages if page.number not in numbered]
    unread = set(unread_pages(subject))
    if rule.numbers == "required":
        required, wrong = "a number on every page", missing
        measured = "not on every page" if missing else "on every page"
    else:
        required, wrong = "no page numbers", numbered
        measured = "page numbers" if numbered else "none found"
    certain = [page for page in wrong if page not in unread]
    if unread and not certain:
        holds, where = unless_unread(True, subject)
        yield Measurement(holds, required, measured, where)
        return
    yield Measurement(not wrong, required, measured, on_pages(wrong) if wrong else "")


def _is_numbered(page: Page, count: int) -> bool:
    number = re.compile(
        rf"\W*(page|seite|p\.|s\.)?\W*{page.number}\W*((of|von|de|sur|/)\W*{count})?\W*", re.IGNORECASE
    )
    return any(number.fullmatch(text) for text in _outermost(page))


def _outermost(page: Page) -> Iterator[str]:
    """The texts in the first and the last line's height, one for each column."""
    lines = lines_of(page)
    if not lines:
        return
    top, foot = lines[0].y, lines[-1].y
    for line in lines:
        if top - line.y < line.size / 2 or line.y - foot < line.size / 2:
            yield line.text
