"""What `cvbuild init` writes, built with pdflatex."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from cvbuild.build import build
from cvbuild.content.kinds import KINDS
from cvbuild.loading import load_cv
from cvbuild.pdf.read import page_count
from cvbuild.project import find_project
from cvbuild.request import Request
from cvbuild.scaffold import create_project
from tests.conftest import make_once, needs_pdflatex

VARIANTS = ("full", "short")


@pytest.fixture(scope="module")
def starter(shared_folder: Path) -> Path:
    """The starter project with both of its variants built."""

    def make(folder: Path) -> None:
        create_project(folder)
        project = find_project(folder)
        cv, found = load_cv(project)
        assert cv is not None, found
        assert found == []
        assert tuple(cv.variants) == VARIANTS
        for variant in VARIANTS:
            built = build(project, cv, variant, Request("pdflatex"))
            assert built.diagnostics == ()

    return make_once(shared_folder / "starter", make)


def test_every_kind_of_section_is_shown_once(tmp_path: Path) -> None:
    create_project(tmp_path / "cv")
    files = [path for path in (tmp_path / "cv/content").glob("*.yaml") if path.name != "cv.yaml"]
    kinds = re.findall(r"^kind: (\w+)", "\n".join(path.read_text(encoding="utf-8") for path in files), re.M)
    assert Counter(kinds) == Counter(list(KINDS))


def test_every_section_is_printed_in_full(tmp_path: Path) -> None:
    create_project(tmp_path / "cv")
    content = tmp_path / "cv/content"
    settings = yaml.safe_load((content / "cv.yaml").read_text(encoding="utf-8"))
    assert sorted(settings["sections"]) == sorted({path.stem for path in content.glob("*.yaml")} - {"cv"})


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
