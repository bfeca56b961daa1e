"""`cvbuild watch`: what it says round by round, and that nothing ends it but Ctrl-C."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Protocol

import click
import pytest

from cvbuild import build as building
from cvbuild.output import deliver
from cvbuild.project import Project
from cvbuild.typeset.engine import Run
from cvbuild.watch import Wait
from tests.conftest import FakeEngine, MakeProject, RunCli, needs_pdflatex

ENOUGH = 120
"""Seconds after which a save that built nothing counts as missed."""

Step = Callable[[Path], Collection[str]]
"""Changes a project, and gives the names of the files that it changed."""


class Saves(Protocol):
    """Puts a script in the place of the system, or of looking at the files."""

    def __call__(self, root: Path, steps: list[Step], way: str = "watched") -> None: ...


@pytest.fixture
def saves(monkeypatch: pytest.MonkeyPatch) -> Saves:
    """Puts a script in the place of the system; at its end comes Ctrl-C."""

    def use(root: Path, steps: list[Step], way: str = "watched") -> None:
        @contextmanager
        def scripted(folders: Collection[Path]) -> Iterator[Wait]:
            def wait() -> Collection[Path]:
                if not steps:
                    raise KeyboardInterrupt
                return [root / name for name in steps.pop(0)(root)]

            yield wait

        monkeypatch.setattr(f"cvbuild.commands.watch.{way}", scripted)

    return use


def written(name: str, text: str) -> Step:
    def write(root: Path) -> Collection[str]:
        (root / name).write_text(text, encoding="utf-8")
        return [name]

    return write


def edited(name: str, before: str, after: str) -> Step:
    def edit(root: Path) -> Collection[str]:
        text = (root / name).read_text(encoding="utf-8")
        assert before in text
        (root / name).write_text(text.replace(before, after), encoding="utf-8")
        return [name]

    return edit


def lines(out: str) -> list[str]:
    """What is said of the rounds, without the time of day and the seconds."""
    said = [line for line in out.splitlines() if re.match(r"\d\d:\d\d:\d\d  ", line)]
    return [re.sub(r"  \d+\.\d s", "", line[10:]) for line in said]


def test_a_save_builds_the_variants_that_changed(
    make_project: MakeProject, run_cli: RunCli, saves: Saves, fake_engine: FakeEngine
) -> None:
    root = make_project()
    title = edited("bib/works.bib", "A First Title", "Another Title")
    saves(root, [title, edited("content/bio.yaml", "Hello", "Bye"), written("content/bio.yaml~", "")])
    outcome = run_cli("-C", root, "watch")
    assert outcome.code == 0
    assert outcome.err == "\nstopped watching\n"
    full, short = (str(root / f"build/cv-{name}.pdf") for name in ("full", "short"))
    assert lines(outcome.out) == [
        f"start  {full}  1 page",
        f"start  {short}  1 page",
        f"bib/works.bib  {full}  1 page",
        f"content/bio.yaml  {full}  1 page",
        f"content/bio.yaml  {short}  1 page",
    ]
    assert re.match(r"\d\d:\d\d:\d\d  start  \S+  1 page  \d+\.\d s\n", outcome.out)
    assert fake_engine.runs == 5


def test_a_save_without_effect_says_so(
    make_project: MakeProject, run_cli: RunCli, saves: Saves, fake_engine: FakeEngine
) -> None:
    root = make_project()
    saves(root, [edited("content/bio.yaml", "kind", "# a comment\nkind")])
    outcome = run_cli("-C", root, "watch", "-v", "short")
    assert lines(outcome.out)[1:] == ["content/bio.yaml  nothing to build: the PDFs are up to date"]
    assert fake_engine.runs == 1


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (written("content/bio.yaml", "kind: ["), "error[yaml-syntax]"),
        (written("content/cv.yaml", ""), "error[empty-file]"),
        (written("content/cv.yaml", "owner: {name: A}\nvariants: {new: {}}"), "there is no variant `short`"),
        (edited("content/bio.yaml", "Hello", "{{{ \x07"), "error[yaml-syntax]"),
        (lambda root: (root / "content/bio.yaml").unlink() or ["content/bio.yaml"], "error[unknown-section]"),
        (lambda root: (root / "content/cv.yaml").unlink() or ["content"], "there is no content/cv.yaml here"),
        (
            lambda root: (root / "content").rename(root / "gone") and ["content"],
            "this folder is not a CV project",
        ),
    ],
    ids=["yaml", "empty", "variant", "control", "section", "settings", "content"],
)  # fmt: skip
def test_broken_content_is_said_and_waited_out(
    break_it: Step,
    said: str,
    make_project: MakeProject,
    run_cli: RunCli,
    saves: Saves,
    fake_engine: FakeEngine,
) -> None:
    root = make_project()

    def mend(root: Path) -> Collection[str]:
        gone = root / "gone"
        if gone.exists():
            gone.rename(root / "content")
        make_project()
        return edited("content/bio.yaml", "Hello", "Mended")(root)

    def is_kept(root: Path) -> Collection[str]:
        assert (root / "build/cv-short.pdf").is_file()
        return []

    saves(root, [break_it, is_kept, mend])
    outcome = run_cli("-C", root, "watch", "-v", "short")
    assert outcome.code == 0
    assert said in outcome.err
    (waiting,) = lines(outcome.err)
    assert waiting.endswith("; waiting for a change")
    assert [line.split()[0] for line in lines(outcome.out)] == ["start", "content/bio.yaml"]


def test_a_project_that_is_broken_at_the_start_is_waited_for(
    make_project: MakeProject, run_cli: RunCli, saves: Saves, fake_engine: FakeEngine
) -> None:
    root = make_project({"content/bio.yaml": "kind: ["})
    saves(root, [written("content/bio.yaml", "kind: text\ntitle: Bio\ntext: Hello\n")])
    outcome = run_cli("-C", root, "watch", "-v", "short")
    assert lines(outcome.err) == ["start  1 error; nothing was built; waiting for a change"]
    assert len(lines(outcome.out)) == 1


def test_what_tex_refuses_is_waited_out_for_that_variant_alone(
    make_project: MakeProject, run_cli: RunCli, saves: Saves, fake_engine: FakeEngine
) -> None:
    root = make_project()

    def behave(folder: Path, _: int) -> Run:
        if "Another" in (folder / "cv.tex").read_text():
            return Run(False, "! Undefined control sequence.\nl.3 \\what\n")
        fake_engine.behave = None
        run = fake_engine.run(None, folder, 0)  # type: ignore[arg-type]  # the fake one looks at none of it
        fake_engine.behave = behave
        return run

    fake_engine.behave = behave
    saves(root, [edited("bib/works.bib", "A First", "Another")])
    outcome = run_cli("-C", root, "watch")
    assert lines(outcome.err) == ["bib/works.bib  not built: full; waiting for a change"]
    assert "error[tex-" in outcome.err


def test_a_warning_is_printed_when_it_comes_and_not_every_time(
    make_project: MakeProject, run_cli: RunCli, saves: Saves, fake_engine: FakeEngine
) -> None:
    root = make_project()
    twice = edited("bib/works.bib", "  year", "  title = {Again},\n  year")
    saves(
        root, [twice, edited("bib/works.bib", "A First", "\nAnother"), edited("bib/works.bib", "Again", "")]
    )
    outcome = run_cli("-C", root, "watch")
    assert outcome.err.count("warning[bib-duplicate-field]") == 1


def test_where_asked_to_it_looks_at_the_files_itself(
    make_project: MakeProject, run_cli: RunCli, saves: Saves, fake_engine: FakeEngine
) -> None:
    root = make_project()
    saves(root, [edited("content/bio.yaml", "Hello", "Bye")], "looked_at")
    assert len(lines(run_cli("-C", root, "watch", "-v", "short", "--poll").out)) == 2


def test_collecting_garbage_goes_on_after_it(
    make_project: MakeProject, run_cli: RunCli, saves: Saves, fake_engine: FakeEngine
) -> None:
    root = make_project()
    was_on: list[bool] = []

    def look(_: Path) -> Collection[str]:
        was_on.append(gc.isenabled())
        return []

    saves(root, [look])
    run_cli("-C", root, "watch")
    assert was_on == [False]
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-v", "shirt"], 2, "did you mean `short`?"),
        (["--engine", "pdftex"], 2, "there is no engine `pdftex`"),
        (["--engine", "xelatex"], 3, "xelatex is not installed"),
    ],
)
def test_a_wrong_call_ends_at_once(
    arguments: list[str],
    code: int,
    said: str,
    make_project: MakeProject,
    run_cli: RunCli,
    saves: Saves,
    fake_engine: FakeEngine,
) -> None:
    root = make_project()
    saves(root, [])
    outcome = run_cli("-C", root, "watch", *arguments)
    assert outcome.code == code
    assert said in outcome.err


def test_an_engine_that_goes_and_comes_back_is_waited_for(
    make_project: MakeProject, run_cli: RunCli, saves: Saves, fake_engine: FakeEngine
) -> None:
    root = make_project()

    def uninstall(root: Path) -> Collection[str]:
        fake_engine.is_there = False
        return edited("content/bio.yaml", "Hello", "Bye")(root)

    def install(root: Path) -> Collection[str]:
        fake_engine.is_there = True
        return ["content/bio.yaml"]

    saves(root, [uninstall, install])
    outcome = run_cli("-C", root, "watch", "-v", "short")
    assert "there is no TeX engine on this machine" in outcome.err
    assert [line.split()[0] for line in lines(outcome.out)] == ["start", "content/bio.yaml"]


def test_a_mistake_of_ours_and_a_full_disk_do_not_end_it(
    make_project: MakeProject,
    run_cli: RunCli,
    saves: Saves,
    fake_engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = make_project()
    problems = [OSError(28, "No space left on device", "build"), KeyError("oh")]

    def failing(project: Project, made: Path, target: Path) -> None:
        if problems:
            raise problems.pop(0)
        deliver(project, made, target)

    monkeypatch.setattr(building, "deliver", failing)
    saves(root, [lambda _: ["content/bio.yaml"], lambda _: ["content/bio.yaml"]])
    outcome = run_cli("-C", root, "watch", "-v", "short")
    assert "error: no space left on device" in outcome.err
    assert "this is a mistake in cvbuild" in outcome.err
    assert len(lines(outcome.err)) == 2
    assert len(lines(outcome.out)) == 1


def test_open_opens_a_pdf_once(
    make_project: MakeProject,
    run_cli: RunCli,
    saves: Saves,
    fake_engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = make_project()
    opened: list[str] = []
    monkeypatch.setattr(click, "launch", opened.append)
    saves(root, [edited("content/bio.yaml", "Hello", "Bye")])
    run_cli("-C", root, "watch", "-v", "short", "--open")
    assert opened == [str(root / "build/cv-short.pdf")]


@needs_pdflatex()
def test_the_whole_of_it_with_the_real_watcher_and_engine(make_project: MakeProject) -> None:
    """Saves come when the last build is done, until it is seen that each made a PDF; then Ctrl-C."""
    root = make_project()
    watch = subprocess.Popen(
        [sys.executable, "-m", "cvbuild", "watch", "-v", "short"],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert watch.stdout is not None
    too_late = Timer(ENOUGH, watch.kill)
    too_late.start()
    try:
        assert "start  build/cv-short.pdf  1 page" in watch.stdout.readline()
        bio = root / "content/bio.yaml"
        beside = root / "content/.bio.yaml.new"
        beside.write_text(bio.read_text().replace("Hello", "Bye"))
        beside.replace(bio)  # as many editors save
        assert "content/bio.yaml  build/cv-short.pdf  1 page" in watch.stdout.readline()
    finally:
        watch.send_signal(signal.SIGINT)
        out, err = watch.communicate(timeout=ENOUGH)
        too_late.cancel()
    assert (watch.returncode, out, err) == (0, "", "\nstopped watching\n")
