"""Publications: BibTeX entries in the terms of biblatex, with links and the owner found."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from cvbuild.content.crossref import TYPE_ALIASES
from cvbuild.content.sections import Category, Match
from cvbuild.content.values import Date, Period
from cvbuild.diagnostics import Diagnostic
from cvbuild.inline import Placed, RichText, Str
from cvbuild.read.library import NameList
from cvbuild.record import Record, field
from cvbuild.source import Scalar, Span, hashed, in_key

_PRIORITY = re.compile(r"[0-9]{1,6}")
"""JabRef writes `prio1` into the same field, and means what to read first."""


KIND_LABELS = frozenset({"phdthesis", "mathesis", "bathesis", "techreport", "resreport"})
"""The values of `type` that stand for words of the language (biblatex manual, 4.9.2.14)."""

_WITHOUT_TYPE = frozenset({"article", "book", "proceedings", "inbook", "incollection", "inproceedings"})

V = TypeVar("V")


class Fields(dict[str, V]):
    """Fields by name; a template that asks for a missing one gets nothing."""

    def __missing__(self, name: str) -> None:
        return None


class PublicationLink(Record):
    """A link of an entry: the field it came from and its address."""

    field: str
    url: Scalar


class Eprint(Record):
    """An archive's number for the work: as printed, a link where the address is known."""

    number: str
    shown: RichText
    url: str | None


def prints_type(kind: str) -> bool:
    """Whether the template of a type of entry prints the field `type`, as a thesis's does."""
    return kind not in _WITHOUT_TYPE


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
        return os.path.basename(self.span.source.name)  # noqa: PTH119 - a string, asked for in each key

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


Made: TypeAlias = tuple[Publication, tuple[tuple[str, Span], ...], tuple[Diagnostic, ...]]
"""An entry as a publication, its unprinted fields with their places, and its problems."""


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
