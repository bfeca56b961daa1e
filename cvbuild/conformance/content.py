"""What a variant prints, as the rules on content look at it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cvbuild.conformance.subject import Subject
from cvbuild.content.fields import Content, values_of
from cvbuild.inline import plain
from cvbuild.model.publications import Publication
from cvbuild.model.sections import TextSection
from cvbuild.model.values import Text
from cvbuild.record import Record
from cvbuild.render.markdown import parse_inline
from cvbuild.render.traces import place_of
from cvbuild.source import Scalar, Span
from cvbuild.variant import SelectedCv, SelectedSection

ELSEWHERE = "not known: the PDF was made elsewhere"
"""Why a rule on content cannot be measured."""

_SERVERS = re.compile(r"\b(arxiv|biorxiv|medrxiv|chemrxiv|psyarxiv|corr|preprint|research square|ssrn)\b")
_TYPELESS = frozenset({"online", "misc", "unpublished"})


class Work(Record):
    """A publication or another item that a variant prints; `type` is empty for what has none."""

    name: str
    summary: str
    section: str
    kind: str
    category: str
    type: str
    identities: frozenset[str]
    """What tells that two are the same work: its key, DOI, eprint and title."""
    span: Span


def works(selected: SelectedCv) -> Iterator[Work]:
    """Everything that is counted: publications by category, and the items of other sections."""
    for section in selected.sections:
        for category in section.categories:
            for publication in category.publications:
                yield _work(publication, section, category.id)
        for group in section.groups:
            for item in group.items:
                span = item.span.first_line()
                yield Work(
                    span.place,
                    item.summary,
                    section.name,
                    section.kind,
                    "",
                    "",
                    frozenset({span.place}),
                    span,
                )


def _work(publication: Publication, section: SelectedSection, category: str) -> Work:
    title = re.sub(r"\W+", "", str(publication.title).casefold())
    same = {f"key {publication.key}"}
    if publication.doi:
        same.add(f"doi {publication.doi.casefold()}")
    if publication.eprint:
        same.add(f"eprint {publication.eprint.number.casefold()}")
    if title:
        same.add(f"title {title}")
    kind = "preprint" if is_preprint(publication) else publication.type
    return Work(
        publication.key, publication.summary, section.name, section.kind, category, kind,
        frozenset(same), publication.key.span,
    )  # fmt: skip


def is_preprint(publication: Publication) -> bool:
    """Whether an entry's place of publication is a server of preprints, or it has an eprint alone."""
    place = " ".join(
        publication.raw.get(name, "") for name in ("journaltitle", "booktitle", "publisher", "howpublished")
    )
    if place.strip():
        return _SERVERS.search(place.casefold()) is not None
    return publication.eprint is not None and publication.type in _TYPELESS | {"article"}


def publications(selected: SelectedCv) -> Iterator[Publication]:
    """Every publication printed, each once."""
    seen = set()
    for section in selected.sections:
        for category in section.categories:
            for publication in category.publications:
                if publication.key not in seen:
                    seen.add(publication.key)
                    yield publication


def texts(section: SelectedSection, subject: Subject) -> Iterator[tuple[str, Span]]:
    """The texts that a section prints, without their markup, each with its place."""
    language = subject.language
    for text in _texts(_items(section), language):
        if place_of(text.span) in subject.printed:
            yield plain(parse_inline(text)), text.span
    for category in section.categories:
        for publication in category.publications:
            for value in publication.text.values():
                if place_of(value.span) in subject.printed:
                    yield str(value), value.span


def _items(section: SelectedSection) -> Sequence[object]:
    if isinstance(section.section, TextSection):
        return (section.section.text,)
    if section.figures:
        return tuple(figure.label for figure in section.figures)
    return tuple(item for group in section.groups for item in group.items)


def _texts(value: Any, language: str) -> Iterator[Scalar]:
    if isinstance(value, Text):
        yield value.in_language(language)
    elif isinstance(value, Content):
        for inner in values_of(value).values():
            yield from _texts(inner, language)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _texts(inner, language)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner, language)
