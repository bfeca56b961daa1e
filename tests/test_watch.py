"""`cvbuild watch`: what it says round by round, and that nothing ends it but Ctrl-C."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import click
import pytest

from cvbuild.typeset import engines
from cvbuild.typeset.engine import Run
from tests.conftest import (
    REPOSITORY,
    SMALL_PROJECT,
    FakeEngine,
    Outcome,
    SmallProject,
    blank_pdf,
    needs_pdflatex,
)

ENOUGH = 300
"""Seconds after which a save that built nothing counts as missed."""
BIO, WORKS, CV = "content/bio.yaml", "bib/works.bib", "content/cv.yaml"

Step = tuple[str, Callable[[SmallProject], object]]
"""The name of a file, and its change."""
Watch = Callable[..., Outcome]


@pytest.fixture
def watch(small: SmallProject, monkeypatch: pytest.MonkeyPatch, fake_engine: FakeEngine) -> Watch:
    """Watches with a script in the place of the system, or of looking at files; at its end comes Ctrl-C."""

    def call(*arguments: str, steps: Sequence[Step] = (), way: str = "watched", code: int = 0) -> Outcome:
        left = list(steps)

        @contextmanager
        def scripted(folders: Collection[Path]) -> Iterator[Callable[[], Collection[Path]]]:
            def wait() -> Collection[Path]:
                if not left:
                    raise KeyboardInterrupt
                name, change = left.pop(0)
                change(small)
                return [small.root / name]

            yield wait

        monkeypatch.setattr(f"cvbuild.commands.watch.{way}", scripted)
        return small.run("watch", *arguments, code=code)

    return call


def written(name: str, text: str) -> Step:
    return name, lambda small: small.write({name: text})


def edited(name: str, before: str, after: str) -> Step:
    return name, lambda small: small.edit(name, before, after)


def engine(**values: object) -> Step:
    """Something changes of the engine, beside a file."""

    def change(small: SmallProject) -> None:
        for name, value in values.items():
            setattr(engines.ENGINES["pdflatex"], name, value)

    return BIO, change


BYE = edited(BIO, "Hello", "Bye")


def lines(out: str) -> list[str]:
    """What is said of the rounds, without the time of day, the seconds and the folders."""
    said = [line for line in out.splitlines() if re.match(r"\d\d:\d\d:\d\d  ", line)]
    return [re.sub(r"  \d+\.\d s|\S+/build/", "", line[10:]) for line in said]


def test_a_save_builds_the_variants_that_changed(watch: Watch, fake_engine: FakeEngine) -> None:
    title = edited(WORKS, "A First Title", "Another Title")
    outcome = watch(steps=[title, BYE, written(f"{BIO}~", "")])
    assert outcome.err == "\nstopped watching\n"
    assert lines(outcome.out) == [
        "start  cv-full.pdf  1 page",
        "start  cv-short.pdf  1 page",
        "bib/works.bib  cv-full.pdf  1 page",
        "content/bio.yaml  cv-full.pdf  1 page",
        "content/bio.yaml  cv-short.pdf  1 page",
    ]
    assert re.match(r"\d\d:\d\d:\d\d  start  \S+  1 page  \d+\.\d s\n", outcome.out)
    assert fake_engine.runs == 5


TEMPLATE = (REPOSITORY / "latex_templates/classic/sections/text.tex").read_text(encoding="utf-8")
PROFILE = (REPOSITORY / "cvbuild/profiles/dfg-53.200.yaml").read_text(encoding="utf-8")
OWN, OURS, PDF = "latex_templates/classic/sections/text.tex", "profiles/ours.yaml", "build/cv-full.pdf"
BUILT, NOTHING = "cv-full.pdf  1 page", "nothing to build: the PDFs are up to date"
REBUILT: dict[str, list[tuple[Step, str]]] = {
    "comment": [(edited(BIO, "kind", "# a comment\nkind"), NOTHING), (BYE, BUILT)],
    "gone": [((BIO, lambda small: (small.root / PDF).unlink()), BUILT)],
    "other's": [((BIO, lambda small: small.write({PDF: "somebody else's"})), BUILT)],
    "limit": [(edited(CV, "full: {}", "full: {max_pages: 5}"), BUILT)],
    "name": [(edited(CV, "full: {}", "full: {output: mine}"), "mine.pdf  1 page")],
    "date": [((BIO, lambda small: os.environ.update(SOURCE_DATE_EPOCH="1")), BUILT)],
    "template": [
        (written(OWN, f"{TEMPLATE}one\n"), BUILT),
        (written(OWN, f"{TEMPLATE}one\n"), NOTHING),
        (written(OWN, f"{TEMPLATE}other\n"), BUILT),
    ],
    "profile": [
        (edited(CV, "full: {}", "full: {profile: ours}"), "not built: full; waiting for a change"),
        (written(OURS, f"{PROFILE}# a comment\n"), "not built: full; waiting for a change"),
    ],
    "failed": [
        (edited(CV, "full: {}", "full: {max_pages: 1}"), BUILT),
        (engine(pages=2), NOTHING),
        (BYE, "not built: full; waiting for a change"),
        (engine(pages=1), BUILT),
    ],
}


@pytest.mark.parametrize("name", REBUILT)
def test_a_variant_is_built_where_its_pdf_would_be_another(
    name: str, watch: Watch, small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    small.write({OURS: PROFILE, "latex_templates/header.tex": ""})
    outcome = watch("-v", "full", steps=[step for step, _ in REBUILT[name]])
    told = sorted(lines(outcome.out) + lines(outcome.err), key=lambda line: line.startswith("start"))
    assert sorted(line.partition("  ")[2] for line in told[:-1]) == sorted(end for _, end in REBUILT[name])
    assert told[-1] == f"start  {BUILT}"


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (written(BIO, "kind: ["), "error[yaml-syntax]"),
        (written(CV, ""), "error[empty-file]"),
        (written(CV, "owner: {name: A}\nvariants: {new: {}}"), "there is no variant `short`"),
        ((BIO, lambda small: (small.root / BIO).unlink()), "error[unknown-section]"),
        (("content", lambda small: (small.root / CV).unlink()), "there is no content/cv.yaml here"),
        (("content", lambda small: Path("content").rename("gone")), "this folder is not a CV project"),
    ],
    ids=["yaml", "empty", "variant", "section", "settings", "content"],
)
def test_broken_content_is_said_and_waited_out(
    break_it: Step, said: str, watch: Watch, small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_kept(small: SmallProject) -> None:
        assert (small.root / "build/cv-short.pdf").is_file()

    def mend(small: SmallProject) -> None:
        small.write(SMALL_PROJECT)
        small.edit(BIO, "Hello", "Mended")

    monkeypatch.chdir(small.root)
    outcome = watch("-v", "short", steps=[break_it, ("README", is_kept), (BIO, mend)])
    assert said in outcome.err
    (waiting,) = lines(outcome.err)
    assert waiting.endswith("; waiting for a change")
    assert [line.split()[0] for line in lines(outcome.out)] == ["start", BIO]


def test_a_project_that_is_broken_at_the_start_is_waited_for(watch: Watch, small: SmallProject) -> None:
    """Also where it is asked to look at the files itself."""
    small.write({BIO: "kind: ["})
    outcome = watch("-v", "short", "--poll", steps=[written(BIO, SMALL_PROJECT[BIO])], way="looked_at")
    assert lines(outcome.err) == ["start  1 error; nothing was built; waiting for a change"]
    assert len(lines(outcome.out)) == 1


def test_what_tex_refuses_is_waited_out_for_that_variant_alone(watch: Watch, fake_engine: FakeEngine) -> None:
    def behave(folder: Path, _: int) -> Run:
        blank_pdf(folder / "cv.pdf")
        is_right = "Another" not in (folder / "cv.tex").read_text()
        return Run(is_right, "fine\n" if is_right else "! Undefined control sequence.\nl.3 \\what\n")

    fake_engine.behave = behave
    outcome = watch(steps=[edited(WORKS, "A First", "Another")])
    assert lines(outcome.err) == ["bib/works.bib  not built: full; waiting for a change"]
    assert "error[tex-" in outcome.err


def test_a_warning_is_printed_when_it_comes_and_not_every_time(watch: Watch) -> None:
    twice = edited(WORKS, "  year", "  title = {Again},\n  year")
    outcome = watch(steps=[twice, edited(WORKS, "A First", "\nAnother"), edited(WORKS, "Again", "")])
    assert outcome.err.count("warning[bib-duplicate-field]") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-v", "shirt"], 2, "did you mean `short`?"),
        (["--engine", "pdftex"], 2, "there is no engine `pdftex`"),
        (["--engine", "xelatex"], 3, "xelatex is not installed"),
    ],
)
def test_a_wrong_call_ends_at_once(arguments: list[str], code: int, said: str, watch: Watch) -> None:
    assert said in watch(*arguments, code=code).err


def test_an_engine_that_goes_and_comes_back_is_waited_for(watch: Watch) -> None:
    outcome = watch("-v", "short", steps=[engine(is_there=False), BYE, engine(is_there=True)])
    assert "there is no TeX engine on this machine" in outcome.err
    assert lines(outcome.out)[1:] == [f"{BIO}  {NOTHING}", f"{BIO}  cv-short.pdf  1 page"]


def test_a_mistake_of_ours_and_a_full_disk_do_not_end_it(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems = [OSError(28, "No space left on device", "build"), KeyError("oh")]

    def synced(file: int) -> None:
        if problems:
            raise problems.pop(0)

    monkeypatch.setattr(os, "fsync", synced)
    outcome = watch("-v", "short", steps=[engine(), engine()])
    assert "error: no space left on device" in outcome.err
    assert "this is a mistake in cvbuild" in outcome.err
    assert len(lines(outcome.err)) == 2
    assert len(lines(outcome.out)) == 1


def test_open_opens_a_pdf_once_and_collecting_garbage_goes_on_after_it(
    watch: Watch, small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(click, "launch", opened.append)
    watch("-v", "short", "--open", steps=[BYE, ("README", lambda _: opened.append(gc.isenabled()))])
    assert opened == [str(small.root / "build/cv-short.pdf"), False]
    assert gc.isenabled()


@needs_pdflatex()
def test_the_whole_of_it_with_the_real_watcher_and_engine(small: SmallProject) -> None:
    """Saves come when the last build is done, until it is seen that each made a PDF; then Ctrl-C."""
    command = [sys.executable, "-m", "cvbuild", "watch", "-v", "short"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    watch = subprocess.Popen(
        command, cwd=small.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert watch.stdout is not None
    too_late = Timer(ENOUGH, watch.kill)
    too_late.start()
    try:
        assert "start  build/cv-short.pdf  1 page" in watch.stdout.readline()
        beside = small.root / "content/.bio.yaml.new"
        beside.write_text(small.read(BIO).replace("Hello", "Bye"))
        beside.replace(small.root / BIO)  # as many editors save
        assert "content/bio.yaml  build/cv-short.pdf  1 page" in watch.stdout.readline()
    finally:
        watch.send_signal(signal.SIGINT)
        out, err = watch.communicate(timeout=ENOUGH)
        too_late.cancel()
    assert (watch.returncode, out, err) == (0, "", "\nstopped watching\n")
