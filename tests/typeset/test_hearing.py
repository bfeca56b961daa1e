"""An engine that gets its document in pieces makes what it would have made of the whole."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from cvbuild.typeset.ahead import Ahead, Guess
from cvbuild.typeset.formats import MARK, Formats, as_read_by, beginning, look_up

from cvbuild.record import replace
from cvbuild.typeset.choose import ChosenEngine, drafting
from cvbuild.typeset.passes import typeset
from tests.conftest import needs_pdflatex
from tests.typeset.test_ahead import files, rendered

pytestmark = needs_pdflatex()

BEGINS = "\\documentclass{article}\n\\usepackage[T1]{fontenc}" + MARK
TEXT = "".join(f"Paragraph {number}, of page \\pageref{{end}}.\n\n" for number in range(2000))
DOCUMENT = f"{BEGINS}\\begin{{document}}\n{TEXT}\\label{{end}}\n\\end{{document}}\n"


def tell(engine: Ahead, document: str, target: Path, size: int = 3000) -> None:
    """Let it hear a document piece by piece, as soon as it listens."""
    while not engine._fifo.was_opened:
        time.sleep(0.01)
    for at in range(0, len(document), size):
        engine.hear(document[at : at + size], target)


@pytest.mark.parametrize("has_aux", [False, True], ids=["from scratch", "with an .aux"])
@pytest.mark.parametrize("size", [1, 5000, 500_000])
def test_all_that_a_build_leaves_is_the_same(
    tmp_path: Path, chosen: ChosenEngine, started: list[Ahead], has_aux: bool, size: int
) -> None:
    usual, target = tmp_path / "usual", tmp_path / "ahead"
    if has_aux:
        for folder in (usual, target):
            typeset(rendered(DOCUMENT.replace("{end}", "{end}\\newpage")), chosen, folder, 0)
    started.append(Ahead(Guess(chosen if has_aux else drafting(chosen), 0, BEGINS), tmp_path / "waiting"))
    document = DOCUMENT if size > 1 else DOCUMENT.replace(TEXT, TEXT[:3000])
    expected = typeset(rendered(document), chosen, usual, 0)
    tell(started[0], document[:-20], target, size)
    assert started[0].has_heard
    found = typeset(rendered(document), chosen, target, 0, ahead=started)
    assert replace(found, seconds=0, log=expected.log, pdf=expected.pdf) == replace(expected, seconds=0)
    assert files(target) == {
        name: content.replace(b"usual", b"ahead") for name, content in files(usual).items()
    }


def test_it_is_at_work_before_the_document_is_whole(
    tmp_path: Path, chosen: ChosenEngine, started: list[Ahead]
) -> None:
    started.append(Ahead(Guess(drafting(chosen), 0, BEGINS), tmp_path / "waiting"))
    document = DOCUMENT.replace(TEXT, f"{TEXT[:5000]}\\immediate\\openout15=reached\\relax\n{TEXT[5000:]}")
    tell(started[0], document[:50_000], tmp_path / "work")
    end = time.monotonic() + 20
    while not (tmp_path / "waiting/reached.tex").exists():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_with_a_format_it_hears_what_comes_after_the_preamble(
    tmp_path: Path, chosen: ChosenEngine, started: list[Ahead]
) -> None:
    formats = Formats(tmp_path / "formats")
    assert formats.folder is not None
    formats.folder.mkdir()
    target = tmp_path / "work"
    for number in range(2):
        with formats:
            typeset(rendered(DOCUMENT.replace("Paragraph", f"{number}")), chosen, target, 0, formats=formats)
    loaded = look_up(formats, DOCUMENT, chosen).format
    assert loaded is not None
    loading = loaded.loaded_by(chosen)
    guess = Guess(loading, 0, as_read_by(loading, beginning(DOCUMENT)))
    started.append(Ahead(guess, tmp_path / "waiting"))
    tell(started[0], DOCUMENT[:50_000], target)
    assert started[0].is_right(loading, 0, as_read_by(loading, DOCUMENT))
    with formats:
        found = typeset(rendered(DOCUMENT), chosen, target, 0, formats=formats, ahead=started)
    assert found.loaded is not None
    assert found.passes == 1
    assert not started[0].is_right(loading, 0, as_read_by(loading, DOCUMENT))  # it has been used
    pdf = (target / "cv.pdf").read_bytes()
    with formats:
        typeset(rendered(DOCUMENT), chosen, target, 0, formats=formats)
    assert (target / "cv.pdf").read_bytes() == pdf


@pytest.mark.parametrize(
    "told",
    [
        DOCUMENT.replace("Paragraph 9,", "Paragraph nine,"),
        DOCUMENT.replace("T1", "OT1"),
        DOCUMENT + "more than there is",
    ],
    ids=["another text", "another preamble", "more"],
)
def test_one_that_heard_another_document_is_not_asked(
    tmp_path: Path, chosen: ChosenEngine, started: list[Ahead], told: str
) -> None:
    started.append(Ahead(Guess(drafting(chosen), 0, BEGINS), tmp_path / "waiting"))
    tell(started[0], told, tmp_path / "ahead")
    assert not started[0].is_right(drafting(chosen), 0, DOCUMENT)
    usual = typeset(rendered(DOCUMENT), chosen, tmp_path / "usual", 0)
    found = typeset(rendered(DOCUMENT), chosen, tmp_path / "ahead", 0, ahead=started)
    assert found.reasons == usual.reasons
    assert files(tmp_path / "ahead")["cv.pdf"] == files(tmp_path / "usual")["cv.pdf"]


def test_where_the_last_run_left_something_else_meanwhile_it_is_not_right(
    tmp_path: Path, chosen: ChosenEngine, started: list[Ahead]
) -> None:
    """Another build of the variant came between."""
    target, usual = tmp_path / "work", tmp_path / "usual"
    for folder in (target, usual):
        typeset(rendered(DOCUMENT), chosen, folder, 0)
    started.append(Ahead(Guess(chosen, 0, BEGINS), tmp_path / "waiting"))
    document = DOCUMENT.replace("Paragraph 1,", "Here")
    tell(started[0], document, target)
    for folder in (target, usual):
        typeset(rendered(DOCUMENT.replace("\\label", "\\newpage x\\label")), chosen, folder, 0)
    found = typeset(rendered(document), chosen, target, 0, ahead=started)
    expected = typeset(rendered(document), chosen, usual, 0)
    assert (found.passes, found.reasons) == (expected.passes, expected.reasons)
    assert files(target)["cv.pdf"] == files(usual)["cv.pdf"]


@pytest.mark.parametrize("own", ["cv.tex", "./cv.tex", ".//cv.tex", "././cv.tex"])
def test_a_document_that_reads_itself_is_read_when_it_is_whole(
    tmp_path: Path, chosen: ChosenEngine, started: list[Ahead], own: str
) -> None:
    reads = (
        rf"\newread\own\openin\own={own} \loop\unless\ifeof\own\readline\own to\line\advance\count9 1 \repeat"
    )
    document = DOCUMENT.replace("Paragraph 1,", f"{reads}\\typeout{{lines: \\the\\count9}}")
    started.append(Ahead(Guess(drafting(chosen), 0, BEGINS), tmp_path / "waiting"))
    tell(started[0], document[: len(document) // 2], tmp_path / "work")
    found = typeset(rendered(document), chosen, tmp_path / "work", 0, ahead=started)
    lines = document.count("\n") + 1  # TeX's own count ends with an empty one
    assert f"lines: {lines}" in found.log.read_text()


def test_what_it_does_while_nothing_more_comes_ends_with_it(tmp_path: Path, chosen: ChosenEngine) -> None:
    waiting = Ahead(Guess(chosen, 0, BEGINS), tmp_path / "waiting")
    tell(waiting, DOCUMENT.replace("Paragraph 1,", "\\loop\\iftrue\\repeat"), tmp_path / "work")
    waiting.end()
    waiting.hear("nobody listens", tmp_path / "work")
    assert [path.name for path in (tmp_path / "waiting").iterdir()] == ["lock"]
    assert not (tmp_path / "work").exists()


def test_an_engine_whose_folder_is_anothers_now_is_not_right(
    tmp_path: Path, chosen: ChosenEngine, started: list[Ahead]
) -> None:
    """The first one's was cleaned away."""
    folder = tmp_path / "waiting"
    started.append(Ahead(Guess(drafting(chosen), 0, BEGINS), folder))
    tell(started[0], DOCUMENT[:50_000], tmp_path / "work")
    folder.rename(tmp_path / "old")
    started.append(Ahead(Guess(drafting(chosen), 0, BEGINS), folder))
    started[0].hear(DOCUMENT[50_000:60_000], tmp_path / "work")
    (tmp_path / "work").mkdir()
    assert started[0].finish(DOCUMENT, tmp_path / "work") is None
    assert (folder / "cv.tex").is_fifo()
    run = started[1].finish(DOCUMENT, tmp_path / "work")
    assert run is not None
    assert run.succeeded
