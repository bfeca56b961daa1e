"""Rules on pages and on the file: how many, how large, which margins; fonts within, size, name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from cvbuild.content.values import Positive
from cvbuild.funders.rule import (
    LOCKED,
    TOLERANCE,
    Language,
    Length,
    Measure,
    Measurement,
    Pattern,
    Rule,
    Subject,
    at,
    of_text,
    on_pages,
    quoted,
    unread_pages,
)
from cvbuild.pdf.lines import lines_of
from cvbuild.pdf.types import Box, Page
from cvbuild.record import field
from cvbuild.words import counted

_PAPERS = {"a4": (210 / 25.4 * 72, 297 / 25.4 * 72), "letter": (612.0, 792.0)}
"""Width and height in bp (ISO 216; ANSI Y14.1)."""

_SIZE_TOLERANCE = 1.0
"""In bp: programs round paper to whole points. ISO 216 itself allows paper 2 mm."""

_SIDES = ("left", "right", "top", "bottom")


class MaxPages(Rule, kw_only=True):
    """At most so many pages."""

    one_of = ("pages", "by_language")

    pages: Positive | None = None
    by_language: Annotated[dict[Language, int], "Where it depends on that."] = field(default_factory=dict)

    def _measure(self, subject: Subject) -> Measurement:
        found = len(subject.pdf.pages)
        language = subject.language or subject.pdf.language
        limit = self.by_language.get(language.split("-")[0]) or self.pages
        measured = counted(found, "page")
        if limit is not None:
            return Measurement(found <= limit, f"at most {limit}", measured)
        limits = self.by_language.values()
        required = "at most " + ", ".join(f"{number} ({code})" for code, number in self.by_language.items())
        if min(limits) < found <= max(limits):
            return Measurement(None, required, f"{measured}, language unknown")
        return Measurement(found <= min(limits), required, measured)

    def _remedy(self) -> str:
        return f"`fit: {self.pages or min(self.by_language.values())}` leaves out what matters least"


class PageSize(Rule, kw_only=True):
    """The paper of every page: exactly this one, or none larger."""

    one_of = ("exactly", "at_most")
    is_in_lengths = True

    exactly: Literal["a4", "letter"] | None = None
    at_most: Literal["a4", "letter"] | None = None

    def _measure(self, subject: Subject) -> Measurement:
        name = self.exactly or self.at_most or "a4"
        paper = name.upper() if name == "a4" else name
        required = paper if self.exactly else f"no larger than {paper}"
        if not subject.pdf.pages:
            return Measurement(None, required, "no pages")
        wrong = [page for page in subject.pdf.pages if not self._fits(page, *_PAPERS[name])]
        shown = (wrong or list(subject.pdf.pages))[0]
        measured = f"{shown.width / 72 * 25.4:.1f} × {shown.height / 72 * 25.4:.1f} mm"
        if any((page.width, page.height) != (shown.width, shown.height) for page in wrong):
            measured += " and others"
        where = on_pages([page.number for page in wrong]) if wrong else ""
        return Measurement(not wrong, required, measured, where)

    def _fits(self, page: Page, width: float, height: float) -> bool:
        if self.exactly:
            return max(abs(page.width - width), abs(page.height - height)) <= _SIZE_TOLERANCE
        return page.width <= width + _SIZE_TOLERANCE and page.height <= height + _SIZE_TOLERANCE

    def _remedy(self) -> str:
        return f"`paper: {self.exactly or self.at_most}`"


class MarginsMin(Rule, kw_only=True):
    """Empty margins: everything on a page leaves them, also images, rules and the running head."""

    one_of = ("all", *_SIDES)
    is_in_lengths = True

    all: Measure | None = None
    left: Measure | None = None
    right: Measure | None = None
    top: Measure | None = None
    bottom: Measure | None = None

    def _side(self, name: str) -> Length | None:
        own: Length | None = getattr(self, name)
        return own or self.all

    def _measure_all(self, subject: Subject) -> Iterator[Measurement]:
        """For each side the least distance of any ink from the paper's edge."""
        for side in _SIDES:
            least = self._side(side)
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

    def _remedy(self) -> str:
        """As `layout` has them: one length, or the sides, the top and the bottom that are asked for."""
        wide = [side for name in ("left", "right") if (side := self._side(name)) is not None]
        asked = {
            "sides": max(wide, key=lambda length: length.bp, default=None),
            "top": self._side("top"),
            "bottom": self._side("bottom"),
        }
        given = {name: length.text.replace(" ", "") for name, length in asked.items() if length is not None}
        if len(given) == len(asked) and len(set(given.values())) == 1:
            margins = given["top"]
        else:
            margins = "{" + ", ".join(f"{name}: {length}" for name, length in given.items()) + "}"
        return f"`layout: {{margins: {margins}}}`: nothing stands in them then"


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


class PageNumbers(Rule, kw_only=True):
    """Whether pages are numbered."""

    numbers: Literal["required", "forbidden"]

    def _measure(self, subject: Subject) -> Measurement:
        """Whether the outermost lines of each page hold its number, alone or with the number of pages."""
        pages = subject.pdf.pages
        numbered = [page.number for page in pages if _is_numbered(page, len(pages))]
        missing = [page.number for page in pages if page.number not in numbered]
        if self.numbers == "required":
            required, wrong = "a number on every page", missing
            measured = "not on every page" if missing else "on every page"
        else:
            required, wrong = "no page numbers", numbered
            measured = "page numbers" if numbered else "none found"
        if set(wrong) <= set(unread_pages(subject)):
            return of_text(subject, True, required, measured)
        return Measurement(False, required, measured, on_pages(wrong))

    def _remedy(self) -> str:
        return f"`layout: {{page_header: {'all' if self.numbers == 'required' else 'none'}}}`"


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


class FontsEmbedded(Rule, kw_only=True):
    """The fonts of all text are in the file; the standard 14 that readers bring are no exception."""

    def _measure(self, subject: Subject) -> Measurement:
        missing: Counter[str] = Counter()
        there = set()
        pages: dict[str, int] = {}
        for page in subject.pdf.pages:
            for run in page.runs:
                if run.font.is_embedded:
                    there.add(run.font.name)
                else:
                    missing[run.font.name] += run.characters
                    pages.setdefault(run.font.name, page.number)
        required = "every font in the file"
        if missing:
            names = [name for name, _ in missing.most_common()]
            where = f"first on page {pages[names[0]]}"
            return Measurement(False, required, f"not in it: {', '.join(names)}", where)
        if not there:
            return Measurement(None, required, "no text, so no font")
        return Measurement(True, required, "all are: 1 font" if len(there) == 1 else f"all {len(there)} are")


class PdfVersionMin(Rule, kw_only=True):
    """The oldest version of PDF, as the file's header names it."""

    version: float

    def _measure(self, subject: Subject) -> Measurement:
        required, found = f"PDF {self.version:g} or newer", subject.pdf.version
        if not found:
            return Measurement(None, required, "the file does not say")
        return Measurement(found >= self.version - 1e-9, required, f"PDF {found:.1f}")


class MaxFileSize(Rule, kw_only=True):
    """The file's size in megabytes of 1 000 000 bytes."""

    is_of_file = True

    megabytes: float

    def _measure(self, subject: Subject) -> Measurement:
        size = subject.pdf.bytes / 1e6
        holds = subject.pdf.bytes <= self.megabytes * 1e6
        return Measurement(holds, f"at most {self.megabytes:g} MB", f"{size:.2f} MB")


class NotEncrypted(Rule, kw_only=True):
    """No password, be it an empty one, and no restrictions."""

    is_of_file = True

    def _measure(self, subject: Subject) -> Measurement:
        measured = "encrypted" if subject.pdf.is_encrypted else "not encrypted"
        if subject.is_locked:
            measured = "asks for a password"
        return Measurement(not subject.pdf.is_encrypted, "no encryption", measured)


class HasTextLayer(Rule, kw_only=True):
    """Every page has text that a reader can copy, not a picture of it."""

    is_of_file = True

    def _measure(self, subject: Subject) -> Measurement:
        required = "text on every page"
        if subject.is_locked:
            return Measurement(False, required, LOCKED)
        pages = subject.pdf.pages
        if empty := [page.number for page in pages if not page.text.strip()]:
            return Measurement(False, required, "no text", on_pages(empty))
        letters = {page.number: sum(run.characters for run in page.runs) for page in pages}
        if garbled := [page.number for page in pages if page.unmapped * 2 > letters[page.number]]:
            measured = "text without its letters: the fonts do not say which they are"
            return Measurement(False, required, measured, on_pages(garbled))
        return Measurement(True, required, "text on every page")


class FilenamePattern(Rule, kw_only=True):
    """What the file may be called, its ending included."""

    one_of = ("max_characters", "pattern")
    is_of_file = True

    max_characters: Positive | None = None
    pattern: Pattern | None = None

    def _measure_all(self, subject: Subject) -> Iterable[Measurement]:
        name, most = subject.pdf.name, self.max_characters
        if most is not None:
            required = f"a name of at most {most} characters, .pdf included"
            yield Measurement(len(name) <= most, required, f"{len(name)}: {quoted(name, 60)}")
        if self.pattern is not None:
            holds = re.fullmatch(self.pattern, name) is not None
            yield Measurement(holds, f"a name like `{self.pattern}`", quoted(name, 60))

    def _remedy(self) -> str:
        return "`output: NAME` in the variant is the file's name without .pdf"
