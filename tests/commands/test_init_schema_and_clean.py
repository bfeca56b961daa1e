"""`init`, `schema` and `clean`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import MakeProject, RunCli


def test_init_makes_a_project_that_passes_its_check(run_cli: RunCli, tmp_path: Path) -> None:
    outcome = run_cli("init", tmp_path / "my-cv")
    assert outcome.code == 0
    assert f"cd {tmp_path / 'my-cv'}" in outcome.out
    checked = run_cli("-C", tmp_path / "my-cv", "check")
    assert (checked.code, checked.out, checked.err) == (0, "no problems found\n", "")


def test_init_refuses_a_folder_that_is_not_empty(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    outcome = run_cli("init", tmp_path)
    assert outcome.code == 2
    assert "is not empty" in outcome.err
    assert not (tmp_path / "content").exists()


@pytest.mark.usefixtures("fake_engine")
def test_relative_paths_start_in_the_folder_worked_in(
    run_cli: RunCli, make_project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-C` says: work in this folder instead of the current one."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    root = make_project()
    monkeypatch.chdir(elsewhere)
    run_cli("-C", tmp_path, "init", "new")
    run_cli("-C", root, "pdf", "-v", "full", "-o", "out/ada.pdf")
    assert list(elsewhere.iterdir()) == []
    assert (tmp_path / "new/content/cv.yaml").is_file()
    assert (root / "out/ada.pdf").is_file()


@pytest.mark.parametrize("which", ["cv", "section"])
def test_a_schema_is_printed(run_cli: RunCli, which: str) -> None:
    outcome = run_cli("schema", which)
    assert outcome.code == 0
    assert json.loads(outcome.out)["$schema"].startswith("https://json-schema.org/")


def test_schemas_are_written_where_the_content_looks_for_them(
    run_cli: RunCli, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project()
    monkeypatch.chdir(root)
    outcome = run_cli("schema", "--write")
    assert outcome.out.splitlines() == ["content/schema/cv.json", "content/schema/section.json"]
    printed = json.loads(run_cli("schema", "cv").out)
    assert json.loads((root / "content/schema/cv.json").read_text(encoding="utf-8")) == printed


def test_which_schema_has_to_be_said(run_cli: RunCli) -> None:
    outcome = run_cli("schema")
    assert outcome.code == 2
    assert "`cv` or `section`" in outcome.err


@pytest.mark.usefixtures("fake_engine")
def test_clean_deletes_its_own_files_only(
    run_cli: RunCli, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project()
    monkeypatch.chdir(root)
    run_cli("pdf", "--keep-tex")
    run_cli("tex")
    (root / "build/letter.pdf").write_bytes(b"mine")
    outcome = run_cli("clean")
    assert outcome.code == 0
    assert "deleted build/cv-full.pdf" in outcome.out.splitlines()
    assert [path.name for path in (root / "build").iterdir()] == ["letter.pdf"]
    assert (root / "content/cv.yaml").is_file()
    assert run_cli("clean").out == ""


@pytest.mark.usefixtures("fake_engine")
def test_clean_works_while_the_content_is_broken(
    run_cli: RunCli, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project()
    monkeypatch.chdir(root)
    run_cli("pdf")
    make_project({"content/bio.yaml": "kind: [\n"})
    assert run_cli("clean").code == 0
    assert not (root / "build/.work").exists()
