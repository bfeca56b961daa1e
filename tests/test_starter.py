"""What `cvbuild init` writes, built with pdflatex, and its workflow."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from cvbuild.content.kinds import KINDS
from cvbuild.loading import load_cv
from cvbuild.pdf.read import page_count
from cvbuild.scaffold import WORKFLOW, create_project
from tests.conftest import REPOSITORY, make_once, needs_pdflatex
from tests.projects import build_variant, load_project

VARIANTS = ("full", "short")


@pytest.fixture(scope="module")
def starter(shared_folder: Path) -> Path:
    """The starter project with both of its variants built."""

    def make(folder: Path) -> None:
        create_project(folder)
        for variant in VARIANTS:
            assert build_variant(folder, variant, engine="pdflatex").diagnostics == ()

    return make_once(shared_folder / "starter", make)


def test_every_kind_of_section_is_shown_once_and_every_section_printed_in_full(tmp_path: Path) -> None:
    create_project(tmp_path / "cv")
    project, cv = load_project(tmp_path / "cv")
    assert load_cv(project)[1] == []
    assert tuple(cv.variants) == VARIANTS
    texts = {path.stem: path.read_text(encoding="utf-8") for path in project.sections}
    kinds = re.findall(r"^kind: (\w+)", "\n".join(texts.values()), re.M)
    assert Counter(kinds) == Counter(list(KINDS))
    settings = yaml.safe_load(project.settings.read_text(encoding="utf-8"))
    assert sorted(settings["sections"]) == sorted(texts)


@needs_pdflatex()
@pytest.mark.parametrize("variant", VARIANTS)
def test_it_builds_without_a_line_that_sticks_out_and_the_short_one_on_two_pages(
    starter: Path, variant: str
) -> None:
    assert (starter / f"build/cv-{variant}.pdf").is_file()
    log = (starter / f"build/.work/{variant}-pdflatex/cv.log").read_text(encoding="utf-8", errors="replace")
    assert "Overfull" not in log
    assert "Missing character" not in log
    short, full = (page_count(starter / f"build/cv-{name}.pdf") for name in ("short", "full"))
    assert short <= min(2, full - 1)


WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))


def test_the_repository_has_workflows_for_the_tests_and_for_the_cv() -> None:
    assert REPOSITORY / WORKFLOW in WORKFLOWS
    assert len(WORKFLOWS) >= 2


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_jobs_with_steps(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["name"]
    assert workflow.get("on", workflow.get(True))  # YAML 1.1 reads the key `on` as true
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        assert all(("uses" in step) != ("run" in step) for step in job["steps"])
