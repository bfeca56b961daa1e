"""Records of a measured PDF, and its lines of text. Lengths are in bp (1/72 inch), pages count from 1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from cvbuild.record import MutableRecord, Record

SAME_BASELINE = 0.05
"""Maximum distance of two baselines that count as one, in bp: PDF files round."""

# The unit of these distances is the type size.
_GAP = 1.5
"""Maximum gap on a baseline within a column; a wider gap divides two columns."""
_SPACE = 0.15
"""Maximum gap on a baseline within a word; a wider gap is a space."""
_RAISED = 0.75
"""Minimum distance of a line from a larger one; a nearer one is a superscript or subscript."""
_LOWERED = 0.5
"""Minimum distance of lines of equal size; a nearer one is a shifted letter, as in TeX's logo."""
_FAR = 3.0
"""Maximum distance of two consecutive baselines."""


class OutlineEntry(Record):
    """A heading of the outline: level from 0, page from 0, and `y` in bp above the page's foot."""

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
    """Lower edge of each page's lowest text, in bp above its foot; the page's height without text."""


class Font(Record):
    """A font as the PDF names it, without the prefix of a subset (ISO 32000-1, 9.6.4).

    The name is empty if the PDF gives none, as for the bitmaps of a Type 3 font.
    """

    name: str
    is_embedded: bool


class Box(Record):
    """A rectangle on the page as shown. The origin is the page's lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def area(self) -> float:
        """The area in square bp."""
        return (self.right - self.left) * (self.top - self.bottom)

    def with_box(self, other: Box) -> Box:
        """Return the smallest box around both."""
        left, bottom = min(self.left, other.left), min(self.bottom, other.bottom)
        return Box(left, bottom, max(self.right, other.right), max(self.top, other.top))

    def within(self, other: Box) -> Box | None:
        """Return the intersection with another box; None if they do not meet."""
        left, right = max(self.left, other.left), min(self.right, other.right)
        bottom, top = max(self.bottom, other.bottom), min(self.top, other.top)
        return Box(left, bottom, right, top) if left <= right and bottom <= top else None


class Run(MutableRecord):
    """Characters in one font and size on one baseline, with gaps of at most their size.

    Turned text can have wider gaps. `size` is the font size in bp, scaled by all matrices that apply;
    None for a font without a name, whose units are unknown. `y` is the baseline, and `box` surrounds
    the characters. `characters` counts them without the spaces in `text`.
    """

    text: str
    characters: int
    font: Font
    size: float | None
    y: float
    box: Box
    is_visible: bool
    """False for text that is not painted, such as the layer under a scanned page (rendering mode 3)."""
    is_upright: bool
    """False for text that does not run from left to right on a level line."""


class Mark(Record):
    """Ink other than text: of a path, an image, a shading, a link's border or another annotation."""

    kind: Literal["line or area", "image", "shading", "border of a link", "annotation"]
    box: Box


class Page(Record):
    """A page as shown: turned by its /Rotate, and cut to its crop box."""

    number: int
    width: float
    height: float
    text: str
    """The text in the order of the file, with single spaces, and without hyphens at the ends of lines."""
    runs: tuple[Run, ...]
    marks: tuple[Mark, ...]
    links: tuple[str, ...]
    """The addresses of its link annotations, in the order of the file."""
    unmapped: int = 0
    """Number of characters that cannot be copied as text: their font does not map them to Unicode."""

    @property
    def visible(self) -> Iterator[Run]:
        """The painted runs."""
        return (run for run in self.runs if run.is_visible)


class Measured(Record):
    """A measured PDF. `version` (1.5) is its catalog's, else its header's; `bytes` is the file's size."""

    name: str
    version: float
    bytes: int
    is_encrypted: bool
    language: str
    """The language code in /Lang; empty if missing."""
    pages: tuple[Page, ...]
    unit_is_sure: bool = True
    """False if pages may have different units (/UserUnit), so that lengths in bp are unknown."""

    @property
    def text(self) -> str:
        """The text of all pages."""
        return " ".join(page.text for page in self.pages)


class Line(Record):
    """The text on one baseline of a column; `size` is the size of most of its characters, in bp."""

    runs: tuple[Run, ...]
    y: float
    left: float
    right: float
    size: float
    characters: int

    @property
    def text(self) -> str:
        """The text of all runs, with spaces at gaps only: fonts can change within a word."""
        text, right = "", self.left
        for run in self.runs:
            text += (" " if text and run.box.left - right > _SPACE * self.size else "") + run.text
            right = run.box.right
        return text


class Leading(Record):
    """A line, and the distance of its baseline from that of the line above it, in bp."""

    lower: Line
    distance: float


def lines_of(page: Page) -> list[Line]:
    """Return the lines of painted level text on a page, the top one first, without super- and subscripts."""
    runs = [run for run in page.visible if run.is_upright and run.size is not None]
    baselines: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: -run.y):
        if not baselines or baselines[-1][-1].y - run.y > SAME_BASELINE:
            baselines.append([])
        baselines[-1].append(run)
    lines = [line for baseline in baselines for line in _columns(baseline)]
    return [line for at, line in enumerate(lines) if not _is_shifted(lines, at)]


def _columns(baseline: Iterable[Run]) -> Iterator[Line]:
    """Yield a line for each column that has text on a baseline, from left to right."""
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
    """Return whether a line is text raised or lowered beside a larger line, or a longer one of its size."""
    line = lines[at]
    for others in (reversed(lines[:at]), lines[at + 1 :]):
        for other in others:
            if abs(other.y - line.y) >= 72:  # bp: too far away to belong to that line
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
