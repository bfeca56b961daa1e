"""Marks for readers who compare: what is new since a day, and who is who among the authors.

New since a day is what is dated on it or later. A publication that has been given its
permanent number on a known day is as new as that day: it came to the list with it,
whatever year is printed, and so counts in one report only. A date of a year or a month
has to begin on the day or later; one that may lie on either side is not counted, with a
warning. What is `in press` is new; what has no date is not. Of a period its beginning counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import PublicationsSection, Section, Student
from cvbuild.content.persons import family_letters, is_same_person
from cvbuild.content.publications import Publication
from cvbuild.content.settings import SectionChoice
from cvbuild.content.values import Date, NameMeaning, Period
from cvbuild.diagnostics import Findings, Label
from cvbuild.read.library import Name
from cvbuild.record import MutableRecord, field, replace
from cvbuild.select.numbers import permanent_numbers
from cvbuild.select.types import LegendLine, SelectedSection
from cvbuild.source import Span
from cvbuild.words import letters

_PREFERRED: Mapping[NameMeaning, str] = {"equal": "*", "students": "†", "corresponding": "‡"}
_SIGNS = "*†‡§¶‖#abcdefgh"
_STARS = str.maketrans("∗⋆", "**")

_Meanings = Mapping[Span, Mapping[NameMeaning, frozenset[int]]]
"""The places in the names of each entry, by what is to be said of them."""


def marked(
    cv: Cv, selected: SelectedSection, choice: SectionChoice, since: Date | None, findings: Findings
) -> SelectedSection:
    """The section with the marks that it and the variant ask for, and a legend of those that occur."""
    section = selected.section
    if not isinstance(section, PublicationsSection):
        return selected if since is None else _with_new_items(selected, since, findings)
    wanted = section.mark if choice.mark is None else choice.mark
    if wanted:
        selected = _with_marked_names(cv, selected, section, wanted, findings)
    return selected if since is None else _with_new_publications(cv, selected, section, since, findings)


def is_new(publication: Publication, joined: Date | None, since: Date) -> bool | None:
    """Whether a publication is new since a day; None where its date does not say."""
    if joined is not None:
        return joined.first_day >= since.first_day
    if publication.date is None:
        return publication.year is not None
    return _begins(publication.date, since)


def _begins(date: Date, since: Date) -> bool | None:
    """Whether a date is on the day or later; None where it may be, having no month or day."""
    if date.first_day >= since.first_day:
        return True
    if date.season is not None:
        return False  # a term is a stretch of time, and its beginning is known
    return None if date.last_day >= since.first_day else False


def joined_days(cv: Cv, section: PublicationsSection) -> Mapping[str, Date | None]:
    """When entries came to a permanently numbered list, by key."""
    return permanent_numbers(cv, Findings()).joined if section.numbering == "permanent" else {}


def _with_new_publications(
    cv: Cv, selected: SelectedSection, section: PublicationsSection, since: Date, findings: Findings
) -> SelectedSection:
    """The section with its new publications marked, and a line on them in its legend."""
    joined = joined_days(cv, section)
    unknown: list[tuple[str, Span]] = []
    count = 0

    def judged(item: Publication) -> Publication:
        nonlocal count
        verdict = is_new(item, joined.get(str(item.key)), since)
        if verdict is None:
            unknown.append((f"`{item.key}`", item.key.span))
        count += bool(verdict)
        return replace(item, is_new=True) if verdict else item

    selected = selected.with_publications(judged)
    _report_unknown(unknown, since, findings)
    total = sum(1 for _ in selected.publications)
    return selected.explained(LegendLine("new", count, total, since)) if count else selected


def _with_new_items(selected: SelectedSection, since: Date, findings: Findings) -> SelectedSection:
    """The section with its new items marked, and a line on them in its legend."""
    unknown: list[tuple[str, Span]] = []
    new: set[Span] = set()
    total = 0
    for group in selected.groups:
        for item in group.items:
            for leaf in item.leaves():
                total += 1
                when = leaf.when or item.when
                verdict = _begins(when.start, since) if when is not None else False
                if verdict is None:
                    unknown.append((f"`{leaf.summary}`", leaf.span))
                elif verdict:
                    new.add(leaf.span)
    _report_unknown(unknown, since, findings)
    if not new:
        return selected
    return replace(selected, new=frozenset(new)).explained(LegendLine("new", len(new), total, since))


def _report_unknown(unknown: list[tuple[str, Span]], since: Date, findings: Findings) -> None:
    if unknown:
        summary, span = unknown[0]
        others = len(unknown) - 1
        more = f", nor of {others} other{'s' if others > 1 else ''} in its section" if others else ""
        findings.warning(
            "new-since-unknown",
            f"the date of {summary} does not tell whether it is new since {since}{more}; not marked as new",
            span.first_line(),
            "add the month, or choose a date that begins a year",
        )


def _with_marked_names(
    cv: Cv,
    selected: SelectedSection,
    section: PublicationsSection,
    wanted: Collection[NameMeaning],
    findings: Findings,
) -> SelectedSection:
    """The section with signs behind the names, and lines in its legend for those that are printed.

    A sign that was typed behind a name stays, and none is printed twice.
    """
    wanted = [meaning for meaning in _PREFERRED if meaning in wanted]
    fixed = section.signs.by_meaning if section.signs is not None else {}
    roster = Roster(cv.sections.values() if "students" in wanted else (), findings)
    meanings = {
        item.span: {
            meaning: (
                roster.positions(item, section.student_grace, findings)
                if meaning == "students"
                else item.annotated.get(meaning, frozenset())
            )
            | _typed(item, fixed.get(meaning))
            for meaning in wanted
        }
        for item in selected.publications
    }
    total = len(meanings)
    signs = _signs(wanted, fixed, selected, meanings)
    seen: set[NameMeaning] = set()

    def with_marks(item: Publication) -> Publication:
        marks: dict[int, str] = {}
        for at in item.names.shown(section.max_authors, item.owner_positions):
            typed = item.names.names[at].mark
            meant = [meaning for meaning in wanted if at in meanings[item.span][meaning]]
            seen.update(meant)
            added = "".join(signs[meaning] for meaning in meant if signs[meaning] not in _signs_in(typed))
            if typed or added:
                marks[at] = typed + added
        return replace(item, marks=marks)

    selected = selected.with_publications(with_marks)
    for meaning in wanted:
        if meaning in seen:
            count = sum(bool(places[meaning]) for places in meanings.values())
            selected = selected.explained(LegendLine(meaning, count, total, sign=signs[meaning]))
    return selected


def _typed(item: Publication, sign: str | None) -> frozenset[int]:
    """The places of names behind which a sign was typed whose meaning the section tells."""
    if sign is None:
        return frozenset()
    return frozenset(at for at, name in enumerate(item.names.names) if sign in _signs_in(name.mark))


def _signs(
    wanted: Collection[NameMeaning],
    fixed: Mapping[NameMeaning, str],
    selected: SelectedSection,
    meanings: _Meanings,
) -> dict[NameMeaning, str]:
    """The sign of each meaning: the section's own, else one that was not typed behind a name without it."""
    taken: dict[NameMeaning, set[str]] = {meaning: set(fixed.values()) for meaning in wanted}
    for item in selected.publications:
        for at, name in enumerate(item.names.names):
            for meaning in wanted:
                if name.mark and at not in meanings[item.span][meaning]:
                    taken[meaning] |= _signs_in(name.mark)
    chosen = {meaning: fixed[meaning] for meaning in wanted if meaning in fixed}
    for meaning in wanted:
        if meaning not in chosen:
            free = [sign for sign in _SIGNS if sign not in taken[meaning] | set(chosen.values())]
            of_others = {_PREFERRED[other] for other in wanted if other != meaning}
            own = _PREFERRED[meaning]
            best = sorted(free, key=lambda sign: (sign != own, sign in of_others))
            chosen[meaning] = best[0] if best else own
    return chosen


def _signs_in(typed: str) -> set[str]:
    return set(typed.translate(_STARS))


class _Supervised(MutableRecord):
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
            and (period.end is None or date.first_day <= (period.last_day[0] + grace, *period.last_day[1:]))
            for period in self.periods
        )


class Roster:
    """The students of all sections of kind `students`, whether a variant prints these or not."""

    def __init__(self, sections: Iterable[Section], findings: Findings) -> None:
        self._by_family: dict[str, list[_Supervised]] = defaultdict(list)
        self._warned: set[str] = set()
        people: dict[tuple[str, str], _Supervised] = {}
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
                person = _Supervised(str(student.name), student.name.span)
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
        self, name: Name, publication: Publication, fitting: list[_Supervised], findings: Findings
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
        if section.kind == "students":
            yield from (item for group in section.listed for item in group.items)


def _names(student: Student, findings: Findings) -> Iterator[Name]:
    from cvbuild.read.names import parse_name  # imports the readers of fields: few sections need them

    typed = (text for text in student.name.by_language.values() if text.tag != "tex")
    for text in (*dict.fromkeys(typed), *student.also_published_as):
        yield parse_name(str(text), text.span, findings)
