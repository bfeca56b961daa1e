"""Tables for spreadsheet programs: CSV, and Office Open XML (.xlsx). Every cell is text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from cvbuild.archive import zipped

Row = Sequence[str]

BYTE_ORDER_MARK = "\ufeff"
"""Excel takes a CSV file for UTF-8 only where it begins with this."""

_FORMULA = re.compile(r"[=+\-@＝＋－＠]")
# Characters that XML 1.0 does not allow (section 2.2).
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_CHARACTERS = 32_767
"""What a cell holds in Excel."""

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

# Two fonts, of which the second is bold, and a cell format for each. Number format 49 is `@`,
# text: a cell stays text when somebody edits it (ECMA-376, Part 1, 18.8.30).
_STYLES = (
    f'{_DECLARATION}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2">'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)


def as_csv(rows: Sequence[Row]) -> str:
    """Rows, the header first, as RFC 4180 has them: lines end in CR LF.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it, as
    OWASP advises against CSV injection.
    """
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(
        [_harmless(_line(cell)) for cell in row] for row in rows
    )
    return written.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _line(cell: str) -> str:
    """A cell's text on one line, without characters that XML cannot hold."""
    return " ".join(_NO_XML.sub("", cell).split())[:_MOST_CHARACTERS]


def as_xlsx(title: str, rows: Sequence[Row], widths: Sequence[int]) -> bytes:
    """A workbook of one sheet: rows, the header first, and the widths of columns in characters.

    The least that ECMA-376 asks of a workbook (Part 1, 12.2 and 18.2 to 18.3; Part 2, 9 and
    10), with the header bold and frozen. Cells are inline strings, which no program takes
    for a formula. The same rows give the same bytes.
    """
    # A sheet's name has 31 characters at most, and none of these (Part 1, 18.2.19; Excel's own limit).
    name = re.sub(r"[\[\]:*?/\\]", " ", title)[:31]
    files = {
        "[Content_Types].xml": f'{_DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
        "_rels/.rels": _relationships(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'{_DECLARATION}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONSHIPS}">'
        f'<sheets><sheet name={quoteattr(name)} sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relationships(
            ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")
        ),
        "xl/worksheets/sheet1.xml": _sheet(rows, widths),
        "xl/styles.xml": _STYLES,
    }
    return zipped(files)


def _relationships(*targets: tuple[str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{at}" Type="{_RELATIONSHIPS}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(targets, start=1)
    )
    return f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _sheet(rows: Sequence[Row], widths: Sequence[int]) -> str:
    columns = "".join(
        f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>'
        for at, width in enumerate(widths, start=1)
    )
    lines = "".join(
        f'<row r="{number}">{"".join(_cell(number, at, cell) for at, cell in enumerate(row))}</row>'
        for number, row in enumerate(rows, start=1)
    )
    return (
        f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>{lines}</sheetData></worksheet>"
    )


def _cell(row: int, column: int, text: str) -> str:
    """A cell; its column is a letter, as a table here has fewer than 26."""
    style = 1 if row == 1 else 0
    place = f"{chr(ord('A') + column)}{row}"
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t>{escape(_line(text))}</t></is></c>'
