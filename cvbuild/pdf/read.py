"""Read a PDF with PDFium: pages, outline, text, links, and marks such as paths and images."""

from __future__ import annotations

import ctypes
import math
import re
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pypdfium2
from pypdfium2 import PdfMatrix, raw

from cvbuild.pdf.types import SAME_BASELINE, Box, Font, Mark, Measured, OutlineEntry, Page, PdfReport, Run
from cvbuild.record import Record

_SUBSET = re.compile(r"^[A-Z]{6}\+")
_INVISIBLE, _CLIP = 3, 7
"""Text rendering modes that paint nothing (ISO 32000-1, table 106)."""
_LINE_END_HYPHENS = "\x02\xad\ufffe"
"""Characters that PDFium returns for a hyphen that divides a word at the end of a line."""
_USER_UNIT = re.compile(rb"/UserUnit\s+(\d+(?:\.\d*)?|\.\d+)")
_OBJECT_STREAM = re.compile(rb"/Type\s*/ObjStm\b.{0,300}?>>\s*stream\r?\n", re.DOTALL)
_LARGEST = 10_000_000
"""Maximum number of bytes read from an object stream; programs write some hundred objects into one."""
_ONE_AT_A_TIME = threading.RLock()
"""Lock that `opened` holds around every use of PDFium, which is not thread-safe."""
_KINDS = {
    raw.FPDF_PAGEOBJ_PATH: "line or area",
    raw.FPDF_PAGEOBJ_IMAGE: "image",
    raw.FPDF_PAGEOBJ_SHADING: "shading",
}
"""Kinds of mark by PDFium's type of object; `_runs` reads text."""
_TURNS = {0: (1, 0, 0, 1), 90: (0, -1, 1, 0), 180: (-1, 0, 0, -1), 270: (0, 1, -1, 0)}
"""Matrices that turn a page clockwise, by degrees (/Rotate)."""
_HIDDEN, _NO_VIEW = 2, 32
"""Flags of an annotation that is not shown (ISO 32000-1, table 165)."""

_Found = tuple[Any, tuple[float, float, float, float]]
"""The kind of a mark, and its left, bottom, right and top edge in the page's coordinates."""


class LockedPdf(ValueError):
    """The PDF asks for a password."""


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a PDF with pypdfium2; other threads wait until it is closed.

    Raises LockedPdf if it asks for a password; ValueError if it is no PDF, also from within the block.
    """
    with _ONE_AT_A_TIME:
        try:
            with pypdfium2.PdfDocument(path) as document:
                yield document
        except pypdfium2.PdfiumError as error:
            if error.err_code == raw.FPDF_ERR_PASSWORD:
                raise LockedPdf("it asks for a password") from None
            raise ValueError(str(error)) from None


def page_count(path: Path) -> int:
    """Return the number of pages. Raises ValueError if the file is no PDF, or has no pages."""
    with opened(path) as document:
        pages = len(document)
    if pages == 0:
        raise ValueError("no pages")
    return pages


def inspect(path: Path) -> PdfReport:
    """Return the pages, their sizes and the outline of a PDF. Raises ValueError if the file is no PDF."""
    sizes, outline, lowest = [], [], []
    with opened(path) as document:
        for at in range(len(document)):
            sizes.append(tuple(document.get_page_size(at)))
            text = document[at].get_textpage()
            bottoms = (float(text.get_rect(number)[1]) for number in range(text.count_rects()))
            lowest.append(min(bottoms, default=sizes[-1][1]))
        for bookmark in document.get_toc():
            destination = bookmark.get_dest()
            page = destination.get_index() if destination else None
            if page is not None:
                _, view = destination.get_view()
                # /XYZ gives left and top, /FitH the top alone (ISO 32000-1, table 151).
                y = float(view[1]) if len(view) > 1 else float(view[0]) if view else 0.0
                outline.append(OutlineEntry(bookmark.get_title(), bookmark.level, page, y))
    return PdfReport(len(sizes), tuple(sizes), tuple(outline), tuple(lowest))


def measure(path: Path, name: str = "") -> Measured:
    """Measure a PDF. `name` is the file name that it will get; by default, its current one.

    Raises ValueError if the file is no PDF, LockedPdf if it asks for a password, and OSError.
    """
    content = path.read_bytes()
    with opened(path) as document:
        unit = _user_unit(content, len(document))
        length = raw.FPDFCatalog_GetLanguage(document.raw, None, 0)
        language = (raw.FPDF_WCHAR * max(length // 2, 1))()
        raw.FPDFCatalog_GetLanguage(document.raw, language, length)
        spoken, version = bytes(language).decode("utf-16-le").rstrip("\0"), document.get_version() or 0
        is_encrypted = raw.FPDF_GetSecurityHandlerRevision(document.raw) != -1
        pages = tuple(_page(document, at, unit or 1.0) for at in range(len(document)))
    facts = name or path.name, version / 10, len(content), is_encrypted, spoken
    return Measured(*facts, pages, unit_is_sure=unit is not None)


def _user_unit(content: bytes, pages: int) -> float | None:
    """Return the unit of a file's pages in bp (/UserUnit, ISO 32000-1, table 30); None if it may differ.

    PDFium ignores /UserUnit: search the file and its object streams for it.
    """
    found = _USER_UNIT.findall(content)
    for match in _OBJECT_STREAM.finditer(content):
        held = content[match.end() : content.find(b"endstream", match.end())]
        with suppress(zlib.error):  # encrypted, or compressed in another way
            found += _USER_UNIT.findall(zlib.decompressobj().decompress(held, _LARGEST))
    units = {float(number) for number in found}
    if not units or units == {1.0}:
        return 1.0
    unit = units.pop()
    return unit if not units and unit > 0 and len(found) >= pages else None


class _Frame(Record):
    """A page as shown: rotation in degrees, unit in bp, matrix from its content to it, and its box."""

    rotation: int
    unit: float
    matrix: Any
    whole: Box

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """Convert a rectangle in the content to a box on the page as shown."""
        (x, y), (a, b) = self.matrix.on_point(left, bottom), self.matrix.on_point(right, top)
        return Box(min(x, a), min(y, b), max(x, a), max(y, b))


def _page(document: Any, at: int, unit: float) -> Page:
    """Measure the page at an index (from 0); `unit` is its unit in bp."""
    page = document[at]
    rotation = page.get_rotation()
    turned = PdfMatrix(*_TURNS[rotation]).scale(unit, unit)
    left, bottom, right, top = turned.on_rect(*page.get_bbox())
    whole = Box(0.0, 0.0, right - left, top - bottom)
    frame = _Frame(rotation, unit, turned.translate(-left, -bottom), whole)
    text = page.get_textpage()
    count = text.count_chars()
    # Join words that a hyphen divides at the end of a line.
    joined = re.sub(rf"[{_LINE_END_HYPHENS}]\s*", "", text.get_text_range())
    links = []
    position, link = ctypes.c_int(0), raw.FPDF_LINK()
    while raw.FPDFLink_Enumerate(page.raw, ctypes.byref(position), ctypes.byref(link)):
        action = raw.FPDFLink_GetAction(link)
        if action and raw.FPDFAction_GetURIPath(document.raw, action, None, 0):
            links.append(_string(raw.FPDFAction_GetURIPath, document.raw, action))
    unmapped = sum(raw.FPDFText_HasUnicodeMapError(text.raw, number) == 1 for number in range(count))
    shown = at + 1, whole.right, whole.top, " ".join(joined.split())
    return Page(*shown, _runs(text.raw, count, frame), tuple(_marks(page, frame)), tuple(links), unmapped)


def _string(get: Callable[..., int], *of: Any) -> str:
    """Call a function of PDFium for a string's length, then for the string; return "" without one."""
    length = get(*of, None, 0)
    buffer = ctypes.create_string_buffer(max(length, 1))
    get(*of, buffer, length)
    return buffer.value.decode("utf-8", "replace")


class _Style(Record):
    """The style that all characters of a text object share."""

    font: Font
    size: float | None
    is_visible: bool
    is_upright: bool


def _runs(text: Any, count: int, frame: _Frame) -> tuple[Run, ...]:
    """Return the runs of a page's text, in the order of the file."""
    styles: dict[int, _Style] = {}
    x, y = ctypes.c_double(), ctypes.c_double()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    found: list[tuple[Run, _Style, list[str]]] = []
    for at in range(count):
        code = raw.FPDFText_GetUnicode(text, at)
        letter = chr(code) if code else "\ufffd"
        if letter.isspace():
            if found:
                found[-1][2].append(" ")
            continue
        pointer = raw.FPDFText_GetTextObject(text, at)
        if not pointer:
            continue
        key = ctypes.cast(pointer, ctypes.c_void_p).value or 0
        if key not in styles:
            styles[key] = _style(text, at, pointer, frame)
        style = styles[key]
        raw.FPDFText_GetCharOrigin(text, at, x, y)
        raw.FPDFText_GetCharBox(text, at, left, right, bottom, top)
        box = frame.box(left.value, bottom.value, right.value, top.value)
        _, baseline = frame.matrix.on_point(x.value, y.value)
        goes_on = bool(found) and found[-1][1] == style
        if goes_on and style.is_upright:  # turned text has no level baseline: only a new style ends its run
            run, room = found[-1][0], style.size or 10.0
            # The letters of a ligature share one box: the second one begins left of where the first one ends.
            is_close = -1.5 * room < box.left - run.box.right < room
            goes_on = is_close and abs(baseline - run.y) <= SAME_BASELINE
        if goes_on:
            run = found[-1][0]
            run.characters += 1
            run.box = run.box.with_box(box)
        else:
            run = Run("", 1, style.font, style.size, baseline, box, style.is_visible, style.is_upright)
            found.append((run, style, []))
        found[-1][2].append("-" if letter in _LINE_END_HYPHENS else letter)
    for run, _, letters in found:
        run.text = "".join(letters).strip()
    return tuple(run for run, *_ in found)


def _style(text: Any, at: int, pointer: Any, frame: _Frame) -> _Style:
    """Return the style of the character at `at`, whose text object is `pointer`."""
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text, at, matrix)
    face = raw.FPDFTextObj_GetFont(pointer)
    name = _SUBSET.sub("", _string(raw.FPDFFont_GetBaseFontName, face))
    font = Font(name, raw.FPDFFont_GetIsEmbedded(face) == 1)
    scale = math.hypot(matrix.c, matrix.d) * frame.unit
    size = raw.FPDFText_GetFontSize(text, at) * scale if font.name else None
    # Angle of the line on the page as shown, which /Rotate turns clockwise.
    along = math.degrees(math.atan2(matrix.b, matrix.a)) - frame.rotation
    is_upright = abs((along + 180) % 360 - 180) < 0.1
    mode = raw.FPDFTextObj_GetTextRenderMode(pointer)
    return _Style(font, size, mode not in {_INVISIBLE, _CLIP}, is_upright)


def _marks(page: Any, frame: _Frame) -> Iterator[Mark]:
    """Yield all marks of a page, cut to the page.

    White and fully transparent ink is no mark, since it does not show on paper. The box of a path
    includes half the width of its line. The box of a curve contains its control points, and may be
    larger than the curve.
    """
    count = raw.FPDFPage_CountObjects(page.raw)
    objects = _objects(count, partial(raw.FPDFPage_GetObject, page.raw), PdfMatrix())
    for kind, (left, bottom, right, top) in (*objects, *_annotations(page)):
        if shown := frame.box(left, bottom, right, top).within(frame.whole):
            yield Mark(kind, shown)


def _objects(count: int, get: Callable[[int], Any], around: Any) -> Iterator[_Found]:
    """Yield the marks of a page or form, also those in inner forms; `around` maps them to the page."""
    for at in range(count):
        drawn = get(at)
        kind = raw.FPDFPageObj_GetType(drawn)
        if kind == raw.FPDF_PAGEOBJ_FORM:
            inner = partial(raw.FPDFFormObj_GetObject, drawn)
            yield from _objects(raw.FPDFFormObj_CountObjects(drawn), inner, _matrix(drawn).multiply(around))
        elif kind in _KINDS:
            box = None
            if kind == raw.FPDF_PAGEOBJ_PATH:
                box = _ink(drawn)
            elif raw.FPDFPageObj_GetBounds(drawn, *(edges := [ctypes.c_float() for _ in range(4)])):
                box = Box(*(edge.value for edge in edges))
            if clipped := box and _clipped(drawn, box):
                yield _KINDS[kind], around.on_rect(clipped.left, clipped.bottom, clipped.right, clipped.top)


def _ink(path: Any) -> Box | None:
    """Return the box around a path's ink; None if it paints nothing that shows."""
    fill, stroke, width = ctypes.c_int(), ctypes.c_int(), ctypes.c_float()
    raw.FPDFPath_GetDrawMode(path, fill, stroke)
    raw.FPDFPageObj_GetStrokeWidth(path, width)
    painted = None
    for is_painted, get_colour, half in (
        (fill.value, raw.FPDFPageObj_GetFillColor, 0.0),
        (stroke.value, raw.FPDFPageObj_GetStrokeColor, width.value / 2),
    ):
        colour = red, green, blue, opacity = tuple(ctypes.c_uint() for _ in range(4))
        # A pattern shows, but has no colour that PDFium could return.
        is_seen = not get_colour(path, *colour) or (
            opacity.value > 0 and (red.value, green.value, blue.value) != (255, 255, 255)
        )
        if is_painted and is_seen and (drawn := _outline(path, half)):
            painted = painted.with_box(drawn) if painted else drawn
    return painted


def _outline(path: Any, half: float) -> Box | None:
    """Return the box around a path's points, widened by `half` a line's width; None without points."""
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
    # With butt caps, the ink of a straight line ends with the line.
    is_butt = raw.FPDFPageObj_GetLineCap(path) == raw.FPDF_LINECAP_BUTT
    along = 0.0 if len(points) == 2 and is_butt else half
    beside_x, beside_y = (along, half) if height < width else (half, along)
    if min(width, height) > 0.001:
        beside_x = beside_y = half
    return Box(box.left - beside_x, box.bottom - beside_y, box.right + beside_x, box.top + beside_y)


def _clipped(drawn: Any, box: Box) -> Box | None:
    """Return the part of a box within the boxes of all its clipping paths; None if nothing is left."""
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


def _annotations(page: Any) -> Iterator[_Found]:
    """Yield the borders of links, and the other visible annotations except pop-up windows."""
    for at in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, at)
        if not annotation:
            continue
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        edges = raw.FS_RECTF()
        raw.FPDFAnnot_GetRect(annotation, edges)
        # Without /Border and /BS, a link's border is 1 wide (ISO 32000-1, 12.5.2). PDFium does not read
        # the width in /BS: assume 0, since programs write /BS to remove the border.
        across, along, width = (ctypes.c_float() for _ in range(3))
        has_border = not raw.FPDFAnnot_HasKey(annotation, b"BS")
        if raw.FPDFAnnot_GetBorder(annotation, across, along, width):
            has_border = width.value > 0
        is_shown = not raw.FPDFAnnot_GetFlags(annotation) & (_HIDDEN | _NO_VIEW)
        if is_shown and kind == raw.FPDF_ANNOT_LINK and has_border:
            yield "border of a link", (edges.left, edges.bottom, edges.right, edges.top)
        elif is_shown and kind not in {raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP}:
            yield "annotation", (edges.left, edges.bottom, edges.right, edges.top)
        raw.FPDFPage_CloseAnnot(annotation)


def _matrix(drawn: Any) -> Any:
    found = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(drawn, found)
    return PdfMatrix.from_raw(found)


def _around(points: Sequence[tuple[float, float]]) -> Box:
    """Return the smallest box around points."""
    xs, ys = zip(*points, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))
