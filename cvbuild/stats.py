"""Counting the publications and items of a CV."""

from __future__ import annotations

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import Metrics, PublicationsSection
from cvbuild.content.publications import category_of
from cvbuild.content.values import Date
from cvbuild.diagnostics import Findings
from cvbuild.record import Record
from cvbuild.select.marks import Roster, is_new, joined_days


class NamedCount(Record):
    """A name and how many there are."""

    name: str
    count: int


class Counts(Record):
    """Publications in all, since a year, first-authored and by category; items by section.

    `with_students` counts publications with supervised students, None if the CV lists no students. `new`
    counts the publications that are new since a day, None if no day was asked for.
    """

    publications: int
    since_year: int
    since: int
    first_authored: int
    categories: tuple[NamedCount, ...]
    sections: tuple[NamedCount, ...]
    with_students: int | None = None
    new_since: str | None = None
    new: int | None = None


def count(cv: Cv, since: int | None = None, new_since: Date | None = None) -> Counts:
    """Return the counts; `since` defaults to the year of the metrics section, else the last five years."""
    years = [publication.date.year for publication in cv.publications if publication.date]
    if since is None:
        tables = [section.since for section in cv.sections.values() if isinstance(section, Metrics)]
        since = tables[0] if tables else max(years, default=0) - 4
    lists = [section for section in cv.sections.values() if isinstance(section, PublicationsSection)]
    categories: list[NamedCount] = []
    for section in lists:
        found = [category_of(publication, section.categories) for publication in cv.publications]
        categories = [NamedCount(str(item.title), found.count(item)) for item in section.categories]
        if others := found.count(None):
            categories.append(NamedCount("(no category)", others))
    unsaid = Findings()  # a build reports problems with students, if it marks them
    roster = Roster(cv.sections.values(), unsaid)
    with_students = new = None
    if roster.by_family and lists:
        places = (roster.positions(item, lists[0].student_grace, unsaid) for item in cv.publications)
        with_students = sum(map(bool, places))
    if new_since:
        joined = joined_days(cv, lists[0]) if lists else {}
        new = sum(bool(is_new(item, joined.get(str(item.key)), new_since)) for item in cv.publications)
    return Counts(
        publications=len(cv.publications),
        since_year=since,
        since=sum(year >= since for year in years),
        first_authored=sum(0 in publication.owner_positions for publication in cv.publications),
        categories=tuple(categories),
        sections=tuple(
            NamedCount(str(section.title), items)
            for section in cv.sections.values()
            if (items := sum(1 for group in section.listed for item in group.items for _ in item.leaves()))
        ),
        with_students=with_students,
        new_since=str(new_since) if new_since else None,
        new=new,
    )


def as_lines(counts: Counts) -> list[str]:
    """Return the counts as a table."""
    rows = [
        ("publications", counts.publications),
        (f"  since {counts.since_year}", counts.since),
        ("  first-authored", counts.first_authored),
        ("  with supervised students", counts.with_students),
        (f"  new since {counts.new_since}", counts.new),
        *((f"  {item.name}", item.count) for item in counts.categories),
        *((item.name, item.count) for item in counts.sections),
    ]
    known = [(name, number) for name, number in rows if number is not None]
    width = max(len(name) for name, _ in known)
    return [f"{name:{width}}  {number:>5}" for name, number in known]
