"""Rules on the distance of lines, measured from baseline to baseline.

Two lines count where one stands under the other in the same column; superscripts and
subscripts are no lines. Line spacing is the distance of two baselines over the size of
the type on the lower one: 12 bp under 10 bp type is 1.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from cvbuild.conformance.subject import TOLERANCE, Measurement, Subject, at, unless_unread
from cvbuild.model.rules import MaxLinesPerInch, MinLineSpacing
from cvbuild.pdf.lines import Leading, leadings, lines_of

_INCH = 72.0


def _leadings(subject: Subject) -> Iterator[tuple[int, Leading]]:
    for page in subject.pdf.pages:
        for leading in leadings(lines_of(page)):
            yield page.number, leading


def min_line_spacing(rule: MinLineSpacing, subject: Subject) -> Iterator[Measurement]:
    """The tightest pair of lines, by their distance over the lower one's size."""
    required = f"{rule.factor:g} or more (baseline distance / type size)"
    pairs = [(leading.distance / leading.lower.size, page, leading) for page, leading in _leadings(subject)]
    if not pairs:
        yield Measurement(None, required, "no two lines stand one under the other")
        return
    narrow = [
        (page, leading)
        for _, page, leading in pairs
        if leading.distance < rule.factor * leading.lower.size - TOLERANCE
    ]
    factor, page, tightest = min(pairs, key=lambda item: item[0])
    shown = f"{factor:.3f} ({tightest.distance:.2f} / {tightest.lower.size:.2f} pt)"
    yield _verdict(subject, required, shown, narrow, (page, tightest))


def max_lines_per_inch(rule: MaxLinesPerInch, subject: Subject) -> Iterator[Measurement]:
    """The tightest pair of lines, by how many such lines fill an inch."""
    required = f"at most {rule.lines:g} lines an inch"
    pairs = list(_leadings(subject))
    if not pairs:
        yield Measurement(None, required, "no two lines stand one under the other")
        return
    narrow = [(page, pair) for page, pair in pairs if pair.distance < _INCH / rule.lines - TOLERANCE]
    page, tightest = min(pairs, key=lambda item: item[1].distance)
    shown = f"{_INCH / tightest.distance:.2f} ({tightest.distance:.2f} pt apart)"
    yield _verdict(subject, required, shown, narrow, (page, tightest))


def _verdict(
    subject: Subject,
    required: str,
    measured: str,
    narrow: list[tuple[int, Leading]],
    tightest: tuple[int, Leading],
) -> Measurement:
    holds, where = unless_unread(not narrow, subject)
    if not holds and narrow:
        where = at(tightest[0], tightest[1].lower.text)
        if len(narrow) > 1:
            where += f", and {len(narrow) - 1} more pairs of lines"
    return Measurement(holds, required, measured, where)
