"""The supervised students of the CV, and which authors they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from cvbuild.comparing import letters
from cvbuild.diagnostics import Findings, Label
from cvbuild.load.names import Name, parse_name
from cvbuild.model.dates import Period
from cvbuild.model.kinds import Student, Students
from cvbuild.model.publications import Publication
from cvbuild.model.same_person import family_letters, is_same_person
from cvbuild.model.sections import Section
from cvbuild.record import MutableRecord, field
from cvbuild.source import Span


class Supervised(MutableRecord):
    """A student under all names, with all periods of supervision: first a thesis, then a doctorate."""

    shown: str
    span: Span
    names: list[Name] = field(default_factory=list)
    periods: list[Period] = field(default_factory=list)

    def wrote(self, publication: Publication, grace: int) -> bool:
        """Whether a publication is from the time of supervision, or of `grace` years after it.

        Dates agree where they may: `2024` does with a period that begins in October 2024.
        Without a date, as `in press` is, it is of today: of supervisions that go on.
        """
        date = publication.date
        if date is None:
            return publication.year is not None and any(period.end is None for period in self.periods)
        return any(
            period.start.first_day <= date.last_day
            and (period.end is None or date.first_day <= _later(period.last_day, grace))
            for period in self.periods
        )


def _later(day: tuple[int, int, int], years: int) -> tuple[int, int, int]:
    return day[0] + years, *day[1:]


class Roster:
    """The students of all sections of kind `students`, whether a variant prints these or not."""

    def __init__(self, sections: Iterable[Section], findings: Findings) -> None:
        self._by_family: dict[str, list[Supervised]] = defaultdict(list)
        self._warned: set[str] = set()
        people: dict[tuple[str, str], Supervised] = {}
        for student in _students(sections):
            names = list(_names(student, findings))
            if student.period is None:
                findings.warning(
                    "student-no-period",
                    f"{student.name} has no period, and is not known as a co-author",
                    student.name.span.first_line(),
                    "add `period: 2021 – 2024`, or `2021 – present`",
                )
                continue
            keys = [(family_letters(name), letters(name.given)) for name in names]
            person = next((people[key] for key in keys if key in people), None)
            if person is None:
                person = Supervised(str(student.name), student.name.span)
            person.periods.append(student.period)
            for key, name in zip(keys, names, strict=True):
                if people.setdefault(key, person) is person and name not in person.names:
                    person.names.append(name)
                    if person not in self._by_family[key[0]]:
                        self._by_family[key[0]].append(person)

    def __bool__(self) -> bool:
        return bool(self._by_family)

    def positions(self, publication: Publication, grace: int, findings: Findings) -> frozenset[int]:
        """The places (0-based) of students among its names: those annotated, and those known by name.

        A name that fits two of them is nobody's, with a warning.
        """
        marked = set(publication.annotated.get("student", ()))
        for at, name in enumerate(publication.names.names):
            if at in marked or at in publication.owner_positions:
                continue
            fitting = [
                person
                for person in self._by_family.get(family_letters(name), ())
                if any(is_same_person(name, own) for own in person.names)
            ]
            if not any(person.wrote(publication, grace) for person in fitting):
                continue
            if len(fitting) == 1:
                marked.add(at)
            else:
                self._report(name, publication, fitting, findings)
        return frozenset(marked)

    def _report(
        self, name: Name, publication: Publication, fitting: list[Supervised], findings: Findings
    ) -> None:
        typed = " ".join(part for part in (name.given, name.particle, name.family, name.suffix) if part)
        if typed in self._warned:
            return
        self._warned.add(typed)
        people = " or ".join(person.shown for person in fitting)
        findings.warning(
            "student-ambiguous",
            f"`{typed}` of `{publication.key}` can be {people}, and is not marked",
            (name.span or publication.key.span).first_line(),
            "write the given name out, or say it in the entry: `author+an = {2=student}`",
            labels=[Label(person.span.first_line(), "supervised") for person in fitting],
        )


def _students(sections: Iterable[Section]) -> Iterator[Student]:
    for section in sections:
        if isinstance(section, Students):
            yield from (item for group in section.listed for item in group.items)


def _names(student: Student, findings: Findings) -> Iterator[Name]:
    typed = (text for text in student.name.by_language.values() if text.tag != "tex")
    for text in (*dict.fromkeys(typed), *student.also_published_as):
        yield parse_name(str(text), text.span, findings)
