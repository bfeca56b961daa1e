"""Engines that begin before their document is there: which, and that nothing is left of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from cvbuild import cache, headstart
from cvbuild.__main__ import _of_named_variants
from cvbuild.headstart import head_start
from cvbuild.loading import load_cv
from cvbuild.pipeline import build
from cvbuild.preparing import Options
from cvbuild.project import Project, document_epoch, find_project
from cvbuild.rebuilding import Rebuilder
from cvbuild.typeset.ahead import Ahead
from tests.conftest import MakeProject, RunCli, children, needs_pdflatex

pytestmark = needs_pdflatex()

FULL = Options()


def built(project: Project, options: Options = FULL, ahead: Sequence[Ahead] = ()) -> tuple[int, bytes]:
    """How many passes a build took, and the PDF."""
    cv, found = load_cv(project)
    assert cv is not None, found
    made = build(project, cv, "full", options, None, lambda message: None, ahead=ahead)
    assert made.pdf is not None, made.diagnostics
    return made.passes, made.pdf.read_bytes()


def rebuilt(rebuilder: Rebuilder, project: Project) -> None:
    """A round of `watch`."""
    cv, found = load_cv(project)
    assert cv is not None, found
    assert rebuilder.rebuild(project, cv, "full", FULL, lambda message: None).built.pdf
    rebuilder.get_ready(project, FULL)


def started(project: Project, options: Options = FULL, variant: str = "full") -> int:
    """How many engines get a head start."""
    with head_start(project, variant, options) as begun:
        return len(begun.ahead)


def engines() -> int:
    """How many engines this process has begun; each is a shell for a moment."""
    return sum(name in {"pdflatex", "sh"} for name in children())


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return find_project(make_project())


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache with nothing of what other tests kept: no formats above all."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "own-cache"))


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that waiting engines took."""
    documents: list[str] = []
    finish = Ahead.finish

    def counted(self: Ahead, document: str, target: Path, meanwhile: Callable[[], None]) -> object:
        documents.append(document)
        return finish(self, document, target, meanwhile)

    monkeypatch.setattr(Ahead, "finish", counted)
    return documents


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


def test_a_call_that_is_known_at_once_takes_over_what_began_before_it(project: Project) -> None:
    built(project)
    options = Options(epoch=document_epoch(project))
    built(project, options)
    with headstart.early(str(project.root), ["full"]):
        assert engines() == 1
        assert headstart.epoch_for(project) == options.epoch
        with head_start(project, "full", options) as begun:
            assert len(begun.ahead) == engines() == 1
            assert begun.ahead[0].is_right(
                begun.ahead[0]._guess.chosen, options.epoch, begun.ahead[0]._guess.begins
            )
        assert engines() == 1
        with head_start(project, "full", options) as again:
            assert not again.ahead  # its folder is in use
    assert engines() == 0


def test_a_call_that_asks_for_something_else_lets_it_go(project: Project) -> None:
    built(project)
    with (
        headstart.early(str(project.root), ["full"]),
        head_start(project, "full", Options(force=True)) as begun,
    ):
        assert not begun.ahead
        assert engines() == 0


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("pdf -v full", (".", ["full"], None)),
        ("pdf --variant short", (".", ["short"], None)),
        ("-C a pdf -v full", ("a", ["full"], None)),
        ("--directory a pdf --variant full", ("a", ["full"], None)),
        ("pdf -v full -v short -j 2", (".", ["full", "short"], 2)),
        ("pdf --jobs 1 --variant full -v short", (".", ["full", "short"], 1)),
        ("pdf", None),
        ("pdf -j 2", None),
        ("pdf -v", None),
        ("pdf -v --help", None),
        ("pdf -v full -j two", None),
        (f"pdf -v full -j {'9' * 5000}", None),
        ("pdf -v full --force", None),
        ("pdf -v full short", None),
        ("-C pdf -v full", None),
        ("tex -v full", None),
    ],
)
def test_which_calls_are_known_at_once(typed: str, known: tuple[str, list[str], int | None] | None) -> None:
    assert _of_named_variants(typed.split()) == known


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize(
    ("asked", "jobs", "begun"),
    [
        (["full", "short"], None, ["full", "short"]),
        (["short", "short", "full"], 2, ["short", "full"]),
        (["full", "short"], 1, ["full"]),
        (["full", "short", "german"], 9, ["full", "short"]),
        ([], None, []),
    ],
)
def test_of_several_variants_those_at_work_first_begin(
    make_project: MakeProject,
    monkeypatch: pytest.MonkeyPatch,
    asked: list[str],
    jobs: int | None,
    begun: list[str],
) -> None:
    settings = "owner: {name: Ada Example}\nvariants: {full: {}, short: {}, german: {lang: de}}\n"
    project = find_project(make_project({"content/cv.yaml": settings}))
    monkeypatch.setattr(headstart, "cores", lambda: 2)
    options = Options(epoch=document_epoch(project))
    with headstart.early(str(project.root), asked, jobs):
        assert engines() == len(begun)
        with headstart.head_starts(project, asked, options, jobs) as starts:
            assert [name for name, start in starts.items() if start.ahead] == begun
            assert engines() == len(begun)
    assert engines() == 0


@pytest.mark.parametrize("folder", ["", "nowhere", "content"])
def test_where_nothing_can_begin_nothing_is_said(project: Project, folder: str) -> None:
    (project.root / "content/cv.yaml").write_text("{")
    with headstart.early(str(project.root / folder), ["full"]):
        assert engines() == 0


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
