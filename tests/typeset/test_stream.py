"""An engine that reads its document from a pipe leaves what a usual run leaves, or nothing at all."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cvbuild.record import replace
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.engine import Installation
from cvbuild.typeset.engines import ChosenEngine
from cvbuild.typeset.format import MARK, Formats, as_read_by, beginning, look_up
from cvbuild.typeset.passes import Job, TypesetResult
from cvbuild.typeset.stream import Stream
from cvbuild.typeset.texlive import TexLiveEngine
from tests.conftest import children, needs_pdflatex, wait_for, write_program

BEGINS = "\\documentclass{article}\n\\usepackage[T1]{fontenc}" + MARK
TEXT = "".join(f"Paragraph {number}, of page \\pageref{{end}}.\n\n" for number in range(400))
DOCUMENT = f"{BEGINS}\\begin{{document}}\nHello.\n\n{TEXT}\\label{{end}}\n\\end{{document}}\n"


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    """A work folder; when the test ends no engine is left, and no folder of one."""
    before = children()
    yield tmp_path / "work"
    assert children() == before
    assert not [*tmp_path.glob("work-*")]


def run(
    document: str, chosen: ChosenEngine, folder: Path, stream: Stream | None = None, epoch: int = 0
) -> TypesetResult:
    try:
        return Job(RenderedTex(document, ()), chosen, folder, epoch).typeset(stream=stream)
    finally:
        if stream is not None:
            stream.end()


def tell(stream: Stream, document: str, size: int) -> None:
    for at in range(0, len(document), size):
        stream.hear(document[at : at + size])


def left_in(folder: Path) -> dict[str, bytes]:
    """All that a run left, as if the folder was called `work`."""
    name = str(folder).encode()
    work = str(folder.with_name("work")).encode()
    return {path.name: path.read_bytes().replace(name, work) for path in folder.iterdir()}


def assert_as_usual(
    document: str, chosen: ChosenEngine, target: Path, stream: Stream, *, epoch: int = 0
) -> None:
    """The result and all files are those of a usual run in a folder like the target."""
    usual = target.with_name("usual")
    if target.is_dir():
        shutil.copytree(target, usual)
    expected = run(document, chosen, usual, epoch=epoch)
    found = run(document, chosen, target, stream, epoch)
    assert replace(found, log=expected.log, pdf=expected.pdf) == replace(expected, begun=found.begun)
    assert left_in(target) == left_in(usual)


DOCUMENTS = {
    "good": DOCUMENT,
    "short": DOCUMENT.replace(TEXT, ""),
    "with an error": DOCUMENT.replace("Hello", "\\undefined"),
    "ending early": DOCUMENT.replace("Hello", "\\end{document}"),
    "without end": DOCUMENT.replace("\\end{document}", ""),
}


@needs_pdflatex()
@pytest.mark.parametrize(
    ("document", "size", "has_aux"),
    [
        *((document, 1000, False) for document in DOCUMENTS),
        *((at, 0, True) for at in ("good", "with an error")),
    ],
)
def test_all_that_a_build_leaves_is_the_same(
    chosen: ChosenEngine, target: Path, taken: list[bool], document: str, size: int, has_aux: bool
) -> None:
    if has_aux:
        run(DOCUMENT.replace("\\label", "\\newpage\\label"), chosen, target)
    stream = Stream(chosen.adapted(makes_pdf=has_aux), 0, BEGINS, target)
    stream.with_next = True
    if size:
        tell(stream, DOCUMENTS[document][:-20], size)
    assert_as_usual(DOCUMENTS[document], chosen, target, stream)
    if document != "ending early":  # of which an engine does not read all
        assert taken[0]
    # From scratch a second engine has read the packages while the first was at work.
    if document in {"good", "short"} and not has_aux:
        assert taken == [True, True]


WRONG = {
    "another preamble": (BEGINS, 0, DOCUMENT.replace("T1", "OT1"), 0),
    "a shorter preamble": (BEGINS + "\\begin{document}\nBye", 0, DOCUMENT, 0),
    "another date": (BEGINS, 1, DOCUMENT, 0),
    "another text": (BEGINS, 0, DOCUMENT.replace("Paragraph 9,", "Paragraph nine,"), 3000),
    "more than there is": (BEGINS, 0, DOCUMENT + "more", 3000),
    "another preamble, heard": (BEGINS, 0, DOCUMENT.replace("T1", "OT1"), 3000),
}


@needs_pdflatex()
@pytest.mark.parametrize("guess", WRONG)
def test_a_wrong_guess_costs_time(chosen: ChosenEngine, target: Path, taken: list[bool], guess: str) -> None:
    begins, epoch, heard, size = WRONG[guess]
    stream = Stream(chosen.adapted(makes_pdf=False), epoch, begins, target)
    if size:
        tell(stream, heard, size)
    assert_as_usual(DOCUMENT if size else heard, chosen, target, stream)
    assert taken[0] is False


@needs_pdflatex()
@pytest.mark.parametrize("what", ["engine killed", "folder deleted", "target changed", "disk full"])
def test_what_happens_to_an_engine_that_waits_costs_time_alone(
    chosen: ChosenEngine, target: Path, taken: list[bool], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    run(DOCUMENT, chosen, target)
    stream = Stream(chosen, 0, BEGINS, target)
    tell(stream, DOCUMENT[:-100], 3000)
    match what:
        case "engine killed":
            stream._started._process.send_signal(signal.SIGKILL)
        case "folder deleted":
            shutil.rmtree(stream._folder)
        case "target changed":  # by another build of the variant
            run(DOCUMENT.replace("\\label", "\\newpage\\label"), chosen, target)
        case "disk full":

            def full(self: Stream) -> None:
                raise OSError(28, "No space left on device")

            monkeypatch.setattr(Stream, "_hand_over", full)
    assert_as_usual(DOCUMENT, chosen, target, stream)
    assert taken[-1] is False


@needs_pdflatex()
def test_a_package_that_changes_after_it_was_read_is_read_again(
    chosen: ChosenEngine, target: Path, taken: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    package = target.with_name("tree") / "tex/latex/own/own.sty"
    package.parent.mkdir(parents=True)
    package.write_text("\\def\\own{the old one}")
    monkeypatch.setenv("TEXMFHOME", str(target.with_name("tree")))
    begins = BEGINS.replace("\\usepackage[T1]{fontenc}", "\\usepackage{own}")
    run(begins + "\\begin{document}\\own\\end{document}", chosen, target)
    stream = Stream(chosen, 0, begins, target)
    listed = stream._folder / "cv.fls"
    wait_for(lambda: listed.exists() and "own.sty" in listed.read_text())
    package.write_text("\\def\\own{the new one}")
    run(begins + "\\begin{document}\\own\\message{\\own}\\end{document}", chosen, target, stream)
    assert "the new one" in (target / "cv.log").read_text()
    assert taken == [False]


@needs_pdflatex()
@pytest.mark.parametrize("own", ["cv.tex", "./cv.tex"])
def test_a_document_may_read_itself(chosen: ChosenEngine, target: Path, taken: list[bool], own: str) -> None:
    reads = (
        rf"\newread\own\openin\own={own} \loop\unless\ifeof\own\readline\own to\line\advance\count9 1 \repeat"
    )
    document = DOCUMENT.replace("Hello", f"{reads}\\typeout{{lines: \\the\\count9}}")
    stream = Stream(chosen.adapted(makes_pdf=False), 0, BEGINS, target)
    tell(stream, document[: len(document) // 2], 3000)
    assert_as_usual(document, chosen, target, stream)
    assert taken[0] is False
    assert f"lines: {document.count(chr(10)) + 1}" in (target / "cv.log").read_text()


@needs_pdflatex()
@pytest.mark.parametrize("is_made_anew", [False, True])
def test_with_a_format_it_hears_what_comes_after_the_preamble(
    chosen: ChosenEngine, target: Path, taken: list[bool], is_made_anew: bool
) -> None:
    formats = Formats(target.with_name("formats"))
    assert formats.folder is not None
    formats.folder.mkdir()
    for number in range(2):
        tex = RenderedTex(DOCUMENT.replace("Hello", f"{number}"), ())
        Job(tex, chosen, target, 0).typeset(formats=formats)
        formats.make()
    loaded = look_up(formats, DOCUMENT, chosen).format
    assert loaded is not None
    loading = chosen.adapted(format=loaded.path)
    stream = Stream(loading, 0, as_read_by(loading, beginning(DOCUMENT)), target)
    tell(stream, DOCUMENT[: len(DOCUMENT) // 2], 3000)
    if is_made_anew:  # by another build
        loaded.path.write_bytes(loaded.path.read_bytes())
    made = Job(RenderedTex(DOCUMENT, ()), chosen, target, 0).typeset(formats=formats, stream=stream)
    assert (made.passes, made.loaded, taken) == (1, loaded, [not is_made_anew])
    pdf = (target / "cv.pdf").read_bytes()
    Job(RenderedTex(DOCUMENT, ()), chosen, target, 0).typeset(formats=formats)
    assert (target / "cv.pdf").read_bytes() == pdf


@needs_pdflatex()
def test_it_is_at_work_before_the_document_is_whole(chosen: ChosenEngine, target: Path) -> None:
    stream = Stream(chosen.adapted(makes_pdf=False), 0, BEGINS, target)
    document = DOCUMENT.replace("Paragraph 99,", "\\immediate\\openout15=reached\\relax")
    tell(stream, document[: len(document) // 2], 3000)
    wait_for((stream._folder / "reached.tex").exists)
    stream.end()


@needs_pdflatex()
@pytest.mark.parametrize("heard", ["", DOCUMENT, DOCUMENT.replace("Hello", "\\loop\\iftrue\\repeat")])
def test_one_that_is_ended_leaves_nothing(chosen: ChosenEngine, target: Path, heard: str) -> None:
    stream = Stream(chosen, 0, BEGINS, target)
    assert children()
    stream.hear(heard)
    stream.end()
    stream.end()
    stream.hear("nobody listens")
    assert not target.exists()


def other_engine(target: Path, script: str, seconds: float = 30.0) -> ChosenEngine:
    program = write_program(target.with_name("program"), script)
    engine = TexLiveEngine("program", is_unicode=False, reads_pipes=True, time_limit=seconds)
    return ChosenEngine(engine, Installation(program, "1"))


def test_an_engine_that_reads_nothing_is_run_again(target: Path) -> None:
    chosen = other_engine(target, 'test -p cv.tex && exit 0\necho "! odd" >cv.log; exit 1')
    target.mkdir()
    (target / "cv.aux").write_text("\\relax\n")
    made = run(DOCUMENT, chosen, target, Stream(chosen, 0, BEGINS, target))
    assert made.pdf is None
    assert made.log.read_text() == "! odd\n"


@pytest.mark.parametrize("peek", ["grep -c x cv.tex", "head -c 1 cv.tex"])
@pytest.mark.parametrize("lines", [1, 20_000])
def test_a_script_around_the_engine_may_look_at_the_document(target: Path, peek: str, lines: int) -> None:
    chosen = other_engine(target, f"{peek} >/dev/null\ncp cv.tex cv.log; touch cv.fls; exit 1")
    document = BEGINS + "\\begin{document}\n" + "a line\n" * lines
    made = run(document, chosen, target, Stream(chosen.adapted(makes_pdf=False), 0, BEGINS, target))
    assert made.log.read_text() == document


SLOW = "exec 3<cv.tex; dd bs=1 count=1 <&3 >all 2>/dev/null; sleep 0.5; cat <&3 >>all; touch cv.fls"


@pytest.mark.parametrize(
    ("script", "seconds", "lines"),
    [
        ("cat cv.tex >all; cp all cv.log; touch cv.fls; exit 1", 3, 1),
        (SLOW, 30, 200_000),  # more than any pipe holds
    ],
    ids=["time", "length"],
)
def test_its_time_begins_with_the_document(target: Path, script: str, seconds: int, lines: int) -> None:
    chosen = other_engine(target, script, seconds)
    target.mkdir()
    stream = Stream(chosen, 0, BEGINS, target)
    if seconds < 10:
        time.sleep(seconds + 0.2)
    document = BEGINS + "".join(f"line {number}\n" for number in range(lines))
    made = stream.finish(chosen, 0, document)
    assert made is not None
    assert made.stopped is None
    assert (target / "all").read_text() == document


def test_a_folder_in_use_is_left_alone_and_one_of_a_killed_build_is_deleted(target: Path) -> None:
    chosen = other_engine(target, "sleep 60")
    stream = Stream(chosen, 0, BEGINS, target)
    with pytest.raises(FileExistsError):
        Stream(chosen, 0, BEGINS, target)
    assert (stream._folder / "cv.tex").is_fifo()
    others = target.with_name(f"work-stream-{os.getppid()}")
    dead = target.with_name("work-stream-99999999")
    for folder in (others, dead):
        folder.mkdir()
    stream.end()
    stream = Stream(chosen, 0, BEGINS, target)
    assert others.is_dir()
    assert not dead.exists()
    others.rmdir()
    stream.end()
