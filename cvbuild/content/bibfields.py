"""Fields of an entry in their printed form, and which of them are printed at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache

from cvbuild.content.publications import Eprint, Fields, PublicationLink, prints_type
from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.inline import Link, Placed, RichText, Str
from cvbuild.source import Scalar, Span

LINK_FIELDS = ("url", "code", "demo", "data", "slides", "video", "poster", "project")

PRINTED_FIELDS = frozenset(
    """author editor collaboration translator bookauthor holder
    title subtitle titleaddon maintitle mainsubtitle maintitleaddon booktitle booksubtitle booktitleaddon
    journaltitle journalsubtitle journaltitleaddon issuetitle issuesubtitle issuetitleaddon
    eventtitle eventtitleaddon eventdate venue date year origdate
    volume part volumes number issue series eid pages pagetotal chapter edition version
    publisher institution organization location howpublished isbn
    eprint eprinttype eprintclass doi openaccess addendum note pubstate award""".split()
) | frozenset(LINK_FIELDS)
"""What the templates print of an entry of any type; `type` besides where `prints_type` says so."""

_TYPED_FIELDS = PRINTED_FIELDS | {"journal", "address", "school"}
"""The printed fields by the names that people write."""


UNPRINTED_FIELDS: Mapping[str, tuple[str, ...]] = {
    "contents and notes to oneself, which no list of publications prints": tuple(
        "abstract annotation comment comments contents file keywords library owner review".split()
    ),
    "a number of the journal, of a database or of the day somebody looked": tuple(
        """issn urn arxivid urldate lastchecked pmcid pmid numpages mrclass mrnumber zblnumber
        reportnumber""".split()
    ),
    "said by the entry itself: the language by its title, the month as part of the date": tuple(
        "langid language origlanguage hyphenation shorttitle shortjournal shortauthor day month".split()
    ),
    "for BibTeX and biblatex, not for readers": tuple(
        """crossref xdata xref ids options execute label key entryset entrysubtype gender indextitle
        indexsorttitle nameaddon pagination bookpagination presort related relatedoptions relatedstring
        relatedtype shorthand shorthandintro sortkey sortname sorttitle sortyear *+an *+an:*""".split()
    ),
    "how long it stays where a variant leaves some out": ("priority", "keep"),
    "reference managers' own": tuple(
        """timestamp date-* bdsk-* mendeley-* citeulike-* zotero-* jabref-* __* added-at biburl bibsource
        creationdate modificationdate interhash intrahash username groups qualityassured ranking
        rating readstatus printed local-url adsurl adsnote affiliation unique-id opt*""".split()
    ),
}
"""What is left out without a word, by the reason for it; `*` stands for any characters."""

_EPRINTS = {
    "arxiv": ("arXiv:", "https://arxiv.org/abs/{}"),
    "openreview": ("OpenReview:\u00a0", "https://openreview.net/forum?id={}"),
    "hal": ("HAL:\u00a0", "https://hal.science/{}"),
    "pubmed": ("PMID:\u00a0", "https://pubmed.ncbi.nlm.nih.gov/{}/"),
    "jstor": ("JSTOR:\u00a0", "https://www.jstor.org/stable/{}"),
}
"""How an eprint is printed and where it lies, by biblatex's `eprinttype`."""

_ARXIV = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})(v\d+)?")

_BEFORE_DOI = re.compile(r"(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi:?\s*(?=10\.))+", re.IGNORECASE)
_FRAMED = re.compile(r"\\url\s*\{([^{}]*)\}|[{<]([^{}<>]*)[}>]")

_ACCESS = {name: name for name in ("green", "gold", "bronze", "diamond", "hybrid")}
_ACCESS |= dict.fromkeys(("yes", "true", "open"), "open_access")
_NO_ACCESS = frozenset({"closed", "no", "false"})


def unprinted_fields(kind: str, fields: Mapping[str, Scalar]) -> tuple[tuple[str, Span], ...]:
    """The fields of an entry that are neither printed nor known to be unprinted, with their places."""
    return tuple(
        (name, value.span)
        for name, value in fields.items()
        if value
        and name not in PRINTED_FIELDS
        and not (name == "type" and prints_type(kind))
        and not _is_unprinted(name)
    )


def report_unprinted(unprinted: Iterable[tuple[str, Span]], findings: Findings) -> None:
    """Warn of fields that are not printed, each name once."""
    places: dict[str, dict[str, Span]] = {}
    for name, span in unprinted:
        places.setdefault(name, {}).setdefault(span.place, span)
    for name, spans in places.items():
        others = len(spans) - 1
        more = f", nor in {others} other {'place' if others == 1 else 'places'}" if others else ""
        findings.warning(
            "bib-unprinted-field",
            f"`{name}` is not printed{more}",
            next(iter(spans.values())).first_line(),
            *did_you_mean(name, _TYPED_FIELDS, cutoff=0.75),
            "what is to be printed can stand in `note` or `addendum`",
        )


@cache
def _is_unprinted(name: str) -> bool:
    """Whether a field is known to be left out."""
    return any(fnmatchcase(name, pattern) for patterns in UNPRINTED_FIELDS.values() for pattern in patterns)


def printable(raw: Mapping[str, Scalar], text: Mapping[str, RichText]) -> Fields[RichText]:
    """The fields as text: titles with their subtitles, an ISBN as its characters."""
    found = Fields[RichText](text)
    if isbn := raw.get("isbn"):
        found["isbn"] = RichText((Str(_unescaped(isbn)),), isbn.span)
    for base in ("title", "maintitle", "booktitle", "journaltitle", "issuetitle", "eventtitle"):
        whole = _joined(found.get(base), found.pop(f"{base.removesuffix('title')}subtitle", None), ":")
        if base != "title":  # its addition stands outside the quotation marks
            whole = _joined(whole, found.pop(f"{base}addon", None), ".")
        if whole:
            found[base] = whole
    return found


def _joined(title: RichText | None, addition: RichText | None, sign: str) -> RichText | None:
    """`Title: Subtitle`; without the sign behind a title that ends in punctuation of its own."""
    if not title or not addition:
        return title or addition
    ends = str(title).rstrip("”’\"')").endswith((".", ":", "!", "?", "…", ";", "–", "—"))
    return RichText(
        (*title.inlines, Str(" " if ends else f"{sign} "), Placed(addition.inlines, addition.span)),
        title.span,
    )


def read_eprint(raw: Mapping[str, Scalar]) -> Eprint | None:
    """The number of `eprint` with its archive's name before it, and its class behind."""
    value = raw.get("eprint")
    if value is None:
        return None
    typed = _unescaped(value)
    if re.match(r"https?://\S+$", typed):
        return Eprint(typed, RichText((Link(typed, (Str(typed),)),), value.span), typed)
    archive = _unescaped(raw.get("eprinttype") or "")
    kind = archive.casefold()
    number = typed
    if kind in {"", "arxiv"}:
        number = re.sub(r"^arxiv:\s*", "", typed, flags=re.IGNORECASE)
        if number != typed or _ARXIV.fullmatch(number):
            kind = "arxiv"
    label, address = _EPRINTS.get(kind, (f"{archive}:" if archive else "", None))
    subject = f" [{_unescaped(raw['eprintclass'])}]" if raw.get("eprintclass") else ""
    text = Str(f"{label}{number}{subject}")
    if address is None:
        return Eprint(number, RichText((text,), value.span), None)
    url = address.format(number)
    return Eprint(number, RichText((Link(url, (text,)),), value.span), url)


def read_access(value: Scalar | None, findings: Findings) -> str | None:
    """The label for how open a work is; None for what is closed or not known."""
    word = (value or "").strip().casefold()
    if value is not None and word not in _ACCESS and word not in _NO_ACCESS:
        findings.warning(
            "bib-openaccess",
            f"`{value}` is no kind of open access; it is not printed",
            value.span.first_line(),
            f"write one of {', '.join(_ACCESS)}, or closed",
        )
    return _ACCESS.get(word)


def read_doi(value: Scalar | None) -> Scalar | None:
    """A DOI without the address or the word that may stand before it."""
    if value is None:
        return None
    return Scalar(_bare_doi(value), value.span)


def _bare_doi(text: str) -> str:
    """The DOI that a text or an address names, as it is registered; the text itself where it names none.

    An address may have its characters percent-encoded, as in `10.5555%2Fabc` (DOI Handbook, 3.8).
    """
    from html import unescape  # for some DOIs only, as is the next one
    from urllib.parse import unquote

    typed = unescape(_unescaped(_without_braces(text)))
    before = _BEFORE_DOI.match(typed)
    bare = typed[before.end() :] if before else typed
    return unquote(bare) if before or bare.startswith("10.") else bare


def _without_braces(text: str) -> str:
    r"""An address without the `\url{…}`, the braces or the angle brackets around it."""
    inner = _FRAMED.fullmatch(text.strip())
    return inner[1] or inner[2] if inner else text.strip()


def read_links(
    raw: Mapping[str, Scalar], doi: Scalar | None, findings: Findings
) -> tuple[PublicationLink, ...]:
    """The web addresses of an entry in order, except the one that its DOI leads to anyway."""
    links = []
    for name in LINK_FIELDS:
        value = raw.get(name)
        if not value:
            continue
        for match in re.finditer(r"\S+", value):
            url = _unescaped(_without_braces(match[0])).replace("&amp;", "&")
            bare = _bare_doi(url)
            if doi and bare != url and bare.rstrip("/").casefold() == doi.casefold():
                continue
            if bare != url and not url.casefold().startswith("http"):
                url = f"https://doi.org/{bare}"
            if not re.match(r"https?://\S", url):
                findings.warning(
                    "bad-url",
                    f"`{url}` in `{name}` is not a web address; it is printed without a link",
                    value.span,
                    "write the whole of it: `https://…`",
                )
            links.append(PublicationLink(name, Scalar(url, value.span)))
    return tuple(links)


def _unescaped(text: str) -> str:
    r"""A value that is not read as LaTeX, without what TeX would need: `\_`, `{\_}`."""
    return re.sub(r"\{\\?([%#&_~])\}|\\([%#&_~])", r"\1\2", " ".join(text.split()))
