"""What each kind of rule finds on a PDF; for what it finds in the content see test_content_rules.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from cvbuild.diagnostics import UsageProblem
from cvbuild.funders.page_rules import family_of
from cvbuild.funders.profile import check
from cvbuild.funders.rule import Subject, read_pdf
from tests.funders.rules import holds, measurements, profile_of, subject_of
from tests.pdfs import A4, LETTER, Sheet, page_of, write_pdf

MM = 72 / 25.4

Document: TypeAlias = Callable[[Path], Subject]


def pdf(*sheets: Sheet, **more: Any) -> Document:
    """A document to be written into the folder of a test."""
    return lambda folder: subject_of(folder, *sheets, **more)


def paper(width: float, height: float, first: tuple[float, float] = A4) -> Document:
    """A page of a usual size, and one of this size."""
    return pdf(*(Sheet(size).text(100, 600, 11, "Ada") for size in (first, (width, height))))


def sized(*sizes: float) -> Document:
    """Text of which most is in the first size, the body's."""
    sheet = Sheet().lines(700, 15, sizes[0])
    for number, size in enumerate(sizes[1:]):
        sheet.text(100, 600 - 20 * number, size, "Short")
    return pdf(sheet)


def numbered(number: int, text: str) -> Sheet:
    """A page with its number at its foot."""
    return Sheet().lines(700, 14, 11).text(480, 40, 9, text).text(100, 40, 9, "Ada Example")


def in_own_units() -> Document:
    """Two pages, one of them in units that cannot be matched."""
    large = page_of()
    large.keys = "/UserUnit 2"
    return pdf(large, page_of())


TYPE_3 = (
    "<</Type/Font/Subtype/Type3/FontBBox[0 0 10 10]/FontMatrix[0.1 0 0 0.1 0 0]/CharProcs<</A @A>>"
    "/Encoding<</Type/Encoding/Differences[65/A]>>/FirstChar 65/LastChar 65/Widths[10]>>"
)
SHAPES: dict[str, Any] = {"fonts": {"F2": TYPE_3}, "streams": {"A": "\n10 0 d0 0 0 8 8 re f"}}
"""A font whose shapes stand in the file, in units of its own and without a typeface's name."""
SCAN = Sheet().image(0, 0, *A4).text(100, 700, 6, "read by a machine", more="3 Tr")
"""A page that is an image, with the text that was read on it laid under invisibly."""
STAMPED = Sheet().image(0, 0, *A4).lines(700, 14).text(480, 40, 11, "2")
"""A page that is an image, with a line of text set over it."""
PICTURE = Sheet().image(0, 0, *A4)
FONTS: dict[str, Any] = {
    "fonts": {"F2": "ABCDEF+TeXGyreTermes-Regular", "F3": "Symbol", "F4": "ABCDEF+TeXGyreHeros-Bold"}
}
HALVED = Sheet(content=["0.5 0 0 0.5 0 0 cm"]).text(100, 700, 12, "Ada")
CLIPPED = Sheet(content=["q 100 100 50 50 re W n 0 0 400 400 re f Q"]).text(100, 700, 11, "clipped")
NO_INK = Sheet(content=["0 0 400 400 re n"]).text(100, 700, 11, "a path without ink")
BESIDE = Sheet().lines(700, 14, count=2).text(300, 697, 11, "a column beside it")
BESIDE.text(155, 704, 7, "2").text(160, 683, 7, "i")
TITLES = Sheet().text(100, 700, 13, "Life").text(100, 600, 11, "Works are many").text(100, 500, 13, "Works")
LINKED = page_of("https://doi.org/10.1000/1").link("https://doi.org/10.1000/1")
TWO_LINES = Sheet().text(100, 700, 11, "in leading").text(100, 686, 11, "journals of the field")
BORDER = page_of().link("https://example.org", border="/Border[0 0 1]", place="5 100 60 110")
HEADS = (page_of(), page_of().text(10, 500, 8, "Running head"), page_of().text(20, 500, 8, "Another"))

PATTERNS = r"forbid_patterns, patterns: {h-index: '\bh[- ]index\b', rank: '\b(top|leading) journal'}"
LANGUAGES = "max_pages, by_language: {en: 1, fr: 2}"
ROLES = "min_font_size, body: 11 pt, headings: 12 pt, tables: 11 pt, captions: 8 pt, notes: 8 pt"
FAMILIES = "min_font_size, families: {Arial: 10 pt, Times New Roman: 11 pt}"
MARGINS = "margins_min, all: 15 mm"
MEDIA = "links, allowed: none, unless: permitted audio or video"
LONG_NAME = "False: 16: “cv-example12.pdf”"
OF_LINK = "False: 1 link; page 2: “mailto:ada@example.org”"
OF_HEADS = "False: left 0.378 cm; page 2: “Running head”, and on 1 more"
OF_LINES = "False: 1.197 (13.17 / 11.00 pt); page 1: “Line 1 of an example”, and 1 more pairs of lines"
OF_JOURNALS = "False: “H-index”; page 2: “Journals with an H-index of” | False: “Leading Journal”"
SIZE, ARIAL = "min_font_size, any: 11 pt", "allowed_fonts, families: Arial"
SIMILAR = f"{ARIAL}, or_similar: true"
SPACING, PER_INCH = "min_line_spacing, factor: 1.2", "max_lines_per_inch, lines: 6"
ADDRESS, NO_LINKS = "forbid_fields, fields: [home address]", "links, allowed: none"
IN_TERMES = pdf(page_of().text(100, 600, 11, "x", "F2"), **FONTS)
SIGN_IN_TERMES = pdf(page_of().text(100, 600, 11, "\u2022", "F2"), **FONTS)
TOO_SMALL = pdf(page_of(), page_of("too small", 10.97))
ORCID = "require_identifier, identifier: orcid"


@pytest.mark.parametrize(
    ("rule", "document", "expected"),
    [
        ("max_pages, pages: 2", pdf(*[page_of()] * 2), "True: 2 pages"),
        ("max_pages, pages: 2", pdf(*[page_of()] * 3), "False: 3 pages"),
        (LANGUAGES, pdf(page_of()), "True"),
        (LANGUAGES, pdf(*[page_of()] * 2), "None: 2 pages, language unknown"),
        (LANGUAGES, pdf(*[page_of()] * 3), "False"),
        ("page_size, exactly: a4", paper(*A4), "True"),
        ("page_size, exactly: a4", paper(595, 842), "True"),
        ("page_size, exactly: a4", paper(594.2, 841.89), "False: 209.6 × 297.0 mm; page 2"),
        ("page_size, exactly: a4", paper(A4[1], A4[0]), "False: 297.0 × 210.0 mm; page 2"),
        ("page_size, exactly: letter", paper(*A4, LETTER), "False: 210.0 × 297.0 mm; page 2"),
        ("page_size, at_most: letter", paper(*LETTER, LETTER), "True"),
        ("page_size, at_most: letter", paper(500, 700, LETTER), "True"),
        ("page_size, at_most: letter", paper(*A4, LETTER), "False: 210.0 × 297.0 mm; page 2"),
        ("page_size, at_most: letter", paper(613.1, 792, LETTER), "False: 216.3 × 279.4 mm; page 2"),
        ("margins_min, left: 15 mm", pdf(Sheet()), "None"),
        ("margins_min, left: 15 mm", pdf(BORDER), "False: left 1.76 mm; page 1: border of a link"),
        ("margins_min, left: 2 cm", pdf(*HEADS), OF_HEADS),
        # What is not seen is in no margin.
        (MARGINS, pdf(page_of().area(0, 0, *A4, colour="1 g")), "True | True | True | True"),
        (MARGINS, pdf(page_of().area(5, 5, 10, 10, colour="1 1 1 rg")), "True | True | True | True"),
        (MARGINS, pdf(page_of().link("https://a.org", place="5 5 20 20")), "True | True | True | True"),
        (MARGINS, pdf(page_of().text(5, 5, 11, "not painted", more="3 Tr")), "True | True | True | True"),
        (MARGINS, pdf(page_of().text(-200, 5, 11, "beside the paper")), "True | True | True | True"),
        (MARGINS, pdf(CLIPPED), "True | True | True | True"),
        (MARGINS, pdf(NO_INK), "True | True | True | True"),
        (SIZE, pdf(page_of(size=10.985)), "True"),
        (SIZE, pdf(Sheet()), "None"),
        (SIZE, pdf(Sheet().text(100, 700, 11, "Ada", scale=11)), "True"),
        (SIZE, pdf(Sheet().text(100, 700, 10, "Ada", scale=0.5)), "False"),
        (SIZE, pdf(HALVED), "False"),
        (SIZE, in_own_units(), "None"),
        ("max_pages, pages: 2", in_own_units(), "True"),
        (SIZE, pdf(page_of().text(100, 600, 1, "A", "F2"), **SHAPES), "None"),
        (SIZE, TOO_SMALL, "False: 10.97 pt (8 characters); page 2: “too small”"),
        (SIZE, pdf(page_of("Example").text(142, 704, 8, "2")), "False: 8.00 pt (1 character); page 1: “2”"),
        # body, headings, tables, captions, notes
        (ROLES, sized(12, 11.99), "True | True | True | True | True"),
        (ROLES, sized(11, 14), "True | True | True | True | True"),
        (ROLES, sized(11, 11.5), "True | False | True | True | True"),
        (ROLES, sized(11, 9), "None | None | None | True | True"),
        (ROLES, sized(11, 14, 9), "None | True | None | True | True"),
        (ROLES, sized(10.9, 14), "False | True | None | True | True"),
        (ROLES, sized(11, 14, 7.9), "None | True | None | False | False"),
        ("min_font_size, body: 11 pt", sized(11, 9), "None"),
        (FAMILIES, pdf(page_of(size=10).text(100, 600, 10.9, "Times", "F2"), **FONTS), "True | False"),
        (FAMILIES, pdf(Sheet().text(100, 700, 9, "abc", "F3"), **FONTS), "None: no size is given for Symbol"),
        (FAMILIES, pdf(page_of(size=10).text(100, 600, 9, "abc", "F3"), **FONTS), "True | None"),
        (ARIAL, pdf(page_of().text(100, 600, 11, "b", "F4"), **FONTS), "True"),
        (ARIAL, IN_TERMES, "False: TeXGyreTermes; page 1: “x”"),
        (SIMILAR, IN_TERMES, "None: TeXGyreTermes: to be judged"),
        (ARIAL, SIGN_IN_TERMES, "None: signs in TeXGyreTermes: to be judged"),
        (ARIAL, pdf(page_of().text(100, 600, 1, "A", "F2"), **SHAPES), "None"),
        (ARIAL, pdf(Sheet()), "None"),
        (SPACING, pdf(Sheet().lines(700, 13.185)), "True"),
        (SPACING, pdf(Sheet().lines(700, 13.17)), OF_LINES),
        (SPACING, pdf(page_of()), "None"),
        (SPACING, pdf(BESIDE), "True"),
        (PER_INCH, pdf(Sheet().lines(700, 12)), "True"),
        # 12 points of TeX: 72.27 are an inch.
        (PER_INCH, pdf(Sheet().lines(700, 12 * 72 / 72.27)), "False: 6.02 (11.96 pt apart)"),
        (PER_INCH, pdf(page_of()), "None"),
        # A Type 3 font's shapes are always in the file; Helvetica, one of the standard 14, is not.
        ("fonts_embedded", pdf(Sheet().text(100, 700, 11, "A", "F2"), **SHAPES), "True"),
        ("fonts_embedded", pdf(PICTURE, page_of()), "False: not in it: Helvetica; first on page 2"),
        ("fonts_embedded", pdf(Sheet()), "None"),
        ("pdf_version_min, version: 1.2", pdf(page_of(), version="1.1"), "False"),
        ("pdf_version_min, version: 1.2", pdf(page_of(), version="1.2"), "True"),
        ("pdf_version_min, version: 1.2", pdf(page_of(), version="1.7"), "True"),
        ("not_encrypted", pdf(page_of()), "True"),
        ("not_encrypted", pdf(page_of(), password=b""), "False: encrypted"),
        ("has_text_layer", pdf(page_of(), page_of()), "True"),
        ("has_text_layer", pdf(page_of(), SCAN), "True"),
        ("has_text_layer", pdf(page_of(), PICTURE, Sheet()), "False: no text; pages 2, 3"),
        ("filename_pattern, max_characters: 15", pdf(page_of(), name="cv-example1.pdf"), "True"),
        ("filename_pattern, max_characters: 15", pdf(page_of(), name="cv-example12.pdf"), LONG_NAME),
        (r"filename_pattern, pattern: 'CV_\w+\.pdf'", pdf(page_of(), name="CV_Example.pdf"), "True"),
        (r"filename_pattern, pattern: 'CV_\w+\.pdf'", pdf(page_of(), name="CV Example.pdf"), "False"),
        ("require_sections, sections: [Life, Works]", pdf(TITLES), "True"),
        ("require_sections, sections: [Works, Life]", pdf(TITLES), "False: life, works"),
        ("require_sections, sections: [Awards]", pdf(TITLES), "None"),
        (PATTERNS, pdf(page_of("The hindex of a top-journal, desktop journals")), "True | True"),
        (PATTERNS, pdf(page_of(), page_of("in three Leading Journals with an H-index of 3")), OF_JOURNALS),
        # Across a line end.
        (PATTERNS, pdf(TWO_LINES), "True | False: “leading journal”; page 1: “"),
        ("forbid_fields, fields: [birth date]", pdf(page_of("born 1 May 1990")), "False"),
        ("forbid_fields, fields: [birth date]", pdf(page_of("Date of birth: 1990-05-01")), "False"),
        ("forbid_fields, fields: [birth date]", pdf(page_of("geboren am 1. Mai 1990")), "False"),
        (ADDRESS, pdf(page_of("Home address: 1 Example Road")), "False"),
        (ADDRESS, pdf(page_of("Privatanschrift: Beispielweg 1")), "False"),
        ("forbid_fields, fields: [marital status]", pdf(page_of("Marital status: married")), "False"),
        ("forbid_fields, fields: [marital status]", pdf(page_of("verheiratet, zwei Kinder")), "False"),
        ("forbid_fields, fields: [photo]", pdf(page_of().image(400, 700, 39, 39)), "True"),
        ("forbid_fields, fields: [photo]", pdf(page_of().image(400, 700, 60, 80)), "False"),
        ("forbid_fields, fields: [photo]", pdf(page_of().image(400, 700, 160, 80)), "None"),
        ("forbid_fields, fields: [photo]", pdf(page_of(), page_of().image(400, 700, 60, 80)), "None"),
        ("et_al_forbidden", pdf(page_of("Example A. et al. (2020)")), "False"),
        ("et_al_forbidden", pdf(page_of("Muster u. a.")), "False"),
        ("et_al_forbidden", pdf(page_of("Example and others")), "False"),
        ("et_al_forbidden", pdf(page_of("Metal alloys, Alan and Otherside")), "True"),
        (NO_LINKS, pdf(page_of("example dot org")), "True"),
        (NO_LINKS, pdf(page_of("see www.example.org.")), "False"),
        (NO_LINKS, pdf(page_of(), page_of().link("mailto:ada@example.org")), OF_LINK),
        (MEDIA, pdf(page_of()), "True"),
        (MEDIA, pdf(page_of().link("https://example.org/talk.mp4")), "None"),
        (MEDIA, pdf(page_of().link("https://doi.org/10.1000/1")), "False"),
        ("links, allowed: doi", pdf(LINKED), "True"),
        ("links, allowed: doi", pdf(page_of().link("https://example.org/doi.org/10.1")), "False"),
        (ORCID, pdf(page_of("0000-0002-1825-0097")), "True"),
        (ORCID, pdf(page_of().link("https://orcid.org/0000-0002-1694-233X")), "True"),
        (ORCID, pdf(page_of("0000-0002-1825-009")), "False"),
        ("language, languages: [de, en]", pdf(page_of(), catalog="/Lang(en-GB)"), "True"),
        ("language, languages: [de, en]", pdf(page_of(), catalog="/Lang(fr)"), "False: fr"),
        ("language, languages: [de, en]", pdf(page_of()), "None"),
        ("by_eye, what: dates stand newest first", pdf(page_of()), "None"),
        # What needs the content.
        ("max_items, in_one_only: true, groups: [{name: A, max: 2}]", pdf(page_of()), "None | None"),
        ("max_words, section: bio, words: 3", pdf(page_of()), "None"),
        ("max_characters, section: bio, characters: 3", pdf(page_of()), "None"),
        ("require_identifier, identifier: doi", pdf(page_of()), "None"),
        ("forbid_fields, fields: [birth date]", pdf(page_of()), "None"),
    ],
)
def test_a_rule_on_a_pdf(tmp_path: Path, rule: str, document: Document, expected: str) -> None:
    """`expected` is what is found, or its beginning: `False: the measured value; the place`."""
    found = measurements(f"{{rule: {rule}}}", document(tmp_path))
    for item, words in zip(found, expected.split(" | "), strict=True):
        assert f"{item.holds}: {item.measured}; {item.where}".startswith(words)


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


READ_OFF = f"""\
{SIZE}; {ARIAL}; {SPACING}; {PER_INCH}; {NO_LINKS}; et_al_forbidden; forbid_fields, fields: [photo];
forbid_patterns, patterns: {{h-index: h-index}}; page_numbers, numbers: required;
page_numbers, numbers: forbidden"""


@pytest.mark.parametrize("rule", re.split(r";\s+", READ_OFF))
def test_what_a_scanned_page_shows_is_not_measurable(tmp_path: Path, rule: str) -> None:
    first = numbered(1, "1") if "required" in rule else Sheet().lines(700, 14)
    rule = f"{{rule: {rule}}}"
    assert holds(rule, subject_of(tmp_path, first)) is True
    assert holds(rule, subject_of(tmp_path, first, SCAN)) is None
    if "page_numbers" not in rule:
        assert holds(rule, subject_of(tmp_path, first, STAMPED)) is None


ALIKE = """\
Arial: Arial ArialMT Arial-BoldMT Arial,Bold Arial-BoldItalicMT Helvetica Helvetica-Oblique
Arial: TeXGyreHeros-Regular QTHeros NimbusSanL-Regu NimbusSans-Bold LiberationSans-Italic Arimo
Times New Roman: TimesNewRomanPSMT TimesNewRomanPS-BoldMT TimesNewRoman,Italic Times-Roman Times-BoldItalic
Times New Roman: TeXGyreTermes-Bold NimbusRomNo9L-Regu NimbusRoman-Regular LiberationSerif
Palatino Linotype: PalatinoLinotype-Roman Palatino-Roman TeXGyrePagella-Italic URWPalladioL-Roma P052
Courier New: CourierNewPSMT CourierNewPS-BoldMT Courier TeXGyreCursor-Regular LiberationMono
Computer Modern: CMR10 CMBX12 CMMI10 LMRoman10-Regular LMSans10-Bold LMMono9-Regular SFRM1095 SFTI1000
Calibri: Calibri Calibri-Bold Carlito
ArialNarrow: ArialNarrow-Bold
Arial-Black: Arial-Black
TeXGyreHerosCn: TeXGyreHerosCn-Regular
LiberationSansNarrow: LiberationSansNarrow
ComicSansMS: ComicSansMS
TimesTen: TimesTen-Roman
"""
"""Families with names of their fonts; another width or face is another family."""


def test_a_family_is_known_by_its_fonts_and_by_its_other_names() -> None:
    for family, names in (line.split(": ") for line in ALIKE.splitlines()):
        assert {name: family_of(name) for name in names.split()} == dict.fromkeys(names.split(), family)
    written = ["TeX Gyre Heros", "times new roman", "Nimbus Roman", "Comic Sans"]
    assert list(map(family_of, written)) == ["Arial", "Times New Roman", "Times New Roman", "Comic Sans"]


def test_a_file_that_does_not_say_its_version_is_not_measurable(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "cv.pdf", page_of())
    path.write_bytes(path.read_bytes().replace(b"%PDF-1.4", b"%PDF-?.?"))
    assert holds("{rule: pdf_version_min, version: 1.2}", read_pdf(path)) is None


def test_the_file_size(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "cv.pdf", page_of())
    rule = "{rule: max_file_size, megabytes: 0.01}"
    path.write_bytes(path.read_bytes().ljust(10_000))
    assert holds(rule, read_pdf(path)) is True
    path.write_bytes(path.read_bytes() + b" ")
    assert holds(rule, read_pdf(path)) is False


def test_of_a_locked_file_only_the_file_is_measured(tmp_path: Path) -> None:
    subject = subject_of(tmp_path, page_of(), password=b"secret")
    profile = profile_of(
        "{rule: not_encrypted}", "{rule: max_pages, pages: 4}", "{rule: filename_pattern, max_characters: 15}"
    )
    outcomes = {verdict.rule.rule: verdict.outcome for verdict in check(profile, subject)}
    assert outcomes == {
        "not_encrypted": "failed",
        "max_pages": "not measurable",
        "filename_pattern": "passed",
        "has_text_layer": "failed",
    }


def test_a_page_without_text_fails_in_every_profile(tmp_path: Path) -> None:
    profile = profile_of("{rule: max_pages, pages: 4}")
    subject = subject_of(tmp_path, Sheet().image(0, 0, 595, 842))
    outcomes = [(verdict.rule.name, verdict.outcome) for verdict in check(profile, subject)]
    assert outcomes == [("max_pages", "passed"), ("has_text_layer", "failed")]


@pytest.mark.parametrize("content", [b"", b"no PDF", b"%PDF-1.4\n%%EOF\n"])
def test_a_file_that_is_no_pdf(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cv.pdf"
    path.write_bytes(content)
    with pytest.raises(UsageProblem, match=r"cv\.pdf is no PDF, or a broken one"):
        read_pdf(path)


def test_a_page_that_cannot_be_loaded_makes_a_broken_file(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "cv.pdf", page_of(), page_of())
    path.write_bytes(path.read_bytes().replace(b"6 0 obj\n<</Type/Page/", b"6 0 obj\n(/Type/Page/", 1))
    with pytest.raises(UsageProblem, match="a broken one"):
        read_pdf(path)
