"""Everything that can be measured on a PDF, in one reading."""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pypdfium2 import raw

from cvbuild.pdf.document import opened
from cvbuild.pdf.frame import frame_of
from cvbuild.pdf.marks import read_marks
from cvbuild.pdf.text import read_text
from cvbuild.pdf.types import Font, FontUse, Link, Measured, Page
from cvbuild.pdf.userunit import user_unit


def measure(path: Path, name: str = "") -> Measured:
    """A PDF, measured; `name` is the file name it is to have, if that is another.

    Raises ValueError for a file that is none, LockedPdf for one that asks for a
    password, OSError where the system refuses.
    """
    content = path.read_bytes()
    with opened(path) as document:
        unit = user_unit(content, len(document))
        version = ctypes.c_int()
        raw.FPDF_GetFileVersion(document.raw, version)
        return Measured(
            name or path.name,
            version.value / 10,
            len(content),
            raw.FPDF_GetSecurityHandlerRevision(document.raw) != -1,
            _language(raw, document),
            tuple(_page(document, at, unit or 1.0) for at in range(len(document))),
            unit_is_sure=unit is not None,
        )


def _page(document: Any, at: int, unit: float) -> Page:
    page = document[at]
    frame = frame_of(page, unit)
    text = read_text(page, frame)
    return Page(
        at + 1,
        frame.width,
        frame.height,
        text.text,
        text.runs,
        tuple(read_marks(page, frame)),
        tuple(Link(address, at + 1) for address in _addresses(document, page)),
        text.unmapped,
    )


def _language(raw: Any, document: Any) -> str:
    length = raw.FPDFCatalog_GetLanguage(document.raw, None, 0)
    buffer = (raw.FPDF_WCHAR * max(length // 2, 1))()
    raw.FPDFCatalog_GetLanguage(document.raw, buffer, length)
    return bytes(buffer).decode("utf-16-le").rstrip("\0")


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


def font_use(path: Path) -> list[FontUse]:
    """Fonts and sizes by the characters set in them, most used first; spaces do not count."""
    counts: Counter[tuple[Font, float]] = Counter()
    for page in measure(path).pages:
        for run in page.runs:
            counts[run.font, round(run.size or 0.0, 2)] += run.characters
    return [
        FontUse(font.name, size, number, font.is_embedded) for (font, size), number in counts.most_common()
    ]


def links(path: Path) -> list[str]:
    """The addresses of all link annotations, in page order."""
    with opened(path) as document:
        return [address for at in range(len(document)) for address in _addresses(document, document[at])]
