"""Opening a PDF, and its frame: pages, sizes, outline."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdfium2
from pypdfium2 import raw

from cvbuild.pdf.types import OutlineEntry, PdfReport


class LockedPdf(ValueError):
    """A PDF that asks for a password."""


_ONE_AT_A_TIME = threading.RLock()
"""PDFium is not made for threads: every use of it is within `opened`, which holds this lock."""


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A PDF, as pypdfium2 gives it; other threads wait meanwhile.

    Raises ValueError for a file that is none, also where that shows in the middle of
    reading it, and LockedPdf for one that is locked.
    """
    with _ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(path)
        except pypdfium2.PdfiumError as error:
            if error.err_code == raw.FPDF_ERR_PASSWORD:
                raise LockedPdf("it asks for a password") from None
            raise ValueError(str(error)) from None
        try:
            with document:
                yield document
        except pypdfium2.PdfiumError as error:
            raise ValueError(str(error)) from None


def inspect(path: Path) -> PdfReport:
    """Pages, sizes and outline of a PDF. Raises ValueError for a file that is none."""
    with opened(path) as document:
        sizes = tuple(tuple(document.get_page_size(at)) for at in range(len(document)))
        outline = tuple(_outline(document))
        lowest = tuple(_lowest(document[at], sizes[at][1]) for at in range(len(document)))
    return PdfReport(len(sizes), sizes, outline, lowest)


def page_count(path: Path) -> int:
    """The number of pages. Raises ValueError for a file that is no PDF, or has none."""
    with opened(path) as document:
        pages = len(document)
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
