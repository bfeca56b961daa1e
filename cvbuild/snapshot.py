"""A CV or a variant as sections of entries with their fields, now or at a git revision, to be compared."""

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
from cvbuild.content.values import Text
from cvbuild.diagnostics import UsageProblem
from cvbuild.funders import OWN_PROFILES
from cvbuild.git import check_out, commit_of, files_of
from cvbuild.project import LARGEST_BYTES, NUMBERS, OWN_TEMPLATES, SETTINGS, Project, find_project
from cvbuild.record import Record, field, replace
from cvbuild.select.types import SelectedCv, SelectedGroup
from cvbuild.source import Span
from cvbuild.words import folded

_LISTS = frozenset({"items", "groups", "rows", "text"})
"""The keys of a section that hold its entries."""

_FOLDERS = frozenset({PurePosixPath(SETTINGS).parts[0], OWN_TEMPLATES, OWN_PROFILES})
"""Read beside bibliographies: templates say which kinds of section there are; variants name profiles."""
_BIBLIOGRAPHY = frozenset({".bib", PurePosixPath(NUMBERS).suffix})


class Entry(Record, eq=False):
    """A publication, an item of a section, or a text, with its fields as typed.

    `keys` identify it, the surest first; None where it lacks one. A renamed entry keeps its value of `near`.
    `within` is the item that holds it, as an organisation holds its roles; `heading` is the title of its
    group or the id of its category.
    """

    label: str
    fields: dict[str, str]
    span: Span
    keys: tuple[Hashable | None, ...]
    near: Hashable | None = None
    within: Entry | None = None
    heading: str | None = None


class Subject(Record):
    """A section to compare, or another part of the project, under a name that no section can have.

    `is_ordered` says whether the user chose the order of the entries (publications are sorted), `is_grouped`
    whether their headings are printed.
    """

    name: str
    title: str
    fields: dict[str, str] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    is_ordered: bool = True
    is_grouped: bool = True


def of_cv(cv: Cv) -> list[Subject]:
    """Return all that was read: the settings, the variants, every section, and the bibliography."""
    settings = cv.settings
    variants = tuple(
        Entry(name, fields_of(variant), variant.span, (name,)) for name, variant in settings.variants.items()
    )
    subjects = [
        Subject(SETTINGS, "Settings", fields_of(settings, {"variants", "sections"})),
        Subject(f"{SETTINGS}: variants", "Variants", {}, variants),
    ]
    for name, section in cv.sections.items():
        fields = fields_of(section, _LISTS)
        if settings.sections and name not in settings.sections:
            fields["listed"] = "false"
        entries = _entries(section, section.listed)
        subjects.append(Subject(name, str(section.title), fields, tuple(entries)))
    publications = tuple(_publication(item) for item in cv.publications)
    return [*subjects, Subject("bib/", "Publications", {}, publications, is_ordered=False)]


def of_variant(selected: SelectedCv, *, with_settings: bool = False) -> list[Subject]:
    """Return what a variant prints, and how; on request with the settings that all variants share."""
    subjects = []
    if with_settings:
        fields = fields_of(selected.settings, {"variants", "sections"})
        subjects.append(Subject(SETTINGS, "Settings", fields))
    fields = fields_of(selected.variant, {"sections", "description", "output"})
    subjects.append(Subject(f"{SETTINGS}: variant", "The variant itself", fields))
    seen: Counter[str] = Counter()
    for section in selected.sections:
        fields = fields_of(section.section, _LISTS)
        fields |= {"detail": section.detail, "grouped": "true" if section.grouped else "false"}
        for key, text in (("title", section.title), ("note", section.note)):
            if text is not None:
                fields = {other: value for other, value in fields.items() if other.split(" ")[0] != key}
                fields[key] = str(text)
        is_ordered = not isinstance(section.section, PublicationsSection)
        entries = _entries(section.section, section.groups) if is_ordered else []
        for category in section.categories:
            entries += (_publication(item, category.id) for item in category.publications)
        for entry, figure in zip(entries, section.figures, strict=bool(section.figures)):
            numbers = {"all": figure.all, "since": figure.since}
            entry.fields.update({key: str(number) for key, number in numbers.items() if number is not None})
        # A variant may print a section twice, each time other parts of it.
        seen[section.name] += 1
        name = f"{section.name} ({seen[section.name]})" if seen[section.name] > 1 else section.name
        title = str(section.title)
        subjects.append(Subject(name, title, fields, tuple(entries), is_ordered, section.grouped))
    return subjects


def _entries(section: Section, groups: Iterable[Group[Any] | SelectedGroup]) -> list[Entry]:
    """Return the text of a section of that kind, and the items of the groups."""
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
    keys = (
        ("id", str(item.id)) if item.id else None,
        (holder, name, *sorted(fields.items())),
        (holder, name, where, when),
        (name, where, when),
        (holder, name, where),
        (name,),
    )
    # Without dates, any two items of a section would count as one entry renamed.
    return Entry(label, fields, item.span, keys, (holder, where, when) if when else None, within, heading)


def _publication(item: Publication, category: str | None = None) -> Entry:
    typed = {name: " ".join(value.split()) for name, value in item.raw.items() if value}
    title, year = folded(str(item.title)), item.date.year if item.date else None
    keys = (
        str(item.key),
        ("doi", item.doi.lower()) if item.doi else None,
        (title, year) if title else None,
        (title,) if title else None,
    )
    label = f"{item.key}: {item.title}" if item.title else str(item.key)
    fields = {"entry type": item.type, "key": str(item.key), **typed}
    return Entry(label, fields, item.span, keys, heading=category)


def fields_of(content: Content | Mapping[str, Any], without: Collection[str] = ()) -> dict[str, str]:
    """Return the keys of a content as typed, with their values; those within another as `outer.inner`.

    Text in several languages has a field for each: `title (de)`. Empty values have none.
    """
    fields: dict[str, str] = {}
    for name, value in (values_of(content) if isinstance(content, Content) else content).items():
        if name in without:
            continue
        match value:
            case None | () | "":
                pass
            case Text():
                for language, text in value.by_language.items():
                    fields[f"{name} ({language})" if language else name] = str(text)
            case Content() | Mapping():
                fields |= {f"{name}.{inner}": text for inner, text in fields_of(value).items()}
            case _:
                fields[name] = _written(value)
    return fields


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


@contextmanager
def at_revision(project: Project, revision: str) -> Iterator[Project]:
    """Give the project at a revision, in a private folder that is removed afterwards.

    Neither the work tree nor the index is touched. Raises UsageProblem without a repository, without such a
    revision or a CV in it, and for an untrusted project: the configuration of its git can name programs to
    run.
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
        check_out(project.root, commit, paths, root, max(LARGEST_BYTES.values()))
        yield replace(find_project(root), revision=revision)
