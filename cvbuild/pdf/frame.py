"""From the coordinates of a page's content to those of the page as it is shown."""

from __future__ import annotations

from typing import Any

from pypdfium2 import raw

from cvbuild.pdf.types import Box
from cvbuild.record import Record


class Frame(Record):
    """The visible part of a page in its own coordinates, how it is turned, and the size of its unit in bp."""

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


def frame_of(page: Any, unit: float) -> Frame:
    """The frame of a page of pypdfium2's."""
    found = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page.raw, found)
    quarters = raw.FPDFPage_GetRotation(page.raw)
    return Frame(found.left, found.bottom, found.right, found.top, quarters, unit)
