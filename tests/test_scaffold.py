from __future__ import annotations

import json
from pathlib import Path

import pytest

from cvbuild import scaffold
from cvbuild.diagnostics import UsageProblem
from cvbuild.scaffold import WORKFLOW, create_project, starter_folder
from tests.conftest import REPOSITORY


@pytest.mark.parametrize("exists", [False, True])
def test_a_new_or_empty_folder_becomes_a_project(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "my cv"
    if exists:
        folder.mkdir()
    create_project(folder)
    assert (folder / "content/cv.yaml").is_file()
    assert list((folder / "bib").glob("*.bib"))
    assert (folder / "README.md").is_file()
    assert "build/" in (folder / ".gitignore").read_text(encoding="utf-8").split()
    workflow = REPOSITORY / WORKFLOW
    assert (folder / WORKFLOW).read_bytes() == workflow.read_bytes()
    for name in ("cv", "section"):
        assert "$schema" in json.loads((folder / f"content/schema/{name}.json").read_text(encoding="utf-8"))


def test_every_file_of_the_starter_is_written_as_it_is(tmp_path: Path) -> None:
    create_project(tmp_path / "cv")
    for path in starter_folder().rglob("*"):
        if path.is_file():
            assert (tmp_path / "cv" / path.relative_to(starter_folder())).read_bytes() == path.read_bytes()


def test_a_folder_with_a_file_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageProblem, match="is not empty"):
        create_project(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cv"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageProblem):
        create_project(path)
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_workflow_that_comes_with_the_starter_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a wheel the workflow lies within the starter."""
    starter = tmp_path / "starter"
    (starter / WORKFLOW).parent.mkdir(parents=True)
    (starter / WORKFLOW).write_text("name: shipped\n", encoding="utf-8")
    monkeypatch.setattr(scaffold, "starter_folder", lambda: starter)
    create_project(tmp_path / "cv")
    assert (tmp_path / "cv" / WORKFLOW).read_text(encoding="utf-8") == "name: shipped\n"
