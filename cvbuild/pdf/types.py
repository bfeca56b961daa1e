"""The records of a measured PDF, and its lines of text. Lengths are in bp (1/72 inch), pages count from 1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from cvbuild.record import MutableRecord, Record

SAME_BASELINE = 0.05
"""Maximum distance of two baselines that count as one, in bp: files round."""

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


class OutlineEntry(Record):
    """A heading of the outline: level from 0, page from 0, and height over the page's foot in bp."""

    title: str
    level: int
    page: int
    y: float


class PdfReport(Record):
    """The sizes of a PDF's pages and its outline."""

    pages: int
    sizes: tuple[tuple[float, float], ...]
    outline: tuple[OutlineEntry, ...]
    lowest_text: tuple[float, ...]
    """For each page the lower edge of its lowest text, in bp over its foot."""


class Font(Record):
    """A font as the PDF names it, without the prefix of a subset (ISO 32000-1, 9.6.4).

    The name is empty where the PDF gives none, as for the bitmaps of a Type 3 font.
    """

    name: str
    is_embedded: bool


class Box(Record):
    """A rectangle of the page as it is shown, from its lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def area(self) -> float:
        """Its area in square bp."""
        return (self.right - self.left) * (self.top - self.bottom)

    def with_box(self, other: Box) -> Box:
        """Return the smallest rectangle around both."""
        left, bottom = min(self.left, other.left), min(self.bottom, other.bottom)
        return Box(left, bottom, max(self.right, other.right), max(self.top, other.top))

    def within(self, other: Box) -> Box | None:
        """Return the part of it in another; None if they do not meet."""
        left, right = max(self.left, other.left), min(self.right, other.right)
        bottom, top = max(self.bottom, other.bottom), min(self.top, other.top)
        return Box(left, bottom, right, top) if left <= right and bottom <= top else None


class Run(MutableRecord):
    """Characters in one font and size on one baseline, without a gap of more than their size.

    Turned text is one run, whatever its gaps. `size` is the true one: the font size times the scale of
    the text's matrix and those around it; None for a font without a name, whose units are its own. `y`
    is the baseline, `box` what is drawn. Spaces are in `text`, and not in `characters`.
    """

    text: str
    characters: int
    font: Font
    size: float | None
    y: float
    box: Box
    is_visible: bool
    """False for text that is not painted: the layer under a scanned page (rendering mode 3)."""
    is_upright: bool
    """False for text that does not run from left to right on a level line."""


class Mark(Record):
    """Something drawn other than text: the ink of a path, an image, a shading, or an annotation's border."""

    kind: Literal["line or area", "image", "shading", "border of a link", "annotation"]
    box: Box


class Page(Record):
    """A page as it is shown: turned by its /Rotate, cut to its crop box."""

    number: int
    width: float
    height: float
    text: str
    """Its text in the order of the file, with single spaces and words joined that were hyphenated."""
    runs: tuple[Run, ...]
    marks: tuple[Mark, ...]
    links: tuple[str, ...]
    """The addresses of its link annotations, in the order of the file."""
    unmapped: int = 0
    """Number of characters that a reader cannot turn into text: the font does not say which they are."""

    @property
    def visible(self) -> Iterator[Run]:
        """The runs that are painted."""
        return (run for run in self.runs if run.is_visible)


class Measured(Record):
    """A measured PDF. `version` is its catalog's, else its header's: 1.5; `bytes` is its size on disk."""

    name: str
    version: float
    bytes: int
    is_encrypted: bool
    language: str
    """The code of its /Lang; empty where it has none."""
    pages: tuple[Page, ...]
    unit_is_sure: bool = True
    """False where pages have units of their own (/UserUnit) that could not be matched to them."""

    @property
    def text(self) -> str:
        """The text of all pages."""
        return " ".join(page.text for page in self.pages)


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
    baselines: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: -run.y):
        if not baselines or baselines[-1][-1].y - run.y > SAME_BASELINE:
            baselines.append([])
        baselines[-1].append(run)
    lines = [line for baseline in baselines for line in _columns(baseline)]
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
    """Return whether a line is raised or lowered text of a larger line beside it, or one with more text."""
    line = lines[at]
    for others in (reversed(lines[:at]), lines[at + 1 :]):
        for other in others:
            if abs(other.y - line.y) >= 72:  # bp: farther off, it is part of no other line
                break
            is_beside = other.left - other.size < line.right and line.left < other.right + other.size
            near = _RAISED * other.size
            if other.size <= line.size * 1.05:
                near = _LOWERED * other.size if other.characters > line.characters else 0.0
            if is_beside and abs(other.y - line.y) < near:
                return True
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
