from __future__ import annotations

import re

import pytest

from tests.conftest import SmallProject, needs_pdflatex
from tests.projects import load_project


@pytest.mark.parametrize("value", ["bib/works.bib", "[bib/works.bib]"])
def test_the_bibliography_is_one_file_or_several(small: SmallProject, value: str) -> None:
    small.edit("content/cv.yaml", "owner:", f"bibliography: {value}\nowner:")
    small.write({"bib/other.bib": "@misc{b, title = {B}}"})
    _, cv = load_project(small.root)
    assert [publication.key for publication in cv.publications] == ["one"]


def test_two_variants_do_not_write_the_same_file(small: SmallProject) -> None:
    small.edit("content/cv.yaml", "full: {}", "full: {output: cv-short}")
    assert "error[duplicate-output]" in small.run("check", code=1).err


@needs_pdflatex()
def test_too_many_pages_are_explained_by_section(small: SmallProject) -> None:
    text = "".join(f"  A paragraph, number {number}.\n\n" for number in range(70))
    small.write({"content/bio.yaml": f"kind: text\ntitle: Bio\ntext: |\n{text}"})
    small.edit("content/cv.yaml", "full: {}", "full: {max_pages: 1}")
    said = small.run("pdf", "-v", "full", code=1).err
    over = re.search(r"has 2 pages.* ([\d.]+) pages too many", said)
    assert over
    assert 0.1 < float(over[1]) < 1
    spaces = dict(re.findall(r"(\(header\)|Bio|Works) (\d[\d.]*\d)", said))
    assert list(spaces) == ["(header)", "Bio", "Works"]
    assert float(spaces["Bio"]) > 1 > float(spaces["Works"]) > 0
    assert sum(float(space) for space in spaces.values()) == pytest.approx(1 + float(over[1]), abs=0.02)
