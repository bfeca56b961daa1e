from __future__ import annotations

import re
import threading
import time
from functools import cached_property
from pathlib import Path

import pytest
from cvbuild.typeset.turns import Turns

from cvbuild.jobs import at_once
from cvbuild.typeset.lock import held
from cvbuild.typeset.process import Limits, run_process
from tests.conftest import SMALL_PROJECT, MakeProject, RunCli, needs_pdflatex, write_program

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def run(program: Path) -> str:
    return run_process([program], program.parent, ENVIRONMENT, Limits(30)).output.strip()


def meeting(folder: Path, name: str, others: int) -> Path:
    """A program that ends only when so many of them run at once."""
    here = f"$(ls {folder}/here-* | wc -l)"
    script = f"touch {folder}/here-{name}\nwhile [ {here} -lt {others} ]; do sleep 0.02; done\necho {name}"
    return write_program(folder / name, script)


def test_programs_run_at_once_and_results_come_in_order(tmp_path: Path) -> None:
    programs = {name: meeting(tmp_path, name, 3) for name in ("one", "two", "three")}
    with at_once(list(programs), 3, lambda name: run(programs[name])) as jobs:
        assert [(job.variant, job.result) for job in jobs] == [(name, name) for name in programs]


def test_no_more_programs_run_than_are_allowed(tmp_path: Path) -> None:
    script = f"mkdir {tmp_path}/busy && sleep 0.1 && rmdir {tmp_path}/busy && echo alone"
    program = write_program(tmp_path / "program", script)
    with at_once(["one", "two", "three"], 1, lambda _: run(program)) as jobs:
        assert [job.result for job in jobs] == ["alone"] * 3


class Asking:
    """Something whose program is asked when it is needed."""

    def __init__(self, program: Path) -> None:
        self.program = program

    @cached_property
    def answer(self) -> str:
        return run(self.program)


def test_what_is_computed_when_it_is_needed_may_ask_a_program(tmp_path: Path) -> None:
    """While one waits for its program, the other is not kept from asking."""
    turns, answers = Turns(), []

    def work(name: str) -> None:
        with turns.taking():
            asking = Asking(meeting(tmp_path, name, 2))
            answers.extend([asking.answer, asking.answer])

    # Daemons: where they wait for each other for ever, this test fails and ends.
    threads = [threading.Thread(target=work, args=[name], daemon=True) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answers) == ["one", "one", "two", "two"]


def test_python_works_for_one_variant_at_a_time(tmp_path: Path) -> None:
    program = write_program(tmp_path / "program", "sleep 0.02")
    working = 0

    def work(_: str) -> int:
        nonlocal working
        most = 0
        for _turn in range(3):
            working += 1
            most = max(most, working)
            time.sleep(0.01)  # lets other threads in, if they may
            working -= 1
            run(program)
        return most

    with at_once([str(number) for number in range(6)], 6, work) as jobs:
        assert [job.result for job in jobs] == [1] * 6


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
    program = write_program(tmp_path / "program", f"echo $$ >> {tmp_path}/started; exec sleep 60")
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
            assert locked.wait(20)
            while not (tmp_path / "started").is_file():
                time.sleep(0.01)
            raise KeyboardInterrupt

    started = time.monotonic()
    with held(tmp_path / "folder"), pytest.raises(KeyboardInterrupt):
        ask_and_interrupt()
    assert time.monotonic() - started < 20
    assert reached == []


def test_two_threads_that_want_the_same_folder_do_not_wait_for_each_other(tmp_path: Path) -> None:
    program = write_program(tmp_path / "program", "sleep 0.1; echo fine")

    def work(_: str) -> str:
        with held(tmp_path / "folder"):
            return run(program)

    with at_once(["one", "two", "three"], 3, work) as jobs:
        assert [job.result for job in jobs] == ["fine"] * 3


@needs_pdflatex()
def test_fitted_variants_side_by_side_are_the_same_as_one_by_one(
    make_project: MakeProject, run_cli: RunCli
) -> None:
    """Each is measured by an engine, chosen from by Python, and typeset by an engine."""
    settings = SMALL_PROJECT["content/cv.yaml"].replace("full: {}", "full: {fit: 1}\n  brief: {fit: 1}")
    root = make_project({"content/cv.yaml": settings})
    made = []
    for number in ("1", "3"):
        built = run_cli("-C", root, "pdf", "-j", number)
        assert (built.code, built.err) == (0, "")
        assert re.findall(r"cv-(\w+)\.pdf  1 page", built.out) == ["full", "brief", "short"]
        assert built.out.count("(fit: ") == 2
        made.append({path.name: path.read_bytes() for path in root.glob("build/*.pdf")})
    assert len(made[0]) == 3
    assert made[0] == made[1]
