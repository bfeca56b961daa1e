"""Tables for spreadsheet programs, read back as such a program reads them."""

from __future__ import annotations

import csv
import io
import zipfile
from xml.etree import ElementTree

import pytest

from cvbuild.spreadsheet import as_csv, as_xlsx

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ROWS = [("Name", "Note"), ("Müller, Jörg", '<a> & "b"'), ("李, 明", "=1+1")]


def parts(book: bytes) -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        assert archive.testzip() is None
        return {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()}


def cells(sheet: ElementTree.Element) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{MAIN}row")]


def test_a_workbook_holds_the_rows_as_text() -> None:
    sheet = parts(as_xlsx("People", ROWS, (30, 40)))["xl/worksheets/sheet1.xml"]
    assert cells(sheet) == [list(row) for row in ROWS]
    assert {cell.get("t") for cell in sheet.iter(f"{MAIN}c")} == {"inlineStr"}
    assert list(sheet.iter(f"{MAIN}f")) == []
    assert [cell.get("r") for cell in sheet.iter(f"{MAIN}c")] == ["A1", "B1", "A2", "B2", "A3", "B3"]


def test_its_header_is_frozen_and_bold_and_its_columns_have_their_widths() -> None:
    found = parts(as_xlsx("People", ROWS, (30, 40)))
    sheet, styles = found["xl/worksheets/sheet1.xml"], found["xl/styles.xml"]
    [pane] = sheet.iter(f"{MAIN}pane")
    assert (pane.get("state"), pane.get("ySplit"), pane.get("topLeftCell")) == ("frozen", "1", "A2")
    assert [column.get("width") for column in sheet.iter(f"{MAIN}col")] == ["30", "40"]
    fonts = [font.find(f"{MAIN}b") is not None for font in styles.iter(f"{MAIN}font")]
    formats = [int(found.get("fontId", "")) for found in next(styles.iter(f"{MAIN}cellXfs"))]
    bold = [fonts[formats[int(cell.get("s", ""))]] for cell in sheet.iter(f"{MAIN}c")]
    assert bold == [True, True, False, False, False, False]


def test_every_part_of_a_workbook_is_declared_and_found() -> None:
    found = parts(as_xlsx("People", ROWS, (30, 40)))
    declared = {part.get("PartName", "") for part in found["[Content_Types].xml"]} - {""}
    assert declared == {f"/{name}" for name in found if name.startswith("xl/") and "_rels" not in name}
    targets = {item.get("Target") for item in found["xl/_rels/workbook.xml.rels"]}
    assert targets == {"worksheets/sheet1.xml", "styles.xml"}
    assert [item.get("Target") for item in found["_rels/.rels"]] == ["xl/workbook.xml"]


def test_the_same_rows_are_the_same_bytes() -> None:
    assert as_xlsx("People", ROWS, (30, 40)) == as_xlsx("People", ROWS, (30, 40))


def test_what_xml_cannot_hold_is_left_out() -> None:
    sheet = parts(as_xlsx("a/b", [("Name",), ("bell\a \ud800 end\nline",)], (10,)))[
        "xl/worksheets/sheet1.xml"
    ]
    assert cells(sheet) == [["Name"], ["bell end line"]]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", " +", "＝", "＠"])
def test_a_cell_of_csv_that_begins_like_a_formula_is_text(sign: str) -> None:
    [row] = csv.reader(io.StringIO(as_csv([(f"{sign}1", "plain")])))
    assert row == [f"'{sign.strip()}1", "plain"]


def test_csv_is_quoted_and_its_lines_end_as_rfc_4180_says() -> None:
    assert as_csv([("a,b", 'c"d'), ("e\nf", "g")]) == '"a,b","c""d"\r\ne f,g\r\n'
