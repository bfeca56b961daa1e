"""Reading a PDF through PDFium: pages, sizes, outline, text and links."""

from __future__ import annotations

import ctypes
import math
import re
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdfium2
from pypdfium2 import raw

from cvbuild.pdf.marks import read_marks
from cvbuild.pdf.types import (
    SAME_BASELINE,
    Box,
    Font,
    Frame,
    Measured,
    OutlineEntry,
    Page,
    PdfReport,
    Run,
)
from cvbuild.record import Record

_SUBSET = re.compile(r"^[A-Z]{6}\+")
_INVISIBLE, _CLIP = 3, 7
"""Text rendering modes that paint nothing (ISO 32000-1, table 106)."""

_LINE_END_HYPHENS = "\x02\xad\ufffe"
"""What PDFium gives for a hyphen that divides a word at a line's end."""

_USER_UNIT = re.compile(rb"/UserUnit\s+(\d+(?:\.\d*)?|\.\d+)")
_OBJECT_STREAM = re.compile(rb"/Type\s*/ObjStm\b.{0,300}?>>\s*stream\r?\n", re.DOTALL)

_LARGEST = 10_000_000
"""Bytes of an object stream that are looked at; programs put a hundred objects into one."""

_ONE_AT_A_TIME = threading.RLock()
"""PDFium is not made for threads: every use of it is within `opened`, which holds this lock."""


class LockedPdf(ValueError):
    """A PDF that asks for a password."""


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A PDF, as pypdfium2 gives it; other threads wait meanwhile.

    Raises ValueError for a file that is none, also where that shows in the middle of
    reading it, and LockedPdf for one that is locked.
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
    """The number of pages. Raises ValueError for a file that is no PDF, or has none."""
    with opened(path) as document:
        pages = len(document)
    if pages == 0:
        raise ValueError("no pages")
    return pages


def inspect(path: Path) -> PdfReport:
    """Pages, sizes and outline of a PDF. Raises ValueError for a file that is none."""
    with opened(path) as document:
        sizes = tuple(tuple(document.get_page_size(at)) for at in range(len(document)))
        outline = tuple(_outline(document))
        lowest = tuple(_lowest(document[at], sizes[at][1]) for at in range(len(document)))
    return PdfReport(len(sizes), sizes, outline, lowest)


def _outline(document: Any) -> Iterator[OutlineEntry]:
    for bookmark in document.get_toc():
        destination = bookmark.get_dest()
        if destination is None or destination.get_index() is None:
            continue
        _, view = destination.get_view()
        y = float(view[1]) if len(view) > 1 else float(view[0]) if view else 0.0
        yield OutlineEntry(bookmark.get_title(), bookmark.level, destination.get_index(), y)


def _lowest(page: Any, height: float) -> float:
    text = page.get_textpage()
    boxes = [text.get_rect(at) for at in range(text.count_rects())]
    return min((float(box[1]) for box in boxes), default=height)


def measure(path: Path, name: str = "") -> Measured:
    """A PDF, measured; `name` is the file name it is to have, if that is another.

    Raises ValueError for a file that is none, LockedPdf for one that asks for a
    password, OSError where the system refuses.
    """
    content = path.read_bytes()
    with opened(path) as document:
        unit = _user_unit(content, len(document))
        version = ctypes.c_int()
        raw.FPDF_GetFileVersion(document.raw, version)
        return Measured(
            name or path.name,
            version.value / 10,
            len(content),
            raw.FPDF_GetSecurityHandlerRevision(document.raw) != -1,
            _language(document),
            tuple(_page(document, at, unit or 1.0) for at in range(len(document))),
            unit_is_sure=unit is not None,
        )


def _user_unit(content: bytes, pages: int) -> float | None:
    """The unit of a file's pages in bp (/UserUnit, ISO 32000-1, 14.11); None where they differ.

    PDFium leaves it out, so it is looked for in the file and in its object streams.
    """
    found = [number for part in _parts(content) for number in _USER_UNIT.findall(part)]
    units = {float(number) for number in found}
    if not units or units == {1.0}:
        return 1.0
    unit = units.pop()
    return unit if not units and unit > 0 and len(found) >= pages else None


def _parts(content: bytes) -> Iterator[bytes]:
    """The file, and what its object streams hold."""
    yield content
    for match in _OBJECT_STREAM.finditer(content):
        end = content.find(b"endstream", match.end())
        try:
            yield zlib.decompressobj().decompress(content[match.end() : end], _LARGEST)
        except zlib.error:
            continue  # encrypted, or compressed in another way


def _language(document: Any) -> str:
    length = raw.FPDFCatalog_GetLanguage(document.raw, None, 0)
    buffer = (raw.FPDF_WCHAR * max(length // 2, 1))()
    raw.FPDFCatalog_GetLanguage(document.raw, buffer, length)
    return bytes(buffer).decode("utf-16-le").rstrip("\0")


def _page(document: Any, at: int, unit: float) -> Page:
    page = document[at]
    edges = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page.raw, edges)
    quarters = raw.FPDFPage_GetRotation(page.raw)
    frame = Frame(edges.left, edges.bottom, edges.right, edges.top, quarters, unit)
    text = page.get_textpage()
    count = text.count_chars()
    return Page(
        at + 1,
        frame.width,
        frame.height,
        _plain(text.get_text_range()),
        tuple(_runs(text.raw, count, frame)),
        tuple(read_marks(page, frame)),
        tuple(_addresses(document, page)),
        sum(raw.FPDFText_HasUnicodeMapError(text.raw, number) == 1 for number in range(count)),
    )


def _addresses(document: Any, page: Any) -> Iterator[str]:
    """The addresses of a page's link annotations, in the order of the file."""
    position, link = ctypes.c_int(0), raw.FPDF_LINK()
    while raw.FPDFLink_Enumerate(page.raw, ctypes.byref(position), ctypes.byref(link)):
        action = raw.FPDFLink_GetAction(link)
        length = raw.FPDFAction_GetURIPath(document.raw, action, None, 0) if action else 0
        if length:
            buffer = ctypes.create_string_buffer(length)
            raw.FPDFAction_GetURIPath(document.raw, action, buffer, length)
            yield buffer.value.decode("utf-8", "replace")


def _plain(text: str) -> str:
    """Text with single spaces, and words joined where a line ended with a hyphen."""
    joined = re.sub(rf"[{_LINE_END_HYPHENS}]\s*", "", text)
    return " ".join(joined.split())


class _Style(Record):
    font: Font
    size: float | None
    is_visible: bool
    is_upright: bool


def _runs(text: Any, count: int, frame: Frame) -> Iterator[Run]:
    styles: dict[int, _Style] = {}
    x, y = ctypes.c_double(), ctypes.c_double()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    run: Run | None = None
    style: _Style | None = None
    letters: list[str] = []
    for at in range(count):
        code = raw.FPDFText_GetUnicode(text, at)
        letter = chr(code) if code else "\ufffd"
        if letter.isspace():
            letters.append(" ")
            continue
        pointer = raw.FPDFText_GetTextObject(text, at)
        if not pointer:
            continue
        key = ctypes.cast(pointer, ctypes.c_void_p).value or 0
        if key not in styles:
            styles[key] = _style(text, at, pointer, frame)
        now = styles[key]
        raw.FPDFText_GetCharOrigin(text, at, x, y)
        raw.FPDFText_GetCharBox(text, at, left, right, bottom, top)
        box = frame.box(left.value, bottom.value, right.value, top.value)
        _, baseline = frame.point(x.value, y.value)
        if run is not None and now == style and _goes_on(run, box, baseline):
            run.characters += 1
            run.box = run.box.with_box(box)
        else:
            if run is not None:
                run.text = "".join(letters).strip()
                yield run
            letters = []
            run = Run("", 1, now.font, now.size, baseline, box, now.is_visible, now.is_upright)
            style = now
        letters.append("-" if letter in _LINE_END_HYPHENS else letter)
    if run is not None:
        run.text = "".join(letters).strip()
        yield run


def _goes_on(run: Run, box: Box, baseline: float) -> bool:
    """Whether a character at a place continues a run: on its baseline, close behind it.

    Turned text is told by its font alone: it has no level baseline.
    """
    if not run.is_upright:
        return True
    room = run.size or 10.0
    gap = box.left - run.box.right
    # The letters of a ligature have one box, so that the second begins with the first.
    return abs(baseline - run.y) <= SAME_BASELINE and -1.5 * room < gap < room


def _style(text: Any, at: int, pointer: Any, frame: Frame) -> _Style:
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text, at, matrix)
    font = _font(raw.FPDFTextObj_GetFont(pointer))
    scale = math.hypot(matrix.c, matrix.d) * frame.unit
    size = raw.FPDFText_GetFontSize(text, at) * scale if font.name else None
    # The direction of a line as the page is shown: turned clockwise by quarters.
    along = math.degrees(math.atan2(matrix.b, matrix.a)) - 90 * frame.quarters
    is_upright = abs((along + 180) % 360 - 180) < 0.1
    mode = raw.FPDFTextObj_GetTextRenderMode(pointer)
    return _Style(font, size, mode not in {_INVISIBLE, _CLIP}, is_upright)


def _font(font: Any) -> Font:
    length = raw.FPDFFont_GetBaseFontName(font, None, 0)
    buffer = ctypes.create_string_buffer(max(length, 1))
    raw.FPDFFont_GetBaseFontName(font, buffer, length)
    name = buffer.value.decode("utf-8", "replace")
    return Font(_SUBSET.sub("", name), raw.FPDFFont_GetIsEmbedded(font) == 1)
