"""What `cvbuild init` writes, built with pdflatex."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from cvbuild.content.kinds import KINDS
from cvbuild.pdf.read import page_count
from cvbuild.pipeline import load_cv
from cvbuild.scaffold import create_project
from tests.conftest import make_once, needs_pdflatex
from tests.projects import build_variant, load_project

VARIANTS = ("full", "short")


@pytest.fixture(scope="module")
def starter(shared_folder: Path) -> Path:
    """The starter project with both of its variants built."""

    def make(folder: Path) -> None:
        create_project(folder)
        for variant in VARIANTS:
            assert build_variant(folder, variant, engine="pdflatex").diagnostics == ()

    return make_once(shared_folder / "starter", make)


def test_every_kind_of_section_is_shown_once_and_every_section_printed_in_full(tmp_path: Path) -> None:
    create_project(tmp_path / "cv")
    project, cv = load_project(tmp_path / "cv")
    assert load_cv(project)[1] == []
    assert tuple(cv.variants) == VARIANTS
    texts = {path.stem: path.read_text(encoding="utf-8") for path in project.sections}
    kinds = re.findall(r"^kind: (\w+)", "\n".join(texts.values()), re.M)
    assert Counter(kinds) == Counter(list(KINDS))
    settings = yaml.safe_load(project.settings.read_text(encoding="utf-8"))
    assert sorted(settings["sections"]) == sorted(texts)


@needs_pdflatex()
@pytest.mark.parametrize("variant", VARIANTS)
def test_it_builds_without_a_line_that_sticks_out(starter: Path, variant: str) -> None:
    assert (starter / f"build/cv-{variant}.pdf").is_file()
    log = (starter / f"build/.work/{variant}-pdflatex/cv.log").read_text(encoding="utf-8", errors="replace")
    assert "Overfull" not in log
    assert "Missing character" not in log


@needs_pdflatex()
def test_the_short_one_has_at_most_two_pages(starter: Path) -> None:
    assert page_count(starter / "build/cv-short.pdf") <= 2
    assert page_count(starter / "build/cv-full.pdf") > page_count(starter / "build/cv-short.pdf")
