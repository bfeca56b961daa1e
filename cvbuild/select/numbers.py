"""Permanent numbers: those of `bib/numbers.lock`, and the next ones for what has none yet.

A series is what stands before the numbers, the prefix of the categories that share it:
an entry that comes to another series gets a number there and keeps the old one for the
day it comes back. Categories without a prefix are one series through the whole list.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import PublicationsSection
from cvbuild.content.publications import Publication, category_of, newest_first
from cvbuild.content.values import Date
from cvbuild.diagnostics import Findings
from cvbuild.read.numberlock import NumberLine
from cvbuild.record import Record, field, replace
from cvbuild.source import Span
from cvbuild.words import letters

NOT_YET = Date(9999, 12, 31)
"""The day of an entry that joins a numbered list with the next `cvbuild number`."""

_PREFIX = re.compile(r"|[^\s|#0-9]|[^\s|#][^\s|]*[^\s|0-9]")
_SHOWN = 3


class Permanent(Record):
    """The numbers of all entries of sections with permanent numbers.

    `missing` are the numbers that the file does not have yet, as its lines will be, but
    for their day; `fresh` the series that get their first numbers with them. `renamed`
    are entries that have a number under another key.
    """

    values: Mapping[tuple[str, Span], int]
    missing: tuple[NumberLine, ...] = ()
    fresh: frozenset[str] = frozenset()
    renamed: tuple[Publication, ...] = ()
    joined: Mapping[str, Date | None] = field(default_factory=dict)

    def in_print(
        self, publications: Iterable[Publication], section: PublicationsSection
    ) -> tuple[Publication, ...]:
        """The publications with their numbers: newest first, of one date the highest number first."""
        numbered = []
        for item in publications:
            series = series_of(item, section)
            value = self.values[series, item.span]
            numbered.append((value, replace(item, number=f"{series}{value}")))
        numbered.sort(key=lambda pair: -pair[0])
        return tuple(newest_first(item for _, item in numbered))


def series_of(publication: Publication, section: PublicationsSection) -> str:
    """What stands before its number."""
    category = category_of(publication, section.categories)
    return str(category.prefix) if category is not None else ""


def numbered_sections(cv: Cv) -> list[PublicationsSection]:
    """The sections whose entries have permanent numbers."""
    lists = (section for section in cv.sections.values() if isinstance(section, PublicationsSection))
    return [section for section in lists if section.numbering == "permanent"]


def permanent_numbers(cv: Cv, findings: Findings) -> Permanent:
    """The numbers, given to what has none as `cvbuild number` would: the oldest first."""
    sections = numbered_sections(cv)
    _check_prefixes(sections, findings)
    members: dict[str, list[Publication]] = {}
    for section in sections:
        for item in newest_first(reversed(cv.publications))[::-1]:  # those of one date in file order
            members.setdefault(series_of(item, section), []).append(item)
    lines: dict[str, list[NumberLine]] = defaultdict(list)
    for line in cv.numbers.lines:
        lines[line.series].append(line)
    there = {str(item.key) for item in cv.publications} | {str(item.key) for item in cv.unlisted}
    there |= {str(broken.key) for broken in cv.broken if broken.key}
    without_key = _not_lockable(cv.publications)
    values: dict[tuple[str, Span], int] = {}
    missing: list[NumberLine] = []
    renamed: list[Publication] = []
    for series, entries in members.items():
        # An entry that is in a series by two sections is in it once.
        once = list({item.span: item for item in entries}.values())
        series_values, new, found_again = _numbered(series, once, lines[series], there, without_key, findings)
        values |= {(series, span): value for span, value in series_values.items()}
        missing += new
        renamed += found_again
    fresh = frozenset(series for series in members if not lines[series])
    _report(missing, sections, without_key, findings)
    return Permanent(values, tuple(missing), fresh, tuple(renamed), _joined(cv, missing, fresh))


def _numbered(
    series: str,
    entries: Sequence[Publication],
    lines: Sequence[NumberLine],
    there: Collection[str],
    without_key: Mapping[Span, str],
    findings: Findings,
) -> tuple[dict[Span, int], list[NumberLine], list[Publication]]:
    """The numbers of a series by entry; the lines that are new; the entries known under another key."""
    given = {str(line.key): line for line in lines}
    vanished = _Vanished(line for line in lines if line.key not in there)
    values: dict[Span, int] = {}
    missing: list[NumberLine] = []
    renamed: list[Publication] = []
    following = max((line.value for line in lines), default=0) + 1
    # Last what cannot keep a number: the others' must not depend on it.
    for item in sorted(entries, key=lambda item: item.span in without_key):
        line = given.get(str(item.key)) if item.span not in without_key else None
        if line is None and item.span not in without_key:
            line = vanished.take(item)
            if line is not None:
                renamed.append(item)
                _report_renamed(line, item, findings)
        if line is None:
            if item.span not in without_key:
                missing.append(_line(item, series, following))
            values[item.span] = following
            following += 1
        else:
            values[item.span] = line.value
    return values, missing, renamed


def _line(item: Publication, series: str, value: int) -> NumberLine:
    doi = str(item.doi or "")
    title = " ".join(str(item.title).split())
    return NumberLine(item.key, series, value, None, _year(item), "" if "|" in doi else doi, title)


def _year(item: Publication) -> str:
    return str(item.date.year) if item.date is not None else ""


class _Vanished:
    """The lines whose keys are gone, to be found by what their entries were."""

    def __init__(self, lines: Iterable[NumberLine]) -> None:
        self._by_doi: dict[str, NumberLine] = {}
        self._by_title: dict[tuple[str, str], NumberLine] = {}
        for line in lines:
            if line.doi:
                self._by_doi.setdefault(line.doi.casefold(), line)
            if title := letters(line.title):
                self._by_title.setdefault((title, line.year), line)

    def take(self, item: Publication) -> NumberLine | None:
        """The line of the same work, once: by DOI where both have one, else by title and year."""
        doi = str(item.doi or "").casefold()
        title = letters(str(item.title)), _year(item)
        found = self._by_doi.pop(doi, None)
        if found is None and title in self._by_title and not (doi and self._by_title[title].doi):
            found = self._by_title[title]
        if found is not None:
            self._by_doi.pop(found.doi.casefold(), None)
            if self._by_title.get((letters(found.title), found.year)) is found:
                del self._by_title[letters(found.title), found.year]
        return found


def _not_lockable(publications: Iterable[Publication]) -> dict[Span, str]:
    """The entries whose key cannot stand in the file for them alone, and why."""
    found: dict[Span, str] = {}
    seen: set[str] = set()
    for item in publications:
        key = str(item.key)
        if not key:
            found[item.span] = "it has none"
        elif key in seen:
            found[item.span] = "another entry has it too"
        elif "|" in key or key.startswith("#") or key == "-" or key != " ".join(key.split()):
            found[item.span] = "`numbers.lock` has no place for its characters"
        seen.add(key)
    return found


def _joined(cv: Cv, missing: Iterable[NumberLine], fresh: Collection[str]) -> dict[str, Date | None]:
    """When an entry came to the list, by key; None where it was there from the first numbering on.

    The first number that it was given counts: with another category it is not new again.
    """
    days: dict[str, list[Date | None]] = defaultdict(list)
    for line in cv.numbers.lines:
        day = line.joined
        days[str(line.key)].append(Date(day.year, day.month, day.day) if day else None)
    for line in missing:
        days[str(line.key)].append(None if line.series in fresh else NOT_YET)
    return {
        key: None if None in known else min((day for day in known if day), default=None)
        for key, known in days.items()
    }


def _check_prefixes(sections: Iterable[PublicationsSection], findings: Findings) -> None:
    for section in sections:
        for category in section.categories:
            if not _PREFIX.fullmatch(category.prefix):
                findings.error(
                    "number-prefix",
                    f"permanent numbers cannot begin with `{category.prefix}`",
                    category.span_of("prefix"),
                    "a prefix has no spaces, no `|`, no `#` first and no digit last: `J`, `Conf-`",
                )


def _report(
    missing: Sequence[NumberLine],
    sections: Sequence[PublicationsSection],
    without_key: Mapping[Span, str],
    findings: Findings,
) -> None:
    if missing:
        named = [f"`{line.key}` ({line.number})" for line in missing[:_SHOWN]]
        others = len(missing) - len(named)
        listed = ", ".join(named) + (f" and {others} more" if others else "")
        findings.warning(
            "unnumbered",
            f"without a permanent number yet: {listed}",
            missing[0].key.span.first_line(),
            "`cvbuild number` writes these into bib/numbers.lock; until then they can change",
        )
    if sections:
        for span, reason in without_key.items():
            findings.warning(
                "number-key",
                f"this entry cannot keep a number by its key: {reason}",
                span.first_line(),
                "give it a key of its own, of letters and digits",
            )


def _report_renamed(line: NumberLine, item: Publication, findings: Findings) -> None:
    findings.warning(
        "renamed-entry",
        f"`{line.key}` has the number {line.number} and is gone; `{item.key}` seems to be the same"
        " work, and is printed with it",
        line.key.span,
        f"write `{item.key}` in place of `{line.key}` here",
        f"if it is another work, cut this line down to `{line.key} | {line.number}`:"
        " the new entry gets a number of its own",
    )
