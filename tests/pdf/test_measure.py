"""What is measured on pages written by hand."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from cvbuild.pdf.read import LockedPdf, measure
from cvbuild.pdf.types import Box
from tests.pdfs import A4, LETTER, Sheet, page_of, write_pdf


def rounded(box: Box) -> tuple[float, ...]:
    return tuple(round(value, 2) for value in (box.left, box.bottom, box.right, box.top))


def test_text_has_its_true_size_place_and_font(tmp_path: Path) -> None:
    sheet = Sheet().text(100, 700, 11, "Ada", "F2").text(100, 650, 9, "Example", scale=3)
    [page] = measure(write_pdf(tmp_path / "a.pdf", sheet, fonts={"F2": "ABCDEF+QTHeros"})).pages
    found = [(run.text, run.font.name, run.size, run.y, run.characters) for run in page.runs]
    assert found == [("Ada", "QTHeros", 11, 700, 3), ("Example", "Helvetica", 9, 650, 7)]
    assert page.text == "Ada Example"


def test_sizes_and_places_within_forms(tmp_path: Path) -> None:
    """A form's own matrix and the one around it both count, and its box cuts off what it draws."""
    sheet = Sheet(content=["q 2 0 0 2 100 100 cm /Form Do Q"])
    form = "/Type/XObject/Subtype/Form/BBox[0 0 50 50]/Matrix[1 0 0 1 10 10]"
    drawn = "BT /F1 5 Tf 10 10 Td (In a form) Tj ET 0 0 20 1 re f 40 40 100 100 re f"
    [page] = measure(write_pdf(tmp_path / "a.pdf", sheet, streams={"Form": f"{form}\n{drawn}"})).pages
    [run] = page.runs
    assert (run.size, run.y) == (10, 140)
    assert [rounded(mark.box) for mark in page.marks] == [(120, 120, 160, 122), (200, 200, 220, 220)]


@pytest.mark.parametrize(
    ("turned", "size", "box"),
    [
        (0, (600, 800), (50, 100, 60, 120)),
        (90, (800, 600), (100, 540, 120, 550)),
        (180, (600, 800), (540, 680, 550, 700)),
        (270, (800, 600), (680, 50, 700, 60)),
    ],
)
def test_a_page_is_measured_as_it_is_shown(
    tmp_path: Path, turned: int, size: tuple[float, float], box: tuple[float, ...]
) -> None:
    sheet = Sheet((1000, 1000), keys=f"/Rotate {turned}/CropBox[100 100 700 900]").area(150, 200, 10, 20)
    sheet.text(300, 500, 11, "Ada")
    [page] = measure(write_pdf(tmp_path / "a.pdf", sheet)).pages
    assert (page.width, page.height) == size
    assert [rounded(mark.box) for mark in page.marks] == [box]
    [run] = page.runs
    assert run.is_upright is (turned == 0)


def test_text_turned_with_its_page_is_upright(tmp_path: Path) -> None:
    """As a landscape page is often made."""
    sheet = Sheet(keys="/Rotate 90", content=["BT /F1 11 Tf 0 1 -1 0 300 100 Tm (Ada) Tj ET"])
    [page] = measure(write_pdf(tmp_path / "a.pdf", sheet)).pages
    [run] = page.runs
    assert run.is_upright
    assert round(run.y, 2) == round(A4[0] - 300, 2)
    assert round(run.box.left) == 100


@pytest.mark.parametrize("compressed", [False, True])
def test_a_unit_of_the_pages_own_counts(tmp_path: Path, compressed: bool) -> None:
    sheet = page_of()
    sheet.keys = "/UserUnit 2"
    path = write_pdf(tmp_path / "a.pdf", sheet)
    if compressed:
        # As it lies in an object stream; the page's own key is spelled so that it is not seen.
        held = zlib.compress(b"<</UserUnit 2>>")
        content = path.read_bytes().replace(b"/UserUnit 2", b"/XserUnit 2")
        stream = b"9 0 obj<</Type/ObjStm/Filter/FlateDecode>>stream\n" + held + b"\nendstream\n"
        path.write_bytes(content + stream)
    [page] = measure(path).pages
    assert page.width == pytest.approx(A4[0] * 2)
    assert (page.runs[0].size, page.runs[0].y) == (22, 1400)


def test_different_units_are_not_guessed(tmp_path: Path) -> None:
    sheets = [page_of(), page_of()]
    sheets[0].keys = "/UserUnit 2"
    assert not measure(write_pdf(tmp_path / "a.pdf", *sheets)).unit_is_sure
    assert measure(write_pdf(tmp_path / "b.pdf", page_of(), page_of())).unit_is_sure


@pytest.mark.parametrize(("unit", "sure"), [("0", False), ("1.0", True), (".5", True), ("-2", True)])
def test_a_unit_that_is_none_is_left_out(tmp_path: Path, unit: str, sure: bool) -> None:
    """A negative one is no number that the standard allows."""
    sheet = page_of()
    sheet.keys = f"/UserUnit {unit}"
    assert measure(write_pdf(tmp_path / "a.pdf", sheet)).unit_is_sure is sure


def test_lines_are_measured_with_their_width(tmp_path: Path) -> None:
    sheet = Sheet().rule(100, 100, 200, 100, 4).rule(300, 100, 300, 200, 2).rule(10, 10, 20, 20, 2)
    sheet.content.append("q 2 w 1 J 400 100 m 500 100 l S Q")  # projecting ends
    sheet.content.append("q 2 0 0 2 0 0 cm 1 w 50 200 20 20 re S Q")
    [page] = measure(write_pdf(tmp_path / "a.pdf", sheet)).pages
    assert [rounded(mark.box) for mark in page.marks] == [
        (100, 98, 200, 102),
        (299, 100, 301, 200),
        (9, 9, 21, 21),
        (399, 99, 501, 101),
        (99, 399, 141, 441),
    ]


def test_links_have_their_addresses_and_their_borders(tmp_path: Path) -> None:
    sheet = page_of()
    for border in ("/Border[0 0 0]", "/Border[0 0 1]", "/BS<</W 0>>", ""):
        sheet.link("https://example.org", border=border)
    sheet.annotations.append("<</Type/Annot/Subtype/Square/Rect[10 10 20 20]/F 2>>")
    sheet.annotations.append("<</Type/Annot/Subtype/Square/Rect[30 10 40 20]>>")
    [page] = measure(write_pdf(tmp_path / "a.pdf", sheet)).pages
    assert list(page.links) == ["https://example.org"] * 4
    assert [mark.kind for mark in page.marks] == ["border of a link", "border of a link", "annotation"]


def test_the_file_is_measured(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", Sheet(LETTER), version="1.6", catalog="/Lang(de-DE)")
    measured = measure(path, "other.pdf")
    assert (measured.name, measured.version, measured.language) == ("other.pdf", 1.6, "de-DE")
    assert measured.bytes == path.stat().st_size
    assert not measured.is_encrypted


def test_the_version_of_the_catalog_comes_before_the_headers(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", page_of(), version="1.4", catalog="/Version/1.7")
    assert measure(path).version == 1.7


def test_an_encrypted_file_is_read_where_its_password_is_empty(tmp_path: Path) -> None:
    measured = measure(write_pdf(tmp_path / "a.pdf", page_of("Ada"), password=b""))
    assert (measured.is_encrypted, measured.text) == (True, "Ada")
    with pytest.raises(LockedPdf):
        measure(write_pdf(tmp_path / "b.pdf", page_of("Ada"), password=b"secret"))


def test_characters_without_a_letter_are_counted(tmp_path: Path) -> None:
    font = "<</Type/Font/Subtype/Type0/BaseFont/ABCDEF+Nameless/Encoding/Identity-H/DescendantFonts[@Inner]>>"
    sheet = Sheet(content=["BT /F2 11 Tf 100 700 Td <000100020003> Tj ET"])
    inner = "/Type/Font/Subtype/CIDFontType2/BaseFont/ABCDEF+Nameless/CIDSystemInfo"
    system = "<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>\n"
    path = write_pdf(tmp_path / "a.pdf", sheet, fonts={"F2": font}, streams={"Inner": inner + system})
    [page] = measure(path).pages
    assert page.unmapped == sum(run.characters for run in page.runs) == 3
