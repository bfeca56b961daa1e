"""Starting a new CV project."""

from __future__ import annotations

import shutil
from pathlib import Path

from cvbuild.content.schema import write_schemas
from cvbuild.diagnostics import UsageProblem

WORKFLOW = ".github/workflows/cv.yml"


def starter_folder() -> Path:
    """The starter project that comes with the package."""
    return Path(__file__).parent / "starter"


def create_project(folder: Path) -> None:
    """Write the starter project into a folder that is new or empty; nothing is ever overwritten.

    Raises UsageProblem where there is something already.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise UsageProblem(f"{folder} exists already and is not empty", "choose a new folder")
    ignored = shutil.ignore_patterns("build", "__pycache__")
    shutil.copytree(starter_folder(), folder, dirs_exist_ok=True, ignore=ignored)
    workflow = folder / WORKFLOW
    if not workflow.is_file():
        workflow.parent.mkdir(parents=True, exist_ok=True)
        # In a checkout the workflow stands where the project's own CI uses it.
        shutil.copyfile(Path(__file__).parents[1] / WORKFLOW, workflow)
    write_schemas(folder / "content")
