"""Publications: BibTeX entries in the terms of biblatex, with links and the owner found."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.inline import Placed, RichText, Str
from cvbuild.load.bibliography import load_bibtex
from cvbuild.load.latex import decode
from cvbuild.load.library import MONTHS, BibEntry, BibLibrary, BrokenEntry
from cvbuild.load.names import Name, NameList
from cvbuild.memo import Bundle
from cvbuild.model.bibfields import (
    KIND_LABELS,
    Eprint,
    Fields,
    PublicationLink,
    printable,
    prints_type,
    read_access,
    read_doi,
    read_eprint,
    read_links,
    report_unprinted,
    unprinted_fields,
)
from cvbuild.model.inheritance import TYPE_ALIASES, first_children, resolved, with_names_of_today
from cvbuild.model.persons import annotated_places, is_same_person
from cvbuild.model.sections import Category, Match
from cvbuild.model.values import Date, Period
from cvbuild.record import Record, field, replace
from cvbuild.source import Scalar, SourceFile, Span, hashed, in_key

_PRIORITY = re.compile(r"[0-9]{1,6}")
"""JabRef writes `prio1` into the same field, and means what to read first."""


class Publication(Record):
    """One entry, ready to be chosen, sorted and printed.

    All fields go by biblatex's names: `text` holds them as they are printed,
    titles with their subtitles, `raw` as typed, for comparing, and `people`
    those that are lists of names. `access` and `kind_label` name labels of the
    theme. `owner_positions` are the owner's places (0-based) in `names`,
    `editor_positions` those among the editors; `annotated` has the places in `names`
    by the words of `author+an`. Set when a variant is made: `number`, the place in its
    category or its permanent number; `marks`, what stands behind names, by place; and
    whether it `is_new` since the last review. `origin` is the entry's: in keys of the memo it
    stands for all that the entry says.
    """

    key: Scalar
    type: str
    authors: NameList
    editors: NameList
    title: RichText
    date: Date | None
    year: RichText | None
    text: Fields[RichText]
    raw: Fields[str]
    people: Fields[NameList]
    keywords: tuple[str, ...]
    doi: Scalar | None
    eprint: Eprint | None
    links: tuple[PublicationLink, ...]
    access: str | None
    span: Span
    owner_positions: frozenset[int] = frozenset()
    editor_positions: frozenset[int] = frozenset()
    annotated: Mapping[str, frozenset[int]] = field(default_factory=dict)
    number: str = ""
    marks: Mapping[int, str] = field(default_factory=dict)
    is_new: bool = False
    origin: bytes = b""

    def __reduce__(self) -> str | tuple[Any, ...]:
        if in_key.get() and self.origin:
            return Publication, (self.choice, self.span)
        return super().__reduce__()

    @property
    def choice(self) -> bytes | None:
        """A hash of its `origin`, its file and what is not the entry's; None without an origin."""
        if not self.origin:
            return None
        owner = sorted(self.owner_positions), sorted(self.editor_positions)
        rest = self.file, owner, self.number, [*self.marks.items()], self.is_new
        return hashed(self.origin, repr(rest).encode("utf-8", "surrogatepass"))

    @property
    def names(self) -> NameList:
        """The authors; the editors where it has no authors."""
        return self.authors or self.editors

    @property
    def file(self) -> str:
        """The name of its .bib file."""
        return PurePath(self.span.source.name).name

    @property
    def tags(self) -> tuple[str, ...]:
        """Its keywords: what a variant's `tags` compares with."""
        return self.keywords

    @property
    def priority(self) -> int | None:
        """How long it stays, 1 longest, where not all is printed: the number in its field `priority`."""
        typed = self.raw.get("priority") or ""
        return int(typed) or None if _PRIORITY.fullmatch(typed) else None

    @property
    def keep(self) -> bool:
        """Whether it is never left out where a variant is fitted to pages: its field `keep` says so."""
        return (self.raw.get("keep") or "").casefold() in {"true", "yes"}

    @property
    def summary(self) -> str:
        """A few words that tell which entry this is."""
        return str(self.title) or self.key

    @property
    def page_range(self) -> RichText | None:
        """Its pages with an en dash between first and last, or the number that an article has instead."""
        pages, eid = self.text.get("pages"), self._article_number
        if pages is None:
            return eid
        dashed = re.sub(r"(?<=\w)\s*[-–—]+\s*(?=\w)", "–", str(pages))
        if eid is not None and str(eid) != dashed:
            return RichText((Placed(eid.inlines, eid.span), Str(f", {dashed}")), pages.span)
        return RichText((Str(dashed),), pages.span)

    @property
    def _article_number(self) -> RichText | None:
        """The field `eid`; not where an export repeats in it what is printed as the DOI or the eprint."""
        eid = self.text.get("eid")
        number = str(eid or "").casefold()
        repeats = bool(self.doi) and number == str(self.doi).casefold()
        if self.eprint is not None:
            repeats |= number.removeprefix("arxiv:") == self.eprint.number.casefold()
        return None if repeats else eid

    @property
    def collaboration(self) -> RichText | None:
        """The body for which the authors write, `ATLAS` as `ATLAS Collaboration`; None where they name it."""
        value = self.text.get("collaboration")
        if value is None or any(str(value).casefold() in name.family.casefold() for name in self.names.names):
            return None
        if _BODY.search(str(value)):
            return value
        return RichText((*value.inlines, Str(" Collaboration")), value.span)

    @property
    def event_date(self) -> Date | Period | RichText | None:
        """When its conference was; as typed where that is no date."""
        value = self.text.get("eventdate")
        if value is None:
            return None
        try:
            period = Period.parse(str(value).replace("/", " – ").rstrip(" –"), value.span)
        except ValueError:
            return value
        return period.start if period.start == period.end else period

    @property
    def eprint_url(self) -> str | None:
        """Where its eprint lies."""
        return self.eprint.url if self.eprint else None

    @property
    def names_eprint(self) -> bool:
        """Whether its place of publication has the eprint's number in it: `CoRR abs/2101.00001`."""
        places = (self.text.get(name) for name in ("journaltitle", "volume", "number", "pages", "eid"))
        return self.eprint is not None and any(self.eprint.number in str(place) for place in places if place)

    @property
    def prints_type(self) -> bool:
        """Whether the field `type` is printed: the templates of books and articles have no place for it."""
        return prints_type(self.type)

    @property
    def kind_label(self) -> str | None:
        """The label for what it is, where `type` names one: `phdthesis`."""
        kind = self.raw.get("type")
        return kind if kind in KIND_LABELS else None

    @property
    def is_first_authored(self) -> bool:
        """Whether the owner is the first author."""
        return 0 in self.owner_positions


_BODY = re.compile(r"collaboration|consorti|group|team|network|working|committee", re.IGNORECASE)
"""What says by its name that it is a body of people."""


class Unlisted(Record):
    """An entry that was read and is no publication of its own, with the reason."""

    key: Scalar
    span: Span
    reason: str


class Bibliography(Record):
    """What the .bib files came to: publications in the order read, what is none, and what is broken.

    `unread` are the problems of reading the files, `found` those of the entries.
    """

    publications: tuple[Publication, ...]
    unlisted: tuple[Unlisted, ...]
    broken: tuple[BrokenEntry, ...]
    unread: tuple[Diagnostic, ...]
    found: tuple[Diagnostic, ...]


def read_bibliography(sources: tuple[SourceFile, ...], owners: tuple[Name, ...]) -> Bibliography:
    """Read the .bib files of an owner with these names: a stage for the memo."""
    library, unread = load_bibtex(sources)
    findings = Findings()
    unlisted = unlisted_entries(library, owners)
    publications = make_publications(library, {item.span for item in unlisted}, owners, findings)
    return Bibliography(publications, unlisted, library.broken, tuple(unread.items), tuple(findings.items))


def make_publications(
    library: BibLibrary, left_out: Collection[Span], owners: Sequence[Name], findings: Findings
) -> tuple[Publication, ...]:
    """The entries of the library as publications, in the order read, except those left out."""
    made = Bundle(_made, *owners)
    publications, unprinted = list[Publication](), list[tuple[str, Span]]()
    for entry in resolved(library.entries, findings):
        if entry.span not in left_out:
            publication, fields, found = made(entry, entry.origin)
            publications.append(publication)
            unprinted += fields
            findings.extend(found)
    made.save()
    report_unprinted(unprinted, findings)
    return tuple(publications)


def _made(
    entry: BibEntry, *owners: Name
) -> tuple[Publication, tuple[tuple[str, Span], ...], tuple[Diagnostic, ...]]:
    """An entry as a publication, its unprinted fields, and its problems: a stage for the memo."""
    findings = Findings()
    entry = with_names_of_today(entry)
    publication = _publication(entry, owners, findings)
    return publication, unprinted_fields(entry.type, entry.fields), tuple(findings.items)


def unlisted_entries(library: BibLibrary, owners: Sequence[Name]) -> tuple[Unlisted, ...]:
    """The entries that are there for others alone, and those that were pasted twice, in the order read."""
    children = first_children(library.entries)
    first: dict[str, BibEntry] = {}
    found = []
    for entry in library.entries:
        other = first.setdefault(str(entry.key), entry)
        if other is not entry and entry.is_copy_of(other):
            found.append(Unlisted(entry.key, entry.span, f"a copy of the entry at {other.span.place}"))
        elif reason := _why_unlisted(entry, children, owners):
            found.append(Unlisted(entry.key, entry.span, reason))
    return tuple(found)


def _why_unlisted(entry: BibEntry, children: Mapping[str, str], owners: Sequence[Name]) -> str:
    """Why an entry is no publication: a volume the owner did not edit; empty where it is one."""
    if entry.type == "xdata":
        return "holds data for other entries"
    if entry.key not in children or "author" in entry.fields:
        return ""
    if _owner_positions(entry.names.get("editor", NameList()), owners):
        return ""
    return f"only a parent of `{children[entry.key]}`"


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
    author_positions = _owner_positions(authors, owners) | author_words.get("highlight", frozenset())
    editor_positions = _owner_positions(editors, owners) | editor_words.get("highlight", frozenset())
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


def _owner_positions(people: NameList, owners: Sequence[Name]) -> set[int]:
    """The places (0-based) of the owner in a list of names."""
    return {
        at for at, name in enumerate(people.names) if any(is_same_person(name, owner) for owner in owners)
    }


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


def oldest_first(publications: Sequence[Publication]) -> list[Publication]:
    """The reverse of `newest_first`, but for entries of one date, which stay in file order."""
    return newest_first(reversed(publications))[::-1]


def newest_first(publications: Iterable[Publication]) -> list[Publication]:
    """Newest first; what has a word for its year before all, entries of one date in file order."""

    def rank(publication: Publication) -> tuple[int, int, int, int]:
        if publication.date is None:
            return (0 if publication.year is not None else 2, 0, 0, 0)
        year, month, day = publication.date.first_day
        return 1, -year, -month, -day

    return sorted(publications, key=rank)


def category_of(publication: Publication, categories: Iterable[Category]) -> Category | None:
    """The first category whose rule it matches."""
    return next((item for item in categories if _matches(publication, item.match)), None)


def _matches(publication: Publication, match: Match) -> bool:
    return (
        (not match.type or publication.type in {TYPE_ALIASES.get(kind, (kind, ""))[0] for kind in match.type})
        and (not match.keyword or bool(set(match.keyword) & set(publication.keywords)))
        and (not match.file or publication.file in match.file)
        and (not match.field or any(publication.raw.get(name) for name in match.field))
    )
