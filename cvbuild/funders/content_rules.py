"""Rules on the text: number of works, length and order of sections, words, links, identifiers, language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from cvbuild.content.kinds import TextSection
from cvbuild.content.reader import Content, NotEmpty, every_value
from cvbuild.content.values import NotNegative, Positive, Text, Word, Words
from cvbuild.funders.rule import (
    Language,
    Measurement,
    Pattern,
    Rule,
    Subject,
    at,
    of_text,
    on_pages,
    quoted,
    rule,
)
from cvbuild.inline import plain
from cvbuild.pdf.lines import lines_of
from cvbuild.record import Record
from cvbuild.render.checks import place_of
from cvbuild.render.markup import parse_inline
from cvbuild.select.types import SelectedCv, SelectedSection
from cvbuild.source import Span
from cvbuild.words import counted

_ELSEWHERE = "not known: the PDF was made elsewhere"
"""Why a rule on the content cannot be measured."""

_SERVERS = re.compile(r"\b(arxiv|biorxiv|medrxiv|chemrxiv|psyarxiv|corr|preprint|research square|ssrn)\b")
_OF_PREPRINTS = frozenset({"article", "online", "misc", "unpublished"})
"""Types that preprints are entered as."""


class _Work(Record):
    """A publication, or an item of another section, that a variant prints."""

    name: str
    summary: str
    section: SelectedSection
    span: Span
    identities: frozenset[str]
    """Key, DOI, eprint and title: entries that share one are the same work."""
    category: str = ""
    type: str = ""


def _works(selected: SelectedCv) -> Iterator[_Work]:
    """Yield all that can be counted: publications by category, and the items of other sections."""
    for section in selected.sections:
        for category in section.categories:
            for item in category.publications:
                names = ("journaltitle", "booktitle", "publisher", "howpublished")
                place = " ".join(item.raw.get(name, "") for name in names).strip().casefold()
                # A preprint names a server as its place of publication, or has nothing but an eprint.
                if place:
                    is_preprint = _SERVERS.search(place) is not None
                else:
                    is_preprint = bool(item.eprint) and item.type in _OF_PREPRINTS
                eprint, title = item.eprint.number if item.eprint else "", _squeezed(str(item.title))
                numbers = {"doi": item.doi, "eprint": eprint, "title": title}
                same = {f"{name} {number.casefold()}" for name, number in numbers.items() if number}
                identities = frozenset({f"key {item.key}", *same})
                kind = "preprint" if is_preprint else item.type
                span = item.key.span
                yield _Work(item.key, item.summary, section, span, identities, category.id, kind)
        for group in section.groups:
            for listed in group.items:
                span = listed.span.first_line()
                yield _Work(span.place, listed.summary, section, span, frozenset({span.place}))


def _squeezed(text: str) -> str:
    """Return a text in small letters, without spaces and punctuation."""
    return re.sub(r"\W+", "", text.casefold())


def _texts_of(section: SelectedSection, subject: Subject) -> Iterator[tuple[str, Span]]:
    """Yield the texts that a section prints, without their markup, and their places."""
    items: Sequence[object]
    if isinstance(section.section, TextSection):
        items = (section.section.text,)
    elif section.figures:
        items = tuple(figure.label for figure in section.figures)
    else:
        items = tuple(item for group in section.groups for item in group.items)
    for value in every_value(items):
        if isinstance(value, Text):
            text = value.in_language(subject.language)
            if place_of(text.span) in subject.printed:
                yield plain(parse_inline(text)), text.span
    for category in section.categories:
        for publication in category.publications:
            for field in publication.text.values():
                if place_of(field.span) in subject.printed:
                    yield str(field), field.span


class ItemGroup(Content, kw_only=True):
    """Works that are counted together."""

    name: Word
    max: NotNegative | None = None
    types: Annotated[Words, "Entry types such as article, or preprint for any entry that is one."] = ()
    categories: Annotated[Words, "Ids of publication categories, which take precedence over types."] = ()
    sections: Annotated[Words, "Names of sections."] = ()
    kinds: Annotated[Words, "Kinds of sections, such as patents."] = ()

    def __str__(self) -> str:
        return str(self.name) if self.max is None else f"{self.name} at most {self.max}"


@rule("max_items")
class MaxItems(Rule, kw_only=True):
    """Maximum number of works in each group.

    A work counts in the first group that lists its category or section, else in the first that
    lists its type.
    """

    remedy = "`limit`, `tags` or `categories` of the variant's section choose fewer"

    groups: Annotated[tuple[ItemGroup, ...], NotEmpty()]
    in_one_only: Annotated[bool, "Whether a work may stand in one group only."] = False

    def check(self, subject: Subject) -> Iterator[Measurement]:
        counted_in: list[tuple[ItemGroup, dict[str, _Work]]] = [(group, {}) for group in self.groups]
        for work in _works(subject.selected) if subject.selected else ():
            section = work.section
            by_place = [
                works
                for group, works in counted_in
                if work.category in group.categories
                or section.name in group.sections
                or section.kind in group.kinds
            ]
            by_type = [works for group, works in counted_in if work.type in group.types]
            for works in (by_place or by_type)[:1]:
                works.setdefault(work.name, work)  # printed in two sections, it counts once
        for group, works in counted_in:
            if group.max is None:
                continue
            required = f"at most {group.max}: {group.name}"
            if subject.selected is None:
                yield Measurement(None, required, _ELSEWHERE)
                continue
            over = list(works.values())[group.max :]
            where, span = (quoted(over[0].summary), over[0].span) if over else ("", None)
            yield Measurement(not over, required, str(len(works)), where, span)
        if self.in_one_only and subject.selected:
            yield _once([list(works.values()) for _, works in counted_in])
        elif self.in_one_only:
            yield Measurement(None, "no work in two groups", _ELSEWHERE)


def _once(groups: Sequence[Sequence[_Work]]) -> Measurement:
    """Whether no work stands in two groups, under the same key, DOI, eprint or title."""
    required = "no work in two groups"
    first: dict[str, tuple[int, _Work]] = {}
    for number, works in enumerate(groups):
        for work in works:
            for identity in work.identities:
                group, other = first.setdefault(identity, (number, work))
                if group != number:
                    where = f"{quoted(work.summary)} and {other.span.place}"
                    return Measurement(False, required, "one is in two", where, work.span)
    return Measurement(True, required, "none is")


class _MaxLength(Rule, kw_only=True):
    """Base class of rules on the length of a section in one unit, the name of the key for its limit."""

    remedy = "`limit`, `tags` or `detail: brief` of the variant's section print less of it"
    unit: ClassVar[str]

    section: Annotated[Word, "Name or kind of the section."]

    def check(self, subject: Subject) -> list[Measurement]:
        most: int = getattr(self, self.unit)
        required = f"at most {most} {self.unit} in {self.section}"
        if subject.selected is None:
            return [Measurement(None, required, _ELSEWHERE)]
        every = subject.selected.sections
        named = [item for item in every if item.name == self.section]
        sections = named or [item for item in every if item.kind == self.section]
        if not sections:
            return [Measurement(None, required, "there is no such section")]
        texts = " ".join(text for section in sections for text, _ in _texts_of(section, subject)).split()
        found = len(texts) if self.unit == "words" else len(" ".join(texts))
        span = sections[0].section.span.first_line()
        return [Measurement(found <= most, required, f"{found} {self.unit}", span=span)]


@rule("max_words")
class MaxWords(_MaxLength, kw_only=True):
    """Maximum number of words in a section, divided by spaces."""

    unit = "words"
    words: Positive


@rule("max_characters")
class MaxCharacters(_MaxLength, kw_only=True):
    """Maximum number of characters in a section; consecutive spaces count as one."""

    unit = "characters"
    characters: Positive


@rule("require_sections")
class RequireSections(Rule, kw_only=True):
    """Required sections in their order, each by its name, kind or title.

    In a PDF made elsewhere, they are found by their titles as lines of their own.
    """

    remedy = "list them in the variant's `sections`, in this order"

    sections: Words

    def check(self, subject: Subject) -> list[Measurement]:
        required = f"in this order: {', '.join(self.sections)}"
        wanted = [str(name).casefold() for name in self.sections]
        order = []
        if subject.selected is None:
            lines = [line.text.casefold() for page in subject.pdf.pages for line in lines_of(page)]
            order = [line for line in lines if line in wanted]
            if not order:
                return [Measurement(None, required, "no line is one of these titles")]
        else:
            for section in subject.selected.sections:
                names = {section.name, section.kind, str(section.title.in_language(subject.language))}
                order += [name for name in wanted if name in {item.casefold() for item in names}]
        order = list(dict.fromkeys(order))
        if missing := [name for name in wanted if name not in order]:
            return [Measurement(False, required, f"missing: {', '.join(missing)}")]
        return [Measurement(order == wanted, required, ", ".join(order))]


_AROUND = 20
"""Characters shown before and after unwanted words."""

_FIELDS = {
    "birth date": r"\bborn\b|\b(date of birth|birth ?date|birthday)\b|\bgeb(oren|\.)\s|\bgeburtsdatum\b"
    r"|\bnée? le\b|\bdate de naissance\b|\bfecha de nacimiento\b|\bdata di nascita\b|\bgeboortedatum\b",
    "home address": r"\b(home|private|residential) address\b|\b(privat|wohn)(adresse|anschrift)\b"
    r"|\badresse personnelle\b|\bdomicilio\b",
    "marital status": r"\bmarital status\b|\b(un)?married\b|\bfamilienstand\b|\b(verheiratet|ledig)\b"
    r"|\bétat civil\b|\bestado civil\b|\bstato civile\b|\bburgerlijke staat\b",
}
"""Words that introduce a field, in a few languages."""


@rule("forbid_fields")
class ForbidFields(Rule, kw_only=True):
    """Personal data that must not be printed.

    A PDF shows a field only by its name: a date of birth alone is a date, and an address can be an
    office's.
    """

    remedy = "take it out of the content"

    fields: Annotated[
        tuple[Literal["photo", "birth date", "home address", "marital status"], ...], NotEmpty()
    ]

    def check(self, subject: Subject) -> Iterator[Measurement]:
        for name in self.fields:
            if name == "photo":
                yield _photo(subject)
                continue
            found = _absent(name, _FIELDS[name], subject)
            if not found.holds:
                yield found
            elif subject.selected is None:
                yield Measurement(None, f"no {name}", "no words for it found; a bare one cannot be told")
            else:
                owner = subject.selected.settings.owner
                born = str(owner.born.in_language(subject.language)) if owner.born is not None else ""
                if name == "birth date" and born and _squeezed(born) in _squeezed(subject.pdf.text):
                    yield Measurement(False, f"no {name}", "`born` is printed", span=owner.span_of("born"))
                elif name == "home address" and owner.address is not None:
                    yield Measurement(None, f"no {name}", "whether `address` is a home's cannot be told")
                else:
                    yield found


def _photo(subject: Subject) -> Measurement:
    """Take an upright or square image on the first page for a photo; a person has to judge others."""
    images = [
        (page.number, mark.box.right - mark.box.left, mark.box.top - mark.box.bottom)
        for page in subject.pdf.pages
        for mark in page.marks
        if mark.kind in {"image", "shading"}
    ]
    # An image of less than 40 bp in width or height is too small for a photo.
    images = [(number, width, height) for number, width, height in images if min(width, height) >= 40]
    if not images:
        return of_text(subject, True, "no photo", "no image")
    photos = [image for image in images if image[0] == 1 and 0.6 <= image[1] / image[2] <= 1.1]
    number, width, height = (photos or images)[0]
    measured = f"an image of {width:.0f} × {height:.0f} pt"
    if photos:
        return Measurement(False, "no photo", measured, at(number))
    return Measurement(None, "no photo", f"{measured}: look whether it is one", on_pages([number]))


@rule("forbid_patterns")
class ForbidPatterns(Rule, kw_only=True):
    """Words that must not be used, as regular expressions that ignore case."""

    remedy = "reword it, or keep its item out of the variant: `except: [NAME]` at the item"

    patterns: Annotated[dict[str, Pattern], "By what each of them finds: `h-index`.", NotEmpty()]

    def check(self, subject: Subject) -> list[Measurement]:
        return [_absent(name, pattern, subject) for name, pattern in self.patterns.items()]


def _absent(name: str, pattern: str, subject: Subject) -> Measurement:
    """Search the PDF's text for a pattern; if found, name its place in the content, if known."""
    wanted = re.compile(pattern, re.IGNORECASE)
    found = [(page.number, match) for page in subject.pdf.pages for match in wanted.finditer(page.text)]
    required = f"no {name}"
    if not found:
        return of_text(subject, True, required, "none found")
    number, match = found[0]
    before = match.string[: match.start()][-_AROUND:].partition(" ")[2]
    after = match.string[match.end() :][:_AROUND].rpartition(" ")[0]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    typed = (
        span.first_line()
        for section in (subject.selected.sections if subject.selected else ())
        for text, span in _texts_of(section, subject)
        if wanted.search(text)
    )
    where = at(number, before + match[0] + after)
    return Measurement(False, required, f"“{match[0]}”{more}", where, next(typed, None))


# A web address as it is printed: with its scheme, or beginning with www.
_PRINTED = re.compile(r"\b(?:https?://|www\.)[^\s<>“”\"]*[^\s<>“”\".,;:)\]]", re.IGNORECASE)
_DOI = re.compile(r"(https?://)?(dx\.)?doi\.org/10\.", re.IGNORECASE)
# Links known to lead to a work, a person, a mailbox or a telephone.
_NO_MEDIUM = re.compile(r"(https?://)?(dx\.)?(doi\.org|orcid\.org)/|mailto:|tel:", re.IGNORECASE)


@rule("links")
class Links(Rule, kw_only=True):
    """Which links are allowed, clickable or printed."""

    remedy = "`layout: {links: false}` prints addresses as text"

    allowed: Literal["none", "doi"]
    unless: Annotated[Word | None, "What other links may lead to, which a person has to judge."] = None

    def check(self, subject: Subject) -> list[Measurement]:
        required = "no links" if self.allowed == "none" else "no links but DOIs"
        if self.unless is not None:
            required += f" but to {self.unless}"
        found = []
        for page in subject.pdf.pages:
            found += [(address, page.number) for address in page.links]
            for match in _PRINTED.finditer(page.text):
                bare = re.sub(r"^https?://", "", match[0], flags=re.IGNORECASE)
                # Most printed addresses are clickable: count them once.
                if not any(bare in address for address in page.links):
                    found.append((match[0], page.number))
        if self.allowed == "doi":
            found = [(address, number) for address, number in found if not _DOI.match(address)]
        if not found:
            return [of_text(subject, True, required, "none found")]
        certain = [item for item in found if self.unless is None or _NO_MEDIUM.match(item[0])]
        address, number = (certain or found)[0]
        measured = counted(len(found), "link")
        if certain:
            return [Measurement(False, required, measured, at(number, address))]
        return [Measurement(None, required, f"{measured}: look where they lead", at(number, address))]


# ORCID's structure of the identifier: four times four digits, where the last one may be X.
_ORCID = re.compile(r"\b(\d{4}[-‐‑–]){3}\d{3}[\dX]\b")


@rule("require_identifier")
class RequireIdentifier(Rule, kw_only=True):
    """The owner's ORCID, printed or as a link, or a DOI for each publication that is printed."""

    identifier: Literal["orcid", "doi"]

    def check(self, subject: Subject) -> list[Measurement]:
        if self.identifier == "orcid":
            for page in subject.pdf.pages:
                for text in (page.text, *page.links):
                    if found := _ORCID.search(text):
                        return [Measurement(True, "an ORCID iD", found[0], at(page.number))]
            return [Measurement(False, "an ORCID iD", "none found")]
        required = "a DOI for every publication"
        if subject.selected is None:
            return [Measurement(None, required, _ELSEWHERE)]
        every = {
            publication.key: publication
            for section in subject.selected.sections
            for category in section.categories
            for publication in category.publications
        }
        without = [publication for publication in every.values() if publication.doi is None]
        if not without:
            return [Measurement(True, required, f"all {len(every)} have one" if every else "no publication")]
        first, measured = without[0], f"{len(without)} of {len(every)} without"
        return [Measurement(False, required, measured, quoted(first.summary), first.key.span)]

    @property
    def remedy(self) -> str:
        if self.identifier == "doi":
            return "add `doi = {…}` to the entries in the .bib files"
        return "write `orcid: …` into `profiles` of the owner in cv.yaml"


@rule("et_al_forbidden")
class EtAlForbidden(Rule, kw_only=True):
    """All authors are named."""

    remedy = "take `max_authors` out of the section of kind `publications`"

    def check(self, subject: Subject) -> list[Measurement]:
        pattern = r"\bet\.?\s?al\b\.?|\bu\.\s?a\.|\band others\b|\bund andere\b|\by otros\b"
        return [_absent("“et al.”, all authors named", pattern, subject)]


@rule("language")
class DocumentLanguage(Rule, kw_only=True):
    """Languages allowed for the document: the variant's, else the one that the PDF names (/Lang)."""

    languages: Annotated[tuple[Language, ...], NotEmpty()]

    def check(self, subject: Subject) -> list[Measurement]:
        required = " or ".join(self.languages)
        code = subject.language or subject.pdf.language
        if not code:
            return [Measurement(None, required, "the PDF does not say")]
        return [Measurement(code.split("-")[0].casefold() in self.languages, required, code)]

    @property
    def remedy(self) -> str:
        return f"`lang: {self.languages[0]}`"


@rule("by_eye", is_of_file=True)
class ByEye(Rule, kw_only=True):
    """A requirement that only a person can judge; it never passes."""

    what: Word

    def check(self, subject: Subject) -> list[Measurement]:
        return [Measurement(None, str(self.what), "to be seen to by a person")]
