"""How much of a PDF each section takes."""

from __future__ import annotations

from cvbuild.pdf.types import PdfReport, SectionSpace


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
