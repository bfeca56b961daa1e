"""Counting what the CV holds."""

from __future__ import annotations

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import Metrics, PublicationsSection
from cvbuild.content.publications import category_of
from cvbuild.content.values import Date
from cvbuild.diagnostics import Findings
from cvbuild.record import Record
from cvbuild.select import is_new, joined_days
from cvbuild.select.marks import Roster


class NamedCount(Record):
    """A name and how many there are."""

    name: str
    count: int


class Counts(Record):
    """Publications in all, since a year, first-authored and by category; items by section.

    `new` counts the publications that are new since a day, where one was asked for.
    """

    publications: int
    since_year: int
    since: int
    first_authored: int
    categories: tuple[NamedCount, ...]
    sections: tuple[NamedCount, ...]
    with_students: int | None = None
    """Publications with supervised students; None where the CV lists none."""
    new_since: str | None = None
    new: int | None = None


def count(cv: Cv, since: int | None = None, new_since: Date | None = None) -> Counts:
    """Count; `since` is the year of the metrics section where it is not given."""
    years = [publication.date.year for publication in cv.publications if publication.date]
    if since is None:
        tables = [section.since for section in cv.sections.values() if isinstance(section, Metrics)]
        since = tables[0] if tables else max(years, default=0) - 4
    categories: list[NamedCount] = []
    for section in _lists(cv):
        found = [category_of(publication, section.categories) for publication in cv.publications]
        categories = [NamedCount(str(item.title), found.count(item)) for item in section.categories]
        if others := found.count(None):
            categories.append(NamedCount("(no category)", others))
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
        with_students=_with_students(cv),
        new_since=str(new_since) if new_since else None,
        new=_new(cv, new_since) if new_since else None,
    )


def _lists(cv: Cv) -> list[PublicationsSection]:
    return [section for section in cv.sections.values() if isinstance(section, PublicationsSection)]


def _with_students(cv: Cv) -> int | None:
    """Publications with supervised students, by the years of grace of the first list."""
    unsaid = Findings()  # a build says what is wrong, where it marks students
    roster = Roster(cv.sections.values(), unsaid)
    lists = _lists(cv)
    if not roster or not lists:
        return None
    grace = lists[0].student_grace
    return sum(bool(roster.positions(item, grace, unsaid)) for item in cv.publications)


def _new(cv: Cv, since: Date) -> int:
    lists = _lists(cv)
    joined = joined_days(cv, lists[0]) if lists else {}
    return sum(bool(is_new(item, joined.get(str(item.key)), since)) for item in cv.publications)


def as_lines(counts: Counts) -> list[str]:
    """The counts as a table."""
    rows = [
        ("publications", counts.publications),
        (f"  since {counts.since_year}", counts.since),
        ("  first-authored", counts.first_authored),
        *([("  with supervised students", counts.with_students)] if counts.with_students is not None else []),
        *([(f"  new since {counts.new_since}", counts.new)] if counts.new is not None else []),
        *((f"  {item.name}", item.count) for item in counts.categories),
        *((item.name, item.count) for item in counts.sections),
    ]
    width = max(len(name) for name, _ in rows)
    return [f"{name:{width}}  {number:>5}" for name, number in rows]
