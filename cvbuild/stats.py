"""Counting what the CV holds."""

from __future__ import annotations

from dataclasses import dataclass

from cvbuild.model.cv import Cv
from cvbuild.model.sections import Metrics, PublicationsSection
from cvbuild.variant import category_of


@dataclass(frozen=True)
class NamedCount:
    """A name and how many there are."""

    name: str
    count: int


@dataclass(frozen=True)
class Counts:
    """Publications in all, since a year, first-authored and by category; items by section."""

    publications: int
    since_year: int
    since: int
    first_authored: int
    categories: tuple[NamedCount, ...]
    sections: tuple[NamedCount, ...]


def count(cv: Cv, since: int | None = None) -> Counts:
    """Count; `since` is the year of the metrics section where it is not given."""
    years = [publication.date.year for publication in cv.publications if publication.date]
    if since is None:
        tables = [section.since for section in cv.sections.values() if isinstance(section, Metrics)]
        since = tables[0] if tables else max(years, default=0) - 4
    categories: list[NamedCount] = []
    for section in cv.sections.values():
        if isinstance(section, PublicationsSection):
            found = [category_of(publication, section) for publication in cv.publications]
            categories = [NamedCount(str(item.title), found.count(item)) for item in section.categories]
            if others := found.count(None):
                categories.append(NamedCount("(no category)", others))
    return Counts(
        publications=len(cv.publications),
        since_year=since,
        since=sum(year >= since for year in years),
        first_authored=sum(publication.is_first_authored for publication in cv.publications),
        categories=tuple(categories),
        sections=tuple(
            NamedCount(str(section.title), items)
            for section in cv.sections.values()
            if (items := sum(1 for group in section.listed for item in group.items for _ in item.leaves()))
        ),
    )


def as_lines(counts: Counts) -> list[str]:
    """The counts as a table."""
    rows = [
        ("publications", counts.publications),
        (f"  since {counts.since_year}", counts.since),
        ("  first-authored", counts.first_authored),
        *((f"  {item.name}", item.count) for item in counts.categories),
        *((item.name, item.count) for item in counts.sections),
    ]
    width = max(len(name) for name, _ in rows)
    return [f"{name:{width}}  {number:>5}" for name, number in rows]
