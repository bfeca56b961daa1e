"""Mark entries that are new since a day, and students and other groups among the authors.

An entry is new if its date is that day or later. For a publication, the day on which it got its permanent
number, if known, replaces the date, so that lists report it once, whatever year is printed. A year or month
is new only if its first day is that day or later; if the day lies within it, the entry is not marked, with
a warning. `in press` is new; an entry without a date is not. A period counts by its beginning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import PublicationsSection, Section
from cvbuild.content.persons import family_letters, is_same_person
from cvbuild.content.publications import Publication
from cvbuild.content.settings import SectionChoice
from cvbuild.content.values import Date, NameMeaning, Period
from cvbuild.diagnostics import Findings, Label
from cvbuild.read.parsed import Name
from cvbuild.record import MutableRecord, field, replace
from cvbuild.select.numbers import permanent_numbers
from cvbuild.select.types import LegendLine, SelectedSection
from cvbuild.source import Span
from cvbuild.words import letters

_PREFERRED: Mapping[NameMeaning, str] = {"equal": "*", "students": "†", "corresponding": "‡"}
"""The preferred sign of each meaning, in the order of the legend."""
_SIGNS = "*†‡§¶‖#abcdefgh"
"""The signs to choose from, in order of preference."""
_STARS = str.maketrans("∗⋆", "**")
"""Maps other stars that people type to the asterisk."""


def is_new(publication: Publication, joined: Date | None, since: Date) -> bool | None:
    """Return whether a publication is new since a day; None if its date is too coarse to tell."""
    date = joined or publication.date
    return _begins(date, since) if date is not None else publication.year is not None


def _begins(date: Date, since: Date) -> bool | None:
    """Return whether a date is on the day or later; None if it lacks the month or day that would tell."""
    if date.first_day >= since.first_day:
        return True
    # A term counts by its beginning, which is known.
    return None if date.last_day >= since.first_day and date.season is None else False


def joined_days(cv: Cv, section: Section) -> Mapping[str, Date | None]:
    """Return the days on which entries joined a permanently numbered list, by key; else an empty mapping."""
    is_numbered = isinstance(section, PublicationsSection) and section.numbering == "permanent"
    return permanent_numbers(cv, Findings()).joined if is_numbered else {}


def with_news(cv: Cv, selected: SelectedSection, since: Date, findings: Findings) -> SelectedSection:
    """Return the section with its new entries marked, and with a line about them in its legend."""
    joined = joined_days(cv, selected.section)
    verdicts: dict[Span, tuple[str, Span, bool | None]] = {}
    for item in selected.publications:
        verdicts[item.span] = item.key, item.key.span, is_new(item, joined.get(str(item.key)), since)
    for holder in (item for group in selected.groups for item in group.items):
        for leaf in holder.leaves():
            when = leaf.when or holder.when
            verdict = when is not None and _begins(when.start, since)
            verdicts[leaf.span] = leaf.summary, leaf.span, verdict
    if unknown := [(name, span) for name, span, verdict in verdicts.values() if verdict is None]:
        name, span = unknown[0]
        others = len(unknown) - 1
        more = f", nor of {others} other{'s' if others > 1 else ''} in its section" if others else ""
        told = f"the date of `{name}` does not tell whether it is new since {since}{more}"
        hint = "add the month, or choose a date that begins a year"
        findings.warning("new-since-unknown", f"{told}; not marked as new", span.first_line(), hint)
    new = frozenset(span for span, (_, _, verdict) in verdicts.items() if verdict)
    if not new:
        return selected
    selected = selected.with_publications(lambda item: replace(item, is_new=item.span in new))
    line = LegendLine("new", len(new), len(verdicts), since)
    return replace(selected, new=new, legend=(*selected.legend, line))


def with_marked_names(
    cv: Cv, selected: SelectedSection, section: PublicationsSection, choice: SectionChoice, findings: Findings
) -> SelectedSection:
    """Return the section with signs added after names, and a legend of the signs that are printed."""
    asked = section.mark if choice.mark is None else choice.mark
    wanted = [meaning for meaning in _PREFERRED if meaning in asked]
    if not wanted:
        return selected
    fixed = section.signs.by_meaning if section.signs is not None else {}
    roster = Roster(cv.sections.values() if "students" in wanted else (), findings)
    # Positions in each entry's names by meaning, and signs typed after names without that meaning.
    places: dict[Span, dict[NameMeaning, set[int]]] = {}
    typed: dict[NameMeaning, set[str]] = {meaning: set() for meaning in wanted}
    for item in selected.publications:
        places[item.span] = by_meaning = {}
        for meaning in wanted:
            if meaning == "students":
                found = roster.positions(item, section.student_grace, findings)
            else:
                found = item.annotated.get(meaning, frozenset())
            by_meaning[meaning] = set(found)
            for at, name in enumerate(item.names.names):
                # A typed sign has the meaning that the section gives it, if any.
                if name.mark and fixed.get(meaning) in _signs_in(name.mark):
                    by_meaning[meaning].add(at)
                elif name.mark and at not in found:
                    typed[meaning] |= _signs_in(name.mark)
    signs = {meaning: fixed[meaning] for meaning in wanted if meaning in fixed}
    for meaning in (meaning for meaning in wanted if meaning not in fixed):
        taken = {*fixed.values(), *signs.values(), *typed[meaning]}
        own, others = _PREFERRED[meaning], {_PREFERRED[other] for other in wanted if other != meaning}
        # The preferred sign comes first, signs that other meanings prefer last.
        free = [sign for sign in _SIGNS if sign not in taken]
        signs[meaning] = min(free, key=lambda sign: (sign != own, sign in others), default=own)
    printed: set[NameMeaning] = set()

    def with_marks(item: Publication) -> Publication:
        marks: dict[int, str] = {}
        for at in item.names.shown(section.max_authors, item.owner_positions):
            mark = item.names.names[at].mark
            meant = [meaning for meaning in wanted if at in places[item.span][meaning]]
            printed.update(meant)
            added = "".join(signs[meaning] for meaning in meant if signs[meaning] not in _signs_in(mark))
            if mark or added:
                marks[at] = mark + added
        return replace(item, marks=marks)

    selected = selected.with_publications(with_marks)
    counts = {meaning: sum(bool(at[meaning]) for at in places.values()) for meaning in wanted}
    meant = [meaning for meaning in wanted if meaning in printed]
    lines = (LegendLine(meaning, counts[meaning], len(places), sign=signs[meaning]) for meaning in meant)
    return replace(selected, legend=(*selected.legend, *lines))


def _signs_in(typed: str) -> set[str]:
    return set(typed.translate(_STARS))


class _Supervised(MutableRecord):
    """A student with all names and all periods of supervision, for example a thesis and a doctorate."""

    shown: str
    span: Span
    names: list[Name] = field(default_factory=list)
    periods: list[Period] = field(default_factory=list)

    def wrote(self, publication: Publication, grace: int) -> bool:
        """Return whether a publication may be from the time of supervision or the `grace` years after it.

        A publication with words for a date (`in press`) counts as of today: it fits supervisions that go on.
        """
        date = publication.date
        if date is None:
            return publication.year is not None and any(period.end is None for period in self.periods)
        # A publication of `2024` fits a period that begins in October 2024.
        return any(
            period.start.first_day <= date.last_day
            and (period.end is None or date.first_day <= (period.last_day[0] + grace, *period.last_day[1:]))
            for period in self.periods
        )


class Roster:
    """The students of all sections of kind `students`, also of those that a variant does not print."""

    def __init__(self, sections: Iterable[Section], findings: Findings) -> None:
        self.by_family: dict[str, list[_Supervised]] = defaultdict(list)
        self._warned: set[str] = set()
        people: dict[tuple[str, str], _Supervised] = {}
        lists = [section for section in sections if section.kind == "students"]
        for student in (item for section in lists for group in section.listed for item in group.items):
            from cvbuild.read.names import parse_name  # imports the parsers of fields; few CVs need it

            typed = (text for text in student.name.by_language.values() if text.tag != "tex")
            texts = (*dict.fromkeys(typed), *student.also_published_as)
            names = [parse_name(str(text), text.span, findings) for text in texts]
            if student.period is None:
                message = f"{student.name} has no period, and is not known as a co-author"
                hint = "add `period: 2021 – 2024`, or `2021 – present`"
                findings.warning("student-no-period", message, student.name.span.first_line(), hint)
                continue
            keys = [(family_letters(name), letters(name.given)) for name in names]
            unknown = _Supervised(str(student.name), student.name.span)
            person = next((people[key] for key in keys if key in people), unknown)
            person.periods.append(student.period)
            for key, name in zip(keys, names, strict=True):
                if people.setdefault(key, person) is person and name not in person.names:
                    person.names.append(name)
                    if person not in self.by_family[key[0]]:
                        self.by_family[key[0]].append(person)

    def positions(self, publication: Publication, grace: int, findings: Findings) -> frozenset[int]:
        """Return the positions (0-based) of students in its names; warn of names that fit several of them."""
        marked = set(publication.annotated.get("student", ()))
        for at, name in enumerate(publication.names.names):
            if at in marked or at in publication.owner_positions:
                continue
            alike = self.by_family.get(family_letters(name), ())
            fitting = [person for person in alike if any(is_same_person(name, own) for own in person.names)]
            if not any(person.wrote(publication, grace) for person in fitting):
                continue
            if len(fitting) == 1:
                marked.add(at)
                continue
            typed = " ".join(part for part in (name.given, name.particle, name.family, name.suffix) if part)
            if typed not in self._warned:
                self._warned.add(typed)
                people = " or ".join(person.shown for person in fitting)
                message = f"`{typed}` of `{publication.key}` can be {people}, and is not marked"
                place = (name.span or publication.key.span).first_line()
                hint = "write the given name out, or say it in the entry: `author+an = {2=student}`"
                labels = [Label(person.span.first_line(), "supervised") for person in fitting]
                findings.warning("student-ambiguous", message, place, hint, labels=labels)
        return frozenset(marked)
