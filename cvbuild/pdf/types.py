"""The records of a measured PDF. Lengths are in bp (1/72 inch), pages are counted from 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from cvbuild.record import MutableRecord, Record

SAME_BASELINE = 0.05
"""Maximum distance of two baselines that count as one, in bp: files round."""


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


class Frame(Record):
    """The visible part of a page in its own coordinates, with its rotation and its unit in bp.

    It converts the coordinates of the content to those of the page as shown.
    """

    left: float
    bottom: float
    right: float
    top: float
    quarters: int
    """Quarter turns clockwise (/Rotate)."""
    unit: float = 1.0

    @property
    def whole(self) -> Box:
        """The page as shown, in bp from its lower left corner."""
        width, height = (self.right - self.left) * self.unit, (self.top - self.bottom) * self.unit
        return Box(0.0, 0.0, height, width) if self.quarters % 2 else Box(0.0, 0.0, width, height)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Convert a point of the content to bp from the lower left corner of the page as shown."""
        left, right, bottom, top = x - self.left, self.right - x, y - self.bottom, self.top - y
        across, up = ((left, bottom), (bottom, right), (right, top), (top, left))[self.quarters]
        return across * self.unit, up * self.unit

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """Convert a rectangle of the content to the page as shown."""
        if not self.quarters and self.unit == 1.0:
            return Box(left - self.left, bottom - self.bottom, right - self.left, top - self.bottom)
        x, y = self.point(left, bottom)
        a, b = self.point(right, top)
        return Box(min(x, a), min(y, b), max(x, a), max(y, b))


class Run(MutableRecord):
    """Characters in one font and size on one baseline, without a gap of more than their size.

    Turned text is one run, whatever its gaps.

    `size` is the true one: the font size times the scale of the text's matrix and those
    around it; None for a font without a name, whose units are its own. `y` is the
    baseline, `box` what is drawn. Spaces are in `text`, and not in `characters`.
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
