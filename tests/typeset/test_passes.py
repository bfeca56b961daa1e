from __future__ import annotations

import re
from pathlib import Path

import pytest

from cvbuild.diagnostics import EngineProblem
from cvbuild.render.sourcemap import MappedSpan, RenderedTex
from cvbuild.source import SourceFile, Span
from cvbuild.typeset.engine import Installation, Run
from cvbuild.typeset.engines import ChosenEngine
from cvbuild.typeset.passes import MAX_PASSES, Job, TypesetResult
from cvbuild.typeset.texlive import TexLiveEngine
from tests.conftest import FakeEngine, blank_pdf, write_program

HERE = Installation(Path("/fake/engine"), "1.0")
YAML = SourceFile("content/bio.yaml", "kind: text\ntitle: Bio\ntext: mistaken\n")
TEX = "\\documentclass{article}\n\\begin{document}\nmistaken\n\\end{document}\n"
AT = TEX.index("mistaken")
DOCUMENT = RenderedTex(TEX, (MappedSpan(AT, AT + 8, Span(YAML, YAML.text.index("mistaken"), 38)),))


def run_with(engine: FakeEngine, folder: Path) -> TypesetResult:
    return Job(DOCUMENT, ChosenEngine(engine, HERE), folder, 0).typeset()


def write_pdf(folder: Path, aux: str | None = None) -> Run:
    if aux is not None:
        (folder / "cv.aux").write_text(aux, encoding="utf-8")
    blank_pdf(folder / "cv.pdf")
    return Run(True, "fine")


def test_one_pass_is_enough_where_nothing_moves(tmp_path: Path) -> None:
    engine = FakeEngine()
    result = run_with(engine, tmp_path / "new" / "folder")
    assert result.passes == engine.runs == 1
    assert result.pdf is not None
    assert result.pdf.read_bytes()[:5] == b"%PDF-"
    assert result.diagnostics == ()


@pytest.mark.parametrize(
    ("moves", "to_the_end", "passes"),
    [(2, False, 3), (0, False, 2), (99, True, 1), (99, False, MAX_PASSES)],
    ids=["until it settles", "once more for an .aux", "passes of its own", "never settles"],
)
def test_passes_while_the_aux_changes(tmp_path: Path, moves: int, to_the_end: bool, passes: int) -> None:
    engine = FakeEngine(behave=lambda folder, run: write_pdf(folder, f"pages {min(run, moves)}"))
    engine.runs_to_the_end = to_the_end
    result = run_with(engine, tmp_path)
    assert engine.runs == result.passes == passes
    assert result.pdf is not None


def test_progress_names_engine_and_pass(tmp_path: Path) -> None:
    said: list[str] = []
    engine = FakeEngine(behave=lambda folder, run: write_pdf(folder, "same"))
    Job(DOCUMENT, ChosenEngine(engine, HERE), tmp_path, 0).typeset(said.append)
    assert said == ["pdflatex, pass 1", "pdflatex, pass 2"]


def test_a_damaged_aux_of_an_earlier_build_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "cv.aux").write_text("\\damaged{", encoding="utf-8")

    def behave(folder: Path, run: int) -> Run:
        if (folder / "cv.aux").is_file() and "damaged" in (folder / "cv.aux").read_text(encoding="utf-8"):
            return Run(False, "./cv.aux:1: Undefined control sequence.\n")
        return write_pdf(folder, "good")

    result = run_with(FakeEngine(behave=behave), tmp_path)
    assert result.pdf is not None
    assert result.diagnostics == ()


def test_an_error_leaves_no_pdf_and_no_aux(tmp_path: Path) -> None:
    blank_pdf(tmp_path / "cv.pdf")

    def behave(folder: Path, run: int) -> Run:
        write_pdf(folder, "half")
        return Run(False, "./cv.tex:3: Undefined control sequence.\nl.3 \\mistaken\n")

    result = run_with(FakeEngine(behave=behave), tmp_path)
    assert result.pdf is None
    assert not (tmp_path / "cv.aux").exists()
    [error] = result.diagnostics
    assert error.span is not None
    assert error.span.place == "content/bio.yaml:3:7"


@pytest.mark.parametrize(
    ("log", "last"), [("loading\nSegmentation fault\n\n", "Segmentation fault"), ("", "no output at all")]
)
def test_a_failure_without_an_error_says_what_was_printed_last(tmp_path: Path, log: str, last: str) -> None:
    result = run_with(FakeEngine(behave=lambda folder, run: Run(False, log)), tmp_path)
    assert result.pdf is None
    assert [item.message for item in result.diagnostics] == [f"pdflatex failed and gave no reason: {last}"]


def test_success_without_a_pdf_is_an_error(tmp_path: Path) -> None:
    blank_pdf(tmp_path / "cv.pdf")
    result = run_with(FakeEngine(behave=lambda folder, run: Run(True, "fine")), tmp_path)
    assert result.pdf is None
    assert [(item.code, item.severity) for item in result.diagnostics] == [("tex-error", "error")]
    assert "made no PDF" in result.diagnostics[0].message


def test_a_limit_is_an_error_at_the_line_where_tex_was(tmp_path: Path) -> None:
    log = "./cv.tex:3: Interruption.\nl.3 mistaken\n"
    result = run_with(FakeEngine(behave=lambda folder, run: Run(False, log, "time")), tmp_path)
    assert result.pdf is None
    [error] = result.diagnostics
    assert (error.code, error.message) == (
        "tex-limit",
        "pdflatex did not end within 1 seconds and was stopped",
    )
    assert error.span is not None
    assert error.span.place == "content/bio.yaml:3:7"


def test_an_engine_that_hangs_is_stopped(tmp_path: Path) -> None:
    program = write_program(tmp_path / "bin" / "hanging", "exec tail -f /dev/null")
    chosen = ChosenEngine(
        TexLiveEngine("hanging", is_unicode=False, time_limit=0.2), Installation(program, "1")
    )
    result = Job(DOCUMENT, chosen, tmp_path / "work", 0).typeset()
    assert (result.pdf, result.passes) == (None, 1)
    assert [item.code for item in result.diagnostics] == ["tex-limit"]


def test_an_engine_that_cannot_be_started_is_a_problem_of_the_engine(tmp_path: Path) -> None:
    chosen = ChosenEngine(TexLiveEngine("gone", is_unicode=False), Installation(tmp_path / "gone", "1"))
    with pytest.raises(EngineProblem, match=re.escape("gone cannot be started: No such file")):
        Job(DOCUMENT, chosen, tmp_path / "work", 0).typeset()


def test_the_log_of_an_earlier_build_is_not_taken_for_that_of_a_crash(tmp_path: Path) -> None:
    """An engine killed before it opens its log leaves the one of the last run in the folder."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "cv.log").write_text("./cv.tex:3: Undefined control sequence.\nl.3 \\old\n", encoding="utf-8")
    program = write_program(tmp_path / "bin" / "crashing", "echo 'cannot load its format'; exit 1")
    chosen = ChosenEngine(TexLiveEngine("crashing", is_unicode=False), Installation(program, "1"))
    result = Job(DOCUMENT, chosen, work, 0).typeset()
    assert [item.message for item in result.diagnostics] == [
        "crashing failed and gave no reason: cannot load its format"
    ]
