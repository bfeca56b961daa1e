"""What is compared: the sections of a CV or of a variant with their entries, now or at a git revision."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import Group, Item, PublicationsSection, Section, TextSection
from cvbuild.content.publications import Publication
from cvbuild.content.reader import Content, values_of
from cvbuild.content.settings import Settings
from cvbuild.content.values import Text
from cvbuild.diagnostics import UsageProblem
from cvbuild.funders.shelf import OWN_PROFILES
from cvbuild.git import check_out, commit_of, files_of
from cvbuild.project import LARGEST_BYTES, NUMBERS, OWN_TEMPLATES, SETTINGS, Project, find_project
from cvbuild.record import Record, field, replace
from cvbuild.select import SelectedCv
from cvbuild.select.types import SelectedGroup, SelectedSection
from cvbuild.source import Span
from cvbuild.words import folded

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
        entries = _entries(section, section.listed)
        fields = _of_section(section)
        if cv.settings.sections and name not in cv.settings.sections:
            fields["listed"] = "false"
        subjects.append(Subject(name, str(section.title), fields, tuple(entries)))
    publications = tuple(_publication(item) for item in cv.publications)
    return [*subjects, Subject("bib/", "Publications", {}, publications, is_ordered=False)]


def of_variant(selected: SelectedCv, *, with_settings: bool = False) -> list[Subject]:
    """What a variant prints, and how; also the settings that every variant has."""
    fields = fields_of(selected.variant, {"sections", "description", "output"})
    seen: Counter[str] = Counter()
    subjects = [_settings(selected.settings)] if with_settings else []
    subjects.append(Subject(f"{SETTINGS}: variant", "The variant itself", fields))
    for section in selected.sections:
        # A variant may print a section twice, as other parts of it.
        seen[section.name] += 1
        again = f" ({seen[section.name]})" if seen[section.name] > 1 else ""
        subjects.append(_printed(section, f"{section.name}{again}"))
    return subjects


def _settings(settings: Settings) -> Subject:
    return Subject(SETTINGS, "Settings", fields_of(settings, {"variants", "sections"}))


def _printed(section: SelectedSection, name: str) -> Subject:
    fields = _of_section(section.section)
    fields |= {"detail": section.detail, "grouped": "true" if section.grouped else "false"}
    for key, text in (("title", section.title), ("note", section.note)):
        if text is not None:
            fields = {other: value for other, value in fields.items() if other.split(" ")[0] != key}
            fields[key] = str(text)
    is_ordered = not isinstance(section.section, PublicationsSection)
    if is_ordered:
        entries = _entries(section.section, section.groups)
    else:
        entries = [
            _publication(item, category.id)
            for category in section.categories
            for item in category.publications
        ]
    for entry, figure in zip(entries, section.figures, strict=bool(section.figures)):
        counted = {"all": figure.all, "since": figure.since}
        entry.fields.update({name: str(number) for name, number in counted.items() if number is not None})
    return Subject(name, str(section.title), fields, tuple(entries), is_ordered, section.grouped)


def _of_section(section: Section) -> dict[str, str]:
    return fields_of(section, {"items", "groups", "rows", "text"})


def _entries(section: Section, groups: Iterable[Group[Any] | SelectedGroup]) -> list[Entry]:
    """The text of a section that is one, and the items of groups."""
    entries = []
    if isinstance(section, TextSection):
        fields = fields_of(section, {"kind", "title", "note"})
        entries.append(Entry(str(section.title), fields, section.span, ("text",)))
    for group in groups:
        heading = str(group.title) if group.title is not None else None
        for item in group.items:
            outer = _item(item, heading)
            is_inner = item.inner is not None
            entries += [_item(inner, None, outer) for inner in item.inner_items()] if is_inner else [outer]
    return entries


def _item(item: Item, heading: str | None, within: Entry | None = None) -> Entry:
    fields = fields_of(item, {item.inner} if item.inner else ())
    where = folded(str(getattr(item, "organisation", None) or getattr(item, "event", None) or ""))
    name, holder = folded(item.summary), folded(within.label) if within is not None else None
    when = str(item.when) if item.when else None
    label = f"{item.summary}, {within.label}" if within is not None else item.summary
    keys: Keys = (
        ("id", str(item.id)) if item.id else None,
        (holder, name, *sorted(fields.items())),
        (holder, name, where, when),
        (name, where, when),
        (holder, name, where),
        (name,),
    )
    # Without dates, all that a section lists would be one entry renamed.
    return Entry(label, fields, item.span, keys, (holder, where, when) if when else None, within, heading)


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


def fields_of(content: Content, without: Collection[str] = ()) -> dict[str, str]:
    """The keys of a content as typed, with their values; what is within another key as `outer.inner`.

    Text in several languages has a field for each: `title (de)`. What is empty is absent.
    """
    values = values_of(content).items()
    return dict(pair for name, value in values if name not in without for pair in _field(name, value))


def _field(name: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case None | () | "":
            return
        case Text():
            for language, text in value.by_language.items():
                yield (f"{name} ({language})" if language else name), str(text)
        case Content() | Mapping():
            inner = values_of(value) if isinstance(value, Content) else value
            for key, item in inner.items():
                yield from _field(f"{name}.{key}", item)
        case _:
            yield name, _written(value)


def _written(value: Any) -> str:
    match value:
        case tuple() | list():
            return "; ".join(_written(item) for item in value)
        case Text():
            texts = value.by_language.items()
            return ", ".join(f"{language}: {text}" if language else str(text) for language, text in texts)
        case Content():
            return ", ".join(fields_of(value).values())
        case Mapping():
            return ", ".join(f"{name}: {_written(item)}" for name, item in value.items())
        case bool():
            return "true" if value else "false"
    return str(value)


_FOLDERS = frozenset({PurePosixPath(SETTINGS).parts[0], OWN_TEMPLATES, OWN_PROFILES})
"""Read beside bibliographies: templates say which kinds of section there are; variants name profiles."""
_BIBLIOGRAPHY = frozenset({".bib", PurePosixPath(NUMBERS).suffix})
_LARGEST = max(LARGEST_BYTES.values())


@contextmanager
def at_revision(project: Project, revision: str) -> Iterator[Project]:
    """The project's sources of a revision in a private folder, which is gone afterwards.

    Neither the work tree nor the index is touched. Raises UsageProblem where there is no
    repository, no such revision or no CV in it, and for an untrusted project, whose git is
    not asked: its configuration can name programs to run.
    """
    if not project.is_trusted:
        raise UsageProblem(
            "the git of an untrusted project is not asked", "leave out `--untrusted` or `--since`"
        )
    commit = commit_of(project.root, revision)
    paths = [
        path
        for path in files_of(project.root, commit)
        if path.parts[0] in _FOLDERS or path.suffix in _BIBLIOGRAPHY
    ]
    if PurePosixPath(SETTINGS) not in paths:
        raise UsageProblem(
            f"`{revision}` has no CV here: {SETTINGS} is not in it",
            f"`git log --follow --oneline -- {SETTINGS}` lists the commits that have one",
        )
    with tempfile.TemporaryDirectory(prefix="cvbuild-") as folder:
        root = Path(folder).resolve()
        check_out(project.root, commit, paths, root, _LARGEST)
        yield replace(find_project(root), revision=revision)
