"""What a page shows beside its text: paths, images, shadings, and the borders of annotations.

What is white or wholly transparent is no mark, whatever its size: nothing of it is seen
on paper. A path's box is that of its ink, half the line's width included; that of a
curve holds its control points, and may be larger than the curve.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from pypdfium2 import PdfMatrix, raw

from cvbuild.pdf.types import Box, Frame, Mark

_KINDS = {
    raw.FPDF_PAGEOBJ_PATH: "line or area",
    raw.FPDF_PAGEOBJ_IMAGE: "image",
    raw.FPDF_PAGEOBJ_SHADING: "shading",
}
"""What is drawn, by PDFium's type of it; text is read elsewhere."""

_HIDDEN, _NO_VIEW = 2, 32
"""Flags of an annotation that is not shown (ISO 32000-1, table 165)."""


def read_marks(page: Any, frame: Frame) -> Iterator[Mark]:
    """All marks of a page of pypdfium2's, cut to the page."""
    count = raw.FPDFPage_CountObjects(page.raw)
    for kind, box in _objects(count, partial(raw.FPDFPage_GetObject, page.raw), PdfMatrix()):
        if shown := frame.box(*box).within(frame.whole):
            yield Mark(kind, shown)
    yield from _annotations(page, frame)


def _objects(
    count: int, get: Callable[[int], Any], around: Any
) -> Iterator[tuple[Any, tuple[float, float, float, float]]]:
    """Kind and box, in the page's coordinates, of what is drawn; forms are entered."""
    for at in range(count):
        drawn = get(at)
        kind = raw.FPDFPageObj_GetType(drawn)
        if kind == raw.FPDF_PAGEOBJ_FORM:
            inner = partial(raw.FPDFFormObj_GetObject, drawn)
            yield from _objects(raw.FPDFFormObj_CountObjects(drawn), inner, _matrix(drawn).multiply(around))
        elif kind in _KINDS:
            box = _ink(drawn) if kind == raw.FPDF_PAGEOBJ_PATH else _bounds(drawn)
            if clipped := box and _clipped(drawn, box):
                yield (_KINDS[kind], around.on_rect(clipped.left, clipped.bottom, clipped.right, clipped.top))


def _bounds(drawn: Any) -> Box | None:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not raw.FPDFPageObj_GetBounds(drawn, left, bottom, right, top):
        return None
    return Box(left.value, bottom.value, right.value, top.value)


def _ink(path: Any) -> Box | None:
    """The box of what a path paints; None where that is nothing, or white."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(path, fill, stroke)
    painted = None
    if fill.value and _is_seen(raw.FPDFPageObj_GetFillColor, path):
        painted = _outline(path, 0.0)
    if stroke.value and _is_seen(raw.FPDFPageObj_GetStrokeColor, path):
        width = ctypes.c_float()
        raw.FPDFPageObj_GetStrokeWidth(path, width)
        drawn = _outline(path, width.value / 2)
        painted = drawn if painted is None or drawn is None else painted.with_box(drawn)
    return painted


def _is_seen(get_colour: Callable[..., int], path: Any) -> bool:
    red, green, blue, opacity = (ctypes.c_uint() for _ in range(4))
    if not get_colour(path, red, green, blue, opacity):
        return True  # a pattern
    return opacity.value > 0 and (red.value, green.value, blue.value) != (255, 255, 255)


def _outline(path: Any, half: float) -> Box | None:
    """The box around a path's points, with half a line's width beside them."""
    matrix = _matrix(path)
    x, y = ctypes.c_float(), ctypes.c_float()
    points = []
    for at in range(raw.FPDFPath_CountSegments(path)):
        raw.FPDFPathSegment_GetPoint(raw.FPDFPath_GetPathSegment(path, at), x, y)
        points.append(matrix.on_point(x.value, y.value))
    if not points:
        return None
    box = _around(points)
    width, height = box.right - box.left, box.top - box.bottom
    half *= math.sqrt(abs(matrix.a * matrix.d - matrix.b * matrix.c))
    # The ends of a straight line are cut off where it ends, unless its caps say otherwise.
    is_butt = raw.FPDFPageObj_GetLineCap(path) == raw.FPDF_LINECAP_BUTT
    along = 0.0 if len(points) == 2 and is_butt else half
    beside_x, beside_y = (along, half) if height < width else (half, along)
    if min(width, height) > 0.001:
        beside_x = beside_y = half
    return Box(box.left - beside_x, box.bottom - beside_y, box.right + beside_x, box.top + beside_y)


def _clipped(drawn: Any, box: Box) -> Box | None:
    """The part of a box that the clipping paths leave, each taken as its own box."""
    clip = raw.FPDFPageObj_GetClipPath(drawn)
    count = raw.FPDFClipPath_CountPaths(clip) if clip else 0
    x, y = ctypes.c_float(), ctypes.c_float()
    found: Box | None = box
    for at in range(max(count, 0)):
        points = []
        for number in range(raw.FPDFClipPath_CountPathSegments(clip, at)):
            raw.FPDFPathSegment_GetPoint(raw.FPDFClipPath_GetPathSegment(clip, at, number), x, y)
            points.append((x.value, y.value))
        if points and found is not None:
            found = found.within(_around(points))
    return found


def _annotations(page: Any, frame: Frame) -> Iterator[Mark]:
    """Links with a border, and whatever else is laid over the page."""
    for at in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, at)
        if not annotation:
            continue
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        flags = raw.FPDFAnnot_GetFlags(annotation)
        rectangle = raw.FS_RECTF()
        raw.FPDFAnnot_GetRect(annotation, rectangle)
        is_link = kind == raw.FPDF_ANNOT_LINK
        is_shown = not flags & (_HIDDEN | _NO_VIEW) and kind != raw.FPDF_ANNOT_POPUP
        if is_shown and (not is_link or _has_border(annotation)):
            box = frame.box(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
            if shown := box.within(frame.whole):
                yield Mark("border of a link" if is_link else "annotation", shown)
        raw.FPDFPage_CloseAnnot(annotation)


def _has_border(annotation: Any) -> bool:
    """Whether a link shows a border: 1 wide where neither /Border nor /BS speaks of it.

    ISO 32000-1, 12.5.2. PDFium does not read the width in /BS; programs write it to take the border away.
    """
    across, along, width = (ctypes.c_float() for _ in range(3))
    if raw.FPDFAnnot_GetBorder(annotation, across, along, width):
        return bool(width.value > 0)
    return not raw.FPDFAnnot_HasKey(annotation, b"BS")


def _matrix(drawn: Any) -> Any:
    found = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(drawn, found)
    return PdfMatrix.from_raw(found)


def _around(points: Sequence[tuple[float, float]]) -> Box:
    """The least rectangle around points."""
    xs, ys = zip(*points, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))
