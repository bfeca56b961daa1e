"""Lines of text on a page, and how far apart they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from cvbuild.pdf.types import SAME_BASELINE, Page, Run
from cvbuild.record import Record

# In sizes of type:
_GAP = 1.5
"""A wider gap on a baseline divides two columns."""
_SPACE = 0.15
"""A wider gap on a baseline is a space."""
_RAISED = 0.75
"""A smaller line that is nearer than this is a superscript or subscript, not a line."""
_LOWERED = 0.5
"""Text of the same size that is nearer than this would overlap; it is a moved letter, as in TeX's name."""
_FAR = 3.0
"""Maximum distance of two baselines that follow each other."""


class Line(Record):
    """Text on one baseline of a column; `size` is the size of most of its characters, in bp."""

    runs: tuple[Run, ...]
    y: float
    left: float
    right: float
    size: float
    characters: int

    @property
    def text(self) -> str:
        """Its text; a change of font within a word is no space."""
        text, right = "", self.left
        for run in self.runs:
            text += (" " if text and run.box.left - right > _SPACE * self.size else "") + run.text
            right = run.box.right
        return text


class Leading(Record):
    """The distance of a line's baseline from the one above it, in bp."""

    lower: Line
    distance: float


def lines_of(page: Page) -> list[Line]:
    """Return the lines of painted level text from the top of a page, without superscripts and subscripts."""
    runs = [run for run in page.visible if run.is_upright and run.size is not None]
    runs.sort(key=lambda run: -run.y)
    lines: list[Line] = []
    baseline: list[Run] = []
    for run in runs:
        if baseline and baseline[-1].y - run.y > SAME_BASELINE:
            lines += _columns(baseline)
            baseline = []
        baseline.append(run)
    lines += _columns(baseline)
    return [line for at, line in enumerate(lines) if not _is_shifted(lines, at)]


def _columns(baseline: Iterable[Run]) -> Iterator[Line]:
    """Yield the lines of the columns that have text on a baseline, from the left."""
    columns: list[list[Run]] = []
    right = 0.0
    for run in sorted(baseline, key=lambda run: run.box.left):
        if not columns or run.box.left - right > _GAP * (run.size or 0.0):
            columns.append([])
            right = run.box.right
        columns[-1].append(run)
        right = max(right, run.box.right)
    for runs in columns:
        sizes: Counter[float] = Counter()
        for run in runs:
            sizes[run.size or 0.0] += run.characters
        left, right = min(run.box.left for run in runs), max(run.box.right for run in runs)
        yield Line(tuple(runs), runs[0].y, left, right, sizes.most_common(1)[0][0], sizes.total())


def _is_shifted(lines: list[Line], at: int) -> bool:
    """Return whether a line is raised or lowered text of another one beside it.

    The other one is larger, or has more text in the same size.
    """
    line = lines[at]
    for step in (-1, 1):
        number = at + step
        while (
            0 <= number < len(lines) and abs(lines[number].y - line.y) < 72
        ):  # bp: farther off, it is part of no other line
            other = lines[number]
            is_beside = other.left - other.size < line.right and line.left < other.right + other.size
            near = _RAISED * other.size
            if other.size <= line.size * 1.05:
                near = _LOWERED * other.size if other.characters > line.characters else 0.0
            if is_beside and abs(other.y - line.y) < near:
                return True
            number += step
    return False


def leadings(lines: list[Line]) -> Iterator[Leading]:
    """Yield the distance of each line from the nearest one below it in its column."""
    for at, upper in enumerate(lines):
        for lower in lines[at + 1 :]:
            distance = upper.y - lower.y
            if distance > _FAR * max(upper.size, lower.size):
                break
            if distance > SAME_BASELINE and upper.left < lower.right and lower.left < upper.right:
                yield Leading(lower, distance)
                break
