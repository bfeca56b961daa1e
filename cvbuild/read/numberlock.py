"""Read and write `bib/numbers.lock`: a line for each permanent number ever given to a publication.

    # comments are kept
    example2020first | J1 | 2026-11-25 | 2020 | 10.1000/182 | A First Example

Key and number are enough. The day is the one on which the entry joined an already numbered
list; `-` stands for none. Year, DOI and title identify an entry after its key was changed.
Lines are sorted by key and never rewritten, so that two branches that add entries seldom conflict.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from itertools import accumulate

from cvbuild.diagnostics import Findings, Label
from cvbuild.record import Record
from cvbuild.source import Scalar, SourceFile, Span

HEADER = """\
# Permanent numbers of publications, written by `cvbuild number`; commit this file.
# A line: key | number | day it joined the list | year | DOI | title. Key and number are enough.
# Keep the lines of entries that are gone: a number of theirs is never given again.
"""

_FORM = "a line is `key | number | day | year | DOI | title`, as in `example2020first | J1`"
_NUMBER = re.compile(r"(?P<series>[^0-9|]*|[^|]*[^0-9|])(?P<value>[1-9][0-9]{0,8})")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_GIT_MARK = re.compile(r"(<{7}|>{7}|\|{7})( |$)|={7}$")
"""The lines that git puts around the sides of a conflict (gitattributes(5), conflict-marker-size)."""
_NONE = "-"


class NumberLine(Record):
    """A number given to a citation key. `series` is the number's prefix: the J of J12.

    `joined` is the day on which it was given, None if the list was numbered for the first time.
    `year`, `doi` and `title` are the entry's on that day, or empty.
    """

    key: Scalar
    series: str
    value: int
    joined: date | None = None
    year: str = ""
    doi: str = ""
    title: str = ""

    @property
    def number(self) -> str:
        """The number as printed: `J12`."""
        return f"{self.series}{self.value}"

    def __str__(self) -> str:
        joined = self.joined.isoformat() if self.joined else _NONE
        parts = (str(self.key), self.number, joined, self.year, self.doi, self.title)
        return " | ".join(" ".join(part.split()) or _NONE for part in parts)


class NumberLock(Record):
    """The lines of the file in order; empty if there is no file."""

    lines: tuple[NumberLine, ...] = ()
    source: SourceFile | None = None


NO_NUMBERS = NumberLock()


def load_numbers(source: SourceFile) -> tuple[NumberLock, Findings]:
    """Read the file. Report malformed lines, numbers with two keys, and keys with two numbers in a series."""
    findings = Findings()
    for number, text in enumerate(source.text.split("\n")):
        if _GIT_MARK.match(text):
            cure = "keep the lines of both sides, and delete the lines of `<`, `=` and `>` that git added"
            hint = f"{cure}; then run `cvbuild number`"
            findings.error("number-conflict", "git left a conflict here", source.span_of_line(number), hint)
            return NumberLock((), source), findings
    lines = tuple(line for _, line in _lines(source, findings))
    holders: dict[tuple[str, int], NumberLine] = {}
    numbers: dict[tuple[str, str], NumberLine] = {}
    for line in lines:
        first = holders.setdefault((line.series, line.value), line)
        own = numbers.setdefault((line.series, line.key), line)
        if first is not line and first.key != line.key:
            message = f"the number {line.number} is given to `{first.key}` and to `{line.key}`"
            cure = "delete the line of the one that you have not handed in under this number yet"
            hint = f"{cure}: `cvbuild number` gives it the next one"
            label = Label(first.key.span, "first here")
        elif own is not line:
            message = f"`{line.key}` stands here again, with the number {line.number}"
            hint = "delete one of the two lines"
            label = Label(own.key.span, f"here with {own.number}")
        else:
            continue
        findings.error("duplicate-number", message, line.key.span, hint, labels=[label])
    return NumberLock(lines, source), findings


def _lines(source: SourceFile, findings: Findings) -> Iterator[tuple[int, NumberLine]]:
    """Yield each line that has a number, with its position (0-based) in the file; report malformed lines."""
    for position, text in enumerate(source.text.split("\n")):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        whole = source.span_of_line(position)
        key, *rest = (part.strip() for part in text.split("|", 5))
        number, day, year, doi, title = (*("" if part == _NONE else part for part in rest), *[""] * 5)[:5]
        match = _NUMBER.fullmatch(number)
        if not key or match is None:
            wrong = f"`{number}` is not a number such as `J1`" if rest else "a line without a number"
            findings.error("number-line", wrong if key else "a line without a key", whole, _FORM)
            continue
        joined = None
        with suppress(ValueError):
            joined = date.fromisoformat(day) if _DAY.fullmatch(day) else None
        if day and joined is None:
            hint = "write it as `2026-11-25`, or `-` for none"
            findings.error("number-line", f"`{day}` is not a day", whole, hint)
        name = Scalar(key, Span(source, whole.start, whole.start + len(key)))
        yield position, NumberLine(name, match["series"], int(match["value"]), joined, year, doi, title)


def with_lines(source: SourceFile | None, added: Iterable[NumberLine]) -> str:
    """Return the file's text with lines added in the order of keys; the present lines do not change."""
    texts = (source.text if source is not None else HEADER).split("\n")
    if not texts[-1].strip():
        texts.pop()
    found = list(_lines(source, Findings())) if source is not None else []
    # Bisection needs sorted keys: each key counts as no less than the keys above it.
    keys = list(accumulate((str(line.key) for _, line in found), max))
    places = [position for position, _ in found]
    before: dict[int, list[str]] = {}
    for line in sorted(added, key=lambda item: (str(item.key), item.series)):
        at = bisect_right(keys, str(line.key))
        place = places[at - 1] + 1 if at else places[0] if places else len(texts)
        before.setdefault(place, []).append(str(line))
    written: list[str] = []
    for position, text in enumerate(texts):
        written += [*before.get(position, []), text]
    return "\n".join([*written, *before.get(len(texts), [])]) + "\n"
