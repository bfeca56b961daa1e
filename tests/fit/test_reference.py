"""Fitting the reference CV: where its pages end with every engine, and how full they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cvbuild.fit.fit import Fitted, fit
from cvbuild.fit.measure import Setting
from cvbuild.fit.pages import Unit
from cvbuild.pdf.read import inspect
from cvbuild.select.request import Request
from tests.conftest import REPOSITORY, needs_pdflatex
from tests.projects import build_variant, load_project
from tests.test_reference_cv import build_reference, pages, squeezed


def beginnings(fitted: Fitted) -> list[Unit | None]:
    """For each page the first unit that begins on it or goes on there; None for the header."""
    ends: list[tuple[int, Unit]] = []
    before = len(fitted.document.header)
    for layout in fitted.document.layouts.values():
        kept = [unit for unit in layout.units if unit in fitted.document.printed]
        for number in range(1, len(kept) + 1):
            part = layout.composed(dict.fromkeys(kept[:number], False))
            ends.append((before + len(part), kept[number - 1]))
        before = ends[-1][0]
    firsts: list[Unit | None] = [None]
    for page in fitted.document.pages[1:]:
        firsts.append(next(unit for end, unit in ends if end > page.start))
    return firsts


@pytest.mark.parametrize("engine", ["pdflatex", "xelatex", "lualatex"])
def test_pages_end_where_the_engine_ends_them(engine: str, tmp_path: Path, shared_folder: Path) -> None:
    """All of the reference CV: what begins each page as computed stands at its top in the PDF."""
    printed = pages(build_reference(shared_folder, engine).pdf("full"))
    project, cv = load_project(REPOSITORY, tmp_path)
    fitted = fit(cv, "full", 30, Setting(project, Request(engine)))
    assert fitted.pages == len(printed) > 10
    for text, unit in zip(printed[1:], beginnings(fitted)[1:], strict=True):
        assert unit is not None
        top = squeezed(" ".join(text.split("\n")[1:9]))
        words = squeezed(re.sub(r"[*\\]", "", unit.entries[0].summary))
        assert words[:24] in top or top[:60] in words, (unit.entries[0].summary, top)


@needs_pdflatex()
@pytest.mark.parametrize(
    ("variant", "most"), [("full", 1), ("full", 2), ("full", 3), ("full", 5), ("short", 1)]
)
def test_the_reference_cv_fills_the_pages_it_is_fitted_to(variant: str, most: int, tmp_path: Path) -> None:
    built = build_variant(REPOSITORY, variant, output=tmp_path, engine="pdflatex", fit=most)
    assert built.pdf is not None, built.diagnostics
    assert (built.pages, built.passes) == (most, 2)
    report = inspect(built.pdf)
    top, foot = report.sizes[-1][1] - 20 * 72 / 25.4, 24 * 72 / 25.4
    assert report.lowest_text[-1] - foot < 0.15 * (top - foot)
    assert built.fit is not None
    assert built.fit.left_out


@needs_pdflatex()
def test_where_all_fits_nothing_is_left_out(tmp_path: Path) -> None:
    built = build_variant(REPOSITORY, "short", output=tmp_path, engine="pdflatex", fit=5)
    assert built.pages == 2
    assert built.fit is not None
    assert (built.fit.printed, built.fit.left_out) == (built.fit.entries, [])
