"""Tables for spreadsheet programs: CSV, and Office Open XML (.xlsx). Every cell is text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime

BYTE_ORDER_MARK = "\ufeff"
"""Excel takes a CSV file for UTF-8 only where it begins with this."""

_FORMULA = re.compile(r"^[=+\-@＝＋－＠]")
# Characters that XML 1.0 does not allow (section 2.2).
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_CHARACTERS = 32_767
"""What a cell holds in Excel."""
_TEXT = 49
"""The number format `@`: a cell stays text when somebody edits it (ECMA-376, Part 1, 18.8.30)."""


def as_csv(rows: Sequence[Sequence[str]]) -> str:
    """Rows, the header first, as RFC 4180 has them: lines end in CR LF.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it, as
    OWASP advises against CSV injection.
    """
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(
        [_FORMULA.sub(r"'\g<0>", _line(cell)) for cell in row] for row in rows
    )
    return written.getvalue()


def _line(cell: str) -> str:
    """A cell's text on one line, without characters that XML cannot hold."""
    return " ".join(_NO_XML.sub("", cell).split())[:_MOST_CHARACTERS]


def as_xlsx(title: str, rows: Sequence[Sequence[str]], widths: Sequence[int]) -> bytes:
    """A workbook of one sheet: rows, the header first, and the widths of columns in characters.

    The header is bold and stays in sight. The same rows give the same bytes.
    """
    from xlsxwriter import Workbook  # heavy, and one of four formats needs it

    written = io.BytesIO()
    with Workbook(written, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(1980, 1, 1)})
        sheet = book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        plain = book.add_format({"num_format": _TEXT})
        bold = book.add_format({"num_format": _TEXT, "bold": True})
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, _line(cell), plain if number else bold)
    return written.getvalue()
