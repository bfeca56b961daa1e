from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cvbuild.scaffold import WORKFLOW, create_project
from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / ".github" / "workflows"


def test_the_repository_has_workflows_for_the_tests_and_for_the_cv() -> None:
    assert (REPOSITORY / WORKFLOW).is_file()
    assert len(list(FOLDER.glob("*.yml"))) >= 2


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yml")), ids=lambda path: path.name)
def test_a_workflow_has_jobs_with_steps(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["name"]
    assert workflow.get("on", workflow.get(True))  # YAML 1.1 reads the key `on` as true
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        assert all(("uses" in step) != ("run" in step) for step in job["steps"])


def test_a_new_project_gets_the_workflow_of_the_repository(tmp_path: Path) -> None:
    create_project(tmp_path / "cv")
    assert (tmp_path / "cv" / WORKFLOW).read_bytes() == (REPOSITORY / WORKFLOW).read_bytes()
