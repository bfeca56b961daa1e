"""Slips within one entry of the bibliography."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cvbuild.diagnostics import Diagnostic
from cvbuild.inline import Inlines, Link, Styled
from cvbuild.lint.subject import Subject
from cvbuild.model.publications import Publication

_WITH_LINK = frozenset("article inproceedings incollection inbook book".split())
"""Types of what readers expect to be able to open; a thesis or a talk often lies nowhere."""

# A prefix is `10.` and a registrant's number (DOI Handbook, 2.2); registrants so far have four to
# nine digits, with subdivisions after dots.
_DOI = re.compile(r"10\.\d{4,9}(\.\d+)*/\S*[^\s.,;]")
_MOST_PAGES = 60
"""Of a work whose last page is shortened: `100--90` is hardly meant as `100--190`."""
_PAGE_RANGE = re.compile(r"([A-Za-z]*)(\d+)\s*[-–—]+\s*([A-Za-z]*)(\d+)")


def no_link(subject: Subject) -> Iterator[Diagnostic]:
    """Articles, papers, chapters and books that readers have to search for themselves."""
    for item in subject.cv.publications:
        if item.type in _WITH_LINK and not _has_link(item):
            yield Diagnostic(
                "lint-no-link",
                f"`{item.key}` has neither DOI, URL nor eprint",
                item.key.span,
                "note",
                hints=("add `doi = {10.…}`, so that readers get to the work",),
            )


def _has_link(item: Publication) -> bool:
    if item.doi or item.eprint or item.raw.get("url") or item.raw.get("pubstate"):
        return True
    if item.type == "book" and item.raw.get("isbn"):
        return True
    return any(_holds_link(text.inlines) for text in item.text.values())


def _holds_link(inlines: Inlines) -> bool:
    return any(
        isinstance(part, Link) or (isinstance(part, Styled) and _holds_link(part.content)) for part in inlines
    )


def doi_shape(subject: Subject) -> Iterator[Diagnostic]:
    """DOIs that cannot lead anywhere."""
    for item in subject.cv.publications:
        if item.doi and not _DOI.fullmatch(item.doi):
            yield Diagnostic(
                "lint-doi-shape",
                f"`{item.doi}` is not a DOI",
                item.doi.span.first_line(),
                "warning",
                hints=("a DOI is `10.`, four digits or more, `/` and what the publisher chose",),
            )


def pages(subject: Subject) -> Iterator[Diagnostic]:
    """Pages that run backwards."""
    for item in subject.cv.publications:
        text = item.text.get("pages")
        wrong = next(
            (pair for pair in _PAGE_RANGE.finditer(str(text or "")) if _runs_backwards(*pair.groups())), None
        )
        if text is not None and wrong is not None:
            first, last = wrong[1] + wrong[2], wrong[3] + wrong[4]
            yield Diagnostic(
                "lint-pages",
                f"the pages of `{item.key}` run backwards: {first} to {last}",
                text.span.first_line(),
                "warning",
                hints=("the first page comes first: `pages = {90--100}`",),
            )


def _runs_backwards(letters: str, first: str, letters_after: str, last: str) -> bool:
    """Whether the last page is before the first. `1123--32` is short for `1123--1132`."""
    if letters_after not in {letters, ""} or int(last) >= int(first):
        return False
    if letters_after or len(last) >= len(first):
        return True
    pages = int(first[: -len(last)] + last) - int(first)
    return not 0 < pages <= _MOST_PAGES


def title_case(subject: Subject) -> Iterator[Diagnostic]:
    """Titles in capital letters throughout, as databases export them."""
    for item in subject.cv.publications:
        title = str(item.title)
        long_words = re.findall(r"[^\W\d_]{3,}", title)
        if len(long_words) >= 3 and title.isupper():
            yield Diagnostic(
                "lint-title-caps",
                f"the title of `{item.key}` is in capital letters throughout",
                item.title.span.first_line(),
                "warning",
                hints=("type it as the work itself has it; it is printed as typed",),
            )


def year_mismatch(subject: Subject) -> Iterator[Diagnostic]:
    """Entries whose `date` and `year` say different things."""
    for item in subject.cv.publications:
        date, year = item.raw.get("date"), (item.raw.get("year") or "").strip()
        if date and item.year and re.fullmatch(r"\d{4}", year) and not date.strip().startswith(year):
            yield Diagnostic(
                "lint-year-mismatch",
                f"the `year` of `{item.key}` is {year}, and its `date` says {date}",
                item.year.span.first_line(),
                "warning",
                hints=("`date` is what counts; delete `year`, or correct the wrong one",),
            )
