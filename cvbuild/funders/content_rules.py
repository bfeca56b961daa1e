"""Rules on the file and its text: number of works, sections, words, links, identifiers, language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from cvbuild.content.kinds import TextSection
from cvbuild.content.reader import Content, NotEmpty, every_value
from cvbuild.content.values import NotNegative, Positive, Text, Word, Words
from cvbuild.funders.rule import (
    LOCKED,
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
from cvbuild.pdf.types import lines_of
from cvbuild.record import Record
from cvbuild.render.checks import place_of
from cvbuild.render.markup import parse_inline
from cvbuild.select.types import SelectedCv, SelectedSection
from cvbuild.source import Span
from cvbuild.words import counted


@rule("not_encrypted", is_of_file=True)
class NotEncrypted(Rule, kw_only=True):
    """The file is not encrypted: it has no password, not even an empty one, and no restrictions."""

    def check(self, subject: Subject) -> list[Measurement]:
        is_open = not subject.pdf.is_encrypted
        measured = "asks for a password" if subject.is_locked else "not encrypted" if is_open else "encrypted"
        return [Measurement(is_open, "no encryption", measured)]


@rule("has_text_layer", is_of_file=True)
class HasTextLayer(Rule, kw_only=True):
    """Every page has text that can be copied, instead of a picture of text."""

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


_ELSEWHERE = "not known: the PDF was made elsewhere"
"""Result of rules on the content for a PDF made elsewhere."""

_SERVERS = re.compile(r"\b(arxiv|biorxiv|medrxiv|chemrxiv|psyarxiv|corr|preprint|research square|ssrn)\b")
_OF_PREPRINTS = frozenset({"article", "online", "misc", "unpublished"})
"""Types of entries that are preprints if they have an eprint and no place of publication."""


class _Work(Record):
    """A publication, or another section's item, that a variant prints."""

    identities: tuple[str, ...]
    """Key, DOI, eprint and title: entries that share one are the same work."""
    summary: str
    section: SelectedSection
    span: Span
    category: str = ""
    type: str = ""


def _works(selected: SelectedCv) -> Iterator[_Work]:
    """Yield the works that rules can count: publications by category, and the items of other sections."""
    for section in selected.sections:
        for category in section.categories:
            for item in category.publications:
                names = ("journaltitle", "booktitle", "publisher", "howpublished")
                place = " ".join(item.raw.get(name, "") for name in names).strip().casefold()
                # A preprint names a server as its place of publication, or has an eprint and no place.
                is_eprint_alone = not place and item.eprint is not None and item.type in _OF_PREPRINTS
                kind = "preprint" if is_eprint_alone or _SERVERS.search(place) else item.type
                eprint = item.eprint.number if item.eprint else ""
                numbers = {"doi": item.doi, "eprint": eprint, "title": _squeezed(str(item.title))}
                same = [f"{name} {number.casefold()}" for name, number in numbers.items() if number]
                identities = (f"key {item.key}", *same)
                yield _Work(identities, item.summary, section, item.key.span, category.id, kind)
        for listed in (item for group in section.groups for item in group.items):
            span = listed.span.first_line()
            yield _Work((span.place,), listed.summary, section, span)


def _squeezed(text: str) -> str:
    """Return a text in lower case, without spaces and punctuation."""
    return re.sub(r"\W+", "", text.casefold())


def _texts_of(section: SelectedSection, subject: Subject) -> Iterator[tuple[str, Span]]:
    """Yield each text that a section prints, without its markup, and its place."""
    items: list[object] = [item for group in section.groups for item in group.items]
    if isinstance(section.section, TextSection):
        items = [section.section.text]
    elif section.figures:
        items = [figure.label for figure in section.figures]
    for value in every_value(items):
        if isinstance(value, Text):
            text = value.in_language(subject.language)
            if place_of(text.span) in subject.printed:
                yield plain(parse_inline(text)), text.span
    for field in (field for item in section.publications for field in item.text.values()):
        if place_of(field.span) in subject.printed:
            yield str(field), field.span


class ItemGroup(Content, kw_only=True):
    """A group of works that are counted together, and its maximum."""

    name: Word
    max: NotNegative | None = None
    types: Annotated[Words, "Entry types such as article, or preprint for any entry that is one."] = ()
    categories: Annotated[Words, "Ids of publication categories, which take precedence over types."] = ()
    sections: Annotated[Words, "Names of sections."] = ()
    kinds: Annotated[Words, "Kinds of sections, such as patents."] = ()

    def places(self, work: _Work) -> bool:
        """Whether the group lists a work's category, section, or kind of section."""
        section = work.section
        return work.category in self.categories or section.name in self.sections or section.kind in self.kinds

    def __str__(self) -> str:
        return str(self.name) if self.max is None else f"{self.name} at most {self.max}"


@rule("max_items")
class MaxItems(Rule, kw_only=True):
    """Maximum number of works per group. A work's category or section, else its type, decides its group."""

    remedy = "`limit`, `tags` or `categories` of the variant's section choose fewer"

    groups: Annotated[tuple[ItemGroup, ...], NotEmpty()]
    in_one_only: Annotated[bool, "Whether a work may stand in one group only."] = False

    def check(self, subject: Subject) -> Iterator[Measurement]:
        counted_in: list[tuple[ItemGroup, dict[str, _Work]]] = [(group, {}) for group in self.groups]
        for work in _works(subject.selected) if subject.selected else ():
            by_place = [works for group, works in counted_in if group.places(work)]
            by_type = [works for group, works in counted_in if work.type in group.types]
            for works in (by_place or by_type)[:1]:
                works.setdefault(work.identities[0], work)  # a work printed twice counts once
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
        if not self.in_one_only:
            return
        required = "no work in two groups"
        if subject.selected is None:
            yield Measurement(None, required, _ELSEWHERE)
            return
        first: dict[str, tuple[ItemGroup, _Work]] = {}
        listed = [(group, work) for group, works in counted_in for work in works.values()]
        for group, work in listed:
            pairs = [first.setdefault(identity, (group, work)) for identity in work.identities]
            for other in (other for there, other in pairs if there is not group):
                where = f"{quoted(work.summary)} and {other.span.place}"
                yield Measurement(False, required, "one is in two", where, work.span)
                return
        yield Measurement(True, required, "none is")


class _MaxLength(Rule, kw_only=True):
    """Base class of rules on a section's length. `unit` is the unit, and the name of the limit's key."""

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
    """Maximum number of words, separated by spaces, in a section."""

    unit = "words"
    words: Positive


@rule("max_characters")
class MaxCharacters(_MaxLength, kw_only=True):
    """Maximum number of characters in a section; consecutive spaces count as one."""

    unit = "characters"
    characters: Positive


@rule("require_sections")
class RequireSections(Rule, kw_only=True):
    """Required sections in order, by name, kind or title; in a PDF made elsewhere, by lines of text."""

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
"""Maximum number of characters shown before and after a match."""

_FIELDS = {
    "birth date": r"\bborn\b|\b(date of birth|birth ?date|birthday)\b|\bgeb(oren|\.)\s|\bgeburtsdatum\b"
    r"|\bnée? le\b|\bdate de naissance\b|\bfecha de nacimiento\b|\bdata di nascita\b|\bgeboortedatum\b",
    "home address": r"\b(home|private|residential) address\b|\b(privat|wohn)(adresse|anschrift)\b"
    r"|\badresse personnelle\b|\bdomicilio\b",
    "marital status": r"\bmarital status\b|\b(un)?married\b|\bfamilienstand\b|\b(verheiratet|ledig)\b"
    r"|\bétat civil\b|\bestado civil\b|\bstato civile\b|\bburgerlijke staat\b",
}
"""Patterns of words that introduce personal data, in several languages."""


@rule("forbid_fields")
class ForbidFields(Rule, kw_only=True):
    """Personal data that must not be printed. Labels such as `born` reveal it; a bare date can be any."""

    remedy = "take it out of the content"

    fields: Annotated[
        tuple[Literal["photo", "birth date", "home address", "marital status"], ...], NotEmpty()
    ]

    def check(self, subject: Subject) -> Iterator[Measurement]:
        for name in self.fields:
            found = _photo(subject) if name == "photo" else _measure_absence(name, _FIELDS[name], subject)
            if name == "photo" or not found.holds:
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
    """Count an upright or square image on the first page as a photo; a person has to judge others."""
    images = [
        (page.number, mark.box.right - mark.box.left, mark.box.top - mark.box.bottom)
        for page in subject.pdf.pages
        for mark in page.marks
        if mark.kind in {"image", "shading"}
    ]
    # An image of less than 40 bp in width or height is too small for a photo.
    images = [image for image in images if min(image[1:]) >= 40]
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
        return [_measure_absence(name, pattern, subject) for name, pattern in self.patterns.items()]


def _measure_absence(name: str, pattern: str, subject: Subject) -> Measurement:
    """Measure whether the PDF's text has no match of a pattern, else where the first match stands."""
    wanted = re.compile(pattern, re.IGNORECASE)
    found = [(page.number, match) for page in subject.pdf.pages for match in wanted.finditer(page.text)]
    required = f"no {name}"
    if not found:
        return of_text(subject, True, required, "none found")
    number, match = found[0]
    before = match.string[: match.start()][-_AROUND:].partition(" ")[2]
    after = match.string[match.end() :][:_AROUND].rpartition(" ")[0]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    sections = subject.selected.sections if subject.selected else ()
    typed = (item for section in sections for item in _texts_of(section, subject))
    span = next((span.first_line() for text, span in typed if wanted.search(text)), None)
    where = at(number, before + match[0] + after)
    return Measurement(False, required, f"“{match[0]}”{more}", where, span)


# A printed web address: with its scheme, or beginning with www.
_PRINTED = re.compile(r"\b(?:https?://|www\.)[^\s<>“”\"]*[^\s<>“”\".,;:)\]]", re.IGNORECASE)
_DOI = re.compile(r"(https?://)?(dx\.)?doi\.org/10\.", re.IGNORECASE)
# Links to a work, a person, a mailbox or a telephone, which `unless` never excuses.
_NEVER_EXCUSED = re.compile(r"(https?://)?(dx\.)?(doi\.org|orcid\.org)/|mailto:|tel:", re.IGNORECASE)


@rule("links")
class Links(Rule, kw_only=True):
    """Which links are allowed, clickable or printed."""

    remedy = "`layout: {links: false}` prints addresses as text"

    allowed: Literal["none", "doi"]
    unless: Annotated[Word | None, "What other links may lead to, which a person has to judge."] = None

    def check(self, subject: Subject) -> list[Measurement]:
        required = "no links" if self.allowed == "none" else "no links but DOIs"
        required += f" but to {self.unless}" if self.unless is not None else ""
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
        certain = [item for item in found if self.unless is None or _NEVER_EXCUSED.match(item[0])]
        address, number = (certain or found)[0]
        measured = counted(len(found), "link")
        if certain:
            return [Measurement(False, required, measured, at(number, address))]
        return [Measurement(None, required, f"{measured}: look where they lead", at(number, address))]


# ORCID, structure of the identifier: four groups of four digits; the last digit may be X.
_ORCID = re.compile(r"\b(\d{4}[-‐‑–]){3}\d{3}[\dX]\b")


@rule("require_identifier")
class RequireIdentifier(Rule, kw_only=True):
    """The owner's ORCID iD, as text or a link, or a DOI for each printed publication."""

    identifier: Literal["orcid", "doi"]

    def check(self, subject: Subject) -> list[Measurement]:
        if self.identifier == "orcid":
            texts = [(page.number, text) for page in subject.pdf.pages for text in (page.text, *page.links)]
            for number, text in texts:
                if found := _ORCID.search(text):
                    return [Measurement(True, "an ORCID iD", found[0], at(number))]
            return [Measurement(False, "an ORCID iD", "none found")]
        required = "a DOI for every publication"
        if subject.selected is None:
            return [Measurement(None, required, _ELSEWHERE)]
        printed = (item for section in subject.selected.sections for item in section.publications)
        every = {publication.key: publication for publication in printed}
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
        return [_measure_absence("“et al.”, all authors named", pattern, subject)]


@rule("language")
class DocumentLanguage(Rule, kw_only=True):
    """Languages allowed for the document, whose language is the variant's, else the PDF's (/Lang)."""

    languages: Annotated[tuple[Language, ...], NotEmpty()]

    def check(self, subject: Subject) -> list[Measurement]:
        required = " or ".join(self.languages)
        code = subject.language
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
