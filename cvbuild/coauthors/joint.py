"""Joint publications of the last months, and with whom."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date

from cvbuild.coauthors.contacts import KnownContact, claimed, found_people
from cvbuild.coauthors.spelled import Doubt, Person, merged, people, spellings, written
from cvbuild.comparing import folded
from cvbuild.diagnostics import Findings
from cvbuild.load.names import Name
from cvbuild.model.cv import Cv
from cvbuild.model.publications import Publication
from cvbuild.record import Record

_MOST_SHOWN = 3


class Window(Record):
    """The days from `first` to `until`; what is dated later counts only where `counts_later`."""

    months: int
    until: date
    counts_later: bool = True

    @property
    def first(self) -> date:
        """The first day; where its month is shorter, the month's last."""
        month = self.until.year * 12 + self.until.month - 1 - self.months
        year, month = max(month // 12, 1), month % 12 + 1
        return date(year, month, min(self.until.day, calendar.monthrange(year, month)[1]))

    def has(self, item: Publication) -> bool:
        """Whether any day of the publication's date lies within; one in press is of today."""
        if item.date is None:
            return item.year is not None
        return item.date.last_day >= _day(self.first) and not self.is_behind(item)

    def is_behind(self, item: Publication) -> bool:
        """Whether a publication is dated too late to count."""
        return not self.counts_later and item.date is not None and item.date.first_day > _day(self.until)


class CoAuthor(Record):
    """A person with whom the owner published within a window.

    `family` has particle and suffix, `last_active` the date of the last joint publication as
    precise as its entry has it; `publications` are those within the window, `in_all` all.
    """

    family: str
    given: str
    also_spelled: tuple[str, ...]
    affiliation: str
    email: str
    last_active: str
    last: Publication
    publications: int
    in_all: int

    @property
    def name(self) -> str:
        """`Family, Given`."""
        return ", ".join(part for part in (self.family, self.given) if part)


class CoAuthors(Record):
    """The co-authors of a window by name.

    `publications` of the window have them, `ownerless` of these have no name of the owner's.
    `later` and `undated` ones do not count.
    """

    window: Window
    listed: tuple[CoAuthor, ...]
    publications: int
    ownerless: int
    later: int
    undated: int


def coauthors(
    cv: Cv, window: Window, contacts: Sequence[KnownContact] = (), *, editors: bool = False
) -> tuple[CoAuthors, Findings]:
    """Who published with the owner within a window, from all that was read of the bibliography.

    Editors count only where `editors` says so.
    """
    found = spellings(cv.publications, editors=editors)
    merging = merged(found, claimed(contacts))
    whose, findings = found_people(contacts, merging)
    counted = frozenset(at for at, item in enumerate(cv.publications) if window.has(item))
    _report_doubts(merging.doubts, counted, cv, findings)
    _report_namesakes(merging.everyone, counted, cv, findings)
    _report_unnamed([cv.publications[at] for at in sorted(counted)], findings)
    listed = []
    for person in merging.everyone:
        if not (recent := sorted(person.works & counted)):
            continue
        last = max((cv.publications[at] for at in recent), key=_recency)
        known = whose.get(person)
        shown = known.shown_for(person) if known else person.best
        contact = known.contact if known else None
        listed.append(
            CoAuthor(
                family=written(Name(shown.family, "", shown.particle, shown.suffix)),
                given=shown.given,
                also_spelled=tuple(person.spelled_otherwise(shown)),
                affiliation=str(contact.affiliation or "") if contact else "",
                email=str(contact.email or "") if contact else "",
                last_active=str(last.date or last.year or ""),
                last=last,
                publications=len(recent),
                in_all=len(person.works),
            )
        )
    listed.sort(key=lambda one: (folded(one.family), folded(one.given), one.name))
    joint = [cv.publications[at] for at in counted if any(people(cv.publications[at], editors=editors))]
    ownerless = sum(not (item.owner_positions or item.editor_positions) for item in joint)
    later = sum(window.is_behind(item) for item in cv.publications)
    undated = sum(item.date is None and item.year is None for item in cv.publications)
    return CoAuthors(window, tuple(listed), len(joint), ownerless, later, undated), findings


def _day(day: date) -> tuple[int, int, int]:
    return day.year, day.month, day.day


def _recency(item: Publication) -> tuple[bool, tuple[int, int, int], tuple[int, int, int]]:
    """For sorting: in press after all dates, a year alone as its last day."""
    if item.date is None:
        return True, (0, 0, 0), (0, 0, 0)
    return False, item.date.last_day, item.date.first_day


def _report_doubts(doubts: Sequence[Doubt], counted: frozenset[int], cv: Cv, findings: Findings) -> None:
    for doubt in doubts:
        for at in sorted(doubt.person.works & counted)[:1]:
            names = sorted(f"`{written(person.best)}`" for person in doubt.fits)
            several = f"{', '.join(names[:-1])} or {names[-1]}"
            name = doubt.person.best
            findings.warning(
                "coauthor-doubtful",
                f"`{written(name)}` may be {several}; listed on its own",
                (name.span or cv.publications[at].key.span).part(name.family),
                "spell the given name out in the .bib file, or name the spelling in the"
                " `also_published_as` of a contact in contacts.yaml",
            )


def _report_namesakes(
    everyone: Sequence[Person], counted: frozenset[int], cv: Cv, findings: Findings
) -> None:
    for person in everyone:
        for spelling in person.spellings:
            for at in sorted(at for at, _ in spelling.twice if at in counted)[:1]:
                findings.warning(
                    "coauthor-doubtful",
                    f"`{written(spelling.name)}` stands twice in `{cv.publications[at].key}`: two people"
                    " of one name are listed as one",
                    cv.publications[at].key.span,
                    "give the second one a line of its own where you hand the list in",
                )


def _report_unnamed(items: Sequence[Publication], findings: Findings) -> None:
    """What a list of people cannot show: those behind `and others`, and the members of a body."""
    cut = [item for item in items if item.authors.others]
    if cut:
        findings.warning(
            "coauthor-unnamed",
            f"the authors of {_keys(cut)} end in `and others`: those not named are missing here",
            (cut[0].authors.span or cut[0].key.span).first_line(),
            "name all authors in the .bib file",
        )
    bodies = {name.family: item for item in reversed(items) for name in item.authors.names if name.corporate}
    for body, item in reversed(bodies.items()):
        findings.warning(
            "coauthor-unnamed",
            f"`{body}` is a body and no person: its members are missing here",
            (item.authors.span or item.key.span).first_line(),
            "add those you worked with by hand, where the reader asks for them",
        )


def _keys(items: Sequence[Publication]) -> str:
    shown = [f"`{item.key}`" for item in items[:_MOST_SHOWN]]
    shown += [f"{len(items) - _MOST_SHOWN} more"] if len(items) > _MOST_SHOWN else []
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if shown[1:] else shown)
