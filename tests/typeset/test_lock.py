from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from cvbuild.typeset.process import held
from tests.conftest import MakeProject, needs_pdflatex


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with held(folder), (folder / "lock").open("w") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (folder / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


@needs_pdflatex()
def test_two_builds_of_one_variant_at_once_do_not_mix(make_project: MakeProject, tmp_path: Path) -> None:
    root = make_project()
    calls = {
        language: [sys.executable, "-m", "cvbuild", "-C", str(root), "pdf", "-v", "full", "--lang", language]
        for language in ("en", "de")
    }
    for language, call in calls.items():
        subprocess.run([*call, "-o", str(tmp_path / f"{language}-alone.pdf")], check=True)
    running = [
        subprocess.Popen([*call, "-o", str(tmp_path / f"{language}.pdf")]) for language, call in calls.items()
    ]
    assert [process.wait() for process in running] == [0, 0]
    for language in calls:
        alone = (tmp_path / f"{language}-alone.pdf").read_bytes()
        assert (tmp_path / f"{language}.pdf").read_bytes() == alone


def test_a_folder_that_is_deleted_while_it_is_asked_for_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`mkdir` finds it there, and it is gone before that can be seen."""
    mkdir, folder = Path.mkdir, tmp_path / "work"
    tried = []

    def gone_meanwhile(path: Path, **how: bool) -> None:
        tried.append(path)
        if len(tried) == 1:
            raise FileExistsError(17, "File exists", str(path))
        mkdir(path, **how)

    monkeypatch.setattr(Path, "mkdir", gone_meanwhile)
    with held(folder):
        assert tried == [folder, folder]


def test_a_file_in_a_folders_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "work").touch()
    with pytest.raises(FileExistsError), held(tmp_path / "work"):
        pass
