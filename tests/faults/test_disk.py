"""Disks that are full and folders that take no files: it is said where, and the last good PDF stays."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import wait_for
from tests.faults.conftest import GOOD, Machine


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A small file system of its own on a folder, with what lies there copied into it."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    kept = [(path.name, path.read_bytes()) for path in folder.iterdir() if path.is_file()]
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"no mounting here: {done.stderr.decode().strip()}")
    try:
        for name, content in kept:
            (folder / name).write_bytes(content)
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_full_or_fills_while_the_engine_writes(machine: Machine) -> None:
    machine.good()
    build = machine.target.parent
    with mounted(build, "size=2m"):
        before = machine.good()
        (build / "filler").write_bytes(bytes(shutil.disk_usage(build).free))
        built = machine.pdf()
        assert built.code == 1
        assert "no space left on device: " in built.err
        assert "make room on the disk and build again; the last PDF is as it was" in built.err
        assert machine.target.read_bytes() == before
        (build / "filler").unlink()
        assert machine.pdf().code == 0
        assert machine.left_over() == []
        before = machine.target.read_bytes()
        machine.engine(f"{GOOD}; cat /dev/zero > cv.aux; echo 'cannot write' > cv.log; exit 1")
        built = machine.pdf()
        assert built.code == 1
        assert "no space left on device: " in built.err
        assert machine.target.read_bytes() == before


def test_a_folder_mounted_for_reading_only(machine: Machine) -> None:
    machine.good()
    build = machine.target.parent
    with mounted(build, "size=1m"):
        before = machine.good()
        # A program that was ended with the build may take a moment to close its files.
        wait_for(
            lambda: subprocess.run(["mount", "-o", "remount,ro", str(build)], check=False).returncode == 0
        )
        built = machine.pdf()
        assert built.code == 1
        assert "error: read-only file system: " in built.err
        assert "write the PDF elsewhere with `-o`" in built.err
        assert machine.target.read_bytes() == before


REFUSALS = [
    *(("replace", number) for number in (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EIO)),
    *((step, errno.ENOSPC) for step in ("new file", "fsync", "write_text")),
]


@pytest.mark.parametrize(("step", "number"), REFUSALS)
def test_a_step_that_the_system_refuses(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    before = machine.good()

    def refuse(*arguments: Any, **more: Any) -> Any:
        raise OSError(number, os.strerror(number), str(machine.target))

    opened = Path.open

    def refuse_new(path: Path, mode: str = "r", *arguments: Any, **more: Any) -> Any:
        return refuse() if "x" in mode else opened(path, mode, *arguments, **more)

    if step == "new file":
        monkeypatch.setattr(Path, "open", refuse_new)
    else:
        monkeypatch.setattr(os if step == "fsync" else Path, step, refuse)
    built = machine.pdf()
    monkeypatch.undo()
    assert built.code == 1
    assert f"error: {os.strerror(number).lower()}: " in built.err
    assert "cv-full.pdf" in built.err
    assert machine.target.read_bytes() == before
    assert machine.left_over() == []


def test_something_else_in_place_of_the_output_folder_or_the_pdf(machine: Machine) -> None:
    machine.engine(GOOD)
    folder = machine.target.parent
    folder.write_text("mine", encoding="utf-8")
    built = machine.pdf()
    assert built.code == 1
    assert "a file stands where a folder goes: rename one of the two" in built.err
    assert folder.read_text(encoding="utf-8") == "mine"
    folder.unlink()
    (machine.target / "mine").mkdir(parents=True)
    built = machine.pdf()
    assert built.code == 1
    assert "is a directory: " in built.err
    assert "cv-full.pdf" in built.err
    assert (machine.target / "mine").is_dir()
    assert machine.left_over() == []
