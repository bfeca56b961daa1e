"""Which builds have an engine waiting for their document, and that none is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from cvbuild import build as building
from cvbuild import cache
from cvbuild.build import build, stream_for, streams
from cvbuild.loading import load_cv
from cvbuild.project import Project, find_project
from cvbuild.record import replace
from cvbuild.select.request import Request
from cvbuild.typeset import stream as streaming
from cvbuild.typeset.stream import Stream
from cvbuild.watch import Rebuilder
from tests.conftest import MakeProject, RunCli, children, needs_pdflatex, wait_for, write_files

pytestmark = needs_pdflatex()

FULL = Request()
BIO = "kind: text\ntitle: Bio\ntext: Good day.\n"
LONG = "kind: text\ntitle: Bio\ntext: " + "A long text. " * 4000
VARIANTS = "owner: {name: Ada Example}\nvariants: {full: {}, short: {}, german: {lang: de}}\n"


@pytest.fixture(autouse=True)
def _no_engine_is_left() -> Iterator[None]:
    yield
    assert engines() == 0


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return find_project(make_project())


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache with nothing that other tests kept."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "own-cache"))


def engines() -> int:
    """How many engines this process has started; each is a shell for a moment."""
    return sum(name in {"pdflatex", "sh"} for name in children())


def built(project: Project, options: Request = FULL, stream: Stream | None = None) -> tuple[int, bytes]:
    """How many passes a build took, and the PDF."""
    cv, found = load_cv(project)
    assert cv is not None, found
    made = build(project, cv, "full", options, stream=stream)
    assert made.pdf is not None, made.diagnostics
    return made.passes, made.pdf.read_bytes()


def waits(project: Project, options: Request = FULL, variant: str = "full") -> bool:
    """Whether an engine of last time waits for a variant."""
    with streams(project, replace(options, variants=(variant,)), 2) as found:
        assert engines() == len(found)
        return bool(found)


@pytest.mark.usefixtures("own_cache")
def test_from_scratch_both_passes_are_of_engines_that_waited(
    project: Project, taken: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(project.root, {"content/bio.yaml": LONG})
    heard: list[str] = []
    hear = Stream.hear

    def listened(self: Stream, piece: str) -> None:
        heard.append(piece)
        hear(self, piece)

    monkeypatch.setattr(Stream, "hear", listened)
    made = built(project)
    assert taken == [True, True]
    assert len("".join(heard)) > len(LONG) // 2
    (project.root / "build/.work/full-pdflatex/cv.aux").unlink()
    assert built(project, replace(FULL, force=True)) == made
    assert taken == [True, True]


CHANGES = {
    "a word": ("content/bio.yaml", BIO, True),
    "nothing": ("content/none.txt", "", None),
    "the paper": ("content/cv.yaml", "paper: letter\nowner: {name: Ada Example}\n", False),
    "the language": ("content/cv.yaml", "lang: de\nowner: {name: Ada Example}\n", False),
    # The engine starts with the first line, and hears the preamble.
    "a preamble of its own": ("latex_templates/macros.tex", "\\newcommand\\mine{x}\n", True),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_next_build_is_the_same_as_without_an_engine_that_waits(
    project: Project, taken: list[bool], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    built(project)
    taken.clear()
    name, text, is_taken = CHANGES[change]
    write_files(project.root, {name: text})
    with streams(project, replace(FULL, variants=("full",)), 2) as found:
        made = built(project, stream=found["full"])
    assert taken == ([] if is_taken is None else [is_taken])
    (project.root / "build/.work/full-pdflatex/stamp.json").unlink()
    monkeypatch.setattr(building, "cores", lambda: 1)
    assert built(project)[1] == made[1]


def test_a_waiting_engine_typesets_the_lines_that_are_expected_where_a_format_is_loaded(
    project: Project, own_cache: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):  # the preamble is new, its format is made, its format is loaded
        built(project, replace(FULL, force=True))
    tex = (project.root / "build/.work/full-pdflatex/cv.tex").read_text(encoding="utf-8")
    expected = tex[: tex.index("\\end{document}")]
    stream = stream_for(project, "full", FULL, expected=expected)
    assert stream is not None
    assert stream._begins.endswith(expected[-200:])
    stream.end()
    stream = stream_for(project, "full", FULL, expected="\\documentclass{other}")
    assert stream is not None
    assert not stream._begins.endswith(expected[-200:])
    stream.end()
    monkeypatch.setenv(cache.VARIABLE, "")  # no formats, and nothing remembered
    assert stream_for(project, "full", FULL, expected=expected) is None


def test_what_has_an_engine_waiting(
    project: Project, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not waits(project)
    assert stream_for(project, "full", Request(engine="no-engine"), anew=True) is None
    assert not waits(project, variant="fulll")
    assert not (project.root / "build").exists()
    built(project)
    assert waits(project)
    for other in (Request(force=True), Request(fit=2), Request(engine="lualatex"), Request(language="de")):
        assert not waits(project, other)
    assert not waits(project, variant="none")
    assert not waits(replace(project, is_trusted=False))
    assert not waits(replace(project, revision="HEAD"))
    write_files(project.root, {"latex_templates/preamble/own.tex": r"\IfFileExists{\jobname.own}{}{}"})
    assert waits(project)  # with the first line alone: its preamble is read when it is there
    with streams(project, replace(FULL, variants=("full",)), 2) as found:
        assert found["full"]._begins == streaming.FIRST_LINE
        assert stream_for(project, "full", FULL) is None  # its folder is in use
    with monkeypatch.context() as patch:
        patch.setattr(building, "cores", lambda: 1)
        assert not waits(project)
    with monkeypatch.context() as patch:
        patch.delattr(os, "mkfifo")
        assert not waits(project)
    assert not (project.root / "build/.work/none-pdflatex").exists()
    settings = "owner: {name: Ada Example}\nvariants: {full: {fit: 1}}\n"
    fitted = find_project(make_project({"content/cv.yaml": settings}, "fitted"))
    built(fitted)
    assert not waits(fitted)


def test_the_first_variants_have_one(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    project = find_project(make_project({"content/cv.yaml": VARIANTS}))
    monkeypatch.setattr(building, "cores", lambda: 2)
    monkeypatch.setattr(building, "stream_for", partial(stream_for, anew=True))
    for asked, jobs, expected in (
        ("full short", None, "full short"),
        ("short short full", 2, "short full"),
        ("full short", 1, "full"),
        ("full short german", 9, "full short"),
        ("", None, ""),
    ):
        with streams(project, replace(FULL, variants=tuple(asked.split())), jobs or 2) as found:
            assert list(found) == expected.split()
            assert engines() == len(found)


@pytest.mark.parametrize("record", [b"", b"{", b"[]", b'{"program": [], "engine": "pdflatex"}'])
def test_a_damaged_record_costs_time_alone(project: Project, record: bytes) -> None:
    built(project)
    cache.write(streaming._KIND, building._key(project, "full", FULL), record)
    assert not waits(project)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("content/bio.yaml", "kind: text\ntitle: ["),
        ("content/cv.yaml", "owner: {}\n"),
        ("latex_templates/sections/text.tex", "<% if %>"),
        ("latex_templates/sections/text.tex", "<< nothing_of_this_name >>"),
        ("content/bio.yaml", 'kind: text\ntitle: Bio\ntext: !tex "\\\\undefinedcommand"\n'),
    ],
    ids=["YAML", "settings", "template", "name", "TeX"],
)
def test_a_failed_build_leaves_no_engine(project: Project, run_cli: RunCli, path: str, text: str) -> None:
    call = ("-C", project.root, "pdf", "-v", "full")
    assert run_cli(*call).code == 0
    pdf = (project.root / "build/cv-full.pdf").read_bytes()
    write_files(project.root, {path: text})
    assert run_cli(*call).code == 1
    assert engines() == 0
    assert (project.root / "build/cv-full.pdf").read_bytes() == pdf
    assert not list(project.root.glob("build/.work/*-stream-*"))


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("body", ["<% set x = a * b %>", "text " * 60], ids=["silent", "long"])
def test_templates_that_do_not_end_are_stopped_while_an_engine_hears_them(
    project: Project, run_cli: RunCli, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cvbuild.render.templates.MOST_STEPS", 100_000)
    loop = "<% for a in range(90000) %><% for b in range(90000) %>"
    write_files(project.root, {"latex_templates/sections/text.tex": f"{loop}{body}<% endfor %><% endfor %>"})
    told = run_cli("-C", project.root, "pdf", "-v", "full")
    assert told.code == 1
    assert "print or repeat without end" in told.err + told.out


def test_variants_built_together_are_as_one_by_one(make_project: MakeProject, tmp_path: Path) -> None:
    made = []
    for jobs in ("1", "2"):
        root = make_project({"content/bio.yaml": LONG}, folder=f"of {jobs}")
        call = [sys.executable, "-m", "cvbuild", "pdf", "-v", "full", "-v", "short", "-j", jobs]
        environment = {**os.environ, cache.VARIABLE: str(tmp_path / f"cache of {jobs}")}
        # After so many seconds they wait for each other for ever.
        subprocess.run(call, cwd=root, env=environment, check=True, capture_output=True, timeout=120)
        made.append({path.name: path.read_bytes() for path in root.glob("build/*.pdf")})
    assert len(made[0]) == 2
    assert made[0] == made[1]


def test_between_the_rounds_of_watch_an_engine_waits(project: Project, taken: list[bool]) -> None:
    rebuilder = Rebuilder()

    def save(text: str) -> bool:
        """One round; gives whether something was built."""
        write_files(project.root, {"content/bio.yaml": text})
        cv, found = load_cv(project)
        assert cv is not None, found
        built, is_new = rebuilder.rebuild(project, cv, "full", FULL, lambda message: None)
        assert built.pdf
        rebuilder.get_ready(project, FULL)
        assert engines() == 1
        return is_new

    assert save(BIO)
    taken.clear()
    assert save(LONG)
    assert not save(f"{LONG}\n# nothing\n")
    assert save(BIO)
    assert taken == [True, True]
    rebuilder.end()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_stopped_build_leaves_no_engine(project: Project, run_cli: RunCli, how: signal.Signals) -> None:
    call = ("-C", str(project.root), "pdf", "-v", "full", "-v", "short")
    assert run_cli(*call).code == 0
    pdf = (project.root / "build/cv-full.pdf").read_bytes()
    write_files(
        project.root, {"content/cv.yaml": "owner: {name: Ada Other}\nvariants: {full: {}, short: {}}\n"}
    )
    program = f"""\
import os, threading
import cvbuild.render.document as at
from cvbuild.typeset.process import stopping
first = threading.Lock()
def stopped(*arguments, **more):
    if first.acquire(blocking=False):
        print(*os.listdir("build/.work"), flush=True)
        os.kill(os.getpid(), {int(how)})
    # If several threads build, `stopping` ends this one; a single thread gets KeyboardInterrupt.
    (stopping.get() or threading.Event()).wait()
    return render(*arguments, **more)
render, at.render = at.render, stopped
import sys; sys.argv = ["cvbuild", *{call!r}]
from cvbuild.__main__ import main
main()
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=project.root, capture_output=True, text=True, check=False
    )
    assert "full-pdflatex-stream-" in run.stdout
    if how == signal.SIGKILL:
        assert run.returncode == -signal.SIGKILL
    else:
        assert (run.returncode, run.stderr.strip()) == (130, "stopped")
        assert not list(project.root.glob("build/.work/*-stream-*"))
    wait_for(lambda: not at_work_in(project.root / "build/.work"))
    assert (project.root / "build/cv-full.pdf").read_bytes() == pdf
    assert run_cli(*call).code == 0
    assert not list(project.root.glob("build/.work/*-stream-*"))


def at_work_in(folder: Path) -> list[str]:
    """The processes whose folder is within one, or was before it was deleted."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            if str(link.readlink()).startswith(str(folder)):
                found.append(link.parent.name)
    return found
