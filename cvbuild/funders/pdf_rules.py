"""Rules on the PDF: page numbers, embedded fonts, version, size, encryption, text layer and file name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from cvbuild.content.values import Positive
from cvbuild.funders.rule import (
    LOCKED,
    Measurement,
    Pattern,
    Rule,
    Subject,
    of_text,
    on_pages,
    quoted,
    rule,
    unread_pages,
)
from cvbuild.pdf.lines import lines_of
from cvbuild.pdf.types import Page


@rule("page_numbers")
class PageNumbers(Rule, kw_only=True):
    """Whether pages are numbered."""

    numbers: Literal["required", "forbidden"]

    def check(self, subject: Subject) -> list[Measurement]:
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
            return [of_text(subject, True, required, measured)]
        return [Measurement(False, required, measured, on_pages(wrong))]

    @property
    def remedy(self) -> str:
        return f"`layout: {{page_header: {'all' if self.numbers == 'required' else 'none'}}}`"


def _is_numbered(page: Page, count: int) -> bool:
    """Whether the first or last line, in any column, is the page's number, alone or with `count`."""
    number = re.compile(
        rf"\W*(page|seite|p\.|s\.)?\W*{page.number}\W*((of|von|de|sur|/)\W*{count})?\W*", re.IGNORECASE
    )
    lines = lines_of(page)
    for line in lines:
        is_outermost = min(lines[0].y - line.y, line.y - lines[-1].y) < line.size / 2
        if is_outermost and number.fullmatch(line.text):
            return True
    return False


@rule("fonts_embedded")
class FontsEmbedded(Rule, kw_only=True):
    """The fonts of all text are in the file, including the standard 14 that PDF readers provide."""

    def check(self, subject: Subject) -> list[Measurement]:
        required = "every font in the file"
        missing: Counter[str] = Counter()
        embedded = set()
        first: dict[str, int] = {}
        for page in subject.pdf.pages:
            for run in page.runs:
                if run.font.is_embedded:
                    embedded.add(run.font.name)
                else:
                    missing[run.font.name] += run.characters
                    first.setdefault(run.font.name, page.number)
        if missing:
            names = [name for name, _ in missing.most_common()]
            where = f"first on page {first[names[0]]}"
            return [Measurement(False, required, f"not in it: {', '.join(names)}", where)]
        if not embedded:
            return [Measurement(None, required, "no text, so no font")]
        measured = "all are: 1 font" if len(embedded) == 1 else f"all {len(embedded)} are"
        return [Measurement(True, required, measured)]


@rule("pdf_version_min")
class PdfVersionMin(Rule, kw_only=True):
    """The oldest version of PDF allowed, such as 1.4."""

    version: float

    def check(self, subject: Subject) -> list[Measurement]:
        required, found = f"PDF {self.version:g} or newer", subject.pdf.version
        if not found:
            return [Measurement(None, required, "the file does not say")]
        return [Measurement(found >= self.version - 1e-9, required, f"PDF {found:.1f}")]


@rule("max_file_size", is_of_file=True)
class MaxFileSize(Rule, kw_only=True):
    """Maximum size of the file, in megabytes of 1 000 000 bytes."""

    megabytes: float

    def check(self, subject: Subject) -> list[Measurement]:
        size = subject.pdf.bytes
        holds = size <= self.megabytes * 1e6
        return [Measurement(holds, f"at most {self.megabytes:g} MB", f"{size / 1e6:.2f} MB")]


@rule("not_encrypted", is_of_file=True)
class NotEncrypted(Rule, kw_only=True):
    """The file has no password, not even an empty one, and no restrictions."""

    def check(self, subject: Subject) -> list[Measurement]:
        measured = "encrypted" if subject.pdf.is_encrypted else "not encrypted"
        if subject.is_locked:
            measured = "asks for a password"
        return [Measurement(not subject.pdf.is_encrypted, "no encryption", measured)]


@rule("has_text_layer", is_of_file=True)
class HasTextLayer(Rule, kw_only=True):
    """Every page has text that can be copied, not only a picture of it."""

    def check(self, subject: Subject) -> list[Measurement]:
        required = "text on every page"
        if subject.is_locked:
            return [Measurement(False, required, LOCKED)]
        pages = subject.pdf.pages
        if empty := [page.number for page in pages if not page.text.strip()]:
            return [Measurement(False, required, "no text", on_pages(empty))]
        letters = {page.number: sum(run.characters for run in page.runs) for page in pages}
        if garbled := [page.number for page in pages if page.unmapped * 2 > letters[page.number]]:
            measured = "text without its letters: the fonts do not say which they are"
            return [Measurement(False, required, measured, on_pages(garbled))]
        return [Measurement(True, required, required)]


@rule("filename_pattern", one_of=("max_characters", "pattern"), is_of_file=True)
class FilenamePattern(Rule, kw_only=True):
    """Length and form of the file's name, including .pdf."""

    remedy = "`output: NAME` in the variant is the file's name without .pdf"

    max_characters: Positive | None = None
    pattern: Pattern | None = None

    def check(self, subject: Subject) -> Iterator[Measurement]:
        name, most = subject.pdf.name, self.max_characters
        if most is not None:
            required = f"a name of at most {most} characters, .pdf included"
            yield Measurement(len(name) <= most, required, f"{len(name)}: {quoted(name, 60)}")
        if self.pattern is not None:
            holds = re.fullmatch(self.pattern, name) is not None
            yield Measurement(holds, f"a name like `{self.pattern}`", quoted(name, 60))
