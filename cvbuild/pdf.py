"""Measuring a PDF: pages, fonts and sizes, links, outline. Through PDFium."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class OutlineEntry:
    """A heading of the outline: level from 0, page from 0, and height over the page's foot in bp."""

    title: str
    level: int
    page: int
    y: float


@dataclass(frozen=True)
class FontUse:
    """How many characters were set in a font at a size (bp)."""

    name: str
    size: float
    characters: int
    embedded: bool


@dataclass(frozen=True)
class PdfReport:
    """What a PDF shows by measurement."""

    pages: int
    sizes: tuple[tuple[float, float], ...]
    outline: tuple[OutlineEntry, ...]
    lowest_text: tuple[float, ...]
    """For each page the lowest baseline region of its text, in bp over its foot."""


def inspect(path: Path) -> PdfReport:
    """Pages, sizes and outline of a PDF."""
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        sizes = tuple(tuple(document.get_page_size(at)) for at in range(len(document)))
        outline = tuple(_outline(document))
        lowest = tuple(_lowest(document[at], sizes[at][1]) for at in range(len(document)))
    return PdfReport(len(sizes), sizes, outline, lowest)


def page_count(path: Path) -> int:
    """The number of pages. Raises ValueError for a file that is no PDF, or has none."""
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(path) as document:
            pages = len(document)
    except pypdfium2.PdfiumError as error:
        raise ValueError(str(error)) from None
    if pages == 0:
        raise ValueError("no pages")
    return pages


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


def font_use(path: Path) -> list[FontUse]:
    """Fonts and sizes by the characters set in them, most used first; spaces do not count."""
    import pypdfium2
    from pypdfium2 import raw

    counts: Counter[tuple[str, float, bool]] = Counter()
    with pypdfium2.PdfDocument(path) as document:
        for number in range(len(document)):
            text = document[number].get_textpage()
            for at in range(text.count_chars()):
                if chr(raw.FPDFText_GetUnicode(text.raw, at)).isspace():
                    continue
                size = round(raw.FPDFText_GetFontSize(text.raw, at), 2)
                counts[_font_name(raw, text.raw, at), size, _embedded(raw, text.raw, at)] += 1
    return [FontUse(name, size, number, embedded) for (name, size, embedded), number in counts.most_common()]


def _font_name(raw: Any, text: Any, at: int) -> str:
    flags = ctypes.c_int()
    length = raw.FPDFText_GetFontInfo(text, at, None, 0, ctypes.byref(flags))
    buffer = ctypes.create_string_buffer(length)
    raw.FPDFText_GetFontInfo(text, at, buffer, length, ctypes.byref(flags))
    return re.sub(r"^[A-Z]{6}\+", "", buffer.value.decode("utf-8", "replace"))


def _embedded(raw: Any, text: Any, at: int) -> bool:
    text_object = raw.FPDFText_GetTextObject(text, at)
    if not text_object:
        return True
    font = raw.FPDFTextObj_GetFont(text_object)
    return bool(font) and raw.FPDFFont_GetIsEmbedded(font) == 1


def links(path: Path) -> list[str]:
    """The addresses of all link annotations, in page order."""
    import pypdfium2
    from pypdfium2 import raw

    found: list[str] = []
    with pypdfium2.PdfDocument(path) as document:
        for number in range(len(document)):
            page = document[number]
            position, link = ctypes.c_int(0), raw.FPDF_LINK()
            while raw.FPDFLink_Enumerate(page.raw, ctypes.byref(position), ctypes.byref(link)):
                action = raw.FPDFLink_GetAction(link)
                length = raw.FPDFAction_GetURIPath(document.raw, action, None, 0) if action else 0
                if length:
                    buffer = ctypes.create_string_buffer(length)
                    raw.FPDFAction_GetURIPath(document.raw, action, buffer, length)
                    found.append(buffer.value.decode("utf-8", "replace"))
    return found


@dataclass(frozen=True)
class SectionSpace:
    """The space a section takes, in pages."""

    title: str
    pages: float


def section_space(report: PdfReport) -> list[SectionSpace]:
    """How much of the document each section takes, from its heading to the next one's.

    Measured on the outline's destinations; the space before the first heading is
    the document's header.
    """
    tops = [entry for entry in report.outline if entry.level == 0]
    if not tops:
        return []
    usable = _usable_height(report)

    def position(page: int, y: float) -> float:
        height = report.sizes[page][1]
        top = height - (height - usable) / 2
        return page + min(max((top - y) / usable, 0.0), 1.0)

    starts = [0.0, *(position(entry.page, entry.y) for entry in tops)]
    end = position(report.pages - 1, report.lowest_text[-1])
    names = ["(header)", *(entry.title for entry in tops)]
    return [
        SectionSpace(name, max(following - start, 0.0))
        for name, start, following in zip(names, starts, [*starts[1:], end], strict=True)
    ]


def _usable_height(report: PdfReport) -> float:
    """The height of the text block in bp: from the same distance at the top as the lowest text leaves."""
    height = report.sizes[0][1]
    return height - 2 * min(report.lowest_text)
