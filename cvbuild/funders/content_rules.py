"""Rules on what a variant prints: how many works, how long a section, which sections, identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from cvbuild.content.fields import Content, NotEmpty, values_of
from cvbuild.content.publications import Publication
from cvbuild.content.sections import TextSection
from cvbuild.content.values import NotNegative, Positive, Text, Word, Words
from cvbuild.funders.rule import Measurement, Rule, Subject, at, quoted
from cvbuild.inline import plain
from cvbuild.pdf.lines import lines_of
from cvbuild.record import Record
from cvbuild.render.checks import place_of
from cvbuild.render.markup import parse_inline
from cvbuild.select import SelectedCv, SelectedSection
from cvbuild.source import Scalar, Span

_ELSEWHERE = "not known: the PDF was made elsewhere"
"""Why a rule on content cannot be measured."""

_SERVERS = re.compile(r"\b(arxiv|biorxiv|medrxiv|chemrxiv|psyarxiv|corr|preprint|research square|ssrn)\b")
_TYPELESS = frozenset({"online", "misc", "unpublished"})

# ORCID's structure of the identifier: four times four digits, the last one may be X.
_ORCID = re.compile(r"\b(\d{4}[-‐‑–]){3}\d{3}[\dX]\b")


class _Work(Record):
    """A publication or another item that a variant prints."""

    name: str
    summary: str
    section: SelectedSection
    span: Span
    identities: frozenset[str]
    """What tells that two are the same work: its key, DOI, eprint and title."""
    category: str = ""
    type: str = ""


def _works(selected: SelectedCv) -> Iterator[_Work]:
    """Everything that is counted: publications by category, and the items of other sections."""
    for section in selected.sections:
        for category in section.categories:
            for publication in category.publications:
                yield _work(publication, section, category.id)
        for group in section.groups:
            for item in group.items:
                span = item.span.first_line()
                yield _Work(span.place, item.summary, section, span, frozenset({span.place}))


def _work(publication: Publication, section: SelectedSection, category: str) -> _Work:
    title = re.sub(r"\W+", "", str(publication.title).casefold())
    same = {f"key {publication.key}"}
    if publication.doi:
        same.add(f"doi {publication.doi.casefold()}")
    if publication.eprint:
        same.add(f"eprint {publication.eprint.number.casefold()}")
    if title:
        same.add(f"title {title}")
    kind = "preprint" if _is_preprint(publication) else publication.type
    key = publication.key
    return _Work(key, publication.summary, section, key.span, frozenset(same), category, kind)


def _is_preprint(publication: Publication) -> bool:
    """Whether an entry's place of publication is a server of preprints, or it has an eprint alone."""
    place = " ".join(
        publication.raw.get(name, "") for name in ("journaltitle", "booktitle", "publisher", "howpublished")
    )
    if place.strip():
        return _SERVERS.search(place.casefold()) is not None
    return publication.eprint is not None and publication.type in _TYPELESS | {"article"}


def texts_of(section: SelectedSection, subject: Subject) -> Iterator[tuple[str, Span]]:
    """The texts that a section prints, without their markup, each with its place."""
    items: Sequence[object]
    if isinstance(section.section, TextSection):
        items = (section.section.text,)
    elif section.figures:
        items = tuple(figure.label for figure in section.figures)
    else:
        items = tuple(item for group in section.groups for item in group.items)
    for text in _texts(items, subject.language):
        if place_of(text.span) in subject.printed:
            yield plain(parse_inline(text)), text.span
    for category in section.categories:
        for publication in category.publications:
            for value in publication.text.values():
                if place_of(value.span) in subject.printed:
                    yield str(value), value.span


def _texts(value: Any, language: str) -> Iterator[Scalar]:
    if isinstance(value, Text):
        yield value.in_language(language)
    elif isinstance(value, Content):
        yield from _texts(values_of(value), language)
    elif isinstance(value, Mapping):
        yield from _texts(tuple(value.values()), language)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _texts(inner, language)


class ItemGroup(Content, kw_only=True):
    """Works that are counted together."""

    name: Word
    max: NotNegative | None = None
    types: Annotated[Words, "Types of entries: article; or preprint, whatever its type."] = ()
    categories: Annotated[Words, "Categories of publications by their ids; they come first."] = ()
    sections: Annotated[Words, "Sections, by their names."] = ()
    kinds: Annotated[Words, "Kinds of section: patents."] = ()

    def __str__(self) -> str:
        return str(self.name) if self.max is None else f"{self.name} at most {self.max}"

    def has_place_of(self, work: _Work) -> bool:
        """Whether a work's category or section counts here."""
        section = work.section
        return work.category in self.categories or section.name in self.sections or section.kind in self.kinds


class MaxItems(Rule, kw_only=True):
    """At most so many works in each group.

    A work counts in the group of its category or section; else in the first that has its type.
    """

    groups: Annotated[tuple[ItemGroup, ...], NotEmpty()]
    in_one_only: Annotated[bool, "Whether no work may stand in two of them."] = False

    def _measure_all(self, subject: Subject) -> Iterator[Measurement]:
        """The first work that is too many in its group gives the place."""
        found: list[dict[str, _Work]] = [{} for _ in self.groups]  # one printed in two sections counts once
        for work in _works(subject.selected) if subject.selected else ():
            number = self._group_of(work)
            if number is not None:
                found[number].setdefault(work.name, work)
        for group, works in zip(self.groups, found, strict=True):
            if group.max is None:
                continue
            required = f"at most {group.max}: {group.name}"
            if subject.selected is None:
                yield Measurement(None, required, _ELSEWHERE)
                continue
            over = list(works.values())[group.max :]
            where, span = (quoted(over[0].summary), over[0].span) if over else ("", None)
            yield Measurement(not over, required, str(len(works)), where, span)
        if self.in_one_only:
            required = "no work in two groups"
            yield _once(required, found) if subject.selected else Measurement(None, required, _ELSEWHERE)

    def _group_of(self, work: _Work) -> int | None:
        by_place = (number for number, group in enumerate(self.groups) if group.has_place_of(work))
        by_type = (
            number for number, group in enumerate(self.groups) if work.type and work.type in group.types
        )
        return next(by_place, next(by_type, None))

    def _remedy(self) -> str:
        return "`limit`, `tags` or `categories` of the variant's section choose fewer"


def _once(required: str, found: Sequence[Mapping[str, _Work]]) -> Measurement:
    first: dict[str, tuple[int, _Work]] = {}
    for number, group in enumerate(found):
        for work in group.values():
            for identity in work.identities:
                if identity in first and first[identity][0] != number:
                    where = f"{quoted(work.summary)} and {first[identity][1].span.place}"
                    return Measurement(False, required, "one is in two", where, work.span)
                first.setdefault(identity, (number, work))
    return Measurement(True, required, "none is")


class _MaxLength(Rule, kw_only=True):
    """A rule on the length of a section."""

    section: Annotated[Word, "Its name or its kind."]

    def _at_most(self, most: int, unit: str, subject: Subject) -> Measurement:
        required = f"at most {most} {unit} in {self.section}"
        if subject.selected is None:
            return Measurement(None, required, _ELSEWHERE)
        every = subject.selected.sections
        named = [item for item in every if item.name == self.section]
        sections = named or [item for item in every if item.kind == self.section]
        if not sections:
            return Measurement(None, required, "there is no such section")
        words = [
            word for section in sections for text, _ in texts_of(section, subject) for word in text.split()
        ]
        found = len(words) if unit == "words" else len(" ".join(words))
        span = sections[0].section.span.first_line()
        return Measurement(found <= most, required, f"{found} {unit}", span=span)

    def _remedy(self) -> str:
        return "`limit`, `tags` or `detail: brief` of the variant's section print less of it"


class MaxWords(_MaxLength, kw_only=True):
    """At most so many words in a section: what stands between spaces."""

    words: Positive

    def _measure(self, subject: Subject) -> Measurement:
        return self._at_most(self.words, "words", subject)


class MaxCharacters(_MaxLength, kw_only=True):
    """At most so many characters in a section, spaces included, each stretch of these as one."""

    characters: Positive

    def _measure(self, subject: Subject) -> Measurement:
        return self._at_most(self.characters, "characters", subject)


class RequireSections(Rule, kw_only=True):
    """Sections that have to be there, in this order; each by its name, its kind or its title."""

    sections: Words

    def _measure(self, subject: Subject) -> Measurement:
        """On a PDF made elsewhere sections are found by their titles, as lines of their own."""
        required = f"in this order: {', '.join(self.sections)}"
        wanted = [str(name).casefold() for name in self.sections]
        order = []
        if subject.selected is None:
            lines = [line.text.casefold() for page in subject.pdf.pages for line in lines_of(page)]
            order = [line for line in lines if line in wanted]
            if not order:
                return Measurement(None, required, "no line is one of these titles")
        else:
            for section in subject.selected.sections:
                names = {section.name, section.kind, str(section.title.in_language(subject.language))}
                order += [name for name in wanted if name in {item.casefold() for item in names}]
        order = list(dict.fromkeys(order))
        if missing := [name for name in wanted if name not in order]:
            return Measurement(False, required, f"missing: {', '.join(missing)}")
        return Measurement(order == wanted, required, ", ".join(order))

    def _remedy(self) -> str:
        return "list them in the variant's `sections`, in this order"


class RequireIdentifier(Rule, kw_only=True):
    """The person's ORCID, printed or as a link; or a DOI for every publication printed."""

    identifier: Literal["orcid", "doi"]

    def _measure(self, subject: Subject) -> Measurement:
        return _orcid(subject) if self.identifier == "orcid" else _dois(subject)

    def _remedy(self) -> str:
        if self.identifier == "doi":
            return "add `doi = {…}` to the entries in the .bib files"
        return "write `orcid: …` into `profiles` of the owner in cv.yaml"


def _orcid(subject: Subject) -> Measurement:
    required = "an ORCID iD"
    for page in subject.pdf.pages:
        for text in (page.text, *page.links):
            if found := _ORCID.search(text):
                return Measurement(True, required, found[0], at(page.number))
    return Measurement(False, required, "none found")


def _dois(subject: Subject) -> Measurement:
    required = "a DOI for every publication"
    if subject.selected is None:
        return Measurement(None, required, _ELSEWHERE)
    every = {
        publication.key: publication
        for section in subject.selected.sections
        for category in section.categories
        for publication in category.publications
    }
    without = [publication for publication in every.values() if publication.doi is None]
    if not without:
        return Measurement(True, required, f"all {len(every)} have one" if every else "no publication")
    first = without[0]
    measured = f"{len(without)} of {len(every)} without"
    return Measurement(False, required, measured, quoted(first.summary), first.key.span)
