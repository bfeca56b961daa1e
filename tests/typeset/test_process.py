"""Processes within limits, and locks of folders."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cvbuild.typeset.process import Limits, Started, held, run_process, version_of
from tests.conftest import MakeProject, needs_pdflatex, write_program

ENVIRONMENT = {"PATH": os.defpath, "GREETING": "Grüße"}


@pytest.mark.parametrize(
    ("script", "code", "output"),
    [
        ('pwd; echo "$GREETING $1"; echo error >&2; exit 3', 3, "{here}\nGrüße a b\nerror\n"),
        (r"printf 'caf\351'", 0, "caf\ufffd"),
        ("cat; echo end", 0, "end\n"),
    ],
    ids=["output and error", "no UTF-8", "no input"],
)
def test_output_and_code_of_a_program(tmp_path: Path, script: str, code: int, output: str) -> None:
    program = write_program(tmp_path / "program", script)
    finished = run_process([program, "a b"], tmp_path, ENVIRONMENT, Limits(20))
    assert (finished.code, finished.output) == (code, output.format(here=tmp_path))
    assert finished.stopped is None


def test_at_the_time_limit_the_program_ends_with_its_children(tmp_path: Path) -> None:
    # The pipe stays open as long as any of them lives: that the call returns is the proof.
    program = write_program(tmp_path / "program", "echo started; tail -f /dev/null & wait")
    finished = run_process([program], tmp_path, ENVIRONMENT, Limits(0.3))
    assert finished.stopped == "time"
    assert finished.code != 0


def test_an_interrupted_build_ends_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def interrupted(self: Started, output: bytearray) -> None:
        started.append(self._process)
        raise KeyboardInterrupt

    monkeypatch.setattr(Started, "_read", interrupted)
    program = write_program(tmp_path / "program", "exec tail -f /dev/null")
    with pytest.raises(KeyboardInterrupt):
        run_process([program], tmp_path, ENVIRONMENT, Limits(20))
    [stopped] = started
    assert stopped.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("script", "version"),
    [
        ("echo; echo 'TeX 1.0'; echo more", "TeX 1.0"),
        ("exit 0", None),
        ("echo 'wrong library'; exit 127", None),
        (None, None),
    ],
)
def test_the_version_is_the_first_line_of_a_program_that_runs(
    tmp_path: Path, script: str | None, version: str | None
) -> None:
    if script is not None:
        write_program(tmp_path / "program", script)
    assert version_of(tmp_path / "program") == version


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with held(folder), (folder / "lock").open("w") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (folder / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


@needs_pdflatex()
def test_two_builds_of_one_variant_at_once_do_not_mix(make_project: MakeProject, tmp_path: Path) -> None:
    call = [sys.executable, "-m", "cvbuild", "-C", str(make_project()), "pdf", "-v", "full", "--lang"]
    for language in ("en", "de"):
        subprocess.run([*call, language, "-o", str(tmp_path / f"{language}-alone.pdf")], check=True)
    running = [subprocess.Popen([*call, at, "-o", str(tmp_path / f"{at}.pdf")]) for at in ("en", "de")]
    assert [process.wait() for process in running] == [0, 0]
    for language in ("en", "de"):
        alone = (tmp_path / f"{language}-alone.pdf").read_bytes()
        assert (tmp_path / f"{language}.pdf").read_bytes() == alone


def test_a_folder_deleted_meanwhile_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
