"""Building again in one process: an engine runs only where its PDF would be another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from cvbuild.build import render_variant
from cvbuild.loading import load_cv
from cvbuild.memo import memo
from cvbuild.project import find_project
from cvbuild.request import Request
from cvbuild.watch import Rebuilder, Rebuilt
from tests.conftest import REPOSITORY, FakeEngine, MakeProject


@dataclass
class Bench:
    """A project and the one that rebuilds it."""

    root: Path
    rebuilder: Rebuilder

    def rebuild(self, variant: str = "full", options: Request | None = None) -> Rebuilt:
        project = find_project(self.root)
        cv, found = load_cv(project)
        assert cv is not None, found
        return self.rebuilder.rebuild(project, cv, variant, options or Request(), lambda message: None)

    def edit(self, name: str, before: str, after: str) -> None:
        path = self.root / name
        path.write_text(path.read_text().replace(before, after))


@pytest.fixture
def bench(make_project: MakeProject, fake_engine: FakeEngine) -> Bench:
    made = Bench(make_project(), Rebuilder())
    assert made.rebuild().built.pdf
    assert made.rebuild("short").built.pdf
    assert fake_engine.runs == 2
    return made


def test_the_same_again_runs_no_engine(bench: Bench, fake_engine: FakeEngine) -> None:
    again = bench.rebuild()
    assert (again.is_new, again.built.pages) == (False, 1)
    bench.edit("content/bio.yaml", "kind:", "# a comment\nkind:")
    assert not bench.rebuild().is_new
    assert fake_engine.runs == 2


def test_only_the_variant_that_changed_is_typeset(bench: Bench, fake_engine: FakeEngine) -> None:
    bench.edit("bib/works.bib", "A First Title", "Another Title")
    assert bench.rebuild().is_new
    assert not bench.rebuild("short").is_new
    assert fake_engine.runs == 3


def test_a_pdf_that_is_gone_or_another_is_made_again(bench: Bench) -> None:
    pdf = bench.root / "build/cv-full.pdf"
    pdf.unlink()
    assert bench.rebuild().is_new
    pdf.write_bytes(b"somebody else's")
    assert bench.rebuild().is_new
    assert pdf.read_bytes().startswith(b"%PDF")


def test_another_limit_name_engine_or_date_is_another_pdf(bench: Bench) -> None:
    bench.edit("content/cv.yaml", "full: {}", "full: {max_pages: 5}")
    assert bench.rebuild().is_new
    bench.edit("content/cv.yaml", "max_pages: 5", "output: mine")
    assert bench.rebuild().built.pdf == bench.root / "build/mine.pdf"
    assert bench.rebuild(options=Request("pdflatex")).is_new
    assert bench.rebuild(options=Request("pdflatex", epoch=1)).is_new
    assert not bench.rebuild(options=Request("pdflatex", epoch=1)).is_new


def test_a_template_that_changes_is_another_pdf(bench: Bench) -> None:
    template = bench.root / "latex_templates/classic/sections/text.tex"
    template.parent.mkdir(parents=True)
    text = (REPOSITORY / "latex_templates/classic/sections/text.tex").read_text()
    template.write_text(text + "one\n")
    assert bench.rebuild().is_new
    assert not bench.rebuild().is_new
    template.write_text(text + "other\n")
    assert bench.rebuild().is_new


def test_a_funders_profile_that_changes_is_held_against_again(bench: Bench) -> None:
    profile = bench.root / "profiles/ours.yaml"
    profile.parent.mkdir()
    text = (REPOSITORY / "cvbuild/profiles/dfg-53.200.yaml").read_text()
    profile.write_text(text)
    bench.edit("content/cv.yaml", "full: {}", "full: {profile: ours}")
    bench.rebuild()
    profile.write_text(text + "\n# a comment\n")
    assert bench.rebuild().is_new


def test_what_failed_is_tried_again(bench: Bench, fake_engine: FakeEngine) -> None:
    bench.edit("content/cv.yaml", "full: {}", "full: {max_pages: 1}")
    fake_engine.pages = 2
    assert bench.rebuild().built.pdf is None
    fake_engine.pages = 1
    again = bench.rebuild()
    assert again.is_new
    assert again.built.pdf is not None


def test_what_is_kept_in_memory_gives_the_same_as_reading_anew() -> None:
    """Nothing that a build does changes the trees and the library that the next one is given."""

    def made() -> tuple[str, list[str]]:
        project = find_project(REPOSITORY)
        cv, found = load_cv(project)
        assert cv is not None
        rendered = render_variant(project, cv, "full", Request()).rendered
        return rendered.text, [
            f"{item.code} {item.message} {item.span and item.span.place}" for item in found
        ]

    memo.forget()
    anew = made()
    assert made() == anew
