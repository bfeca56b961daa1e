"""What is new since the last review.

New since a day is what is dated on it or later. A publication that has been given its
permanent number on a known day is as new as that day: it came to the list with it,
whatever year is printed, and so counts in one report only. A date of a year or a month
has to begin on the day or later; one that may lie on either side is not counted, with a
warning. What is `in press` is new; what has no date is not. Of a period its beginning counts.
"""

from __future__ import annotations

from collections.abc import Mapping

from cvbuild.diagnostics import Findings
from cvbuild.model.cv import Cv
from cvbuild.model.dates import Date
from cvbuild.model.publications import Publication
from cvbuild.model.sections import PublicationsSection
from cvbuild.record import replace
from cvbuild.source import Span
from cvbuild.variant.numbering import permanent_numbers
from cvbuild.variant.selected import LegendLine, SelectedSection


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


def with_new_publications(
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


def with_new_items(selected: SelectedSection, since: Date, findings: Findings) -> SelectedSection:
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
