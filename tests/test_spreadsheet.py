"""Tables for spreadsheet programs, read back as such a program reads them."""

from __future__ import annotations

import csv
import io
import zipfile
from xml.etree import ElementTree

import pytest

from cvbuild.coauthors import as_csv, as_xlsx

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ROWS = [("Name", "Note"), ("Müller, Jörg", '<a> & "b"'), ("李, 明", "=1+1")]


def parts(book: bytes) -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        assert archive.testzip() is None
        return {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()}


def cells(found: dict[str, ElementTree.Element]) -> list[list[str]]:
    """The texts of the sheet; each cell names its own in the list of all."""
    texts = ["".join(text.itertext()) for text in found["xl/sharedStrings.xml"].iter(f"{MAIN}si")]
    rows = found["xl/worksheets/sheet1.xml"].iter(f"{MAIN}row")
    return [[texts[int(cell.findtext(f"{MAIN}v", ""))] for cell in row] for row in rows]


def test_a_workbook_holds_the_rows_as_text() -> None:
    found = parts(as_xlsx(ROWS))
    sheet, styles = found["xl/worksheets/sheet1.xml"], found["xl/styles.xml"]
    assert cells(found) == [list(row) for row in ROWS]
    assert {cell.get("t") for cell in sheet.iter(f"{MAIN}c")} == {"s"}
    assert list(sheet.iter(f"{MAIN}f")) == []
    assert [cell.get("r") for cell in sheet.iter(f"{MAIN}c")] == ["A1", "B1", "A2", "B2", "A3", "B3"]
    numbers = [of_cell.get("numFmtId") for of_cell in next(styles.iter(f"{MAIN}cellXfs"))]
    assert {numbers[int(cell.get("s", ""))] for cell in sheet.iter(f"{MAIN}c")} == {"49"}


def test_its_header_is_frozen_and_bold_and_its_columns_have_their_widths() -> None:
    found = parts(as_xlsx(ROWS))
    sheet, styles = found["xl/worksheets/sheet1.xml"], found["xl/styles.xml"]
    [pane] = sheet.iter(f"{MAIN}pane")
    assert (pane.get("state"), pane.get("ySplit"), pane.get("topLeftCell")) == ("frozen", "1", "A2")
    # Beside its characters a column has a margin, less than one of them.
    assert [int(float(column.get("width", ""))) for column in sheet.iter(f"{MAIN}col")][:2] == [30, 40]
    fonts = [font.find(f"{MAIN}b") is not None for font in styles.iter(f"{MAIN}font")]
    formats = [int(found.get("fontId", "")) for found in next(styles.iter(f"{MAIN}cellXfs"))]
    bold = [fonts[formats[int(cell.get("s", ""))]] for cell in sheet.iter(f"{MAIN}c")]
    assert bold == [True, True, False, False, False, False]


def test_the_same_rows_are_the_same_bytes() -> None:
    assert as_xlsx(ROWS) == as_xlsx(ROWS)


def test_what_xml_cannot_hold_is_left_out() -> None:
    found = parts(as_xlsx([("Name",), ("bell\a \ud800 end\nline",)]))
    assert cells(found) == [["Name"], ["bell end line"]]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", " +", "＝", "＠"])
def test_a_cell_of_csv_that_begins_like_a_formula_is_text(sign: str) -> None:
    [row] = csv.reader(io.StringIO(as_csv([(f"{sign}1", "plain")])))
    assert row == [f"'{sign.strip()}1", "plain"]


def test_csv_is_quoted_and_its_lines_end_as_rfc_4180_says() -> None:
    assert as_csv([("a,b", 'c"d'), ("e\nf", "g")]) == '"a,b","c""d"\r\ne f,g\r\n'
