"""`pdf`: what is built where, what is said of it, and its progress."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click
import pytest

from cvbuild.commands.shared import Progress
from tests.conftest import SMALL_PROJECT, FakeEngine, SmallProject, needs_pdflatex

CLOSING = re.compile(r"^(\S.*\.pdf)  (\d+ pages?)  \d+\.\d s$", re.MULTILINE)
LIMITED = {"content/cv.yaml": SMALL_PROJECT["content/cv.yaml"].replace("full: {}", "full: {max_pages: 1}")}


def closing(out: str) -> list[tuple[str, str]]:
    """The path and pages of each closing line; there is nothing else in the output."""
    assert len(CLOSING.findall(out)) == len(out.splitlines())
    return CLOSING.findall(out)


@pytest.mark.usefixtures("fake_engine")
def test_every_variant_is_built_with_a_closing_line(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Progress is for terminals only."""
    monkeypatch.chdir(small.root)
    outcome = small.run("pdf")
    assert closing(outcome.out) == [("build/cv-full.pdf", "1 page"), ("build/cv-short.pdf", "1 page")]
    assert outcome.err == ""
    assert small.names() == [".work", "cv-full.pdf", "cv-short.pdf"]


def test_variants_are_built_by_name(small: SmallProject, fake_engine: FakeEngine, tmp_path: Path) -> None:
    fake_engine.pages = 2
    outcome = small.run("pdf", "-v", "short", "--variant", "short", "-o", tmp_path / "out")
    assert closing(outcome.out) == [(str(tmp_path / "out/cv-short.pdf"), "2 pages")]
    assert small.names("../out") == ["cv-short.pdf"]


@pytest.mark.usefixtures("fake_engine")
def test_one_variant_goes_into_a_file(small: SmallProject, tmp_path: Path) -> None:
    target = tmp_path / "new folder" / "Ada.PDF"
    assert str(target) in small.run("pdf", "-v", "short", "--output", target).out
    assert target.is_file()
    small.edit("content/cv.yaml", "full: {}", "full: {output: ada-example}")
    small.run("pdf", "-v", "full")
    assert small.names() == [".work", "ada-example.pdf"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--theme", "clasic"], ["there is no theme `clasic`", "did you mean `classic`?"]),
        (["--lang", "klingon"], ["`klingon` is not a language code", "`en`, `de`"]),
        (["-o", "x.pdf"], ["`-o FILE.pdf` goes with one variant"]),
    ],
)
def test_a_call_that_is_wrong_builds_nothing(
    small: SmallProject, fake_engine: FakeEngine, arguments: list[str], said: list[str]
) -> None:
    outcome = small.run("pdf", *arguments, code=2)
    assert [text for text in said if text not in outcome.err] == []
    assert outcome.out == ""
    assert fake_engine.runs == 0
    assert not (small.root / "x.pdf").exists()


def test_the_tex_is_kept_when_asked_for(small: SmallProject, fake_engine: FakeEngine, tmp_path: Path) -> None:
    small.run("pdf", "-v", "full")
    assert small.names() == [".work", "cv-full.pdf"]
    small.run("pdf", "-v", "full", "--keep-tex", "-o", tmp_path / "a.pdf", "--lang", "de")
    tex = (tmp_path / "a.tex").read_text(encoding="utf-8")
    assert tex.rstrip().endswith(r"\end{document}")
    assert "pdflang={de}" in tex
    assert fake_engine.folders == [small.root / "build/.work/full-pdflatex"] * 2


@pytest.mark.usefixtures("fake_engine")
def test_the_pdf_is_opened_when_asked_for(small: SmallProject, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(click, "launch", opened.append)
    small.run("pdf", "-v", "full")
    assert opened == []
    small.run("pdf", "-v", "full", "--open")
    assert opened == [str(small.root / "build/cv-full.pdf")]


def test_errors_in_the_content_stop_the_build(small: SmallProject, fake_engine: FakeEngine) -> None:
    """Those of all files are found at once, also where the settings are broken."""
    small.write({"content/cv.yaml": "owner: [\n", "bib/works.bib": "@article{a, title = {T}"})
    small.write({"content/bio.yaml": "kind: text\ntitel: Bio\ntext: x\n", "content/works.yaml": "a: b: c\n"})
    outcome = small.run("pdf", code=1)
    assert re.search(r"^\d errors?; nothing was built$", outcome.err, re.MULTILINE)
    assert "content/cv.yaml:" in outcome.err
    assert "content/works.yaml:1:" in outcome.err
    assert "bib/works.bib:1:" in outcome.err
    small.write({"content/cv.yaml": SMALL_PROJECT["content/cv.yaml"]})
    outcome = small.run("pdf", code=1)
    assert "content/bio.yaml:2:1" in outcome.err
    assert "did you mean `title`?" in outcome.err
    assert outcome.out == ""
    assert fake_engine.runs == 0
    assert not (small.root / "build").exists()


def test_over_the_limit_of_pages_the_last_good_pdf_stays_and_the_others_are_built(
    small: SmallProject, fake_engine: FakeEngine
) -> None:
    small.write(LIMITED)
    small.run("pdf", "-v", "full")
    good = (small.root / "build/cv-full.pdf").read_bytes()
    fake_engine.pages = 3
    outcome = small.run("pdf", code=1)
    assert closing(outcome.out) == [(str(small.root / "build/cv-short.pdf"), "3 pages")]
    message = "error[too-many-pages]: the variant `full` has 3 pages, and `max_pages` allows 1 page: "
    # A theme of one's own may have no outline: then pages are counted whole.
    over = re.search(re.escape(message) + r".*?([\d.]+) pages too many", outcome.err)
    assert over
    assert 1 < float(over[1]) <= 2
    assert "the refused PDF is kept as build/cv-full.refused.pdf" in outcome.err
    assert "full: not built; the log is" in outcome.err
    assert (small.root / "build/cv-full.pdf").read_bytes() == good
    assert small.names() == [".work", "cv-full.pdf", "cv-full.refused.pdf", "cv-short.pdf"]
    fake_engine.pages = 1
    small.run("pdf", "-v", "full")
    assert small.names() == [".work", "cv-full.pdf", "cv-short.pdf"]


@needs_pdflatex()
def test_too_many_pages_are_explained_by_section(small: SmallProject) -> None:
    text = "".join(f"  A paragraph, number {number}.\n\n" for number in range(70))
    small.write({"content/bio.yaml": f"kind: text\ntitle: Bio\ntext: |\n{text}", **LIMITED})
    said = small.run("pdf", "-v", "full", code=1).err
    over = re.search(r"has 2 pages.* ([\d.]+) pages too many", said)
    assert over
    assert 0.1 < float(over[1]) < 1
    spaces = dict(re.findall(r"(\(header\)|Bio|Works) (\d[\d.]*\d)", said))
    assert list(spaces) == ["(header)", "Bio", "Works"]
    assert float(spaces["Bio"]) > 1 > float(spaces["Works"]) > 0
    assert sum(float(space) for space in spaces.values()) == pytest.approx(1 + float(over[1]), abs=0.02)


def test_progress_of_several_variants_is_a_line_each_and_results_stand_above(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(click, "echo", lambda text, err, nl: print(text, end="", file=sys.stderr))
    monkeypatch.setenv("COLUMNS", "40")
    seen = ""
    with Progress() as progress:
        progress.show("full", "pdflatex, pass 1")
        seen += capfd.readouterr().err
        assert on_screen(seen) == ["full: pdflatex, pass 1 …"]
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
        elif part.startswith("\x1b") and part.endswith("A"):
            row -= int(part[2:-1])
        elif part.startswith("\x1b"):
            screen[row] = screen[row][:column]
            del screen[row + 1 if part.endswith("J") else len(screen) :]
        else:
            line = screen[row].ljust(column)
            screen[row] = line[:column] + part + line[column + len(part) :]
            column += len(part)
    return screen
