"""Publications: entries prepared for printing, with fields, dates, links and the owner's positions."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from cvbuild.content.crossref import LINK_FIELDS, PRINTED_FIELDS, TYPE_ALIASES, is_known_unprinted, renamed
from cvbuild.content.persons import annotated_places, owner_positions
from cvbuild.content.reader import Content
from cvbuild.content.values import Date, Period, Text, Word, Words
from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.inline import Link, Placed, RichText, Str
from cvbuild.read.parsed import MONTHS, BibEntry, Name, NameList
from cvbuild.record import Record, field, replace
from cvbuild.source import NOWHERE, Scalar, Span, hashed, in_key

KIND_LABELS = frozenset({"phdthesis", "mathesis", "bathesis", "techreport", "resreport"})
"""The values of `type` that are printed as words of the CV's language (biblatex manual, 4.9.2.14)."""

_WITHOUT_TYPE = frozenset({"article", "book", "proceedings", "inbook", "incollection", "inproceedings"})
"""The types of entry whose templates have no place for the field `type`."""

_EPRINTS = {
    "arxiv": ("arXiv:", "https://arxiv.org/abs/{}"),
    "openreview": ("OpenReview:\u00a0", "https://openreview.net/forum?id={}"),
    "hal": ("HAL:\u00a0", "https://hal.science/{}"),
    "pubmed": ("PMID:\u00a0", "https://pubmed.ncbi.nlm.nih.gov/{}/"),
    "jstor": ("JSTOR:\u00a0", "https://www.jstor.org/stable/{}"),
}
"""The label and the address of an eprint, by biblatex's `eprinttype`."""

_ACCESS = {name: name for name in ("green", "gold", "bronze", "diamond", "hybrid")}
_ACCESS |= dict.fromkeys(("yes", "true", "open"), "open_access")
"""The theme's label by the value of `openaccess`."""

_MONTHS = {name: at for at, name in enumerate(MONTHS, 1)} | {str(at): at for at in range(1, 13)}
_MONTH = rf"[\s{{]*(?:\d{{1,2}}[\s~.]+(?=[a-z]))?0?({'|'.join(sorted(_MONTHS, reverse=True))})(?!\d)"
"""Matches the month in `jun`, `June`, `06` and `jun # "~5"`; of two months the first."""

V = TypeVar("V")


class Fields(dict[str, V]):
    """Fields by name; a template that asks for a missing one gets None."""

    def __missing__(self, name: str) -> None:
        return None


class PublicationLink(Record):
    """A link of an entry: the field it came from and its address."""

    field: str
    url: Scalar


class Eprint(Record):
    """An archive's number for a work; `shown` is printed, with a link if the address is known."""

    number: str
    shown: RichText
    url: str | None


class Match(Content, kw_only=True):
    """The rule of a category: an entry matches when every key given does."""

    type: Annotated[Words, "Entry types, e.g. article."] = ()
    keyword: Annotated[Words, "Words of the field `keywords`."] = ()
    file: Annotated[Words, "Names of .bib files."] = ()
    field: Annotated[Words, "Fields that the entry has, e.g. doi."] = ()


class Category(Content, kw_only=True):
    """Publications under one heading, numbered on their own."""

    id: Word
    title: Text
    match: Match
    prefix: Annotated[str, "Stands before each number: J gives J1, J2, …"] = ""
    note: Text | None = None


class Publication(Record):
    """An entry, ready to be selected, sorted and printed.

    Fields have biblatex's names: `text` holds them as printed, titles with their subtitles, `raw` as
    typed, for comparing, and `people` the lists of names. `access` and `kind_label` name labels of the
    theme. `names_eprint`: the printed place of publication contains the eprint's number, as `CoRR
    abs/2101.00001` does. `prints_type`: the template of its type prints the field `type`. `priority` and
    `keep` decide which entries stay if not all fit. `owner_positions` are the owner's positions (0-based)
    in `names`, `editor_positions` those in `editors`; `annotated` are positions in `names` by annotation.
    `origin` is the entry's: in keys of the memo this hash replaces the fields.

    A variant sets `number`, the position in the category or the permanent number; `marks`, the signs
    after names, by position; and `is_new`, for entries since the last review.
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
    eprint_url: str | None
    names_eprint: bool
    links: tuple[PublicationLink, ...]
    access: str | None
    kind_label: str | None
    prints_type: bool
    priority: int | None
    keep: bool
    span: Span
    owner_positions: frozenset[int] = frozenset()
    editor_positions: frozenset[int] = frozenset()
    annotated: Mapping[str, frozenset[int]] = field(default_factory=dict)
    number: str = ""
    marks: Mapping[int, str] = field(default_factory=dict)
    is_new: bool = False
    origin: bytes = b""

    def __reduce__(self) -> str | tuple[Any, ...]:
        if in_key.get() and self.origin:  # in a key of the memo, hash and span replace the fields
            return Publication, (self.choice, self.span)
        return super().__reduce__()

    @property
    def choice(self) -> bytes | None:
        """A hash of origin, file, the owner's positions and the variant's fields; None without an origin."""
        if not self.origin:
            return None
        owner = sorted(self.owner_positions), sorted(self.editor_positions)
        rest = self.file, owner, self.number, [*self.marks.items()], self.is_new
        return hashed(self.origin, repr(rest).encode("utf-8", "surrogatepass"))

    @property
    def names(self) -> NameList:
        """The authors, or the editors if there are no authors."""
        return self.authors or self.editors

    @property
    def file(self) -> str:
        """The name of the .bib file without its folder."""
        return os.path.basename(self.span.source.name)  # noqa: PTH119 - a string, asked for in each key

    @property
    def summary(self) -> str:
        """A few words that identify the entry in messages."""
        return str(self.title) or self.key

    @property
    def page_range(self) -> RichText | None:
        """The article number (`eid`), the pages with an en dash between first and last, or both.

        An `eid` that an export filled with the DOI or the eprint's number is ignored.
        """
        pages, eid = self.text.get("pages"), self.text.get("eid")
        number = str(eid).casefold()
        numbers = {self.eprint.number.casefold()} if self.eprint is not None else set()
        if number.removeprefix("arxiv:") in numbers or (self.doi and number == self.doi.casefold()):
            eid = None
        if pages is None:
            return eid
        dashed = re.sub(r"(?<=\w)\s*[-–—]+\s*(?=\w)", "–", str(pages))
        if eid is not None and str(eid) != dashed:
            return RichText((Placed(eid.inlines, eid.span), Str(f", {dashed}")), pages.span)
        return RichText((Str(dashed),), pages.span)

    @property
    def collaboration(self) -> RichText | None:
        """The collaboration, `ATLAS` as `ATLAS Collaboration`; None if a name in `names` contains it."""
        value = self.text.get("collaboration")
        if value is None or any(str(value).casefold() in name.family.casefold() for name in self.names.names):
            return None
        bodies = r"collaboration|consorti|group|team|network|working|committee"
        if re.search(bodies, str(value), re.IGNORECASE):
            return value
        return RichText((*value.inlines, Str(" Collaboration")), value.span)

    @property
    def event_date(self) -> Date | Period | RichText | None:
        """The date or period of the conference; the text as typed if it is neither."""
        value = self.text.get("eventdate")
        if value is None:
            return None
        try:
            period = Period.parse(str(value).replace("/", " – ").rstrip(" –"), value.span)
        except ValueError:
            return value
        return period.start if period.start == period.end else period


def newest_first(publications: Iterable[Publication]) -> list[Publication]:
    """Sort newest first, stably; a word for a year (`in press`) comes first, no year at all last."""

    def rank(publication: Publication) -> tuple[int, int, int, int]:
        if publication.date is None:
            return 0 if publication.year is not None else 2, 0, 0, 0
        year, month, day = publication.date.first_day
        return 1, -year, -month, -day

    return sorted(publications, key=rank)


def category_of(publication: Publication, categories: Iterable[Category]) -> Category | None:
    """Return the first category whose rule the publication matches; None if it matches none."""
    for category in categories:
        match = category.match
        types = {TYPE_ALIASES.get(kind, (kind, ""))[0] for kind in match.type}
        if (
            (not types or publication.type in types)
            and (not match.keyword or not set(match.keyword).isdisjoint(publication.keywords))
            and (not match.file or publication.file in match.file)
            and (not match.field or any(publication.raw.get(name) for name in match.field))
        ):
            return category
    return None


def made(
    entry: BibEntry, *owners: Name
) -> tuple[Publication, tuple[tuple[str, Span], ...], tuple[Diagnostic, ...]]:
    """Return an entry's publication, its unprinted fields with spans, its problems: a stage for the memo."""
    findings = Findings()
    entry = renamed(entry)
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
    annotations = {name: value for name, value in raw.items() if "+an" in name}
    author_words = annotated_places(annotations, "author", len(authors), findings)
    editor_words = annotated_places(annotations, "editor", len(editors), findings)
    author_positions = owner_positions(authors, owners) | author_words.get("highlight", frozenset())
    editor_positions = owner_positions(editors, owners) | editor_words.get("highlight", frozenset())
    doi = Scalar(_bare_doi(raw["doi"]), raw["doi"].span) if "doi" in raw else None
    eprint = _eprint(raw)
    places = [name for name in ("journaltitle", "volume", "number", "pages", "eid") if text.get(name)]
    priority = raw.get("priority") or ""
    publication = Publication(
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
        eprint=eprint,
        eprint_url=eprint.url if eprint else None,
        names_eprint=eprint is not None and any(eprint.number in str(text[name]) for name in places),
        links=_links(raw, doi, findings),
        access=_access(raw.get("openaccess"), findings),
        kind_label=str(raw["type"]) if raw["type"] in KIND_LABELS else None,
        prints_type=entry.type not in _WITHOUT_TYPE,
        # JabRef writes `prio1` into the same field, to rank what to read first: ignore it.
        priority=int(priority) or None if re.fullmatch("[0-9]{1,6}", priority) else None,
        keep=(raw.get("keep") or "").casefold() in {"true", "yes"},
        span=entry.span,
        owner_positions=frozenset(author_positions if authors else editor_positions),
        editor_positions=frozenset(editor_positions),
        annotated=author_words if authors else editor_words,
        origin=entry.origin,
    )
    printed = PRINTED_FIELDS | {"type"} if publication.prints_type else PRINTED_FIELDS
    others = ((name, value.span) for name, value in raw.items() if value and name not in printed)
    unprinted = tuple((name, span) for name, span in others if not is_known_unprinted(name))
    return publication, unprinted, tuple(findings.items)


def _date(entry: BibEntry, raw: Fields[Scalar], findings: Findings) -> tuple[Date | None, RichText | None]:
    """Return the date for sorting, and the year as printed, which may be a word such as `in press`."""
    value = raw.get("date") or raw.get("year")
    if not value:
        message = f"`{entry.key}` has no year; it is listed last"
        findings.warning("bib-no-year", message, entry.key.span, "add `year = {…}`")
        return None, None
    named = re.match(_MONTH, (raw.get("month") or "").casefold())
    month = _MONTHS[named[1]] if named else None
    try:
        # Drop the time of day (biblatex manual, 2.3.8).
        date = Date.parse(re.sub(r"(?<=\d)T\d\d:.*", "", value.split("/")[0]))
    except ValueError:
        from cvbuild.read.latex import decode  # takes 6 ms to import; few dates are malformed

        found = re.search(r"(?<!\d)(1[89]|20)\d\d(?!\d)", value)
        if found is None:
            return None, decode(value, value.span, findings)
        whole = Date(int(found[0]), month)
        if not re.fullmatch(r"\d{4}-\d\d(-\d\d)?", value):
            return whole, decode(value, value.span, findings)
        # Databases that know only the year write `2022-00-00`.
        if not re.search("-00|-XX", value):
            message = f"there is no day `{value}`; the year {found[0]} is taken"
            hint = "write year, month and day: `2025-06-23`, or as much of it as is known"
            findings.warning("bib-date", message, value.span.first_line(), hint)
        return whole, RichText((Str(found[0]),), value.span)
    if date.month is None and month is not None:
        date = replace(date, month=month)
    return date, RichText((Str(str(date.year)),), value.span)


def printable(raw: Mapping[str, Scalar], text: Mapping[str, RichText]) -> Fields[RichText]:
    """Return the fields as text: titles joined with their subtitles, an ISBN without TeX's escapes."""
    found = Fields[RichText](text)
    if isbn := raw.get("isbn"):
        found["isbn"] = RichText((Str(_unescaped(isbn)),), isbn.span)
    for base in ("title", "maintitle", "booktitle", "journaltitle", "issuetitle", "eventtitle"):
        whole = _joined(found.get(base), found.pop(f"{base.removesuffix('title')}subtitle", None), ":")
        if base != "title":  # `titleaddon` is printed outside the quotation marks
            whole = _joined(whole, found.pop(f"{base}addon", None), ".")
        if whole:
            found[base] = whole
    return found


def _joined(title: RichText | None, addition: RichText | None, sign: str) -> RichText | None:
    """Return `Title: Subtitle`; after a title that ends in punctuation, without the sign."""
    if not title or not addition:
        return title or addition
    ends = str(title).rstrip("”’\"')").endswith((".", ":", "!", "?", "…", ";", "–", "—"))
    between = Str(" " if ends else f"{sign} ")
    return RichText((*title.inlines, between, Placed(addition.inlines, addition.span)), title.span)


def _eprint(raw: Mapping[str, Scalar]) -> Eprint | None:
    """Return the eprint, shown as archive, number and class: `arXiv:2101.00001 [cs.LG]`."""
    value = raw.get("eprint")
    if value is None:
        return None
    typed = number = _unescaped(value)
    if re.match(r"https?://\S+$", typed):
        return Eprint(typed, RichText((Link(typed, (Str(typed),)),), value.span), typed)
    archive = _unescaped(raw.get("eprinttype") or "")
    kind = archive.casefold()
    if kind in {"", "arxiv"}:
        number = re.sub(r"^arxiv:\s*", "", typed, flags=re.IGNORECASE)
        if number != typed or re.fullmatch(r"(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})(v\d+)?", number):
            kind = "arxiv"
    label, address = _EPRINTS.get(kind, (f"{archive}:" if archive else "", None))
    subject = f" [{_unescaped(raw['eprintclass'])}]" if raw.get("eprintclass") else ""
    text = Str(f"{label}{number}{subject}")
    url = address.format(number) if address else None
    return Eprint(number, RichText((Link(url, (text,)) if url else text,), value.span), url)


def _access(value: Scalar | None, findings: Findings) -> str | None:
    """Return the label of a value of `openaccess`; None if the work is closed or the value is unknown."""
    word = (value or "").strip().casefold()
    if value is not None and word not in {*_ACCESS, "closed", "no", "false"}:
        message = f"`{value}` is no kind of open access; it is not printed"
        hint = f"write one of {', '.join(_ACCESS)}, or closed"
        findings.warning("bib-openaccess", message, value.span.first_line(), hint)
    return _ACCESS.get(word)


def _bare_doi(text: str) -> str:
    """Return the bare DOI of a text or an address, without prefix or host; the text itself if it has none.

    An address may have its characters percent-encoded, as in `10.5555%2Fabc` (DOI Handbook, 3.8).
    """
    from html import unescape  # both imports serve entries with DOIs or links only
    from urllib.parse import unquote

    typed = unescape(_unescaped(_without_braces(text)))
    pattern = r"(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi:?\s*(?=10\.))+"
    before = re.match(pattern, typed, re.IGNORECASE)
    bare = typed[before.end() :] if before else typed
    return unquote(bare) if before or bare.startswith("10.") else bare


def _links(raw: Mapping[str, Scalar], doi: Scalar | None, findings: Findings) -> tuple[PublicationLink, ...]:
    """Return an entry's web addresses in the order of `LINK_FIELDS`, except those that repeat its DOI."""
    links = []
    for name in LINK_FIELDS:
        value = raw.get(name) or Scalar("", NOWHERE)
        for typed in value.split():
            url = _unescaped(_without_braces(typed)).replace("&amp;", "&")
            bare = _bare_doi(url)
            if doi and bare != url and bare.rstrip("/").casefold() == doi.casefold():
                continue
            if bare != url and not url.casefold().startswith("http"):
                url = f"https://doi.org/{bare}"
            if not re.match(r"https?://\S", url):
                message = f"`{url}` in `{name}` is not a web address; it is printed without a link"
                findings.warning("bad-url", message, value.span, "write the whole of it: `https://…`")
            links.append(PublicationLink(name, Scalar(url, value.span)))
    return tuple(links)


def _without_braces(text: str) -> str:
    r"""Return an address without `\url{…}`, braces or angle brackets around it."""
    inner = re.fullmatch(r"\\url\s*\{([^{}]*)\}|[{<]([^{}<>]*)[}>]", text.strip())
    return inner[1] or inner[2] if inner else text.strip()


def _unescaped(text: str) -> str:
    r"""Return a verbatim value without TeX's escapes (`\_` and `{\_}` become `_`), spaces collapsed."""
    return re.sub(r"\{\\?([%#&_~])\}|\\([%#&_~])", r"\1\2", " ".join(text.split()))
