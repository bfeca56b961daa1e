"""`pdf`: what is built where, what is said of it, and its progress."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click
import pytest

from cvbuild.commands.shared import Progress
from cvbuild.typeset.engine import Run
from tests.conftest import SMALL_PROJECT, FakeEngine, MakeProject, RunCli, blank_pdf

CLOSING = re.compile(r"^(\S.*\.pdf)  (\d+ pages?)  \d+\.\d s$", re.MULTILINE)
LIMITED = SMALL_PROJECT["content/cv.yaml"].replace("full: {}", "full: {max_pages: 1}")


def closing(out: str) -> list[tuple[str, str]]:
    """The path and pages of each closing line; there is nothing else in the output."""
    assert len(CLOSING.findall(out)) == len(out.splitlines())
    return CLOSING.findall(out)


@pytest.mark.usefixtures("fake_engine")
def test_every_variant_is_built_with_a_closing_line(
    run_cli: RunCli, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project()
    monkeypatch.chdir(root)
    outcome = run_cli("pdf")
    assert outcome.code == 0
    assert closing(outcome.out) == [("build/cv-full.pdf", "1 page"), ("build/cv-short.pdf", "1 page")]
    assert outcome.err == ""
    assert (root / "build/cv-full.pdf").is_file()


def test_variants_are_built_by_name(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine, tmp_path: Path
) -> None:
    fake_engine.pages = 2
    outcome = run_cli(
        "-C", make_project(), "pdf", "-v", "short", "--variant", "short", "-o", tmp_path / "out"
    )
    assert closing(outcome.out) == [(str(tmp_path / "out/cv-short.pdf"), "2 pages")]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["cv-short.pdf"]


@pytest.mark.usefixtures("fake_engine")
def test_one_variant_goes_into_a_file(run_cli: RunCli, make_project: MakeProject, tmp_path: Path) -> None:
    target = tmp_path / "new folder" / "Ada.PDF"
    outcome = run_cli("-C", make_project(), "pdf", "-v", "short", "--output", target)
    assert outcome.code == 0
    assert target.is_file()
    assert str(target) in outcome.out


def test_two_variants_do_not_go_into_one_file(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine, tmp_path: Path
) -> None:
    outcome = run_cli("-C", make_project(), "pdf", "-o", tmp_path / "x.pdf")
    assert outcome.code == 2
    assert "`-o FILE.pdf` goes with one variant" in outcome.err
    assert fake_engine.runs == 0
    assert not (tmp_path / "x.pdf").exists()


@pytest.mark.usefixtures("fake_engine")
def test_a_place_that_cannot_be_written_is_said(
    run_cli: RunCli, make_project: MakeProject, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    outcome = run_cli("-C", make_project(), "pdf", "-v", "full", "-o", tmp_path / "file" / "cv.pdf")
    assert outcome.code == 1
    assert str(tmp_path / "file") in outcome.err
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-v", "shrot"], ["there is no variant `shrot`", "did you mean `short`?", "full, short"]),
        (["--engine", "pdflatx"], ["there is no engine `pdflatx`", "did you mean `pdflatex`?"]),
        (["--theme", "clasic"], ["there is no theme `clasic`", "did you mean `classic`?"]),
        (["--lang", "klingon"], ["`klingon` is not a language code", "`en`, `de`"]),
    ],
)
@pytest.mark.usefixtures("fake_engine")
def test_unknown_names_are_usage_errors(
    run_cli: RunCli, make_project: MakeProject, arguments: list[str], said: list[str]
) -> None:
    outcome = run_cli("-C", make_project(), "pdf", *arguments)
    assert outcome.code == 2
    assert [text for text in said if text not in outcome.err] == []
    assert outcome.out == ""


def test_no_engine_has_an_exit_code_of_its_own(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    fake_engine.is_there = False
    outcome = run_cli("-C", make_project(), "pdf")
    assert outcome.code == 3
    assert "there is no TeX engine on this machine" in outcome.err
    assert "cvbuild doctor --install" in outcome.err
    assert run_cli("-C", make_project(), "pdf", "--engine", "tectonic").code == 3


def test_an_engine_that_hangs_fails_its_variant_only(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    def behave(folder: Path, run: int) -> Run:
        if folder.name.startswith("full"):
            return Run(False, "", "time")
        blank_pdf(folder / "cv.pdf")
        return Run(True, "fine")

    fake_engine.behave = behave
    outcome = run_cli("-C", make_project(), "pdf")
    assert outcome.code == 1
    assert "error[tex-limit]: pdflatex did not end within 1 seconds" in outcome.err
    assert "cv-short.pdf" in outcome.out


def test_the_language_reaches_the_document(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project()
    assert run_cli("-C", root, "pdf", "-v", "full", "--lang", "de", "--keep-tex").code == 0
    assert fake_engine.runs == 1
    assert "pdflang={de}" in (root / "build/cv-full.tex").read_text(encoding="utf-8")


@pytest.mark.usefixtures("fake_engine")
def test_the_tex_is_kept_when_asked_for(run_cli: RunCli, make_project: MakeProject, tmp_path: Path) -> None:
    root = make_project()
    run_cli("-C", root, "pdf", "-v", "full")
    assert not list((root / "build").glob("*.tex"))
    run_cli("-C", root, "pdf", "-v", "full", "--keep-tex", "-o", tmp_path / "a.pdf")
    assert (tmp_path / "a.tex").read_text(encoding="utf-8").rstrip().endswith(r"\end{document}")


@pytest.mark.usefixtures("fake_engine")
def test_the_pdf_is_opened_when_asked_for(
    run_cli: RunCli, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(click, "launch", opened.append)
    root = make_project()
    run_cli("-C", root, "pdf", "-v", "full")
    assert opened == []
    run_cli("-C", root, "pdf", "-v", "full", "--open")
    assert opened == [str(root / "build/cv-full.pdf")]


def test_errors_in_the_content_stop_the_build(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project({"content/bio.yaml": "kind: text\ntitel: Bio\ntext: x\n"})
    outcome = run_cli("-C", root, "pdf")
    assert outcome.code == 1
    assert "content/bio.yaml:2:1" in outcome.err
    assert "did you mean `title`?" in outcome.err
    assert re.search(r"^\d errors?; nothing was built$", outcome.err, re.MULTILINE)
    assert outcome.out == ""
    assert fake_engine.runs == 0
    assert not (root / "build").exists()


def test_a_variant_that_fails_does_not_stop_the_others(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project({"content/cv.yaml": LIMITED})
    fake_engine.pages = 2
    outcome = run_cli("-C", root, "pdf")
    assert outcome.code == 1
    assert closing(outcome.out) == [(str(root / "build/cv-short.pdf"), "2 pages")]
    assert "error[too-many-pages]: the variant `full` has 2 pages" in outcome.err
    assert "the refused PDF is kept as build/cv-full.refused.pdf" in outcome.err
    assert "full: not built; the log is" in outcome.err
    assert not (root / "build/cv-full.pdf").exists()


def test_over_the_limit_the_last_good_pdf_stays(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project({"content/cv.yaml": LIMITED})
    assert run_cli("-C", root, "pdf", "-v", "full").code == 0
    good = (root / "build/cv-full.pdf").read_bytes()
    fake_engine.pages = 2
    assert run_cli("-C", root, "pdf", "-v", "full").code == 1
    assert (root / "build/cv-full.pdf").read_bytes() == good
    assert (root / "build/cv-full.refused.pdf").is_file()


def test_within_the_limit_again_no_long_pdf_is_left(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project({"content/cv.yaml": LIMITED})
    fake_engine.pages = 2
    run_cli("-C", root, "pdf", "-v", "full")
    fake_engine.pages = 1
    assert run_cli("-C", root, "pdf", "-v", "full").code == 0
    assert [path.name for path in (root / "build").glob("*.pdf")] == ["cv-full.pdf"]


def test_warnings_are_printed_and_do_not_fail_the_build(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project()
    (root / "bib/works.bib").write_bytes(b"@article{one, author = {M\xfcller}, title = {T}, year = 2020}\n")
    outcome = run_cli("-C", root, "pdf", "-v", "full")
    assert outcome.code == 0
    assert "warning[not-utf8]" in outcome.err
    assert len(closing(outcome.out)) == 1
    assert fake_engine.runs == 1


@pytest.mark.usefixtures("fake_engine")
def test_progress_is_for_terminals_only(run_cli: RunCli, make_project: MakeProject) -> None:
    outcome = run_cli("-C", make_project(), "pdf")
    assert outcome.err == ""
    assert "\x1b" not in outcome.out
    assert "\r" not in outcome.out


def test_progress_on_a_terminal_is_one_line_that_is_wiped(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(click, "echo", lambda text, err, nl: print(text, end="", file=sys.stderr))
    with Progress() as progress:
        progress.show("full", "pdflatex, pass 1")
    err = capfd.readouterr().err
    assert "\rfull: pdflatex, pass 1 …" in err.replace("\x1b[K", "")
    assert "\n" not in err
    assert on_screen(err) == [""]


def test_progress_of_several_variants_is_a_line_each_and_results_stand_above(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(click, "echo", lambda text, err, nl: print(text, end="", file=sys.stderr))
    monkeypatch.setenv("COLUMNS", "40")
    seen = ""
    with Progress() as progress:
        progress.show("full", "pdflatex, pass 1")
        progress.show("short", "pdflatex, pass 1 of a line that is longer than the terminal")
        seen += capfd.readouterr().err
        assert on_screen(seen) == ["full: pdflatex, pass 1 …", "short: pdflatex, pass 1 of a line that "]
        with progress.paused():
            print("cv-full.pdf", file=sys.stderr)
        progress.end("full")
        progress.show("short", "pdflatex, pass 2")
        seen += capfd.readouterr().err
        assert on_screen(seen) == ["cv-full.pdf", "short: pdflatex, pass 2 …"]
    seen += capfd.readouterr().err
    assert on_screen(seen) == ["cv-full.pdf", ""]


def on_screen(written: str) -> list[str]:
    """The lines that a terminal shows, of text with the sequences that wipe lines and go up."""
    screen, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[\d*[AJK]|\r|\n|[^\x1b\r\n]+", written):
        if part == "\r":
            column = 0
        elif part == "\n":
            row, column = row + 1, 0
            screen += [""] * (row + 1 - len(screen))
        elif part.endswith("A") and part.startswith("\x1b"):
            row -= int(part[2:-1])
        elif part == "\x1b[K":
            screen[row] = screen[row][:column]
        elif part == "\x1b[J":
            screen[row] = screen[row][:column]
            del screen[row + 1 :]
        else:
            line = screen[row].ljust(column)
            screen[row] = line[:column] + part + line[column + len(part) :]
            column += len(part)
    return screen
