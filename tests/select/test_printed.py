"""All marks in one CV, as they are printed in the PDF and in TeX.

Plain text and counts: tests/cases/commands, text.txt and stats.txt.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cvbuild.content.publications import Publication
from cvbuild.content.values import Date
from cvbuild.select.request import Request
from cvbuild.select.selection import select
from tests.conftest import FakeEngine, RunCli, needs_pdflatex
from tests.projects import build_variant, load, prepare_variant, write_project
from tests.select.test_marks import ALL, SECTION, STUDENTS, entry

SINCE = Date.parse("2025-06")
CONTENT = {
    "content/cv.yaml": "owner: {name: Ada Example}\n"
    "sections: [publications, talks, experience, education, teaching, patents, extra]\n",
    "content/publications.yaml": SECTION + ALL + "numbering: permanent\n",
    "content/students.yaml": STUDENTS,
    "content/talks.yaml": "kind: talks\ntitle: Talks\nitems:\n"
    "  - {title: Talk New, date: 2025-07}\n  - {title: Talk Old, date: 2024}\n",
    "content/experience.yaml": "kind: positions\ntitle: Experience\nitems:\n  - organisation: University\n"
    "    roles: [{title: Role New, period: 2025-07 – present}, {title: Role Old, period: 2019 – 2025-08}]\n",
    "content/education.yaml": "kind: education\ntitle: Education\nitems:\n  - organisation: College\n"
    "    degrees: [{degree: Degree New, date: 2025-07}, {degree: Degree Old, date: 2015}]\n",
    "content/teaching.yaml": "kind: courses\ntitle: Teaching\nitems:\n"
    "  - {term: WS 2025/26, courses: [{title: Course New}]}\n"
    "  - {term: SS 2020, courses: [{title: Course Old}]}\n",
    "content/patents.yaml": "kind: patents\ntitle: Patents\nitems:\n"
    "  - {title: Device, date: 2019, filings: [{number: EP-Old}, {number: EP-New, date: 2025-07}]}\n",
    "content/extra.yaml": "kind: list\ntitle: Extra\nitems:\n"
    "  - {text: Item New, date: 2025-07}\n  - {text: Item Old, date: 2020}\n",
    "bib/all.bib": entry(
        "a", "Örnek, Li and Example, Ada and Other, Bob", 2021, ", author+an={1=equal;2=equal,corresponding}"
    )
    + entry("b", "Example, Ada and van Voorbeeld, Jan", 2026),
    "bib/numbers.lock": "a | 7\nb | 12\n",
}


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One document with every mark that there is."""
    folder = tmp_path_factory.mktemp("marks")
    done = build_variant(write_project(folder, CONTENT), engine="pdflatex", new_since=SINCE)
    assert done.pdf is not None, done.diagnostics
    assert [item.code for item in done.diagnostics] == []
    return done.pdf


def text_of(pdf: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler's pdftotext is not installed")
    called = ["pdftotext", "-layout", str(pdf), "-"]
    return " ".join(subprocess.run(called, capture_output=True, text=True, check=True).stdout.split())


@needs_pdflatex()
def test_all_marks_and_their_legend_can_be_read_out_of_the_pdf(pdf: Path) -> None:
    text = text_of(pdf)
    assert "* equal contribution · † supervised student (in 2 of 2 publications) · ‡ corresponding" in text
    assert "• 1 new since Jun 2025 All" in text
    assert "12. • Example A and van Voorbeeld J† (2026)." in text
    assert re.search(r"7\. Örnek L\*† ?, Example A\*‡ and Other B \(2021\)\.", text)


@needs_pdflatex()
@pytest.mark.parametrize("item", ["“Talk", "Role", "Degree", "Course", "EP-", "Item"])
def test_items_of_each_kind_are_marked_where_they_are_new(pdf: Path, item: str) -> None:
    text = text_of(pdf)
    assert re.search(rf"• {item} ?New", text)
    assert re.search(rf"(?<!• ){item} ?Old", text)
    assert text.count("• 1 new since Jun 2025") == 7


def test_signs_stand_behind_names_and_the_legend_speaks_the_language_of_the_variant(tmp_path: Path) -> None:
    folder = write_project(tmp_path, CONTENT)
    written = prepare_variant(folder, language="de", new_since=SINCE).rendered.text
    assert r"\textbf{\cvname{Example~A}*\cvmark{‡}}" in written, "the owner stays bold"
    assert r"\cvname{Örnek~L}*\cvmark{†}, " in written
    assert r"\cvmeaning{\cvmark{†}}{von mir betreut (in 2 von 2 Veröffentlichungen)}" in written
    assert r"\cvmeaning{\cvnewmark}{1 neu seit Juni 2025}" in written


def test_commands_take_a_day_alone(tmp_path: Path, run_cli: RunCli, fake_engine: FakeEngine) -> None:
    write_project(tmp_path, CONTENT)
    assert run_cli("-C", tmp_path, "pdf", "--new-since", "2025-06", "--keep-tex").code == 0
    written = (tmp_path / "build" / "cv-full.tex").read_text(encoding="utf-8")
    assert "\n\\cvnew\n" in written.split(r"\begin{document}")[1]
    assert run_cli("-C", tmp_path, "tex", "--new-since", "2025-06").code == 0
    wrong = run_cli("-C", tmp_path, "pdf", "--new-since", "June")
    assert (wrong.code, wrong.err.splitlines()[0]) == (2, "error: `June` is not a date")


def test_a_mark_is_set_on_a_copy(tmp_path: Path) -> None:
    cv, _ = load(tmp_path, CONTENT)
    before: tuple[Publication, ...] = cv.publications
    select(cv, "full", Request(new_since=SINCE))
    assert not any(item.is_new or item.marks or item.number for item in before)
