"""Lines of text on a page, and how far apart they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from cvbuild.pdf.types import SAME_BASELINE, Page, Run
from cvbuild.record import Record

_GAP = 1.5
"""In sizes: a wider gap on a baseline divides two columns."""

_SPACE = 0.15
"""In sizes: a wider gap on a baseline is a space."""

_RAISED = 0.75
"""In sizes: a smaller line that stands nearer than this is a superscript or subscript, not a line."""

_LOWERED = 0.5
"""In sizes: nearer, text of the same size would lie on the other; it is a letter moved, as in TeX's name."""

_FAR = 3.0
"""In sizes: what is farther below is no next line."""


class Line(Record):
    """Text on one baseline of a column; `size` is that of most of its characters, in bp."""

    runs: tuple[Run, ...]
    y: float
    left: float
    right: float
    size: float

    @property
    def text(self) -> str:
        """Its text; a change of font within a word is no space."""
        text, right = "", self.left
        for run in self.runs:
            text += (" " if text and run.box.left - right > _SPACE * self.size else "") + run.text
            right = run.box.right
        return text

    @property
    def characters(self) -> int:
        """How many characters it has."""
        return sum(run.characters for run in self.runs)


class Leading(Record):
    """Two lines, one under the other, and the distance of their baselines in bp."""

    upper: Line
    lower: Line

    @property
    def distance(self) -> float:
        """From baseline to baseline."""
        return self.upper.y - self.lower.y


def lines_of(page: Page) -> list[Line]:
    """The lines of a page from its top, superscripts and subscripts left out; painted level text alone."""
    runs = [run for run in page.visible if run.is_upright and run.size is not None]
    runs.sort(key=lambda run: -run.y)
    lines: list[Line] = []
    baseline: list[Run] = []
    for run in runs:
        if baseline and baseline[-1].y - run.y > SAME_BASELINE:
            lines.extend(_columns(baseline))
            baseline = []
        baseline.append(run)
    lines.extend(_columns(baseline))
    return [line for line, is_shifted in zip(lines, _shifted(lines), strict=True) if not is_shifted]


def _columns(baseline: Iterable[Run]) -> Iterator[Line]:
    together: list[Run] = []
    right = 0.0
    for run in sorted(baseline, key=lambda run: run.box.left):
        if together and run.box.left - right > _GAP * (run.size or 0.0):
            yield _line(together)
            together = []
        right = max(right, run.box.right) if together else run.box.right
        together.append(run)
    if together:
        yield _line(together)


def _line(runs: list[Run]) -> Line:
    sizes: Counter[float] = Counter()
    for run in runs:
        sizes[run.size or 0.0] += run.characters
    left, right = min(run.box.left for run in runs), max(run.box.right for run in runs)
    return Line(tuple(runs), runs[0].y, left, right, sizes.most_common(1)[0][0])


def _shifted(lines: list[Line]) -> Iterator[bool]:
    """For each line whether it is raised or lowered text of another one beside it."""
    for at, line in enumerate(lines):
        yield any(
            _is_of(line, other)
            and other.left - other.size < line.right
            and line.left < other.right + other.size
            for other in _near(lines, at)
        )


def _is_of(line: Line, other: Line) -> bool:
    """Whether a line is so near to another, a larger one or one with more text, that it belongs to it."""
    distance = abs(other.y - line.y)
    if other.size > line.size * 1.05:
        return distance < _RAISED * other.size
    return distance < _LOWERED * other.size and other.characters > line.characters


def _near(lines: list[Line], at: int) -> Iterator[Line]:
    """The lines less than an inch away, above and below."""
    for step in (-1, 1):
        number = at + step
        while 0 <= number < len(lines) and abs(lines[number].y - lines[at].y) < 72:
            yield lines[number]
            number += step


def leadings(lines: list[Line]) -> Iterator[Leading]:
    """Each line with the nearest one under it; lines side by side are not under each other."""
    for at, upper in enumerate(lines):
        for lower in lines[at + 1 :]:
            distance = upper.y - lower.y
            if distance > _FAR * max(upper.size, lower.size):
                break
            if distance > SAME_BASELINE and upper.left < lower.right and lower.left < upper.right:
                yield Leading(upper, lower)
                break
