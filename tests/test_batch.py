"""Many projects in one call: which they are, in what order, and that none disturbs another."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cvbuild.batch import (
    BuiltProject,
    BuiltVariant,
    OwnProcesses,
    Task,
    build_all,
    build_project,
    dask_cluster,
    find_projects,
)
from cvbuild.commands.batch import _progress
from cvbuild.select.request import Request
from tests.conftest import FakeEngine, MakeProject, RunCli, needs_pdflatex, write_program

BROKEN = {"content/bio.yaml": "kind: ["}


def test_a_folder_is_a_project_or_holds_some_at_any_depth(make_project: MakeProject, tmp_path: Path) -> None:
    made = [make_project(folder=f"staff/{name}") for name in ("ada", "group/bob/cv", "group/carl/cv")]
    for hidden in ("staff/.old/x", "staff/build/x", "staff/venv/x", "staff/ada/inner"):
        make_project(folder=hidden)
    (tmp_path / "staff/venv/pyvenv.cfg").touch()
    staff = tmp_path / "staff"
    assert find_projects([staff]) == dict(zip(("ada", "group/bob/cv", "group/carl/cv"), made, strict=True))
    again = find_projects([made[1], staff, made[0] / ".." / "ada"])
    assert list(again.values()) == [made[1], made[0], made[2]]


def test_a_link_to_a_project_is_one_and_counts_once(make_project: MakeProject, tmp_path: Path) -> None:
    ada = make_project(folder="home/ada/cv")
    staff = tmp_path / "staff"
    staff.mkdir()
    (staff / "ada").symlink_to(ada)
    (staff / "again").symlink_to(ada)
    (staff / "circle").symlink_to(staff)
    assert find_projects([staff, ada]) == {"cv": ada}


def test_a_folder_without_one_is_refused(make_project: MakeProject, run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "empty/sub").mkdir(parents=True)
    for name, said in (("empty", "no CV project in"), ("gone", "there is no folder")):
        outcome = run_cli("batch", make_project(), tmp_path / name)
        assert outcome.code == 2
        assert said in outcome.err


@dataclass
class ByHand(Executor):
    """Leaves each call to the test."""

    futures: dict[str, Future[BuiltProject]] = field(default_factory=dict)
    most: int = 0
    script: list[Callable[[dict[str, Future[BuiltProject]]], None]] = field(default_factory=list)

    def submit(self, fn: Callable[..., BuiltProject], /, *args: Task, **_: object) -> Future[BuiltProject]:  # type: ignore[override]  # for these calls alone
        future: Future[BuiltProject] = Future()
        self.futures[args[0].name] = future
        self.most = max(self.most, sum(not each.done() for each in self.futures.values()))
        if self.script:
            self.script.pop(0)(self.futures)
        return future


def done(name: str, state: str) -> BuiltProject:
    variant = BuiltVariant("full", "failed" if state == "failed" else "built")
    return BuiltProject(name, Path(name), (variant,))


def end(**states: str) -> Callable[[dict[str, Future[BuiltProject]]], None]:
    """A step of a script: these projects end so."""

    def step(futures: dict[str, Future[BuiltProject]]) -> None:
        for name, state in states.items():
            futures[name].set_result(done(name, state))

    return step


def test_after_a_failure_no_other_is_begun_and_those_under_way_end() -> None:
    executor = ByHand(script=[end(), end(a="failed", b="built")])
    made = build_all([Task(name, Path(name)) for name in "abcd"], executor, 2)
    assert [project.name for project in made.built] == ["a", "b"]
    assert [task.name for task in made.not_started] == ["c", "d"]
    assert executor.most == 2


def test_keep_going_builds_all_and_no_more_at_once_than_asked() -> None:
    executor = ByHand(script=[end(), end(a="failed"), end(b="built"), end(c="built"), end(d="built")])
    told: list[str] = []

    def tell(project: BuiltProject) -> None:
        told.append(project.name)
        if project.name == "d":
            end(e="built")(executor.futures)

    tasks = [Task(name, Path(name)) for name in "abcde"]
    made = build_all(tasks, executor, 2, keep_going=True, done=tell)
    assert [project.name for project in made.built] == list("abcde") == told
    assert made.not_started == ()
    assert executor.most == 2


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (BrokenProcessPool("x"), "was killed from outside"),
        (ModuleNotFoundError("No module named 'cvbuild'"), "its worker failed: ModuleNotFoundError"),
        (RuntimeError(""), "its worker failed: RuntimeError"),
    ],
)
def test_a_worker_that_fails_is_its_projects_failure(problem: Exception, said: str) -> None:
    executor = ByHand(script=[lambda futures: futures["a"].set_exception(problem)])
    made = build_all([Task("a", Path("a"))], executor, 1)
    error = made.built[0].first_error
    assert error is not None
    assert said in error.message


def test_results_are_plain_and_whole(make_project: MakeProject, fake_engine: FakeEngine) -> None:
    twice = "@article{x,\n  title = {A},\n  title = {B},\n}\n"
    root = make_project({"bib/works.bib": twice})
    made = build_project(Task("ada", root))
    assert pickle.loads(pickle.dumps(made)) == made
    assert not made.failed
    assert [(variant.name, variant.state, variant.pages) for variant in made.variants] == [
        ("full", "built", 1), ("short", "built", 1)
    ]  # fmt: skip
    warning = next(item for item in made.complaints if item.code == "bib-duplicate-field")
    assert (warning.severity, warning.text[:19]) == ("warning", "bib/works.bib:3:11:")
    only = build_project(Task("ada", root, Request(variants=("short",))))
    assert [variant.name for variant in only.variants] == ["short"]


def test_whatever_goes_wrong_is_in_the_result(
    make_project: MakeProject, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def first(task: Task) -> str:
        made = build_project(task)
        assert made.failed
        assert made.first_error is not None
        return made.first_error.text

    broken = make_project(BROKEN, folder="outer/inner")
    make_project(folder="outer")
    assert first(Task("a", broken)).startswith("content/bio.yaml:1:7: a list is opened")
    assert first(Task("a", tmp_path / "outer", Request(variants=("long",)))) == "there is no variant `long`"
    fake_engine.is_there = False
    assert first(Task("a", tmp_path / "outer")) == "there is no TeX engine on this machine"
    shutil.rmtree(broken)
    assert first(Task("a", broken)).startswith("the project is gone")  # and not the one around it

    def build(*_: object) -> None:
        raise KeyError("oh")

    monkeypatch.setattr("cvbuild.batch.build", build)
    made = build_project(Task("a", tmp_path / "outer"))
    assert made.first_error is not None
    assert made.first_error.message == "this is a mistake in cvbuild, not in the CV (KeyError)"
    assert "KeyError: 'oh'" in made.trace


def test_a_strangers_project_is_built_as_one(make_project: MakeProject, fake_engine: FakeEngine) -> None:
    root = make_project({"content/bio.yaml": 'kind: text\ntitle: Bio\ntext: !tex "x"\n'})
    assert not build_project(Task("a", root)).failed
    assert build_project(Task("a", root, Request(is_untrusted=True))).failed


def end_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def number_of_process(go: Path) -> int:
    """The number of the process that runs this, when it may go on: till then it is busy."""
    while not go.exists():
        time.sleep(0.01)
    return os.getpid()


def test_a_killed_process_takes_nobody_elses_work_with_it(tmp_path: Path) -> None:
    with OwnProcesses(2) as executor:
        other = executor.submit(os.getpid)
        killed = executor.submit(end_myself)
        assert isinstance(killed.exception(60), BrokenProcessPool)
        assert other.result(60) != os.getpid()
        both = [executor.submit(number_of_process, tmp_path / "go") for _ in range(2)]
        (tmp_path / "go").touch()
        again = {future.result(60) for future in both}
        assert len(again) == 2, "there is a new one in its place"
        assert other.result() in again, "and the other one lives on"


@needs_pdflatex()
def test_one_call_with_all_that_can_go_wrong(
    make_project: MakeProject, run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CV that is broken and one that takes its process down, between two that are sound."""
    programs = tmp_path / "programs"
    real = shutil.which("pdflatex")
    kill = f'if grep -q KILL cv.tex 2>/dev/null; then kill -KILL $PPID; fi\nexec {real} "$@"'
    write_program(programs / "pdflatex", kill)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    make_project(folder="staff/ada")
    make_project(BROKEN, folder="staff/bob")
    make_project({"content/bio.yaml": "kind: text\ntitle: Bio\ntext: KILL\n"}, folder="staff/carl")
    make_project(folder="staff/dora")
    report = run_cli("batch", tmp_path / "staff", "-k", "-j", "2", "-v", "short", "--format", "json")
    assert report.code == 1
    found = json.loads(report.out)
    assert [(item["project"], item["failed"]) for item in found["projects"]] == [
        ("ada", False), ("bob", True), ("carl", True), ("dora", False)
    ]  # fmt: skip
    assert (found["failed"], found["not_started"]) == (2, [])
    ada, bob, carl, _ = found["projects"]
    assert ada["variants"][0]["pages"] == 1
    assert Path(ada["variants"][0]["pdf"]) == tmp_path / "staff/ada/build/cv-short.pdf"
    assert bob["diagnostics"][0]["code"] == "yaml-syntax"
    assert "was killed from outside" in carl["diagnostics"][0]["message"]
    assert report.err == "", "no progress where nobody looks"


def test_the_table_names_every_project(make_project: MakeProject, run_cli: RunCli, tmp_path: Path) -> None:
    make_project(BROKEN, folder="staff/ada")
    make_project(folder="staff/bob")
    outcome = run_cli("batch", tmp_path / "staff", "-j", "1")
    assert outcome.code == 1
    head, ada, bob, total = outcome.out.splitlines()
    assert head.split() == ["project", "built", "up", "to", "date", "failed", "seconds"]
    assert ada.startswith("ada ")
    assert "error[yaml-syntax]: content/bio.yaml:1:7: a list is opened" in ada
    assert "not begun" in bob
    assert total.startswith("0 of 2 projects done in ")
    assert total.endswith("; 1 failed")


def test_the_progress_says_how_many_are_done_and_failed() -> None:
    assert _progress(0, 0, 4, "") == "[....................] 0 of 4  "
    assert _progress(3, 1, 4, "bob") == "[###############.....] 3 of 4, 1 failed  bob"


def test_a_cluster_that_does_not_answer_is_a_wrong_call(make_project: MakeProject, run_cli: RunCli) -> None:
    for address in ("cluster", "http://cluster:80", "tcp://cluster"):
        outcome = run_cli("batch", make_project(), "--dask", address)
        assert (outcome.code, outcome.out) == (2, "")
        assert f"`{address}` is no address of a Dask cluster" in outcome.err
    outcome = run_cli("batch", make_project(), "--dask", "tcp://127.0.0.1:1")
    assert outcome.code == 2
    assert "distributed` installs it" in outcome.err or "no Dask cluster answers" in outcome.err


@needs_pdflatex()
@pytest.mark.filterwarnings("ignore")  # Dask's own
def test_a_dask_cluster_of_two_workers_does_the_same_work(make_project: MakeProject, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    make_project(folder="staff/ada")
    make_project(BROKEN, folder="staff/bob")
    found = find_projects([tmp_path / "staff"])
    tasks = [Task(name, root, Request(variants=("short",))) for name, root in found.items()]
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        dask_cluster(cluster.scheduler_address) as (executor, at_once),
    ):
        assert at_once == 2
        made = build_all(tasks, executor, at_once, keep_going=True)
        killed = executor.submit(end_myself)
        assert killed.exception(120) is not None
    assert [(project.name, project.failed) for project in made.built] == [("ada", False), ("bob", True)]
    assert (tmp_path / "staff/ada/build/cv-short.pdf").is_file()
