"""What is measured on a PDF. Lengths are in bp (1/72 inch), pages are counted from 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from cvbuild.record import MutableRecord, Record

SAME_BASELINE = 0.05
"""How far apart in bp two characters' baselines may be and still count as one: files round."""


class OutlineEntry(Record):
    """A heading of the outline: level from 0, page from 0, and height over the page's foot in bp."""

    title: str
    level: int
    page: int
    y: float


class PdfReport(Record):
    """What the frame of a PDF shows: its pages and its outline."""

    pages: int
    sizes: tuple[tuple[float, float], ...]
    outline: tuple[OutlineEntry, ...]
    lowest_text: tuple[float, ...]
    """For each page the lowest baseline region of its text, in bp over its foot."""


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
        """The least rectangle around both."""
        return Box(
            min(self.left, other.left),
            min(self.bottom, other.bottom),
            max(self.right, other.right),
            max(self.top, other.top),
        )

    def within(self, other: Box) -> Box | None:
        """The part of it in another; None where there is none."""
        left, right = max(self.left, other.left), min(self.right, other.right)
        bottom, top = max(self.bottom, other.bottom), min(self.top, other.top)
        return Box(left, bottom, right, top) if left <= right and bottom <= top else None


class Frame(Record):
    """From the coordinates of a page's content to those of the page as it is shown.

    The visible part of the page in its own coordinates, how it is turned, and its unit in bp.
    """

    left: float
    bottom: float
    right: float
    top: float
    quarters: int
    """Quarter turns clockwise (/Rotate)."""
    unit: float = 1.0

    @property
    def width(self) -> float:
        """The width as shown, in bp."""
        return (self.top - self.bottom if self.quarters % 2 else self.right - self.left) * self.unit

    @property
    def height(self) -> float:
        """The height as shown, in bp."""
        return (self.right - self.left if self.quarters % 2 else self.top - self.bottom) * self.unit

    def point(self, x: float, y: float) -> tuple[float, float]:
        """A point of the content on the page as shown, in bp from its lower left corner."""
        match self.quarters:
            case 1:
                shown = (y - self.bottom, self.right - x)
            case 2:
                shown = (self.right - x, self.top - y)
            case 3:
                shown = (self.top - y, x - self.left)
            case _:
                shown = (x - self.left, y - self.bottom)
        return shown[0] * self.unit, shown[1] * self.unit

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """A rectangle of the content on the page as shown."""
        if not self.quarters and self.unit == 1.0:
            return Box(left - self.left, bottom - self.bottom, right - self.left, top - self.bottom)
        x, y = self.point(left, bottom)
        a, b = self.point(right, top)
        return Box(min(x, a), min(y, b), max(x, a), max(y, b))

    @property
    def whole(self) -> Box:
        """The page."""
        return Box(0.0, 0.0, self.width, self.height)


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
    """Something drawn that is no text: the ink of a path, an image, a shading, or an annotation's border."""

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
    """Characters that a reader cannot make text of: the font does not say which they are."""

    @property
    def visible(self) -> Iterator[Run]:
        """The runs that are painted."""
        return (run for run in self.runs if run.is_visible)


class Measured(Record):
    """A PDF, measured. `version` is its catalog's, else its header's: 1.5; `bytes` its size on disk."""

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
