"""An engine that was started ahead of its document makes what it would have made afterwards."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cvbuild.typeset.ahead import Ahead, CannotWaitError, Guess
from cvbuild.typeset.fifo import MOST_BYTES, Fifo
from cvbuild.typeset.formats import MARK, beginning

from cvbuild.record import replace
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.choose import ENGINES, ChosenEngine, drafting
from cvbuild.typeset.engine import Installation
from cvbuild.typeset.passes import typeset
from cvbuild.typeset.texlive import TexLiveEngine
from tests.conftest import children, needs_pdflatex, write_program

BEGINS = "\\documentclass{article}\n\\usepackage[T1]{fontenc}" + MARK
DOCUMENT = BEGINS + "\\begin{document}\nHello, \\pageref{end}.\\label{end}\n\\end{document}\n"


def rendered(document: str) -> RenderedTex:
    return RenderedTex(document, ())


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix}


@needs_pdflatex()
@pytest.mark.parametrize("has_aux", [False, True], ids=["from scratch", "with an .aux"])
@pytest.mark.parametrize(
    "document",
    [
        DOCUMENT,
        DOCUMENT.replace("Hello", "Hello, \\emph{reader}" * 5000),
        DOCUMENT.replace("Hello", "\\undefined"),
        DOCUMENT.replace("Hello", "\\end{document}"),
        BEGINS + "\\begin{document} no end",
    ],
    ids=["short", "long", "error", "early end", "no end"],
)
def test_all_that_a_build_leaves_is_the_same(
    tmp_path: Path, chosen: ChosenEngine, started: list[Ahead], document: str, has_aux: bool
) -> None:
    usual, ahead = tmp_path / "usual", tmp_path / "ahead"
    if has_aux:
        for folder in (usual, ahead):
            typeset(rendered(DOCUMENT), chosen, folder, 0)
    else:
        started.append(Ahead(Guess(drafting(chosen), 0, BEGINS), tmp_path / "draft"))
    started.append(Ahead(Guess(chosen, 0, BEGINS), tmp_path / "waiting"))
    expected = typeset(rendered(document), chosen, usual, 0)
    found = typeset(rendered(document), chosen, ahead, 0, ahead=started)
    assert replace(found, seconds=0, log=expected.log, pdf=expected.pdf) == replace(expected, seconds=0)
    assert files(ahead) == {
        name: content.replace(b"usual", b"ahead") for name, content in files(usual).items()
    }
    for engine in started:
        engine.end()
    assert [path.name for path in (tmp_path / "waiting").iterdir()] == ["lock"]


@needs_pdflatex()
@pytest.mark.parametrize(
    ("guess", "document"),
    [
        ({"epoch": 1}, DOCUMENT),
        ({"begins": BEGINS.replace("T1", "OT1")}, DOCUMENT),
        ({"begins": BEGINS + "\\begin{document}"}, DOCUMENT),
        ({}, DOCUMENT.replace("article", "report")),
    ],
    ids=["another date", "another preamble", "more than there is", "another class"],
)
def test_an_engine_that_expects_something_else_is_not_asked(
    tmp_path: Path, chosen: ChosenEngine, started: list[Ahead], guess: dict[str, object], document: str
) -> None:
    expected = Guess(**{"chosen": chosen, "epoch": 0, "begins": BEGINS, **guess})  # type: ignore[arg-type]  # by name
    started.append(Ahead(expected, tmp_path / "waiting"))
    usual = typeset(rendered(document), chosen, tmp_path / "usual", 0)
    found = typeset(rendered(document), chosen, tmp_path / "ahead", 0, ahead=started)
    assert found.reasons == usual.reasons
    assert files(tmp_path / "ahead")["cv.pdf"] == files(tmp_path / "usual")["cv.pdf"]


@needs_pdflatex()
def test_an_engine_that_was_killed_costs_time_alone(
    tmp_path: Path, chosen: ChosenEngine, started: list[Ahead]
) -> None:
    started.append(Ahead(Guess(chosen, 0, BEGINS), tmp_path / "waiting"))
    started[0]._started._process.send_signal(signal.SIGKILL)
    typeset(rendered(DOCUMENT), chosen, tmp_path / "work", 0)
    found = typeset(rendered(DOCUMENT), chosen, tmp_path / "work", 0, ahead=started)
    assert found.pdf is not None
    assert found.passes == 1


@needs_pdflatex()
def test_a_folder_that_was_deleted_costs_time_alone(
    tmp_path: Path, chosen: ChosenEngine, started: list[Ahead]
) -> None:
    started.append(Ahead(Guess(chosen, 0, BEGINS), tmp_path / "waiting"))
    shutil.rmtree(tmp_path / "waiting")
    assert typeset(rendered(DOCUMENT), chosen, tmp_path / "work", 0, ahead=started).pdf is not None


@needs_pdflatex()
def test_one_that_is_let_go_leaves_nothing(tmp_path: Path, chosen: ChosenEngine) -> None:
    before = children()
    waiting = Ahead(Guess(chosen, 0, BEGINS), tmp_path / "waiting")
    assert len(children()) == len(before) + 1
    waiting.end()
    waiting.end()
    assert children() == before
    assert [path.name for path in (tmp_path / "waiting").iterdir()] == ["lock"]


@needs_pdflatex()
def test_a_line_of_the_content_that_opens_the_document_finds_a_file(
    tmp_path: Path, chosen: ChosenEngine, started: list[Ahead]
) -> None:
    document = DOCUMENT.replace(
        "Hello", r"\newread\own\openin\own=cv.tex \ifeof\own\errmessage{nothing}\fi\read\own to\line\line"
    ).replace(r"\documentclass{article}", "\\relax\n\\documentclass{article}")
    begins = beginning(document)
    started.append(Ahead(Guess(chosen, 0, begins), tmp_path / "waiting"))
    found = typeset(rendered(document), chosen, tmp_path / "work", 0, ahead=started)
    assert found.pdf is not None
    assert not found.diagnostics


def test_a_folder_in_use_is_left_alone(tmp_path: Path, started: list[Ahead]) -> None:
    program = write_program(tmp_path / "program", "sleep 60")
    waits = ChosenEngine(
        TexLiveEngine("program", is_unicode=False, reads_pipes=True), Installation(program, "1")
    )
    started.append(Ahead(Guess(waits, 0, BEGINS), tmp_path / "waiting"))
    with pytest.raises(BlockingIOError):
        Ahead(Guess(waits, 0, BEGINS), tmp_path / "waiting")
    assert (tmp_path / "waiting/cv.tex").is_fifo()


def test_an_engine_that_reads_nothing_is_asked_again(tmp_path: Path, started: list[Ahead]) -> None:
    program = write_program(tmp_path / "program", 'test -p cv.tex && exit 0\necho "! odd" >cv.log; exit 1')
    chosen = ChosenEngine(
        TexLiveEngine("program", is_unicode=False, reads_pipes=True), Installation(program, "1")
    )
    started.append(Ahead(Guess(chosen, 0, BEGINS), tmp_path / "waiting"))
    (tmp_path / "work").mkdir()
    (tmp_path / "work/cv.aux").write_text("\\relax\n")
    found = typeset(rendered(DOCUMENT), chosen, tmp_path / "work", 0, ahead=started)
    assert found.pdf is None
    assert found.log.read_text() == "! odd\n"


def test_its_time_begins_with_the_document(tmp_path: Path, started: list[Ahead]) -> None:
    program = write_program(tmp_path / "program", "cat cv.tex >all; cp all cv.log; touch cv.fls; exit 1")
    engine = TexLiveEngine("program", is_unicode=False, reads_pipes=True, time_limit=0.5)
    chosen = ChosenEngine(engine, Installation(program, "1"))
    started.append(Ahead(Guess(chosen, 0, BEGINS), tmp_path / "waiting"))
    (tmp_path / "work").mkdir()
    time.sleep(0.7)
    assert started[0].is_right(chosen, 0, DOCUMENT)
    run = started[0].finish(DOCUMENT, tmp_path / "work")
    assert run is not None
    assert run.stopped is None
    assert (tmp_path / "work/all").read_text() == DOCUMENT


@pytest.mark.parametrize("is_wide", [True, False])
def test_a_long_document_comes_whole_whatever_a_pipe_takes_at_once(
    tmp_path: Path, started: list[Ahead], monkeypatch: pytest.MonkeyPatch, is_wide: bool
) -> None:
    if not is_wide:
        monkeypatch.setattr(Fifo, "_widen", lambda fifo, size: None)
    reads = "exec 3<cv.tex; dd bs=1 count=1 <&3 >all; sleep 1; cat <&3 >>all; touch cv.fls"
    program = write_program(tmp_path / "program", reads)
    chosen = ChosenEngine(
        TexLiveEngine("program", is_unicode=False, reads_pipes=True), Installation(program, "1")
    )
    started.append(Ahead(Guess(chosen, 0, BEGINS), tmp_path / "waiting"))
    (tmp_path / "work").mkdir()
    while not started[0]._fifo.was_opened:
        time.sleep(0.01)
    document = BEGINS + "".join(f"line {number}\n" for number in range(60_000))
    called: list[bool] = []
    run = started[0].finish(document, tmp_path / "work", lambda: called.append(True))
    assert run is not None
    assert run.succeeded
    assert (tmp_path / "work/all").read_text() == document
    # What would take time from the feeding is not done meanwhile.
    assert bool(called) == (is_wide and hasattr(fcntl, "F_SETPIPE_SZ"))


@needs_pdflatex()
def test_a_document_whose_engine_comes_late_is_handed_over_as_well(
    tmp_path: Path, chosen: ChosenEngine, started: list[Ahead], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It opens the pipe just when the thread that is to feed it begins."""
    started.append(Ahead(Guess(chosen, 0, BEGINS), tmp_path / "waiting"))
    fifo = started[0]._fifo
    real: Callable[[Fifo], bool] = vars(Fifo)["was_opened"].fget
    asked: list[bool] = []

    def late(self: Fifo) -> bool:
        asked.append(True)
        while len(asked) == 2 and not real(fifo):
            time.sleep(0.01)
        return len(asked) > 1 and real(self)

    monkeypatch.setattr(Fifo, "was_opened", property(late))
    (tmp_path / "work").mkdir()
    assert started[0].finish(DOCUMENT, tmp_path / "work") is not None
    assert (tmp_path / "work/cv.tex").read_text() == DOCUMENT


@needs_pdflatex()
def test_what_was_read_before_it_changed_is_read_again(
    tmp_path: Path, chosen: ChosenEngine, started: list[Ahead], monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "tree/tex/latex/own/own.sty"
    package.parent.mkdir(parents=True)
    package.write_text(r"\def\own{\message{the old one}}")
    monkeypatch.setenv("TEXMFHOME", str(tmp_path / "tree"))
    begins = BEGINS.replace("\\usepackage[T1]{fontenc}", "\\usepackage{own}")
    document = begins + "\\begin{document}\\own x\\end{document}"
    started.append(Ahead(Guess(chosen, 0, begins), tmp_path / "waiting"))
    time.sleep(1)
    package.write_text(r"\def\own{\message{the new one}}")
    (tmp_path / "work").mkdir()
    (tmp_path / "work/cv.aux").write_text("\\relax\n")
    found = typeset(rendered(document), chosen, tmp_path / "work", 0, ahead=started)
    assert "the new one" in found.log.read_text()


def test_a_pipe_that_takes_too_little_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = write_program(tmp_path / "program", "sleep 60")
    engine = TexLiveEngine("program", is_unicode=False, reads_pipes=True)
    write = os.write

    def little(pipe: int, data: bytes) -> int:
        if len(data) == 1:
            raise BlockingIOError
        return write(pipe, data[:-1])

    monkeypatch.setattr(os, "write", little)
    with pytest.raises(CannotWaitError, match="pipes"):
        Ahead(Guess(ChosenEngine(engine, Installation(program, "1")), 0, BEGINS), tmp_path / "waiting")
    assert [path.name for path in (tmp_path / "waiting").iterdir()] == ["lock"]


@pytest.mark.parametrize("engine", ["xelatex", "lualatex", "tectonic"])
def test_an_engine_that_reads_no_pipes_is_not_started(tmp_path: Path, engine: str) -> None:
    with pytest.raises(CannotWaitError, match="as it comes"):
        Ahead(Guess(ChosenEngine(ENGINES[engine], Installation(Path(os.devnull), "")), 0, BEGINS), tmp_path)


@pytest.mark.parametrize("begins", ["", "%" * MOST_BYTES + MARK], ids=["none", "long"])
def test_a_beginning_that_is_none_or_long_is_not_given_ahead(tmp_path: Path, begins: str) -> None:
    chosen = ChosenEngine(ENGINES["pdflatex"], Installation(Path(os.devnull), ""))
    with pytest.raises(CannotWaitError, match="begins with"):
        Ahead(Guess(chosen, 0, begins), tmp_path)
