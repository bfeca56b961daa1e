"""Permanent numbers: those of `bib/numbers.lock`, and the next ones for entries that have none yet.

A series is the prefix of its numbers, shared by the categories that have it. An entry that moves to another
series gets a number there and keeps the old one for the day it comes back. All categories without a prefix
are one series.
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
"""Maximum number of unnumbered entries that a warning names."""


class Permanent(Record):
    """The numbers of all entries of sections with permanent numbers.

    `missing` are the lines that the file does not have yet, without their day; `fresh` the series that get
    their first numbers with them. `renamed` are entries that have a number under another key. `joined` is the
    day on which an entry joined the list, by key; None if it was there when the list was first numbered.
    """

    values: Mapping[tuple[str, Span], int]
    missing: tuple[NumberLine, ...] = ()
    fresh: frozenset[str] = frozenset()
    renamed: tuple[Publication, ...] = ()
    joined: Mapping[str, Date | None] = field(default_factory=dict)

    def in_print(
        self, publications: Iterable[Publication], section: PublicationsSection
    ) -> tuple[Publication, ...]:
        """Return the publications with their numbers, newest first, of one date the highest number first."""
        numbered = []
        for item in publications:
            series = _series_of(item, section)
            value = self.values[series, item.span]
            numbered.append((value, replace(item, number=f"{series}{value}")))
        numbered.sort(key=lambda pair: -pair[0])
        return tuple(newest_first(item for _, item in numbered))


def _series_of(publication: Publication, section: PublicationsSection) -> str:
    category = category_of(publication, section.categories)
    return str(category.prefix) if category is not None else ""


def numbered_sections(cv: Cv) -> list[PublicationsSection]:
    """Return the sections whose entries have permanent numbers."""
    lists = (section for section in cv.sections.values() if isinstance(section, PublicationsSection))
    return [section for section in lists if section.numbering == "permanent"]


def permanent_numbers(cv: Cv, findings: Findings) -> Permanent:
    """Return all numbers, with those that `cvbuild number` would give next, to the oldest entry first."""
    sections = numbered_sections(cv)
    # By series and span: an entry that two sections put into a series is in it once.
    members: defaultdict[str, dict[Span, Publication]] = defaultdict(dict)
    for section in sections:
        for category in section.categories:
            if not _PREFIX.fullmatch(category.prefix):
                message = f"permanent numbers cannot begin with `{category.prefix}`"
                hint = "a prefix has no spaces, no `|`, no `#` first and no digit last: `J`, `Conf-`"
                findings.error("number-prefix", message, category.span_of("prefix"), hint)
        for item in newest_first(reversed(cv.publications))[::-1]:  # those of one date in file order
            members[_series_of(item, section)][item.span] = item
    lines: defaultdict[str, list[NumberLine]] = defaultdict(list)
    for line in cv.numbers.lines:
        lines[line.series].append(line)
    present = {str(item.key) for item in cv.publications} | {str(item.key) for item in cv.unlisted}
    present |= {str(broken.key) for broken in cv.broken if broken.key}
    without_key = _not_lockable(cv.publications)
    values: dict[tuple[str, Span], int] = {}
    missing: list[NumberLine] = []
    renamed: list[Publication] = []
    for series, by_span in members.items():
        given = {str(line.key): line for line in lines[series]}
        vanished: dict[str | tuple[str, str], NumberLine] = {}
        for line in lines[series]:
            if line.key not in present:
                for key in _keys_of_work(line.doi, line.title, line.year):
                    vanished.setdefault(key, line)
        following = max((line.value for line in lines[series]), default=0) + 1
        # Entries that cannot keep a number come last: the numbers of the others must not depend on them.
        for span, item in sorted(by_span.items(), key=lambda pair: pair[0] in without_key):
            known = None if span in without_key else given.get(str(item.key))
            if known is None and span not in without_key and (known := _take_renamed(vanished, item)):
                renamed.append(item)
                _report_renamed(known, item, findings)
            if known is not None:
                values[series, span] = known.value
                continue
            values[series, span] = following
            if span not in without_key:
                missing.append(_new_line(item, series, following))
            following += 1
    _report(missing, without_key if sections else {}, findings)
    fresh = frozenset(series for series in members if not lines[series])
    return Permanent(values, tuple(missing), fresh, tuple(renamed), _joined(cv, missing, fresh))


def _new_line(item: Publication, series: str, value: int) -> NumberLine:
    doi = str(item.doi or "")
    title = " ".join(str(item.title).split())
    return NumberLine(item.key, series, value, None, _year(item), "" if "|" in doi else doi, title)


def _year(item: Publication) -> str:
    return str(item.date.year) if item.date is not None else ""


def _keys_of_work(doi: str, title: str, year: str) -> list[str | tuple[str, str]]:
    """Return what identifies a work: its DOI, then its title with the year."""
    return [*([doi.casefold()] if doi else []), *([(letters(title), year)] if letters(title) else [])]


def _take_renamed(vanished: dict[str | tuple[str, str], NumberLine], item: Publication) -> NumberLine | None:
    """Remove and return the line of the same work: by DOI if both have one, else by title and year."""
    for key in _keys_of_work(str(item.doi or ""), str(item.title), _year(item)):
        found = vanished.get(key)
        if found is not None and (isinstance(key, str) or not (item.doi and found.doi)):
            for known in _keys_of_work(found.doi, found.title, found.year):
                if vanished.get(known) is found:
                    del vanished[known]
            return found
    return None


def _not_lockable(publications: Iterable[Publication]) -> dict[Span, str]:
    """Return the entries whose key cannot identify them in the file, and why."""
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
    """Return `Permanent.joined`: by the first number of an entry, as a new category makes it no newer."""
    days: defaultdict[str, list[Date | None]] = defaultdict(list)
    for line in cv.numbers.lines:
        day = line.joined
        days[str(line.key)].append(Date(day.year, day.month, day.day) if day else None)
    for line in missing:
        days[str(line.key)].append(None if line.series in fresh else NOT_YET)
    return {
        key: None if None in known else min((day for day in known if day), default=None)
        for key, known in days.items()
    }


def _report(missing: Sequence[NumberLine], without_key: Mapping[Span, str], findings: Findings) -> None:
    if missing:
        named = [f"`{line.key}` ({line.number})" for line in missing[:_SHOWN]]
        others = len(missing) - len(named)
        listed = ", ".join(named) + (f" and {others} more" if others else "")
        place = missing[0].key.span.first_line()
        hint = "`cvbuild number` writes these into bib/numbers.lock; until then they can change"
        findings.warning("unnumbered", f"without a permanent number yet: {listed}", place, hint)
    for span, reason in without_key.items():
        message = f"this entry cannot keep a number by its key: {reason}"
        hint = "give it a key of its own, of letters and digits"
        findings.warning("number-key", message, span.first_line(), hint)


def _report_renamed(line: NumberLine, item: Publication, findings: Findings) -> None:
    gone = f"`{line.key}` has the number {line.number} and is gone"
    message = f"{gone}; `{item.key}` seems to be the same work, and is printed with it"
    cure = f"write `{item.key}` in place of `{line.key}` here"
    cut = f"if it is another work, cut this line down to `{line.key} | {line.number}`"
    other = f"{cut}: the new entry gets a number of its own"
    findings.warning("renamed-entry", message, line.key.span, cure, other)
