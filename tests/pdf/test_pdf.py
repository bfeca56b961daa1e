from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.funders.profile import section_space
from cvbuild.pdf.read import inspect, page_count
from cvbuild.pdf.types import OutlineEntry, PdfReport
from tests.conftest import MakeProject, blank_pdf, needs_pdflatex
from tests.pdfs import font_use, links
from tests.projects import build_variant

A4 = (595.276, 841.89)


def report(outline: tuple[OutlineEntry, ...], lowest: tuple[float, ...]) -> PdfReport:
    return PdfReport(len(lowest), (A4,) * len(lowest), outline, lowest)


def test_blank_pages_are_counted_and_measured(tmp_path: Path) -> None:
    path = tmp_path / "blank.pdf"
    blank_pdf(path, 3)
    assert page_count(path) == 3
    measured = inspect(path)
    assert measured.pages == 3
    assert measured.sizes == ((595, 842),) * 3
    assert measured.outline == ()
    assert measured.lowest_text == (842,) * 3
    assert font_use(path) == []
    assert links(path) == []


def test_a_file_that_is_no_pdf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "no.pdf"
    path.write_text("no PDF", encoding="utf-8")
    with pytest.raises(ValueError, match="PDF"):
        page_count(path)


def test_sections_share_the_pages_between_them() -> None:
    # A text block of 741.89 bp: 50 at the top, 100 and 50 at the foot.
    measured = report(
        (
            OutlineEntry("First", 0, 0, 791.89 - 74.189),
            OutlineEntry("Within", 1, 0, 500),
            OutlineEntry("Second", 0, 1, 791.89 - 370.945),
        ),
        (50, 50 + 74.189),
    )
    space = section_space(measured)
    assert [title for title, _ in space] == ["(header)", "First", "Second"]
    assert [pages for _, pages in space] == pytest.approx([0.1, 1.4, 0.4])


@pytest.mark.parametrize(
    ("outline", "spaces"),
    [
        pytest.param((OutlineEntry("First", 0, 0, 830),), [0, 1], id="a heading over the text block"),
        pytest.param((), [], id="no outline"),
    ],
)
def test_no_section_takes_negative_space(outline: tuple[OutlineEntry, ...], spaces: list[float]) -> None:
    assert [pages for _, pages in section_space(report(outline, (50,)))] == pytest.approx(spaces)


@needs_pdflatex()
def test_a_page_of_tex_is_measured(make_project: MakeProject) -> None:
    bio = "kind: text\ntitle: Über *mich*\ntext: |\n  [Page](https://example.org/a%20b?c=d#e)\n"
    pdf = build_variant(make_project({"content/bio.yaml": bio}), engine="pdflatex").pdf
    assert pdf is not None
    measured = inspect(pdf)
    assert measured.sizes[0] == pytest.approx(A4, abs=0.01)
    assert [(entry.title, entry.level, entry.page) for entry in measured.outline] == [
        ("Über mich", 0, 0),
        ("Works", 0, 0),
        ("Articles", 1, 0),
    ]
    heights = [entry.y for entry in measured.outline]
    assert heights == sorted(heights, reverse=True)
    assert 0 < measured.lowest_text[0] < heights[-1]
    assert links(pdf) == ["https://example.org/a%20b?c=d#e"]
    used = font_use(pdf)
    assert all(font.embedded for font in used)
    assert used[0].name.startswith("TeXGyrePagella")
    assert {font.size for font in used} >= {10.5, 13, 24}
    assert sum(pages for _, pages in section_space(measured)) == pytest.approx(1, abs=0.01)
