"""Engines that begin before the command line is imported, in calls that are known at once."""

from __future__ import annotations

import pytest
from cvbuild.headstart import head_start

from cvbuild import headstart
from cvbuild.__main__ import _of_named_variants
from cvbuild.preparing import Options
from cvbuild.project import Project, document_epoch, find_project
from tests.conftest import MakeProject, needs_pdflatex
from tests.headstart.engines import built, engines

pytestmark = needs_pdflatex()


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
