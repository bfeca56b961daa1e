from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from cvbuild.typeset.process import Limits, Started, run_process, version_of
from tests.conftest import write_program

ENVIRONMENT = {"PATH": os.defpath, "GREETING": "Grüße"}


def test_output_and_code_of_a_program(tmp_path: Path) -> None:
    program = write_program(tmp_path / "program", 'pwd; echo "$GREETING $1"; echo error >&2; exit 3')
    finished = run_process([program, "a b"], tmp_path, ENVIRONMENT, Limits(20))
    assert finished.code == 3
    assert finished.output == f"{tmp_path}\nGrüße a b\nerror\n"
    assert finished.stopped is None


def test_output_that_is_no_utf8_is_kept(tmp_path: Path) -> None:
    program = write_program(tmp_path / "program", r"printf 'caf\351'")
    assert run_process([program], tmp_path, ENVIRONMENT, Limits(20)).output == "caf\ufffd"


def test_a_program_gets_no_input(tmp_path: Path) -> None:
    program = write_program(tmp_path / "program", "cat; echo end")
    assert run_process([program], tmp_path, ENVIRONMENT, Limits(20)).output == "end\n"


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


def test_the_version_is_the_first_line(tmp_path: Path) -> None:
    assert version_of(write_program(tmp_path / "good", "echo; echo 'TeX 1.0'; echo more")) == "TeX 1.0"


@pytest.mark.parametrize("script", ["exit 0", "echo 'wrong library'; exit 127"])
def test_a_program_that_does_not_run_has_no_version(tmp_path: Path, script: str) -> None:
    assert version_of(write_program(tmp_path / "bad", script)) is None


def test_a_file_that_is_no_program_has_no_version(tmp_path: Path) -> None:
    assert version_of(tmp_path / "missing") is None
