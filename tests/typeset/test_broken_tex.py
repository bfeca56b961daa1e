"""Mistakes in `!tex`, through a real pdflatex."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.build import Built, build
from cvbuild.loading import load_cv
from cvbuild.project import find_project
from cvbuild.request import Request
from tests.conftest import MakeProject, needs_pdflatex

pytestmark = needs_pdflatex()

BIO = "kind: text\ntitle: Bio\ntext: |\n  A first paragraph.\n"


def build_full(root: Path, *, force: bool = False) -> Built:
    project = find_project(root)
    cv, found = load_cv(project)
    assert cv is not None, found
    return build(project, cv, "full", Request("pdflatex", force=force))


@pytest.mark.parametrize(
    ("tex", "meaning", "column"),
    [
        (r"\emhp{word}", "TeX does not know the command `\\emhp`", 13),
        ("x_2 word", "`_` works in formulas only", 14),
        ("number # 2", "there is a `#`, which TeX takes for a parameter", 20),
        (r"\input{missing}", "TeX cannot find the file `missing`", 20),
    ],
)
def test_a_mistake_is_reported_at_its_place_and_the_last_pdf_stays(
    make_project: MakeProject, tex: str, meaning: str, column: int
) -> None:
    root = make_project({"content/bio.yaml": f"kind: text\ntitle: Bio\n# a comment\ntext: !tex '{tex}'\n"})
    last = root / "build" / "cv-full.pdf"
    last.parent.mkdir()
    last.write_bytes(b"the last good one")
    built = build_full(root)
    assert built.pdf is None
    assert last.read_bytes() == b"the last good one"
    [error] = [item for item in built.diagnostics if item.severity == "error"]
    assert meaning in error.message
    assert error.span is not None
    assert error.span.place == f"content/bio.yaml:4:{column}"
    assert built.log is not None
    assert built.log.is_file()


@pytest.mark.parametrize(("tex", "brace"), [(r"\textbf{word", "{"), ("word}", "}"), ("}word{", "}")])
def test_a_brace_without_its_partner_is_found_before_tex_runs(
    make_project: MakeProject, tex: str, brace: str
) -> None:
    root = make_project({"content/bio.yaml": f"kind: text\ntitle: Bio\ntext: !tex '{tex}'\n"})
    built = build_full(root)
    assert (built.pdf, built.log) == (None, None)
    assert {item.code for item in built.diagnostics} == {"tex-braces"}
    assert f"`{brace}`" in built.diagnostics[0].message
    assert built.diagnostics[0].span is not None
    assert built.diagnostics[0].span.place == "content/bio.yaml:3:7"
    assert not (root / "build/.work/full-pdflatex").exists()


def test_after_a_mistake_the_corrected_text_is_built(make_project: MakeProject) -> None:
    root = make_project({"content/bio.yaml": "kind: text\ntitle: Bio\ntext: !tex '\\textbf{word'\n"})
    assert build_full(root).pdf is None
    make_project({"content/bio.yaml": "kind: text\ntitle: Bio\ntext: !tex '\\textbf{word}'\n"})
    built = build_full(root)
    assert built.pdf == root / "build" / "cv-full.pdf"
    assert built.pages == 1


def test_a_damaged_aux_does_not_stop_a_build(make_project: MakeProject) -> None:
    root = make_project()
    assert build_full(root).passes == 2
    assert build_full(root, force=True).passes == 1
    aux = root / "build/.work/full-pdflatex/cv.aux"
    aux.write_text("\\relax\n\\gdef\\broken{\n", encoding="utf-8")
    built = build_full(root, force=True)
    assert built.diagnostics == ()
    assert built.pdf is not None


def test_raw_tex_cannot_run_programs_or_write_elsewhere(make_project: MakeProject) -> None:
    tex = r"\immediate\write18{touch made-by-tex}\newwrite\f\immediate\openout\f=../made-by-tex.txt "
    root = make_project({"content/bio.yaml": f"kind: text\ntitle: Bio\ntext: !tex '{tex}word'\n"})
    build_full(root)
    assert list(root.rglob("made-by-tex*")) == []
