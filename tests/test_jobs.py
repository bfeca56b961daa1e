"""Variants at once: in order, stopped together, and nothing of one in another."""

from __future__ import annotations

import re
import sys
import threading
from contextlib import nullcontext
from pathlib import Path
from time import sleep

import pytest

from cvbuild.build import at_once
from cvbuild.pdf.read import measure, opened
from cvbuild.render.markup import _parser, parse_markdown
from cvbuild.typeset.process import Limits, held, run_process
from tests.conftest import SmallProject, blank_pdf, needs_pdflatex, wait_for, write_program

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def run(program: Path) -> str:
    return run_process([program], program.parent, ENVIRONMENT, Limits(30)).output.strip()


def test_programs_run_at_once_and_results_come_in_order(tmp_path: Path) -> None:
    """Each ends only when three of them run."""
    names = ("one", "two", "three")
    waits = f"while [ $(ls {tmp_path}/here-* | wc -l) -lt 3 ]; do sleep 0.02; done"
    for name in names:
        write_program(tmp_path / name, f"touch {tmp_path}/here-{name}\n{waits}\necho {name}")
    with at_once(names, 3, lambda name: run(tmp_path / name)) as jobs:
        assert [(job.variant, job.result) for job in jobs] == [(name, name) for name in names]


@pytest.mark.parametrize("is_held", [False, True], ids=["one at a time", "one folder"])
def test_no_more_programs_run_than_are_allowed_or_have_the_folder(tmp_path: Path, is_held: bool) -> None:
    """Two threads that want the same folder do not wait for each other forever."""
    script = f"mkdir {tmp_path}/busy && sleep 0.1 && rmdir {tmp_path}/busy && echo alone"
    program = write_program(tmp_path / "program", script)

    def work(_: str) -> str:
        with held(tmp_path / "folder") if is_held else nullcontext():
            return run(program)

    with at_once("123", 3 if is_held else 1, work) as jobs:
        assert [job.result for job in jobs] == ["alone"] * 3


def test_pdfium_is_used_by_one_thread_at_a_time(tmp_path: Path) -> None:
    blank_pdf(tmp_path / "blank.pdf", 3)
    alone = threading.Lock()

    def work(_: str) -> bool:
        for _turn in range(3):
            with opened(tmp_path / "blank.pdf") as document:
                assert alone.acquire(blocking=False)
                sleep(0.01)  # lets other threads in, if they may
                alone.release()
                assert len(document) == 3
            assert measure(tmp_path / "blank.pdf").pages
        return True

    with at_once("1234", 4, work) as jobs:
        assert [job.result for job in jobs] == [True] * 4


def test_texts_parsed_for_the_first_time_by_several_threads_are_whole() -> None:
    texts = [f"*one* **two** `three` [four](https://example.org/{at}) $x^{at}$" for at in range(3)]
    expected = [parse_markdown(text) for text in texts]
    start = threading.Barrier(4)

    def work(_: str) -> list[object]:
        start.wait()
        return [parse_markdown(text) for text in texts]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _round in range(30):
            _parser.cache_clear()
            _parser()
            with at_once("1234", 4, work) as jobs:
                assert [job.result for job in jobs] == [expected] * 4
    finally:
        sys.setswitchinterval(interval)


def test_one_that_raises_does_not_stop_the_others(tmp_path: Path) -> None:
    program = write_program(tmp_path / "program", "echo fine")

    def work(variant: str) -> str:
        if variant == "bad":
            raise OSError(28, "full")
        return run(program)

    for most in (1, 3):
        with at_once(["bad", "good", "also"], most, work) as jobs:
            first, *others = jobs
        assert isinstance(first.result, OSError)
        assert [job.result for job in others] == ["fine", "fine"]


def test_leaving_early_stops_what_runs_and_what_waits_for_a_lock(tmp_path: Path) -> None:
    program = write_program(tmp_path / "program", f"echo $$ >> {tmp_path}/started; exec sleep 99999")
    reached: list[str] = []
    locked = threading.Event()

    def work(variant: str) -> None:
        if variant == "waits":
            with held(tmp_path / "folder", locked.set):
                reached.append("lock")
        run(program)
        reached.append(variant)

    def ask_and_interrupt() -> None:
        with at_once(["waits", "runs", "also runs", "never starts"], 3, work):
            locked.wait()
            wait_for((tmp_path / "started").is_file)
            raise KeyboardInterrupt

    with held(tmp_path / "folder"), pytest.raises(KeyboardInterrupt):
        ask_and_interrupt()
    assert reached == []


@needs_pdflatex()
def test_fitted_variants_side_by_side_are_the_same_as_one_by_one(small: SmallProject) -> None:
    """Each is measured by an engine, chosen from by Python, and typeset by an engine."""
    small.edit("content/cv.yaml", "full: {}", "full: {fit: 1}\n  brief: {fit: 1}")
    made = []
    for number in ("1", "3"):
        built = small.run("pdf", "-j", number)
        assert built.err == ""
        assert re.findall(r"cv-(\w+)\.pdf  1 page", built.out) == ["full", "brief", "short"]
        assert built.out.count("(fit: ") == 2
        made.append({path.name: path.read_bytes() for path in small.root.glob("build/*.pdf")})
    assert len(made[0]) == 3
    assert made[0] == made[1]
