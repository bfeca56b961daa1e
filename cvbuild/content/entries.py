"""A BibTeX entry as a publication: its date, its links and its people, with the owner found."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cvbuild.content.bibfields import (
    printable,
    read_access,
    read_doi,
    read_eprint,
    read_links,
    unprinted_fields,
)
from cvbuild.content.crossref import with_names_of_today
from cvbuild.content.persons import annotated_places, owner_positions
from cvbuild.content.publications import Fields, Made, Publication
from cvbuild.content.values import Date
from cvbuild.diagnostics import Findings
from cvbuild.inline import RichText, Str
from cvbuild.read.latex import decode
from cvbuild.read.library import MONTHS, BibEntry, Name, NameList
from cvbuild.record import replace
from cvbuild.source import Scalar


def made(entry: BibEntry, owners: Sequence[Name]) -> Made:
    """An entry as a publication, its unprinted fields, and its problems."""
    findings = Findings()
    entry = with_names_of_today(entry)
    publication = _publication(entry, owners, findings)
    return publication, unprinted_fields(entry.type, entry.fields), tuple(findings.items)


def _publication(entry: BibEntry, owners: Sequence[Name], findings: Findings) -> Publication:
    raw = Fields[Scalar](entry.fields)
    text = printable(raw, entry.text)
    people = Fields[NameList](entry.names)
    date, year = _date(entry, raw, findings)
    title = text.get("title") or RichText((), entry.span)
    if not title:
        findings.warning("bib-no-title", f"`{entry.key}` has no title", entry.key.span)
    authors, editors = people.get("author", NameList()), people.get("editor", NameList())
    if not authors and not editors and not text.get("collaboration"):
        findings.warning("bib-no-author", f"`{entry.key}` has neither author nor editor", entry.key.span)
    author_words = annotated_places(entry.fields, "author", len(authors), findings)
    editor_words = annotated_places(entry.fields, "editor", len(editors), findings)
    author_positions = owner_positions(authors, owners) | author_words.get("highlight", frozenset())
    editor_positions = owner_positions(editors, owners) | editor_words.get("highlight", frozenset())
    doi = read_doi(raw.get("doi"))
    return Publication(
        key=entry.key,
        type=entry.type,
        authors=authors,
        editors=editors,
        title=title,
        date=date,
        year=year,
        text=text,
        raw=Fields[str]((name, str(value)) for name, value in raw.items()),
        people=people,
        keywords=tuple(word.strip() for word in re.split(r"[,;]", raw.get("keywords") or "") if word.strip()),
        doi=doi,
        eprint=read_eprint(raw),
        links=read_links(raw, doi, findings),
        access=read_access(raw.get("openaccess"), findings),
        span=entry.span,
        owner_positions=frozenset(author_positions if authors else editor_positions),
        editor_positions=frozenset(editor_positions),
        annotated=author_words if authors else editor_words,
        origin=entry.origin,
    )


def _date(entry: BibEntry, raw: Fields[Scalar], findings: Findings) -> tuple[Date | None, RichText | None]:
    """The date for sorting, and the year as printed: a word such as `in press` stays."""
    value = raw.get("date") or raw.get("year")
    if not value:
        findings.warning(
            "bib-no-year", f"`{entry.key}` has no year; it is listed last", entry.key.span, "add `year = {…}`"
        )
        return None, None
    month = _month(raw.get("month") or "")
    try:
        date = Date.parse(_TIME.sub("", value.split("/")[0]))
    except ValueError:
        found = re.search(r"(?<!\d)(1[89]|20)\d\d(?!\d)", value)
        if found is None:
            return None, decode(value, value.span, findings)
        whole = Date(int(found[0]), month)
        if _NUMBERS_ALONE.fullmatch(value):
            if not _UNKNOWN_PARTS.search(value):
                findings.warning(
                    "bib-date",
                    f"there is no day `{value}`; the year {found[0]} is taken",
                    value.span.first_line(),
                    "write year, month and day: `2025-06-23`, or as much of it as is known",
                )
            return whole, RichText((Str(found[0]),), value.span)
        return whole, decode(value, value.span, findings)
    if date.month is None and month is not None:
        date = replace(date, month=month)
    return date, RichText((Str(str(date.year)),), value.span)


_TIME = re.compile(r"(?<=\d)T\d\d:.*")
"""The time of day in a date (biblatex manual, 2.3.8)."""
_NUMBERS_ALONE = re.compile(r"\d{4}-\d\d(-\d\d)?")
_UNKNOWN_PARTS = re.compile("-00|-XX")
"""How databases write that they know the year alone: `2022-00-00`."""


def _month(typed: str) -> int | None:
    """The month of `jun`, `June`, `06`, or of `jun # "~5"`; of two the first, None for other words."""
    found = _MONTH.match(typed.casefold())
    return _MONTH_NUMBERS[found[1]] if found else None


_MONTH_NUMBERS = {name: number for number, name in enumerate(MONTHS, start=1)} | {
    str(number): number for number in range(1, 13)
}
_MONTH = re.compile(
    rf"[\s{{]*(?:\d{{1,2}}[\s~.]+(?=[a-z]))?0?({'|'.join(sorted(_MONTH_NUMBERS, reverse=True))})(?!\d)"
)
