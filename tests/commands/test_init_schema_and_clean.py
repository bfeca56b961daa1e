"""`init`, `schema` and `clean`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.conftest import RunCli, SmallProject


def test_init_makes_a_project_that_passes_its_check(run_cli: RunCli, tmp_path: Path) -> None:
    outcome = run_cli("init", tmp_path / "my-cv")
    assert outcome.code == 0
    assert f"cd {tmp_path / 'my-cv'}" in outcome.out
    checked = run_cli("-C", tmp_path / "my-cv", "check")
    assert (checked.code, checked.out, checked.err) == (0, "no problems found\n", "")


@pytest.mark.usefixtures("fake_engine")
def test_relative_paths_start_in_the_folder_worked_in(
    small: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-C` says: work in this folder instead of the current one."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    small.run_cli("-C", tmp_path, "init", "new")
    small.run("pdf", "-v", "full", "-o", "out/ada.pdf")
    assert list(elsewhere.iterdir()) == []
    assert (tmp_path / "new/content/cv.yaml").is_file()
    assert (small.root / "out/ada.pdf").is_file()


def test_a_schema_is_printed_and_written_where_the_content_looks_for_it(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small.root)
    written = small.run("schema", "--write").out.splitlines()
    assert written == ["content/schema/cv.json", "content/schema/section.json"]
    for name in ("cv", "section"):
        printed = json.loads(small.run("schema", name).out)
        assert printed["$schema"].startswith("https://json-schema.org/")
        assert json.loads(small.read(f"content/schema/{name}.json")) == printed
    assert "`cv` or `section`" in small.run("schema", code=2).err


@pytest.mark.usefixtures("fake_engine")
def test_clean_deletes_its_own_files_only(small: SmallProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while the content is broken."""
    monkeypatch.chdir(small.root)
    small.run("pdf", "--keep-tex")
    small.run("tex")
    small.write({"build/letter.pdf": "mine", "content/bio.yaml": "kind: [\n"})
    said = small.run("clean").out.splitlines()
    assert {f"deleted build/{name}" for name in ("cv-full.pdf", ".work", "tex")} <= set(said)
    assert small.names() == ["letter.pdf"]
    assert (small.root / "content/cv.yaml").is_file()
    assert small.run("clean").out == ""
    (small.root / "build/letter.pdf").unlink()
    small.write({"content/bio.yaml": "kind: text\ntitle: Bio\ntext: x\n"})
    small.run("pdf")
    assert small.run("clean").out.splitlines()[-1] == "deleted build"
    assert not (small.root / "build").exists()


@pytest.mark.usefixtures("fake_engine")
def test_clean_goes_on_where_another_does_the_same(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.run("pdf")
    rmdir, left = os.rmdir, [1, 1]

    def as_another(path: str, *, dir_fd: int | None = None) -> None:
        rmdir(path, dir_fd=dir_fd)
        if left and left.pop():
            raise FileNotFoundError(2, "No such file or directory", path)

    monkeypatch.setattr(os, "rmdir", as_another)
    small.run("clean")
    assert left == []
    assert not (small.root / "build").exists()


def test_clean_deletes_what_a_killed_one_left(small: SmallProject) -> None:
    """Also where it had the number of this process."""
    for name in (".work.old-1/full", ".work.old-mine", f".work.old-{os.getpid()}", "../elsewhere/deep"):
        small.write({f"build/{name}/cv.log": ""})
    (small.root / "build/.work.old-2").symlink_to(small.root / "elsewhere")
    small.run("clean")
    assert small.names() == [".work.old-2", ".work.old-mine"]
    assert (small.root / "elsewhere/deep").is_dir()
