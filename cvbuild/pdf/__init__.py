"""Measuring a PDF through PDFium: pages, text with its fonts and sizes, rules and images, links, outline."""

from cvbuild.pdf.document import LockedPdf, inspect, page_count
from cvbuild.pdf.measure import font_use, links, measure
from cvbuild.pdf.space import section_space
from cvbuild.pdf.types import (
    Box,
    Font,
    FontUse,
    Link,
    Mark,
    Measured,
    OutlineEntry,
    Page,
    PdfReport,
    Run,
    SectionSpace,
)

__all__ = [
    "Box",
    "Font",
    "FontUse",
    "Link",
    "LockedPdf",
    "Mark",
    "Measured",
    "OutlineEntry",
    "Page",
    "PdfReport",
    "Run",
    "SectionSpace",
    "font_use",
    "inspect",
    "links",
    "measure",
    "page_count",
    "section_space",
]
