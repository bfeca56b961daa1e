"""Engines for a document that nobody has seen: they begin with what a glance at cv.yaml tells."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cvbuild.headstart import head_start
from cvbuild.typeset.ahead import Ahead

from cvbuild import cache
from cvbuild.project import Project, find_project
from tests.conftest import MakeProject, RunCli, needs_pdflatex
from tests.headstart.engines import FULL, built, engines, started

pytestmark = needs_pdflatex()


@pytest.mark.usefixtures("own_cache")
def test_from_scratch_both_passes_begin_with_what_a_glance_at_the_settings_says(
    project: Project, make_project: MakeProject, taken: list[str]
) -> None:
    with head_start(project, "full", FULL) as begun:
        # The second one would keep the first from being ready.
        assert len(begun.ahead) == engines() == 1
        begun.go_on()
        assert len(begun.ahead) == engines() == 2
        made = built(project, ahead=begun.ahead)
    assert len(taken) == 2
    assert engines() == 0
    assert made == built(find_project(make_project(folder="other")))


@pytest.mark.usefixtures("own_cache")
def test_where_there_are_formats_a_first_document_gets_none(project: Project) -> None:
    """Its preamble is not known at a glance, and so neither is whether one of them is its own."""
    assert started(project) == 1
    folder = cache.folder_for("formats")
    assert folder is not None
    (folder / "some.fmt").touch()
    assert started(project) == 0


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("variant", ["fulll", "../../content/full", "x/full", "", "owner:"])
def test_a_variant_that_is_not_there_leaves_nothing(project: Project, variant: str) -> None:
    named = project.root / f"content/{variant.rpartition('/')[2]}-pdflatex"
    named.write_text("mine")
    assert started(project, variant=variant) == 0
    assert named.read_text() == "mine"
    assert not (project.root / "build").exists()


@pytest.mark.usefixtures("own_cache")
def test_what_is_rendered_goes_to_the_engine_while_it_is(
    project: Project, make_project: MakeProject, taken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "kind: text\ntitle: Bio\ntext: " + "A long text. " * 400
    for root in (project.root, other := make_project(folder="other")):
        (root / "content/bio.yaml").write_text(long)
        for name in ("more", "most"):
            (root / f"content/{name}.yaml").write_text(long)
    heard: list[str] = []
    hear = Ahead.hear

    def listened(self: Ahead, piece: str, target: Path) -> None:
        heard.append(piece)
        hear(self, piece, target)

    monkeypatch.setattr(Ahead, "hear", listened)
    with head_start(project, "full", FULL) as begun:
        begun.go_on()
        made = built(project, ahead=begun.ahead)
    assert taken[0] == taken[1]
    assert taken[0].startswith("".join(heard))
    assert len("".join(heard)) > len(taken[0]) // 2
    assert made == built(find_project(other))


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("body", ["<% set x = a * b %>", "text " * 60], ids=["silent", "long"])
def test_templates_that_do_not_end_are_stopped_while_an_engine_hears_them(
    project: Project, run_cli: RunCli, body: str
) -> None:
    own = project.root / "latex_templates/sections/text.tex"
    own.parent.mkdir(parents=True)
    loop = "<% for a in range(90000) %><% for b in range(90000) %>"
    own.write_text(f"{loop}{body}<% endfor %><% endfor %>")
    told = run_cli("-C", project.root, "pdf", "-v", "full")
    assert told.code == 1
    assert "print or repeat without end" in told.err + told.out
    assert engines() == 0


def test_variants_that_begin_together_from_scratch_end_as_they_do_one_by_one(
    make_project: MakeProject, tmp_path: Path
) -> None:
    long = "kind: text\ntitle: Bio\ntext: " + "A long text. " * 4000
    made = []
    for jobs in ("1", "2"):
        root = make_project({"content/bio.yaml": long}, folder=f"of {jobs}")
        call = [sys.executable, "-m", "cvbuild", "pdf", "-v", "full", "-v", "short", "-j", jobs]
        environment = {**os.environ, cache.VARIABLE: str(tmp_path / f"cache of {jobs}")}
        # After so many seconds they wait for each other for ever.
        subprocess.run(call, cwd=root, env=environment, check=True, capture_output=True, timeout=120)
        made.append({path.name: path.read_bytes() for path in root.glob("build/*.pdf")})
    assert len(made[0]) == 2
    assert made[0] == made[1]
