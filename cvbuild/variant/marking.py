"""Marks for readers who compare: what is new since a day, and who is who among the authors.

New since a day is what is dated on it or later. A publication that has been given its
permanent number on a known day is as new as that day: it came to the list with it,
whatever year is printed, and so counts in one report only. A date of a year or a month
has to begin on the day or later; one that may lie on either side is not counted, with a
warning. What is `in press` is new; what has no date is not. Of a period its beginning counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from cvbuild.diagnostics import Findings
from cvbuild.model.base import NameMeaning
from cvbuild.model.cv import Cv
from cvbuild.model.dates import Date
from cvbuild.model.publications import Publication
from cvbuild.model.roster import Roster
from cvbuild.model.sections import PublicationsSection
from cvbuild.model.settings import SectionChoice
from cvbuild.source import Span
from cvbuild.variant.numbering import permanent_numbers
from cvbuild.variant.selected import LegendLine, SelectedSection

_PREFERRED: Mapping[NameMeaning, str] = {"equal": "*", "students": "†", "corresponding": "‡"}
_SIGNS = "*†‡§¶‖#abcdefgh"
_ANNOTATED: Mapping[NameMeaning, str] = {"equal": "equal", "corresponding": "corresponding"}
_STARS = str.maketrans("∗⋆", "**")


def marked(
    cv: Cv, selected: SelectedSection, choice: SectionChoice, since: Date | None, findings: Findings
) -> SelectedSection:
    """The section with the marks that it and the variant ask for, and a legend of those that occur."""
    section = selected.section
    if not isinstance(section, PublicationsSection):
        return selected if since is None else _with_new_items(selected, since, findings)
    legend: list[LegendLine] = []
    wanted = section.mark if choice.mark is None else choice.mark
    if wanted:
        selected = _with_marked_names(cv, selected, section, wanted, legend, findings)
    if since is not None:
        selected = _with_new_publications(cv, selected, section, since, legend, findings)
    return replace(selected, legend=tuple(legend))


def is_new(publication: Publication, joined: Date | None, since: Date) -> bool | None:
    """Whether a publication is new since a day; None where its date does not say."""
    if joined is not None:
        return joined.first_day >= since.first_day
    if publication.date is None:
        return publication.year is not None
    return _begins(publication.date, since)


def _begins(date: Date, since: Date) -> bool | None:
    if date.first_day >= since.first_day:
        return True
    return None if date.last_day >= since.first_day else False


def joined_days(cv: Cv, section: PublicationsSection) -> Mapping[str, Date | None]:
    """When entries came to a permanently numbered list, by key."""
    return permanent_numbers(cv, Findings()).joined if section.numbering == "permanent" else {}


def _with_new_publications(
    cv: Cv,
    selected: SelectedSection,
    section: PublicationsSection,
    since: Date,
    legend: list[LegendLine],
    findings: Findings,
) -> SelectedSection:
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

    selected = _with_publications(selected, judged)
    _report_unknown(unknown, since, findings)
    if count:
        legend.append(LegendLine("new", count=count, total=_total(selected), since=since))
    return selected


def _with_new_items(selected: SelectedSection, since: Date, findings: Findings) -> SelectedSection:
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
    return replace(selected, new=frozenset(new), legend=(LegendLine("new", len(new), total, since),))


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
    legend: list[LegendLine],
    findings: Findings,
) -> SelectedSection:
    publications = list(_publications(selected))
    roster = Roster(cv.sections.values() if "students" in wanted else (), findings)
    meanings: dict[Span, Mapping[NameMeaning, frozenset[int]]] = {
        item.span: {
            meaning: roster.positions(item, section.student_grace, findings)
            if meaning == "students"
            else item.annotated.get(_ANNOTATED[meaning], frozenset())
            for meaning in wanted
        }
        for item in publications
    }
    signs = _signs(wanted, publications, meanings)
    seen: set[NameMeaning] = set()

    def with_marks(item: Publication) -> Publication:
        shown = item.names.shown(section.max_authors, item.owner_positions)
        marks: dict[int, str] = {}
        for at in shown:
            typed = item.names.names[at].mark
            meant = [meaning for meaning in signs if at in meanings[item.span][meaning]]
            seen.update(meant)
            added = "".join(signs[meaning] for meaning in meant if signs[meaning] not in _signs_in(typed))
            if typed or added:
                marks[at] = typed + added
        return replace(item, marks=marks)

    selected = _with_publications(selected, with_marks)
    for meaning, sign in signs.items():
        if meaning in seen:
            count = sum(bool(meanings[item.span][meaning]) for item in publications)
            legend.append(LegendLine(meaning, count=count, total=len(publications), sign=sign))
    return selected


def _signs(
    wanted: Iterable[NameMeaning],
    publications: Iterable[Publication],
    meanings: Mapping[Span, Mapping[NameMeaning, frozenset[int]]],
) -> dict[NameMeaning, str]:
    """The sign of each meaning, none of which was typed behind a name that has another one."""
    wanted = [meaning for meaning in _PREFERRED if meaning in set(wanted)]
    taken: dict[NameMeaning, set[str]] = {meaning: set() for meaning in wanted}
    for item in publications:
        for at, name in enumerate(item.names.names):
            for meaning in wanted:
                if name.mark and at not in meanings[item.span][meaning]:
                    taken[meaning] |= _signs_in(name.mark)
    chosen: dict[NameMeaning, str] = {}
    for meaning in wanted:
        reserved = {_PREFERRED[other] for other in wanted if other != meaning}
        free = [sign for sign in _SIGNS if sign not in taken[meaning] | set(chosen.values())]
        best = [_PREFERRED[meaning], *(sign for sign in free if sign not in reserved), *free]
        chosen[meaning] = next((sign for sign in best if sign in free), _PREFERRED[meaning])
    return chosen


def _signs_in(typed: str) -> set[str]:
    return set(typed.translate(_STARS))


def _publications(selected: SelectedSection) -> Iterator[Publication]:
    for category in selected.categories:
        yield from category.publications


def _total(selected: SelectedSection) -> int:
    return sum(len(category.publications) for category in selected.categories)


def _with_publications(
    selected: SelectedSection, change: Callable[[Publication], Publication]
) -> SelectedSection:
    categories = (
        replace(category, publications=tuple(map(change, category.publications)))
        for category in selected.categories
    )
    return replace(selected, categories=tuple(categories))
