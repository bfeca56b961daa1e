from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.diagnostics import UsageProblem
from cvbuild.project import Project, asked_epoch, bibliography_files, find_project
from cvbuild.source import Scalar, SourceFile, Span
from tests.conftest import SmallProject
from tests.projects import commit, load_project, prepare_variant

HERE = Span(SourceFile("content/cv.yaml", "bibliography: x"), 0, 1)


def test_a_project_is_found_from_a_folder_within_it(small: SmallProject) -> None:
    for start in (small.root, small.root / "content", small.root / "bib"):
        project = find_project(start)
        assert (project.root, project.output) == (small.root, small.root / "build")
        assert [path.name for path in project.sections] == ["bio.yaml", "works.yaml"]
    assert find_project(small.root, small.root / "elsewhere").output == small.root / "elsewhere"
    assert project.shown(project.settings) == "content/cv.yaml"
    assert project.shown(Path("/elsewhere/cv.yaml")) == "/elsewhere/cv.yaml"


def test_no_project_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem) as caught:
        find_project(tmp_path)
    assert "cvbuild init" in caught.value.hints[0]
    (tmp_path / "content").mkdir()
    with pytest.raises(UsageProblem, match=r"there is no content/cv\.yaml here"):
        find_project(tmp_path)


def test_own_templates_bring_own_kinds(small: SmallProject) -> None:
    assert find_project(small.root).templates is None
    assert find_project(small.root).own_kinds() == frozenset()
    for name in ("sections/exhibitions", "classic/sections/reviews"):
        small.write({f"latex_templates/{name}.tex": "x"})
    assert find_project(small.root).templates == small.root / "latex_templates"
    assert find_project(small.root).own_kinds() == {"exhibitions", "reviews"}


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        ([], ["another.bib", "works.bib"]),
        (["more/*.bib", "bib/works.bib", "bib/*.bib"], ["third.bib", "works.bib", "another.bib"]),
    ],
)
def test_the_bibliography_is_what_patterns_name_in_their_order_or_every_bib_file(
    small: SmallProject, patterns: list[str], found: list[str]
) -> None:
    small.write({"bib/another.bib": "", "more/third.bib": ""})
    files, problems = bibliography_files(
        find_project(small.root), [Scalar(pattern, HERE) for pattern in patterns]
    )
    assert [path.name for path in files] == found
    assert problems == []


@pytest.mark.parametrize("value", ["bib/works.bib", "[bib/works.bib]"])
def test_the_bibliography_is_one_file_or_several(small: SmallProject, value: str) -> None:
    small.edit("content/cv.yaml", "owner:", f"bibliography: {value}\nowner:")
    small.write({"bib/other.bib": "@misc{b, title = {B}}"})
    _, cv = load_project(small.root)
    assert [publication.key for publication in cv.publications] == ["one"]


def test_a_pattern_without_a_file_is_an_error_with_the_nearest(small: SmallProject) -> None:
    _, [error] = bibliography_files(find_project(small.root), [Scalar("bib/work.bib", HERE)])
    assert (error.code, error.span) == ("missing-file", HERE)
    assert error.hints == ("did you mean `bib/works.bib`?",)


def test_the_locks_of_files_that_are_open_in_emacs_are_not_content(small: SmallProject) -> None:
    """Links to nothing, called `.#NAME`: they lie there for as long as a file is edited and not saved."""
    before = prepare_variant(small.root).rendered.text
    small.write({"latex_templates/classic/sections/text.note": ""})
    for name in ("content/.#bio.yaml", "bib/.#works.bib", "latex_templates/classic/sections/.#text.tex"):
        (small.root / name).symlink_to("ada@example.org.4711:1600000000")
    assert small.run("check", "--lint").out == "1 note\n"
    assert prepare_variant(small.root).rendered.text == before
    named, _ = bibliography_files(find_project(small.root), [Scalar("bib/*.bib", HERE)])
    assert named == [small.root / "bib/works.bib"]


def test_the_date_is_that_of_the_environment_or_else_of_the_last_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path, tmp_path / "build")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert asked_epoch(project)() == 1_700_000_000
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    assert asked_epoch(project)() == 0
    commit(tmp_path, seconds=1_600_000_000)
    assert asked_epoch(project)() == 1_600_000_000


def test_without_git_the_date_is_the_beginning(tmp_path: Path, program_folder: Path) -> None:
    assert not list(program_folder.iterdir())
    assert asked_epoch(Project(tmp_path, tmp_path / "build"))() == 0
