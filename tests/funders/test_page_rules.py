from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.funders.page_rules import family_of
from tests.funders.rules import GLYPH, TYPE_3, holds, measurements, subject_of
from tests.pdfs import A4, LETTER, Sheet, page_of

MM = 72 / 25.4


def scan() -> Sheet:
    """A page that is an image, with the text that was read on it laid under invisibly."""
    return Sheet().image(0, 0, *A4).text(100, 700, 6, "read by a machine", more="3 Tr")


def stamped() -> Sheet:
    """A page that is an image, with a line of text set over it."""
    return Sheet().image(0, 0, *A4).lines(700, 14).text(480, 40, 11, "2")


BY_LANGUAGE = "{rule: max_pages, by_language: {en: 1, fr: 2}}"


@pytest.mark.parametrize(
    ("rule", "pages", "expected"),
    [
        ("{rule: max_pages, pages: 2}", 2, True),
        ("{rule: max_pages, pages: 2}", 3, False),
        (BY_LANGUAGE, 1, True),
        (BY_LANGUAGE, 2, None),  # the language is unknown
        (BY_LANGUAGE, 3, False),
    ],
)
def test_the_number_of_pages(tmp_path: Path, rule: str, pages: int, expected: bool | None) -> None:
    assert holds(rule, subject_of(tmp_path, *[page_of()] * pages)) is expected


@pytest.mark.parametrize(
    ("rule", "size", "expected"),
    [
        ("exactly: a4", A4, True),
        ("exactly: a4", (595, 842), True),
        ("exactly: a4", (594.2, 841.89), False),
        ("exactly: a4", (A4[1], A4[0]), False),
        ("exactly: letter", A4, False),
        ("at_most: letter", LETTER, True),
        ("at_most: letter", (500, 700), True),
        ("at_most: letter", A4, False),
        ("at_most: letter", (613.1, 792), False),
    ],
)
def test_the_paper(tmp_path: Path, rule: str, size: tuple[float, float], expected: bool) -> None:
    other = Sheet(size).text(100, 600, 11, "Ada")
    first = Sheet(LETTER if "letter" in rule else A4).text(100, 600, 11, "Ada")
    [found] = measurements(f"{{rule: page_size, {rule}}}", subject_of(tmp_path, first, other))
    assert found.holds is expected
    assert found.where == ("" if expected else "page 2")


@pytest.mark.parametrize("shift", [0.0, 0.015, 0.03])
@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
@pytest.mark.parametrize("kind", ["area", "image", "rule", "text"])
def test_margins_end_with_what_is_drawn(tmp_path: Path, kind: str, side: str, shift: float) -> None:
    """Whatever stands at the margin's edge is within it by the tolerance, and 0.03 bp are too much."""
    edge = 15 * MM - shift
    width, height = A4
    sheet = Sheet().text(200, 400, 11, "in the middle of the page")
    x = {"left": edge, "right": width - edge - 20}.get(side, 300)
    y = {"bottom": edge, "top": height - edge - 20}.get(side, 300)
    match kind:
        case "area":
            sheet.area(x, y, 20, 20)
        case "image":
            sheet.image(x, y, 20, 20)
        case "rule":
            # 2 wide: the ink of each is one on either side.
            for at in (1, 19):
                sheet.rule(x + at, y, x + at, y + 20, width=2).rule(x, y + at, x + 20, y + at, width=2)
        case _:
            # Helvetica's H has its ink from 0.077 to 0.646 of its size and is 0.718 high.
            x = {"left": x - 0.077 * 20, "right": width - edge - 0.646 * 20}.get(side, x)
            sheet.text(x, height - edge - 0.718 * 20 if side == "top" else y, 20, "H")
    [found] = measurements(f"{{rule: margins_min, {side}: 15 mm}}", subject_of(tmp_path, sheet))
    assert found.holds is (shift < 0.02), found.measured


def test_in_each_margin_the_worst_page_is_named(tmp_path: Path) -> None:
    pages = [page_of(), page_of().text(10, 500, 8, "Running head"), page_of().text(20, 500, 8, "Another")]
    [found] = measurements("{rule: margins_min, left: 2 cm}", subject_of(tmp_path, *pages))
    assert found.holds is False
    assert found.where == "page 2: “Running head”, and on 1 more"


@pytest.mark.parametrize(
    "sheet",
    {
        "white page": page_of().area(0, 0, *A4, colour="1 g"),
        "white patch": page_of().area(5, 5, 10, 10, colour="1 1 1 rg"),
        "link without border": page_of().link("https://example.org", place="5 5 20 20"),
        "invisible text": page_of().text(5, 5, 11, "not painted", more="3 Tr"),
        "beside it": page_of().text(-200, 5, 11, "beside the paper"),
        "clipped": Sheet(content=["q 100 100 50 50 re W n 0 0 400 400 re f Q"]).text(100, 700, 11, "clipped"),
        "no ink": Sheet(content=["0 0 400 400 re n"]).text(100, 700, 11, "a path without ink"),
    }.values(),
)
def test_what_is_not_seen_is_in_no_margin(tmp_path: Path, sheet: Sheet) -> None:
    found = measurements("{rule: margins_min, all: 15 mm}", subject_of(tmp_path, sheet))
    assert [item.holds for item in found] == [True] * 4


def test_the_border_of_a_link_is_in_the_margin(tmp_path: Path) -> None:
    sheet = page_of().link("https://example.org", border="/Border[0 0 1]", place="5 100 60 110")
    [found] = measurements("{rule: margins_min, left: 15 mm}", subject_of(tmp_path, sheet))
    assert (found.holds, found.where) == (False, "page 1: border of a link")


def test_margins_of_empty_pages_are_not_measurable(tmp_path: Path) -> None:
    assert holds("{rule: margins_min, left: 15 mm}", subject_of(tmp_path, Sheet())) is None


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        (page_of(size=10.985), True),
        (page_of(size=10.97), False),
        (Sheet(), None),
        (Sheet().text(100, 700, 11, "Ada", scale=11), True),
        (Sheet().text(100, 700, 10, "Ada", scale=0.5), False),
        (Sheet(content=["0.5 0 0 0.5 0 0 cm"]).text(100, 700, 12, "Ada"), False),
    ],
    ids=["within tolerance", "too small", "no text", "`1 Tf` in a matrix of 11", "10 in a matrix", "halved"],
)
def test_the_size_of_any_text(tmp_path: Path, sheet: Sheet, expected: bool | None) -> None:
    assert holds("{rule: min_font_size, any: 11 pt}", subject_of(tmp_path, sheet)) is expected


@pytest.mark.parametrize(
    ("sheet", "measured", "where"),
    [
        (page_of("too small", 10.97), "10.97 pt (8 characters)", "page 2: “too small”"),
        (page_of("Example").text(142, 704, 8, "2"), "8.00 pt (1 character)", "page 2: “2”"),
    ],
    ids=["a line", "a superscript"],
)
def test_small_text_is_named_with_its_place(tmp_path: Path, sheet: Sheet, measured: str, where: str) -> None:
    [found] = measurements("{rule: min_font_size, any: 11 pt}", subject_of(tmp_path, page_of(), sheet))
    assert (found.holds, found.measured, found.where) == (False, measured, where)


BY_ROLE = "{rule: min_font_size, body: 11 pt, headings: 12 pt, tables: 11 pt, captions: 8 pt, notes: 8 pt}"


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        # body, headings, tables, captions, notes
        ((12, 11.99), [True, True, True, True, True]),
        ((11, 14), [True, True, True, True, True]),
        ((11, 11.5), [True, False, True, True, True]),
        ((11, 9), [None, None, None, True, True]),
        ((11, 14, 9), [None, True, None, True, True]),
        ((10.9, 14), [False, True, None, True, True]),
        ((11, 14, 7.9), [None, True, None, False, False]),
    ],
)
def test_sizes_by_what_text_is(tmp_path: Path, sizes: tuple[float, ...], expected: list[bool | None]) -> None:
    """The first size is the body's: most is set in it."""
    sheet = Sheet().lines(700, 15, sizes[0])
    for number, size in enumerate(sizes[1:]):
        sheet.text(100, 600 - 20 * number, size, "Short")
    found = measurements(BY_ROLE, subject_of(tmp_path, sheet))
    assert [item.holds for item in found] == expected
    if sizes == (11, 9):
        assert holds("{rule: min_font_size, body: 11 pt}", subject_of(tmp_path, sheet)) is None


def test_sizes_by_family(tmp_path: Path) -> None:
    rule = "{rule: min_font_size, families: {Arial: 10 pt, Times New Roman: 11 pt}}"
    fonts = {"F2": "ABCDEF+TeXGyreTermes-Regular", "F3": "Symbol"}
    sheet = page_of(size=10).text(100, 600, 10.9, "Times", "F2")
    found = measurements(rule, subject_of(tmp_path, sheet, fonts=fonts))
    assert [(item.required, item.holds) for item in found] == [
        ("Arial 10 pt or larger", True),
        ("Times New Roman 11 pt or larger", False),
    ]
    other = Sheet().text(100, 700, 9, "abc", "F3")
    assert holds(rule, subject_of(tmp_path, other, fonts=fonts)) is None
    both = page_of(size=10).text(100, 600, 9, "abc", "F3")
    assert [item.holds for item in measurements(rule, subject_of(tmp_path, both, fonts=fonts))] == [
        True,
        None,
    ]


@pytest.mark.parametrize(
    ("family", "names"),
    [
        (
            "Arial",
            "Arial ArialMT Arial-BoldMT Arial,Bold Arial-BoldItalicMT Helvetica Helvetica-Oblique"
            " TeXGyreHeros-Regular QTHeros NimbusSanL-Regu NimbusSans-Bold LiberationSans-Italic Arimo",
        ),
        (
            "Times New Roman",
            "TimesNewRomanPSMT TimesNewRomanPS-BoldMT TimesNewRoman,Italic Times-Roman Times-BoldItalic"
            " TeXGyreTermes-Bold NimbusRomNo9L-Regu NimbusRoman-Regular LiberationSerif",
        ),
        (
            "Palatino Linotype",
            "PalatinoLinotype-Roman Palatino-Roman TeXGyrePagella-Italic URWPalladioL-Roma P052",
        ),
        ("Courier New", "CourierNewPSMT CourierNewPS-BoldMT Courier TeXGyreCursor-Regular LiberationMono"),
        (
            "Computer Modern",
            "CMR10 CMBX12 CMMI10 LMRoman10-Regular LMSans10-Bold LMMono9-Regular SFRM1095 SFTI1000",
        ),
        ("Calibri", "Calibri Calibri-Bold Carlito"),
    ],
)
def test_a_family_is_known_by_its_fonts(family: str, names: str) -> None:
    assert {name: family_of(name) for name in names.split()} == dict.fromkeys(names.split(), family)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("ArialNarrow-Bold", "ArialNarrow"),
        ("Arial-Black", "Arial-Black"),
        ("TeXGyreHerosCn-Regular", "TeXGyreHerosCn"),
        ("LiberationSansNarrow", "LiberationSansNarrow"),
        ("ComicSansMS", "ComicSansMS"),
        ("TimesTen-Roman", "TimesTen"),
        # As profiles write them.
        ("Helvetica", "Arial"),
        ("TeX Gyre Heros", "Arial"),
        ("times new roman", "Times New Roman"),
        ("Nimbus Roman", "Times New Roman"),
        ("Comic Sans", "Comic Sans"),
    ],
)
def test_another_width_or_face_is_another_family(name: str, family: str) -> None:
    assert family_of(name) == family


def test_fonts(tmp_path: Path) -> None:
    rule = "{rule: allowed_fonts, families: Arial}"
    fonts = {"F2": "ABCDEF+TeXGyreHeros-Bold", "F3": "Times-Roman"}
    both = page_of().text(100, 600, 11, "bold", "F2")
    assert holds(rule, subject_of(tmp_path, both, fonts=fonts)) is True
    one_letter = page_of().text(100, 600, 11, "x", "F3")
    [found] = measurements(rule, subject_of(tmp_path, one_letter, fonts=fonts))
    assert (found.holds, found.measured, found.where) == (False, "Times", "page 1: “x”")
    similar = rule.replace("}", ", or_similar: true}")
    assert holds(similar, subject_of(tmp_path, one_letter, fonts=fonts)) is None
    one_sign = page_of().text(100, 600, 11, "\u2022", "F3")
    [found] = measurements(rule, subject_of(tmp_path, one_sign, fonts=fonts))
    assert (found.holds, found.measured) == (None, "signs in Times: to be judged")
    assert holds(rule, subject_of(tmp_path, Sheet())) is None


FACTOR = "{rule: min_line_spacing, factor: 1.2}"
PER_INCH = "{rule: max_lines_per_inch, lines: 6}"


@pytest.mark.parametrize(
    ("rule", "distance", "measured"),
    [
        (FACTOR, 13.185, None),
        (FACTOR, 13.17, "1.197 (13.17 / 11.00 pt)"),
        (PER_INCH, 12, None),
        # 12 points of TeX, of which 72.27 are an inch.
        (PER_INCH, 12 * 72 / 72.27, "6.02 (11.96 pt apart)"),
    ],
)
def test_the_distance_of_lines(tmp_path: Path, rule: str, distance: float, measured: str | None) -> None:
    [found] = measurements(rule, subject_of(tmp_path, Sheet().lines(700, distance)))
    assert found.holds is (measured is None)
    if measured is not None:
        assert found.measured == measured
        assert found.where == "page 1: “Line 1 of an example”, and 1 more pairs of lines"
    assert holds(rule, subject_of(tmp_path, page_of())) is None


def test_text_side_by_side_or_raised_is_no_narrow_line(tmp_path: Path) -> None:
    sheet = Sheet().lines(700, 14, count=2)
    sheet.text(300, 697, 11, "a column beside it").text(155, 704, 7, "2").text(160, 683, 7, "i")
    assert holds("{rule: min_line_spacing, factor: 1.2}", subject_of(tmp_path, sheet)) is True


def numbered(number: int, text: str) -> Sheet:
    return Sheet().lines(700, 14, 11).text(480, 40, 9, text).text(100, 40, 9, "Ada Example")


@pytest.mark.parametrize("form", ["{}", "Page {} of 2", "{}/2", "– {} –", "Seite {} von 2"])
def test_page_numbers(tmp_path: Path, form: str) -> None:
    with_numbers = subject_of(tmp_path, *(numbered(number, form.format(number)) for number in (1, 2)))
    assert holds("{rule: page_numbers, numbers: required}", with_numbers) is True
    assert holds("{rule: page_numbers, numbers: forbidden}", with_numbers) is False
    one_without = subject_of(tmp_path, page_of(), numbered(2, form.format(2)))
    [found] = measurements("{rule: page_numbers, numbers: required}", one_without)
    assert (found.holds, found.where) == (False, "page 1")
    assert holds("{rule: page_numbers, numbers: forbidden}", one_without) is False
    without = subject_of(tmp_path, page_of("2 of 2 prizes"), numbered(2, "2026"))
    assert holds("{rule: page_numbers, numbers: forbidden}", without) is True


@pytest.mark.parametrize(
    "rule",
    [
        "{rule: min_font_size, any: 11 pt}",
        "{rule: allowed_fonts, families: Arial}",
        "{rule: min_line_spacing, factor: 1.2}",
        "{rule: max_lines_per_inch, lines: 6}",
        "{rule: forbid_patterns, patterns: {h-index: h-index}}",
        "{rule: et_al_forbidden}",
        "{rule: forbid_fields, fields: [photo]}",
        "{rule: links, allowed: none}",
        "{rule: page_numbers, numbers: required}",
        "{rule: page_numbers, numbers: forbidden}",
    ],
)
def test_what_a_scanned_page_shows_is_not_measurable(tmp_path: Path, rule: str) -> None:
    first = numbered(1, "1") if "required" in rule else Sheet().lines(700, 14)
    assert holds(rule, subject_of(tmp_path, first)) is True
    assert holds(rule, subject_of(tmp_path, first, scan())) is None
    if "page_numbers" not in rule:
        assert holds(rule, subject_of(tmp_path, first, stamped())) is None


def test_type_without_a_name_is_not_measurable(tmp_path: Path) -> None:
    """A Type 3 font has units of its own, and its name is no typeface's."""
    sheet = page_of().text(100, 600, 1, "A", "F2")
    subject = subject_of(tmp_path, sheet, fonts={"F2": TYPE_3}, streams=GLYPH)
    assert holds("{rule: min_font_size, any: 11 pt}", subject) is None
    assert holds("{rule: allowed_fonts, families: Arial}", subject) is None
