"""Permanent numbers: those of `bib/numbers.lock`, and the next ones for entries that have none yet.

All categories with the same prefix form a series, as do those without one. An entry that moves to another
series gets a number there; its old number stays reserved in case it returns.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import PublicationsSection
from cvbuild.content.publications import Publication, category_of, newest_first
from cvbuild.content.values import Date
from cvbuild.diagnostics import Findings
from cvbuild.read.numberlock import NumberLine
from cvbuild.record import Record, replace
from cvbuild.source import Span
from cvbuild.words import letters

_PREFIX = re.compile(r"|[^\s|#0-9]|[^\s|#][^\s|]*[^\s|0-9]")
_SHOWN = 3
"""Maximum number of unnumbered entries that a warning names."""


class Permanent(Record):
    """The numbers of all entries in sections with permanent numbers, by series and the entry's span."""

    values: Mapping[tuple[str, Span], int]
    missing: tuple[NumberLine, ...]
    """The lines to add to the file, without their day."""
    fresh: frozenset[str]
    """The series without a line in the file."""
    renamed: tuple[Publication, ...]
    """The entries whose number stands in the file under their former key."""
    joined: Mapping[str, Date | None]
    """The day on which an entry joined the list, by key; None if it was in the list numbered first."""

    def in_print(
        self, publications: Sequence[Publication], section: PublicationsSection
    ) -> tuple[Publication, ...]:
        """Return the publications with their numbers, newest first; equal dates by falling number."""
        series = {item.span: _series_of(item, section) for item in publications}
        value = {span: self.values[name, span] for span, name in series.items()}
        ordered = newest_first(sorted(publications, key=lambda item: -value[item.span]))
        return tuple(replace(item, number=f"{series[item.span]}{value[item.span]}") for item in ordered)


def _series_of(publication: Publication, section: PublicationsSection) -> str:
    category = category_of(publication, section.categories)
    return str(category.prefix) if category is not None else ""


def numbered_sections(cv: Cv) -> list[PublicationsSection]:
    """Return the sections whose entries have permanent numbers."""
    lists = (section for section in cv.sections.values() if isinstance(section, PublicationsSection))
    return [section for section in lists if section.numbering == "permanent"]


def permanent_numbers(cv: Cv, findings: Findings) -> Permanent:
    """Return all numbers, also those that `cvbuild number` would give next, first to the oldest entry."""
    sections = numbered_sections(cv)
    # By series and span, so that an entry that two sections put into one series counts once.
    members: defaultdict[str, dict[Span, Publication]] = defaultdict(dict)
    for section in sections:
        for category in section.categories:
            if not _PREFIX.fullmatch(category.prefix):
                message = f"permanent numbers cannot begin with `{category.prefix}`"
                hint = "a prefix has no spaces, no `|`, no `#` first and no digit last: `J`, `Conf-`"
                findings.error("number-prefix", message, category.span_of("prefix"), hint)
        for item in newest_first(reversed(cv.publications))[::-1]:  # equal dates in file order
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
        vanished = [line for line in lines[series] if line.key not in present]
        following = max((line.value for line in lines[series]), default=0) + 1
        # Entries that cannot keep a number come last: the numbers of the others must not depend on them.
        for span, item in sorted(by_span.items(), key=lambda pair: pair[0] in without_key):
            doi, title = str(item.doi or ""), " ".join(str(item.title).split())
            year = str(item.date.year) if item.date is not None else ""
            new = NumberLine(item.key, series, following, None, year, "" if "|" in doi else doi, title)
            known = given.get(str(item.key)) if span not in without_key else None
            if known is None and span not in without_key and (known := _same_work(new, vanished)):
                vanished.remove(known)
                renamed.append(item)
                message = f"`{known.key}` has the number {known.number} and is gone"
                message += f"; `{item.key}` seems to be the same work, and is printed with it"
                cure = f"write `{item.key}` in place of `{known.key}` here"
                cut = f"if it is another work, cut this line down to `{known.key} | {known.number}`"
                other = f"{cut}: the new entry gets a number of its own"
                findings.warning("renamed-entry", message, known.key.span, cure, other)
            values[series, span] = known.value if known is not None else following
            if known is None:
                missing += [new] if span not in without_key else []
                following += 1
    _report(missing, without_key if sections else {}, findings)
    fresh = frozenset(series for series in members if not lines[series])
    return Permanent(values, tuple(missing), fresh, tuple(renamed), _joined(cv, missing, fresh))


def _same_work(new: NumberLine, lines: Sequence[NumberLine]) -> NumberLine | None:
    """Return the line of the same work, if any: by DOI if both have one, else by title and year."""
    by_doi = (line for line in lines if new.doi and line.doi.casefold() == new.doi.casefold())
    others = (line for line in lines if letters(new.title) and not (new.doi and line.doi))
    work = letters(new.title), new.year
    by_title = (line for line in others if (letters(line.title), line.year) == work)
    return next(chain(by_doi, by_title), None)


def _not_lockable(publications: Iterable[Publication]) -> dict[Span, str]:
    """Return why the keys of entries cannot identify them in the file, by span; other entries are missing."""
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
    """Return `Permanent.joined`: the day of an entry's first number; another series makes it no newer."""
    days: dict[str, Date | None] = {}
    known = [(line, Date(*line.joined.timetuple()[:3]) if line.joined else None) for line in cv.numbers.lines]
    # Entries that join with the next `cvbuild number` are newer than all others.
    new = [(line, None if line.series in fresh else Date(9999, 12, 31)) for line in missing]
    for line, day in (*known, *new):
        before = days.setdefault(str(line.key), day)
        days[str(line.key)] = min(before, day) if before and day else None
    return days


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
