"""Engines that begin before their document is there: which, and that nothing is left of them."""

from __future__ import annotations

import os
from functools import partial

import pytest
from cvbuild.headstart import head_start

from cvbuild import cache, headstart
from cvbuild.preparing import Options
from cvbuild.project import Project, find_project
from cvbuild.rebuilding import Rebuilder
from cvbuild.record import replace
from tests.conftest import MakeProject, RunCli, needs_pdflatex
from tests.headstart.engines import FULL, built, engines, rebuilt, started

pytestmark = needs_pdflatex()


def test_after_a_build_one_pass_begins_as_the_last_one_did(project: Project, taken: list[str]) -> None:
    built(project)
    (project.root / "content/bio.yaml").write_text("kind: text\ntitle: Bio\ntext: Good day.\n")
    with head_start(project, "full", FULL) as begun:
        begun.go_on()
        assert len(begun.ahead) == 1
        passes, pdf = built(project, ahead=begun.ahead)
    assert passes == len(taken) == 1
    (project.root / "build/.work/full-pdflatex/stamp.json").unlink()
    assert built(project) == (1, pdf)


def test_a_document_that_is_as_it_was_needs_no_engine(project: Project, taken: list[str]) -> None:
    before = built(project)[1]
    with head_start(project, "full", FULL) as begun:
        assert built(project, ahead=begun.ahead) == (0, before)
    assert not taken
    assert engines() == 0


@pytest.mark.parametrize(
    "change",
    ["paper: letter\n", "layout: {font_size: 12}\n", "lang: de\n"],
)
def test_another_preamble_is_typeset_as_without_a_head_start(
    project: Project, taken: list[str], change: str
) -> None:
    built(project)
    settings = project.root / "content/cv.yaml"
    settings.write_text(change + settings.read_text())
    with head_start(project, "full", FULL) as begun:
        begun.go_on()
        assert len(begun.ahead) == 1
        pdf = built(project, ahead=begun.ahead)[1]
    assert not taken
    assert engines() == 0
    (project.root / "build/.work/full-pdflatex/stamp.json").unlink()
    assert built(project)[1] == pdf


def test_only_what_goes_without_asking_anything_begins_early(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(project)
    assert started(project) == 1
    assert started(replace(project, is_trusted=False)) == 0
    assert started(replace(project, revision="HEAD")) == 0
    assert started(project, Options(force=True)) == 0
    assert started(project, Options(fit=2)) == 0
    assert started(project, Options(engine="no-engine")) == 0
    assert started(project, variant="none") == 0
    own = project.root / "latex_templates/preamble/own.tex"
    own.parent.mkdir(parents=True)
    own.write_text(r"\IfFileExists{\jobname.own}{}{}")
    assert started(project) == 0
    own.unlink()
    monkeypatch.delattr(os, "mkfifo")
    assert started(project) == 0


def test_while_another_build_has_an_engine_waiting_none_is_started(project: Project) -> None:
    built(project)
    with head_start(project, "full", FULL) as first:
        assert len(first.ahead) == 1
        assert started(project) == 0
        built(project, Options(epoch=5))  # and the other build does not wait for it
    assert started(project) == 1


def test_a_variant_that_is_fitted_to_pages_gets_no_engine_it_would_not_use(
    make_project: MakeProject,
) -> None:
    settings = "owner: {name: Ada Example}\nvariants: {full: {fit: 1}}\n"
    project = find_project(make_project({"content/cv.yaml": settings}))
    assert started(project) == 0
    built(project)
    assert started(project) == 0


@pytest.mark.parametrize("cores", [1, 2])
def test_an_engine_begins_early_where_a_core_is_idle(
    project: Project, monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    built(project)
    monkeypatch.setattr(headstart, "cores", lambda: cores)
    assert started(project) == cores - 1


@pytest.mark.parametrize("record", [b"", b"{", b"[]", b'{"program": [], "engine": "pdflatex"}'])
def test_a_damaged_record_costs_time_alone(project: Project, record: bytes) -> None:
    made = built(project)
    cache.write(headstart._KIND, headstart._key(project, "full", FULL), record)
    with head_start(project, "full", FULL) as begun:
        assert built(project, ahead=begun.ahead) == (0, made[1])
    assert engines() == 0


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("content/bio.yaml", "kind: text\ntitle: [", 1),
        ("content/cv.yaml", "owner: {}\n", 1),
        ("latex_templates/sections/text.tex", "<% if %>", 1),
        ("content/bio.yaml", 'kind: text\ntitle: Bio\ntext: !tex "\\\\undefinedcommand"\n', 1),
    ],
    ids=["YAML", "settings", "template", "TeX"],
)
def test_a_build_that_fails_leaves_no_engine_and_the_last_pdf(
    project: Project, run_cli: RunCli, path: str, text: str, code: int
) -> None:
    call = ("-C", project.root, "pdf", "-v", "full")
    assert run_cli(*call).code == 0
    pdf = (project.root / "build/cv-full.pdf").read_bytes()
    (project.root / path).parent.mkdir(parents=True, exist_ok=True)
    (project.root / path).write_text(text)
    assert run_cli(*call).code == code
    assert engines() == 0
    assert (project.root / "build/cv-full.pdf").read_bytes() == pdf


def test_between_the_rounds_of_watch_an_engine_waits(project: Project, taken: list[str]) -> None:
    rebuilder = Rebuilder()
    rebuild = partial(rebuilt, rebuilder, project)
    rebuild()
    assert engines() == 1
    (project.root / "content/bio.yaml").write_text("kind: text\ntitle: Bio\ntext: Good day.\n")
    rebuild()
    assert len(taken) == engines() == 1
    rebuilder.end()
    assert engines() == 0


def test_watch_lets_an_engine_go_that_heard_of_a_document_and_was_not_needed(
    project: Project, taken: list[str]
) -> None:
    """The files are read anew, and what comes of them is what there was."""
    rebuilder = Rebuilder()
    rebuild = partial(rebuilt, rebuilder, project)
    bio = project.root / "content/bio.yaml"
    bio.write_text("kind: text\ntitle: Bio\ntext: " + "A long text. " * 400)
    rebuild()
    bio.write_text(f"{bio.read_text()}\n# nothing\n")
    rebuild()
    assert not taken
    assert engines() == 1
    bio.write_text("kind: text\ntitle: Bio\ntext: Good day.\n")
    rebuild()
    assert len(taken) == engines() == 1
    rebuilder.end()
    assert engines() == 0
