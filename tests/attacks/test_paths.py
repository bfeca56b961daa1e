"""Links, pipes and names that lead out of the project."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cvbuild.typeset.engine import Run
from tests.conftest import SMALL_PROJECT, FakeEngine, SmallProject, blank_pdf, write_files

SECRET = "correct horse battery staple"


def link(path: Path, target: Path | str) -> None:
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize(
    "name",
    """content/bio.yaml content/extra.yaml content/cv.yaml bib/works.bib bib/extra.bib
    latex_templates/header.tex latex_templates/sections/text.tex latex_templates/labels.yaml""".split(),
)
def test_a_link_out_of_the_project_is_not_read(small: SmallProject, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}: [\n", encoding="utf-8")
    link(small.root / name, tmp_path / "secret")
    outcome = small.run("check", code=1)
    assert f"error[outside-project]: {name} is a link that leads out of the project" in outcome.err
    assert SECRET not in outcome.out + outcome.err


def test_a_folder_that_is_a_link_out_of_the_project_is_not_read(small: SmallProject, tmp_path: Path) -> None:
    (small.root / "bib").rename(tmp_path / "elsewhere")
    link(small.root / "bib", tmp_path / "elsewhere")
    assert f"{OUTSIDE}: bib/works.bib is a link" in small.run("check", code=1).err


def hole(path: Path) -> None:
    """A file of 40 GB without any content."""
    path.touch()
    os.truncate(path, 40 << 30)


OUTSIDE, MISSING = "error[outside-project]", "error[missing-file]: there is no file {}"
DEVICE = "error[unreadable-file]: {} cannot be read: it is a device"
UNREADABLE: list[tuple[str, Callable[[Path], object], str]] = [
    ("content/gone.yaml", lambda path: link(path, "nothing.yaml"), MISSING),
    ("bib/gone.bib", lambda path: link(path, "nothing.bib"), MISSING),
    ("content/folder.yaml", os.mkdir, "error[unreadable-file]: {} cannot be read: is a directory"),
    ("content/round.yaml", lambda path: link(path, "round.yaml"), "{}"),
    *(
        (name, os.mkfifo, DEVICE)
        for name in ("content/extra.yaml", "bib/extra.bib", "latex_templates/header.tex")
    ),
    ("content/extra.yaml", lambda path: link(path, "/dev/zero"), OUTSIDE),
    ("content/extra.yaml", lambda path: link(path, "/dev/tty"), OUTSIDE),
    ("content/extra.yaml", hole, "error[file-too-large]: {} has more than 1 MB"),
    ("bib/extra.bib", hole, "error[file-too-large]: {} has more than 50 MB"),
]


@pytest.mark.parametrize(("name", "make", "message"), UNREADABLE)
def test_what_cannot_be_read_is_said_without_waiting(
    small: SmallProject, name: str, make: Callable[[Path], object], message: str
) -> None:
    (small.root / "latex_templates").mkdir()
    make(small.root / name)
    assert message.format(name) in small.run("check", code=1).err


def test_a_writer_at_a_pipe_is_not_waited_for(small: SmallProject) -> None:
    """Even one that somebody writes into is no file of a project."""
    pipe = small.root / "content/extra.yaml"
    os.mkfifo(pipe)

    def write() -> None:
        with contextlib.suppress(BrokenPipeError):  # the program may look at the pipe and leave it at once
            pipe.write_text(SECRET, encoding="utf-8")

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    assert SECRET not in small.run("check", code=1).err
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # lets a writer go that came too late
    writer.join()
    os.close(reader)


def test_a_link_within_the_project_is_read(small: SmallProject, tmp_path: Path) -> None:
    (small.root / "bib/works.bib").rename(small.root / "all.bib")
    link(small.root / "bib/works.bib", "../all.bib")
    small.run("check")
    link(tmp_path / "also", small.root)
    assert small.run_cli("-C", tmp_path / "also", "check").code == 0


@pytest.mark.parametrize("pattern", ["../*.bib", "/etc/*.bib", "bib/../../*.bib", "bib/**/../../../*.bib"])
def test_no_pattern_of_the_bibliography_leads_out(small: SmallProject, pattern: str) -> None:
    small.write({"content/cv.yaml": SMALL_PROJECT["content/cv.yaml"] + f'bibliography: "{pattern}"\n'})
    assert OUTSIDE in small.run("check", code=1).err


@pytest.mark.parametrize(
    "line",
    """theme: ../../secret|theme: /etc|language: ../../secret|sections: [../../secret]|variants: {../../x: {}}
    variants: {full: {output: ../x}}|variants: {full: {output: /x}}
    variants: {full: {sections: [../../secret]}}""".replace("\n    ", "|").split("|"),
)
def test_no_name_is_a_path(small: SmallProject, tmp_path: Path, line: str) -> None:
    (tmp_path / "secret.yaml").write_text(SECRET, encoding="utf-8")
    small.write({"content/cv.yaml": f"owner: {{name: Ada Example}}\n{line}\n"})
    before = sorted(tmp_path.rglob("*"))
    assert SECRET not in small.run("check", code=1).err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("content/bio.yaml", "kind: ../../../secret\ntitle: x\ntext: x\n"),
        ("bib/works.bib", "@../../../secret{a, title = {T}}\n@/etc/passwd{b, title = {T}}\n"),
    ],
)
def test_no_kind_or_type_is_a_path(small: SmallProject, name: str, text: str) -> None:
    small.write({"secret.tex": SECRET, name: text})
    outcome = small.run("tex", "-v", "full", code=1)
    assert SECRET not in outcome.out + outcome.err


@pytest.mark.parametrize("name", "cv.tex cv.aux cv.log cv.pdf cv.out lock . ..".split())
def test_an_engine_does_not_write_through_a_link(
    small: SmallProject, fake_engine: FakeEngine, tmp_path: Path, name: str
) -> None:
    """Neither of a file nor of the folder that it works in."""
    write_files(tmp_path / "elsewhere", {"mine": "mine"})
    work = Path(os.path.normpath(small.root / "build/.work/full-pdflatex" / name))
    link(work, tmp_path / "elsewhere" / ("" if name.startswith(".") else "mine"))

    def behave(folder: Path, run: int) -> Run:
        write_files(folder, dict.fromkeys(("cv.aux", "cv.log", "cv.out"), "the engine's"))
        blank_pdf(folder / "cv.pdf")
        return Run(True, "fine")

    fake_engine.behave = behave
    small.run("pdf", "-v", "full")
    assert [path.read_text(encoding="utf-8") for path in (tmp_path / "elsewhere").iterdir()] == ["mine"]
    assert (small.root / "build/cv-full.pdf").is_file()


@pytest.mark.usefixtures("fake_engine")
def test_a_pdf_takes_the_place_of_a_link_and_not_of_what_it_leads_to(
    small: SmallProject, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine", encoding="utf-8")
    for name in ("cv-full.pdf", f".cv-full.pdf.part-{os.getpid()}", "cv-full.tex", "tex/full/cv-full.tex"):
        link(small.root / "build" / name, mine)
    small.run("pdf", "-v", "full", "--keep-tex")
    small.run("tex", "-v", "full")
    assert mine.read_text(encoding="utf-8") == "mine"


@pytest.mark.usefixtures("fake_engine")
def test_clean_deletes_nothing_outside_the_output_folder(small: SmallProject, tmp_path: Path) -> None:
    small.run("pdf", "-v", "full")
    outside, build = tmp_path / "outside", small.root / "build"
    outside.mkdir()
    for path in (tmp_path / "mine", outside / "mine", small.root / "mine"):
        path.write_text("mine", encoding="utf-8")
    link(build / "away", outside)
    link(build / "link", tmp_path / "mine")
    names = [str(tmp_path / "mine"), "", "a\x00b", "x" * 5000]
    names += "../mine ../../mine away/mine .. . ../content/cv.yaml away/../../mine link".split()
    (build / ".work/made.txt").write_bytes("\n".join(names).encode() + b"\n\xff\xfe\n")
    before = sorted(path for path in tmp_path.rglob("*") if "build" not in path.parts)
    small.run("clean")
    assert sorted(path for path in tmp_path.rglob("*") if "build" not in path.parts) == before
    assert (outside / "mine").read_text(encoding="utf-8") == "mine"
    assert not (build / ".work").exists()
    assert not (build / "link").is_symlink()
