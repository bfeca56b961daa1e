from __future__ import annotations

import json
from pathlib import Path

import pytest

from cvbuild import scaffold
from cvbuild.diagnostics import UsageProblem
from cvbuild.scaffold import WORKFLOW, create_project, starter_folder
from tests.conftest import REPOSITORY
from tests.projects import write_project


@pytest.mark.parametrize("exists", [False, True])
def test_a_new_or_empty_folder_becomes_a_project(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "my cv"
    if exists:
        folder.mkdir()
    create_project(folder)
    shipped = [path for path in starter_folder().rglob("*") if path.is_file()]
    for path in shipped:
        assert (folder / path.relative_to(starter_folder())).read_bytes() == path.read_bytes()
    assert {"cv.yaml", "README.md", "articles.bib"} <= {path.name for path in shipped}
    assert "build/" in (folder / ".gitignore").read_text(encoding="utf-8").split()
    workflow = REPOSITORY / WORKFLOW
    assert (folder / WORKFLOW).read_bytes() == workflow.read_bytes()
    for name in ("cv", "section"):
        assert "$schema" in json.loads((folder / f"content/schema/{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [".", "notes.txt"])
def test_a_folder_with_a_file_in_it_or_a_file_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageProblem, match="is not empty"):
        create_project(tmp_path / name)
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["mine"]


def test_a_workflow_of_the_starter_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a wheel the workflow lies within the starter."""
    starter = write_project(tmp_path / "starter", {WORKFLOW: "name: shipped\n"})
    monkeypatch.setattr(scaffold, "starter_folder", lambda: starter)
    create_project(tmp_path / "cv")
    assert (tmp_path / "cv" / WORKFLOW).read_text(encoding="utf-8") == "name: shipped\n"
