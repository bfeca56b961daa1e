"""What is compared: the sections of a CV or of a variant, each with its entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from cvbuild.changes.values import fields_of
from cvbuild.comparing import folded
from cvbuild.model.cv import Cv
from cvbuild.model.publications import Publication
from cvbuild.model.sections import Item, PublicationsSection, Section, TextSection
from cvbuild.model.settings import Settings
from cvbuild.project import SETTINGS
from cvbuild.record import Record, field, replace
from cvbuild.source import Span
from cvbuild.variant import SelectedCv
from cvbuild.variant.types import SelectedSection

Keys = tuple[Hashable | None, ...]
"""What tells which entry it is, the surest first; None where it has no such thing."""


class Entry(Record, eq=False):
    """A publication, an item of a section, or a text. `near` is shared by what may be one entry renamed."""

    label: str
    fields: dict[str, str]
    span: Span
    keys: Keys
    near: Hashable | None = None
    within: Entry | None = None
    """The item that holds it, as an organisation holds its roles."""
    heading: str | None = None
    """The title of its group or the id of its category."""


class Subject(Record):
    """A section, or another part of the project, whose name no section can have."""

    name: str
    title: str
    fields: dict[str, str] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    is_ordered: bool = True
    """Whether the order of its entries is the user's: publications are sorted."""
    is_grouped: bool = True
    """Whether entries have their headings."""


def of_cv(cv: Cv) -> list[Subject]:
    """All that was read: the settings, the variants, every section, and the bibliography."""
    subjects = [_settings(cv.settings)]
    variants = tuple(
        Entry(name, fields_of(variant), variant.span, (name,))
        for name, variant in cv.settings.variants.items()
    )
    subjects.append(Subject(f"{SETTINGS}: variants", "Variants", {}, variants))
    for name, section in cv.sections.items():
        groups = ((group.title, group.items) for group in section.listed)
        entries = [*_text(section), *_items(groups)]
        fields = _of_section(section)
        if cv.settings.sections and name not in cv.settings.sections:
            fields["listed"] = "false"
        subjects.append(Subject(name, str(section.title), fields, tuple(entries)))
    publications = tuple(_publication(item) for item in cv.publications)
    return [*subjects, Subject("bib/", "Publications", {}, publications, is_ordered=False)]


def of_variant(selected: SelectedCv) -> list[Subject]:
    """What a variant prints, and how."""
    fields = fields_of(selected.variant, {"sections", "description", "output"})
    seen: Counter[str] = Counter()
    subjects = [Subject(f"{SETTINGS}: variant", "The variant itself", fields)]
    for section in selected.sections:
        # A variant may print a section twice, as other parts of it.
        seen[section.name] += 1
        subject = _printed(section)
        again = seen[section.name]
        subjects.append(subject if again == 1 else replace(subject, name=f"{subject.name} ({again})"))
    return subjects


def with_settings(settings: Settings, subjects: list[Subject]) -> list[Subject]:
    """The subjects of a variant with those settings before them that every variant has."""
    return [_settings(settings), *subjects]


def _settings(settings: Settings) -> Subject:
    return Subject(SETTINGS, "Settings", fields_of(settings, {"variants", "sections"}))


def _printed(section: SelectedSection) -> Subject:
    fields = _of_section(section.section)
    fields |= {"detail": section.detail, "grouped": "true" if section.grouped else "false"}
    for name, text in (("title", section.title), ("note", section.note)):
        if text is not None:
            fields = {key: value for key, value in fields.items() if key.split(" ")[0] != name}
            fields[name] = str(text)
    if isinstance(section.section, PublicationsSection):
        publications = tuple(
            _publication(item, category.id)
            for category in section.categories
            for item in category.publications
        )
        return Subject(section.name, str(section.title), fields, publications, False, section.grouped)
    entries = [*_text(section.section), *_items((group.title, group.items) for group in section.groups)]
    for entry, figure in zip(entries, section.figures, strict=bool(section.figures)):
        counted = {"all": figure.all, "since": figure.since}
        entry.fields.update({name: str(number) for name, number in counted.items() if number is not None})
    return Subject(section.name, str(section.title), fields, tuple(entries), is_grouped=section.grouped)


def _of_section(section: Section) -> dict[str, str]:
    return fields_of(section, {"items", "groups", "rows", "text"})


def _text(section: Section) -> Iterator[Entry]:
    """The text of a section that is one."""
    if isinstance(section, TextSection):
        fields = fields_of(section, {"kind", "title", "note"})
        yield Entry(str(section.title), fields, section.span, ("text",))


def _items(groups: Iterable[tuple[Any, Iterable[Item]]]) -> Iterator[Entry]:
    for title, items in groups:
        heading = str(title) if title is not None else None
        for item in items:
            if item.inner is None:
                yield _item(item, heading)
                continue
            outer = _item(item, heading)
            yield from (_item(inner, None, outer) for inner in item.inner_items())


def _item(item: Item, heading: str | None, within: Entry | None = None) -> Entry:
    fields = fields_of(item, {item.inner} if item.inner else ())
    name, where = _named(item)
    place = _named_by(within) if within is not None else ()
    when = str(item.when) if item.when else None
    label = f"{item.summary}, {within.label}" if within is not None else item.summary
    keys: Keys = (
        ("id", str(item.id)) if item.id else None,
        (place, name, *sorted(fields.items())),
        (place, name, where, when),
        (name, where, when),
        (place, name, where),
        (name,),
    )
    # Without dates, all that a section lists would be one entry renamed.
    return Entry(label, fields, item.span, keys, (place, where, when) if when else None, within, heading)


def _named(item: Item) -> tuple[str, str]:
    where = getattr(item, "organisation", None) or getattr(item, "event", None) or ""
    return folded(item.summary), folded(str(where))


def _named_by(entry: Entry) -> tuple[str, ...]:
    return (folded(entry.label),)


def _publication(item: Publication, category: str | None = None) -> Entry:
    """An entry of the bibliography with its fields as typed."""
    typed = {name: " ".join(value.split()) for name, value in item.raw.items() if value}
    fields = {"entry type": item.type, "key": str(item.key), **typed}
    title, year = folded(str(item.title)), item.date.year if item.date else None
    keys: Keys = (
        str(item.key),
        ("doi", item.doi.lower()) if item.doi else None,
        (title, year) if title else None,
        (title,) if title else None,
    )
    return Entry(
        f"{item.key}: {item.title}" if item.title else str(item.key),
        fields,
        item.span,
        keys,
        heading=category,
    )
