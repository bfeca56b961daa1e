from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.diagnostics import UsageProblem
from cvbuild.funders.profile import check
from cvbuild.limits import read_pdf
from tests.funders.rules import GLYPH, TYPE_3, holds, measurements, profile_of, subject_of
from tests.pdfs import Sheet, page_of, write_pdf


def test_fonts_in_the_file(tmp_path: Path) -> None:
    """A Type 3 font's shapes are always in the file; Helvetica, one of the standard 14, is not."""
    rule = "{rule: fonts_embedded}"
    within = Sheet().text(100, 700, 11, "A", "F2")
    assert holds(rule, subject_of(tmp_path, within, fonts={"F2": TYPE_3}, streams=GLYPH)) is True
    [found] = measurements(rule, subject_of(tmp_path, within, page_of(), fonts={"F2": TYPE_3}, streams=GLYPH))
    assert (found.holds, found.measured, found.where) == (False, "not in it: Helvetica", "first on page 2")
    assert holds(rule, subject_of(tmp_path, Sheet())) is None


@pytest.mark.parametrize(("version", "expected"), [("1.1", False), ("1.2", True), ("1.7", True)])
def test_the_version(tmp_path: Path, version: str, expected: bool) -> None:
    subject = subject_of(tmp_path, page_of(), version=version)
    assert holds("{rule: pdf_version_min, version: 1.2}", subject) is expected


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


def test_encryption(tmp_path: Path) -> None:
    rule = "{rule: not_encrypted}"
    assert holds(rule, subject_of(tmp_path, page_of())) is True
    with_empty_password = subject_of(tmp_path, page_of(), password=b"")
    assert with_empty_password.pdf.text == "Ada Example"
    assert holds(rule, with_empty_password) is False


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


def test_every_page_has_text(tmp_path: Path) -> None:
    rule = "{rule: has_text_layer}"
    assert holds(rule, subject_of(tmp_path, page_of(), page_of())) is True
    under_a_scan = Sheet().image(0, 0, 595, 842).text(100, 700, 9, "read", more="3 Tr")
    assert holds(rule, subject_of(tmp_path, page_of(), under_a_scan)) is True
    scanned = Sheet().image(0, 0, 595, 842)
    [found] = measurements(rule, subject_of(tmp_path, page_of(), scanned, Sheet()))
    assert (found.holds, found.where) == (False, "pages 2, 3")


def test_a_page_without_text_fails_in_every_profile(tmp_path: Path) -> None:
    profile = profile_of("{rule: max_pages, pages: 4}")
    subject = subject_of(tmp_path, Sheet().image(0, 0, 595, 842))
    outcomes = [(verdict.rule.name, verdict.outcome) for verdict in check(profile, subject)]
    assert outcomes == [("max_pages", "passed"), ("has_text_layer", "failed")]


def test_the_file_name(tmp_path: Path) -> None:
    rule = "{rule: filename_pattern, max_characters: 15}"
    assert holds(rule, subject_of(tmp_path, page_of(), name="cv-example1.pdf")) is True
    [found] = measurements(rule, subject_of(tmp_path, page_of(), name="cv-example12.pdf"))
    assert (found.holds, found.measured) == (False, "16: “cv-example12.pdf”")
    rule = r"{rule: filename_pattern, pattern: 'CV_\w+\.pdf'}"
    assert holds(rule, subject_of(tmp_path, page_of(), name="CV_Example.pdf")) is True
    assert holds(rule, subject_of(tmp_path, page_of(), name="CV Example.pdf")) is False


def test_units_that_cannot_be_matched_make_lengths_not_measurable(tmp_path: Path) -> None:
    large = page_of()
    large.keys = "/UserUnit 2"
    subject = subject_of(tmp_path, large, page_of())
    assert holds("{rule: min_font_size, any: 11 pt}", subject) is None
    assert holds("{rule: max_pages, pages: 2}", subject) is True


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
