"""Publications: BibTeX entries in the terms of biblatex, with links and the owner found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TypeVar

from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.inline import RichText, Str
from cvbuild.load.bibtex import MONTHS, BibEntry, BibLibrary
from cvbuild.load.names import Name, NameList
from cvbuild.model.dates import Date
from cvbuild.source import Scalar, Span

# BibTeX's older names for biblatex's fields and types (biblatex manual, 2.2.5 and 2.1.2).
FIELD_ALIASES = {
    "journal": "journaltitle", "address": "location", "school": "institution",
    "archiveprefix": "eprinttype", "primaryclass": "eprintclass", "annote": "annotation",
}  # fmt: skip
TYPE_ALIASES = {
    "conference": ("inproceedings", ""), "techreport": ("report", "techreport"),
    "phdthesis": ("thesis", "phdthesis"), "mastersthesis": ("thesis", "mathesis"),
    "electronic": ("online", ""), "www": ("online", ""),
}  # fmt: skip

# What a child takes from its parent under another name (biblatex manual, appendix B).
_INHERITED_TITLES = {"inproceedings": "booktitle", "incollection": "booktitle", "inbook": "booktitle"}
_NEVER_INHERITED = {
    "title",
    "author",
    "keywords",
    "ids",
    "crossref",
    "label",
    "doi",
    "url",
    "eprint",
    "pages",
}

EPRINT_ADDRESSES = {
    "arxiv": "https://arxiv.org/abs/{}",
    "openreview": "https://openreview.net/forum?id={}",
    "hal": "https://hal.science/{}",
    "pubmed": "https://pubmed.ncbi.nlm.nih.gov/{}/",
    "jstor": "https://www.jstor.org/stable/{}",
}
"""Where an eprint lies, by biblatex's `eprinttype`."""

LINK_FIELDS = ("url", "code", "demo", "data", "slides", "video", "poster", "project")

V = TypeVar("V")


class Fields(dict[str, V]):
    """Fields by name; a template that asks for a missing one gets nothing."""

    def __missing__(self, name: str) -> None:
        return None


@dataclass(frozen=True)
class PublicationLink:
    """A link of an entry: the field it came from and its address."""

    field: str
    url: Scalar


@dataclass(frozen=True)
class Publication:
    """One entry, ready to be chosen, sorted and printed.

    `text` holds the decoded fields under biblatex's names. `number` is the
    place in its category, set when a variant is made.
    """

    key: Scalar
    type: str
    authors: NameList
    editors: NameList
    title: RichText
    date: Date | None
    year: RichText | None
    text: Fields[RichText]
    raw: Fields[Scalar]
    keywords: tuple[str, ...]
    doi: Scalar | None
    eprint_url: str | None
    links: tuple[PublicationLink, ...]
    span: Span
    owner_positions: frozenset[int] = frozenset()
    number: str = ""

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
    def summary(self) -> str:
        """A few words that tell which entry this is."""
        return str(self.title) or self.key

    @property
    def page_range(self) -> RichText | None:
        """Its pages with an en dash between first and last."""
        pages = self.text.get("pages")
        if pages is None:
            return None
        dashed = re.sub(r"(?<=\w)\s*[-–—]+\s*(?=\w)", "–", str(pages))
        return RichText((Str(dashed),), pages.span)

    @property
    def is_first_authored(self) -> bool:
        """Whether the owner is the first author."""
        return 0 in self.owner_positions


def make_publications(
    library: BibLibrary, owners: Sequence[Name], findings: Findings
) -> tuple[Publication, ...]:
    """Every entry of the library as a publication, in the order read."""
    by_key = {str(entry.key): entry for entry in library.entries}
    publications = []
    parents = {entry.fields["crossref"] for entry in library.entries if entry.fields.get("crossref")}
    for entry in library.entries:
        if _only_a_parent(entry, parents, by_key, owners):
            continue
        publications.append(_publication(_inherited(entry, by_key, findings), owners, findings))
    return tuple(publications)


def _only_a_parent(
    entry: BibEntry, parents: set[Scalar], by_key: Mapping[str, BibEntry], owners: Sequence[Name]
) -> bool:
    """Whether an entry is there for its children alone: a volume the owner did not edit."""
    if entry.type == "xdata":
        return True
    if entry.key not in parents or "author" in entry.fields or _is_own_ancestor(entry, by_key):
        return False
    editors = entry.names.get("editor", NameList()).names
    return not any(is_same_person(name, owner) for name in editors for owner in owners)


def _is_own_ancestor(entry: BibEntry, by_key: Mapping[str, BibEntry]) -> bool:
    """Whether its chain of `crossref` comes back to it."""
    seen: set[str] = set()
    above: BibEntry | None = entry
    while above is not None and (key := above.fields.get("crossref")) and key not in seen:
        if key == entry.key:
            return True
        seen.add(key)
        above = by_key.get(key)
    return False


def _inherited(entry: BibEntry, by_key: Mapping[str, BibEntry], findings: Findings) -> BibEntry:
    """The entry with what its `crossref` adds; its own fields win."""
    seen = {str(entry.key)}
    while (parent_key := entry.fields.get("crossref")) and parent_key not in seen:
        seen.add(parent_key)
        parent = by_key.get(parent_key)
        if parent is None:
            findings.warning(
                "bib-crossref",
                f"`crossref` names `{parent_key}`, and no entry has that key",
                parent_key.span,
                *did_you_mean(parent_key, by_key),
            )
            return entry
        fields, text, names = dict(entry.fields), dict(entry.text), dict(entry.names)
        rename = _INHERITED_TITLES.get(TYPE_ALIASES.get(entry.type, (entry.type, ""))[0])
        for name in parent.fields:
            target = rename if name == "title" and rename else name
            if target in fields or target in _NEVER_INHERITED:
                continue
            fields[target] = parent.fields[name]
            if name in parent.text:
                text[target] = parent.text[name]
            if name in parent.names:
                names[target] = parent.names[name]
        if "crossref" in parent.fields:
            fields["crossref"] = parent.fields["crossref"]
        entry = replace(entry, fields=fields, text=text, names=names)
    return entry


def _publication(entry: BibEntry, owners: Sequence[Name], findings: Findings) -> Publication:
    raw, text = Fields[Scalar](), Fields[RichText]()
    for name, value in entry.fields.items():
        target = FIELD_ALIASES.get(name, name)
        if value and (target not in raw or target == name):
            raw[target] = value
            if name in entry.text:
                text[target] = entry.text[name]
    kind, thesis_type = TYPE_ALIASES.get(entry.type, (entry.type, ""))
    if thesis_type and "type" not in raw:
        raw["type"] = Scalar(thesis_type, entry.span)
    date, year = _date(entry, raw, findings)
    authors = entry.names.get("author", NameList())
    editors = entry.names.get("editor", NameList())
    names = (authors or editors).names
    highlighted = _annotated(entry, "highlight")
    owner_positions = highlighted | {
        at for at, name in enumerate(names) if any(is_same_person(name, owner) for owner in owners)
    }
    title = text.get("title") or RichText((), entry.span)
    if not title:
        findings.warning("bib-no-title", f"`{entry.key}` has no title", entry.key.span)
    if not names:
        findings.warning("bib-no-author", f"`{entry.key}` has neither author nor editor", entry.key.span)
    doi = _doi(raw.get("doi"))
    return Publication(
        key=entry.key,
        type=kind,
        authors=authors,
        editors=editors,
        title=title,
        date=date,
        year=year,
        text=text,
        raw=raw,
        keywords=tuple(word.strip() for word in re.split(r"[,;]", raw.get("keywords") or "") if word.strip()),
        doi=doi,
        eprint_url=_eprint_url(raw),
        links=_links(raw, doi, findings),
        span=entry.span,
        owner_positions=frozenset(owner_positions),
    )


def _date(entry: BibEntry, raw: Fields[Scalar], findings: Findings) -> tuple[Date | None, RichText | None]:
    """The date for sorting, and the year as printed: a word such as `in press` stays."""
    value = raw.get("date") or raw.get("year")
    if not value:
        findings.warning(
            "bib-no-year", f"`{entry.key}` has no year; it is listed last", entry.key.span, "add `year = {…}`"
        )
        return None, None
    month = _MONTH_NUMBERS.get((raw.get("month") or "").strip().casefold()[:3])
    try:
        date = Date.parse(value.split("/")[0])
    except ValueError:
        found = re.search(r"\b(1[89]|20)\d\d\b", value)
        if found is None:
            return None, RichText((Str(str(value)),), value.span)
        return Date(int(found[0]), month), RichText((Str(str(value)),), value.span)
    if date.month is None and month is not None:
        date = replace(date, month=month)
    return date, RichText((Str(str(date.year)),), value.span)


_MONTH_NUMBERS = {name: number for number, name in enumerate(MONTHS, start=1)} | {
    str(number): number for number in range(1, 13)
}


def _annotated(entry: BibEntry, word: str) -> set[int]:
    """Positions (0-based) that biblatex's `author+an` marks with a word (manual, 3.7)."""
    positions: set[int] = set()
    for part in (entry.fields.get("author+an") or "").split(";"):
        place, _, words = part.partition("=")
        if place.strip().isdigit() and word in [item.strip() for item in words.split(",")]:
            positions.add(int(place) - 1)
    return positions


def _doi(value: Scalar | None) -> Scalar | None:
    if value is None:
        return None
    bare = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", value.strip(), flags=re.IGNORECASE)
    return Scalar(bare.replace("\\_", "_"), value.span)


def _eprint_url(raw: Fields[Scalar]) -> str | None:
    eprint = raw.get("eprint")
    if not eprint:
        return None
    kind = (raw.get("eprinttype") or "").casefold()
    if not kind and re.fullmatch(r"(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})(v\d+)?", eprint):
        kind = "arxiv"
    address = EPRINT_ADDRESSES.get(kind)
    return address.format(re.sub(r"^arxiv:", "", eprint, flags=re.IGNORECASE)) if address else None


def _links(raw: Fields[Scalar], doi: Scalar | None, findings: Findings) -> tuple[PublicationLink, ...]:
    links = []
    for name in LINK_FIELDS:
        value = raw.get(name)
        if not value:
            continue
        for match in re.finditer(r"\S+", value):
            url = re.sub(r"\\([%#&_~])", r"\1", match[0]).replace("&amp;", "&")
            if doi and url.casefold().endswith(f"doi.org/{doi.casefold()}"):
                continue
            if not re.match(r"https?://\S", url):
                findings.warning(
                    "bad-url",
                    f"`{url}` in `{name}` is not a web address; it is printed without a link",
                    value.span,
                    "write the whole of it: `https://…`",
                )
            links.append(PublicationLink(name, Scalar(url, value.span)))
    return tuple(links)


def is_same_person(name: Name, owner: Name) -> bool:
    """Whether a printed name can be the owner's: same family name, initials that agree."""
    if name.corporate or _folded(name.family) != _folded(owner.family):
        return False
    if _folded(name.particle) != _folded(owner.particle):
        return False
    if not name.initials or not owner.initials:
        return not name.initials
    pairs = zip(_given_names(name), _given_names(owner), strict=False)
    return all(
        _folded(one)[:1] == _folded(other)[:1] if _is_initial(one, other) else _folded(one) == _folded(other)
        for one, other in pairs
    )


def _given_names(name: Name) -> list[str]:
    """Given names and initials one by one: `K.-R.` and `Klaus-Robert` are two each."""
    return [part for part in re.split(r"[\s.\-]+", name.given) if part]


def _is_initial(one: str, other: str) -> bool:
    return len(one) == 1 or len(other) == 1


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if char.isalnum())


def newest_first(publications: Iterable[Publication]) -> list[Publication]:
    """Newest first; what has a word for its year before all, entries of one date in file order."""

    def rank(publication: Publication) -> tuple[int, int]:
        if publication.date is None:
            return (0 if publication.year is not None else 2, 0)
        return 1, -publication.date.year

    return sorted(publications, key=rank)
