"""Loading in a second process: what it does comes to the cache, and nothing else comes of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, needs_pdflatex

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there it is done")

BEGINS = """\
import os, sys, threading, time
from cvbuild import cache
from cvbuild.load import beside
beside.cores = lambda: 2
def slowly():
    time.sleep(0.2)
    cache.write("yaml", "key", b"from beside")
def waits():
    found = None
    while found is None and beside.is_under_way():
        found = cache.read("yaml", "key")
    return found
"""


def ran(tmp_path: Path, code: str, kept: str = "cache") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BEGINS + code],
        env={**os.environ, "CVBUILD_CACHE": str(tmp_path / kept) if kept else ""},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_loaded_beside_is_waited_for(tmp_path: Path) -> None:
    told = ran(tmp_path, "beside.load_beside(slowly); print(waits())\nwhile beside.is_under_way(): pass")
    assert (told.stdout, told.stderr) == ("b'from beside'\n", "")


@pytest.mark.parametrize("ends", ["raise ValueError", "os.kill(os.getpid(), 9)", "sys.exit(3)", "print(1)"])
def test_whatever_becomes_of_it_nothing_is_said(tmp_path: Path, ends: str) -> None:
    told = ran(tmp_path, f"def load():\n    {ends}\nbeside.load_beside(load); print(waits())")
    assert (told.stdout.splitlines()[-1], told.stderr, told.returncode) == ("None", "", 0)


def test_it_ends_with_the_process_that_it_works_for(tmp_path: Path) -> None:
    told = ran(tmp_path, "beside.load_beside(lambda: time.sleep(60)); print(*beside._child)")
    assert not Path("/proc", told.stdout.strip()).exists()


def test_where_nobody_hears_of_its_end_it_has_ended(tmp_path: Path) -> None:
    never = "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
    told = ran(tmp_path, f"{never}beside.load_beside(lambda: None); time.sleep(0.5); print(waits())")
    assert (told.stdout, told.stderr) == ("None\n", "")
    told = ran(tmp_path, f"{never}beside.load_beside(lambda: time.sleep(0.2)); time.sleep(0.5)")
    assert (told.stderr, told.returncode) == ("", 0)
    told = ran(tmp_path, f"{never}beside.load_beside(lambda: time.sleep(60)); print(*beside._child)")
    assert told.stderr == ""
    assert not Path("/proc", told.stdout.strip()).exists()


def test_it_keeps_open_nothing_of_the_others(tmp_path: Path) -> None:
    code = """\
read, write = os.pipe()
beside.load_beside(lambda: time.sleep(60))
os.close(write)
print(os.read(read, 1))
"""
    assert ran(tmp_path, code).stdout == "b''\n"


@pytest.mark.parametrize(
    "where",
    [
        "beside.cores = lambda: 1",
        "threading.Thread(target=time.sleep, args=(1,), daemon=True).start()",
        "sys.platform = 'darwin'",
        "def none(): raise OSError\nos.fork = none",
    ],
)
def test_where_it_may_not_help_it_is_not_begun(tmp_path: Path, where: str) -> None:
    told = ran(tmp_path, f"{where}\nbeside.load_beside(slowly); print(beside._child, waits())")
    assert (told.stdout, told.stderr) == ("[] None\n", "")


def test_without_a_cache_it_is_not_begun(tmp_path: Path) -> None:
    assert ran(tmp_path, "beside.load_beside(slowly); print(beside._child)", kept="").stdout == "[]\n"


@needs_pdflatex()
def test_a_first_build_gives_the_same_with_one_processor(tmp_path: Path) -> None:
    built = []
    for processors in ({0, 1}, {0}):
        root = tmp_path / f"with{len(processors)}"
        for name in ("content", "bib"):
            shutil.copytree(REPOSITORY / "cvbuild/starter" / name, root / name)
        told = subprocess.run(
            [sys.executable, "-m", "cvbuild", "-C", str(root), "pdf", "-v", "full"],
            env={**os.environ, "CVBUILD_CACHE": str(root / "cache"), "SOURCE_DATE_EPOCH": "0"},
            cwd=REPOSITORY,
            preexec_fn=partial(os.sched_setaffinity, 0, processors),
            capture_output=True,
            text=True,
            check=True,
        )
        built.append(((root / "build/cv-full.pdf").read_bytes(), told.stderr))
    assert built[0] == built[1]
