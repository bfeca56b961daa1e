"""What TeX makes of sizes and distances, as rules see it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cvbuild.funders.rule import Subject, read_pdf
from cvbuild.record import replace
from tests.conftest import make_once, needs_pdflatex
from tests.funders.rules import holds, measurements

pytestmark = needs_pdflatex()

ELEVEN = r"""\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}\usepackage{tgheros}\renewcommand{\familydefault}{\sfdefault}
\begin{document}
Eleven points of the class are fewer.\newpage
\fontsize{11bp}{13.2bp}\selectfont
These are eleven points,\\ and their lines are 13.2 apart.\newpage
A small list of works: {\small Example, A. (2020).}\newpage
The second power\textsuperscript{2} is raised.\newpage
A note.\footnote{It stands at the foot.}
\end{document}
"""

TWELVE = r"""\documentclass{article}
\usepackage[T1]{fontenc}\usepackage{tgtermes}\usepackage[bookmarks=false,hidelinks]{hyperref}
\begin{document}
\fontsize{12bp}{12pt}\selectfont Twelve points\\ of \TeX's own\\ are too few.
\end{document}
"""


@pytest.fixture(scope="session")
def documents(shared_folder: Path) -> Path:
    """Both documents, compiled once."""

    def compile_both(folder: Path) -> None:
        for name, text in (("eleven", ELEVEN), ("twelve", TWELVE)):
            (folder / f"{name}.tex").write_text(text, encoding="utf-8")
            subprocess.run(
                ["pdflatex", "-interaction=batchmode", f"{name}.tex"],
                cwd=folder,
                check=True,
                capture_output=True,
            )

    return make_once(shared_folder / "conformance-tex", compile_both)


def page(documents: Path, number: int) -> Subject:
    """One page of the document of eleven points, without its number at the foot."""
    subject = read_pdf(documents / "eleven.pdf")
    shown = subject.pdf.pages[number - 1]
    runs = tuple(run for run in shown.runs if run.text != str(number))
    return replace(subject, pdf=replace(subject.pdf, pages=(replace(shown, runs=runs),)))


@pytest.mark.parametrize(
    ("number", "measured"),
    [
        (1, "10.91 pt (31 characters)"),
        (3, "9.96 pt (17 characters)"),
        (4, "7.70 pt (1 character)"),
        (5, "8.97 pt (18 characters), 7.70 pt (1 character), 5.98 pt (1 character)"),
    ],
    ids=["the class's 11pt", "small", "superscript", "footnote"],
)
def test_less_than_eleven_points_is_found(documents: Path, number: int, measured: str) -> None:
    [found] = measurements("{rule: min_font_size, any: 11 pt}", page(documents, number))
    assert (found.holds, found.measured) == (False, measured)


def test_eleven_points_and_their_lines_are_measured_exactly(documents: Path) -> None:
    subject = page(documents, 2)
    assert holds("{rule: min_font_size, any: 11 pt}", subject) is True
    assert holds("{rule: min_line_spacing, factor: 1.2}", subject) is True
    assert holds("{rule: min_line_spacing, factor: 1.202}", subject) is False
    assert holds("{rule: allowed_fonts, families: Arial}", subject) is True


def test_a_footnote_has_its_rule_and_its_fonts(documents: Path) -> None:
    subject = page(documents, 5)
    assert [mark.kind for mark in subject.pdf.pages[0].marks] == ["line or area"]
    assert holds("{rule: fonts_embedded}", subject) is True


def test_twelve_points_of_tex_are_more_than_six_lines_an_inch(documents: Path) -> None:
    subject = read_pdf(documents / "twelve.pdf")
    [found] = measurements("{rule: max_lines_per_inch, lines: 6}", subject)
    assert found.holds is False
    assert found.measured == "6.02 (11.96 pt apart)"
    assert holds("{rule: allowed_fonts, families: Times New Roman}", subject) is True
    assert holds("{rule: page_numbers, numbers: required}", subject) is True
    assert holds("{rule: page_size, at_most: letter}", subject) is True
