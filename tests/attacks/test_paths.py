"""Links, pipes and names that lead out of the project."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import pytest

from cvbuild.typeset.engine import Run
from tests.conftest import SMALL_PROJECT, FakeEngine, MakeProject, RunCli, blank_pdf

SECRET = "correct horse battery staple"


def linked(root: Path, name: str, target: Path) -> None:
    path = root / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize(
    "name",
    [
        "content/bio.yaml",
        "content/extra.yaml",
        "content/cv.yaml",
        "bib/works.bib",
        "bib/extra.bib",
        "latex_templates/header.tex",
        "latex_templates/sections/text.tex",
        "latex_templates/labels.yaml",
    ],
)
def test_a_link_out_of_the_project_is_not_read(
    make_project: MakeProject, run_cli: RunCli, tmp_path: Path, name: str
) -> None:
    root = make_project()
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}: [\n", encoding="utf-8")
    linked(root, name, secret)
    outcome = run_cli("-C", root, "check")
    assert outcome.code == 1
    assert f"error[outside-project]: {name} is a link that leads out of the project" in outcome.err
    assert SECRET not in outcome.out + outcome.err


def test_a_folder_that_is_a_link_out_of_the_project_is_not_read(
    make_project: MakeProject, run_cli: RunCli, tmp_path: Path
) -> None:
    root = make_project()
    (root / "bib").rename(tmp_path / "elsewhere")
    linked(root, "bib", tmp_path / "elsewhere")
    outcome = run_cli("-C", root, "check")
    assert outcome.code == 1
    assert "error[outside-project]: bib/works.bib is a link" in outcome.err


def test_a_link_within_the_project_is_read(make_project: MakeProject, run_cli: RunCli) -> None:
    root = make_project()
    (root / "bib/works.bib").rename(root / "all.bib")
    linked(root, "bib/works.bib", Path("../all.bib"))
    assert run_cli("-C", root, "check").code == 0
    linked(root.parent, "also", root)
    assert run_cli("-C", root.parent / "also", "check").code == 0


def test_links_that_lead_to_nothing_or_round_in_a_circle_are_said(
    make_project: MakeProject, run_cli: RunCli
) -> None:
    root = make_project()
    linked(root, "content/gone.yaml", Path("nothing.yaml"))
    linked(root, "bib/gone.bib", Path("nothing.bib"))
    linked(root, "content/round.yaml", Path("round.yaml"))
    outcome = run_cli("-C", root, "check")
    assert outcome.code == 1
    assert "error[missing-file]: there is no file content/gone.yaml" in outcome.err
    assert "error[missing-file]: there is no file bib/gone.bib" in outcome.err
    assert "content/round.yaml" in outcome.err


@pytest.mark.parametrize("name", ["content/extra.yaml", "bib/extra.bib", "latex_templates/header.tex"])
def test_a_pipe_is_refused_without_waiting(make_project: MakeProject, run_cli: RunCli, name: str) -> None:
    root = make_project()
    (root / name).parent.mkdir(exist_ok=True)
    os.mkfifo(root / name)
    outcome = run_cli("-C", root, "check")
    assert outcome.code == 1
    assert f"error[unreadable-file]: {name} cannot be read: it is a device" in outcome.err


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/tty"])
def test_a_device_is_refused(make_project: MakeProject, run_cli: RunCli, device: str) -> None:
    root = make_project()
    linked(root, "content/extra.yaml", Path(device))
    outcome = run_cli("-C", root, "check")
    assert outcome.code == 1
    assert "error[outside-project]" in outcome.err


@pytest.mark.parametrize(("name", "megabytes"), [("content/extra.yaml", 1), ("bib/extra.bib", 50)])
def test_a_file_too_large_is_not_read_to_its_end(
    make_project: MakeProject, run_cli: RunCli, name: str, megabytes: int
) -> None:
    root = make_project()
    with (root / name).open("wb") as file:
        file.truncate(40 << 30)  # a file of holes
    outcome = run_cli("-C", root, "check")
    assert outcome.code == 1
    assert f"error[file-too-large]: {name} has more than {megabytes} MB" in outcome.err


@pytest.mark.parametrize("pattern", ["../*.bib", "/etc/*.bib", "bib/../../*.bib", "bib/**/../../../*.bib"])
def test_no_pattern_of_the_bibliography_leads_out(
    make_project: MakeProject, run_cli: RunCli, pattern: str
) -> None:
    settings = SMALL_PROJECT["content/cv.yaml"] + f'bibliography: "{pattern}"\n'
    outcome = run_cli("-C", make_project({"content/cv.yaml": settings}), "check")
    assert outcome.code == 1
    assert "error[outside-project]" in outcome.err


@pytest.mark.parametrize(
    "line",
    [
        "theme: ../../secret",
        "theme: /etc",
        "language: ../../secret",
        "sections: [../../secret]",
        "variants: {../../x: {}}",
        "variants: {full: {output: ../x}}",
        "variants: {full: {output: /x}}",
        "variants: {full: {sections: [../../secret]}}",
    ],
)
def test_no_name_is_a_path(make_project: MakeProject, run_cli: RunCli, tmp_path: Path, line: str) -> None:
    (tmp_path / "secret.yaml").write_text(SECRET, encoding="utf-8")
    root = make_project({"content/cv.yaml": f"owner: {{name: Ada Example}}\n{line}\n"})
    before = sorted(tmp_path.rglob("*"))
    outcome = run_cli("-C", root, "check")
    assert outcome.code == 1
    assert SECRET not in outcome.err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["kind", "type"])
def test_no_kind_or_type_is_a_path(make_project: MakeProject, run_cli: RunCli, name: str) -> None:
    files = {
        "kind": {"content/bio.yaml": "kind: ../../../secret\ntitle: x\ntext: x\n"},
        "type": {"bib/works.bib": "@../../../secret{a, title = {T}}\n@/etc/passwd{b, title = {T}}\n"},
    }
    outcome = run_cli("-C", make_project({"secret.tex": SECRET, **files[name]}), "tex", "-v", "full")
    assert SECRET not in outcome.out + outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("name", ["cv.tex", "cv.aux", "cv.log", "cv.pdf", "cv.out", "lock"])
def test_an_engine_does_not_write_through_a_link(
    make_project: MakeProject, run_cli: RunCli, fake_engine: FakeEngine, tmp_path: Path, name: str
) -> None:
    root = make_project()
    mine = tmp_path / "mine"
    mine.write_text("mine", encoding="utf-8")
    linked(root, f"build/.work/full-pdflatex/{name}", mine)

    def behave(folder: Path, run: int) -> Run:
        for file in ("cv.aux", "cv.log", "cv.out"):
            (folder / file).write_text("the engine's", encoding="utf-8")
        blank_pdf(folder / "cv.pdf")
        return Run(True, "fine")

    fake_engine.behave = behave
    assert run_cli("-C", root, "pdf", "-v", "full").code == 0
    assert mine.read_text(encoding="utf-8") == "mine"
    assert (root / "build/cv-full.pdf").is_file()


@pytest.mark.usefixtures("fake_engine")
@pytest.mark.parametrize("name", [".work", ".work/full-pdflatex"])
def test_the_work_folder_is_not_behind_a_link(
    make_project: MakeProject, run_cli: RunCli, tmp_path: Path, name: str
) -> None:
    root = make_project()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    linked(root, f"build/{name}", elsewhere)
    assert run_cli("-C", root, "pdf", "-v", "full").code == 0
    assert list(elsewhere.iterdir()) == []


@pytest.mark.usefixtures("fake_engine")
def test_a_pdf_takes_the_place_of_a_link_and_not_of_what_it_leads_to(
    make_project: MakeProject, run_cli: RunCli, tmp_path: Path
) -> None:
    root = make_project()
    mine = tmp_path / "mine"
    mine.write_text("mine", encoding="utf-8")
    for name in ("build/cv-full.pdf", f"build/.cv-full.pdf.part-{os.getpid()}", "build/cv-full.tex"):
        linked(root, name, mine)
    assert run_cli("-C", root, "pdf", "-v", "full", "--keep-tex").code == 0
    assert mine.read_text(encoding="utf-8") == "mine"
    linked(root, "build/tex/full/cv-full.tex", mine)
    assert run_cli("-C", root, "tex", "-v", "full").code == 0
    assert mine.read_text(encoding="utf-8") == "mine"


@pytest.mark.usefixtures("fake_engine")
def test_clean_deletes_nothing_outside_the_output_folder(
    make_project: MakeProject, run_cli: RunCli, tmp_path: Path
) -> None:
    root = make_project()
    assert run_cli("-C", root, "pdf", "-v", "full").code == 0
    outside = tmp_path / "outside"
    outside.mkdir()
    for path in (tmp_path / "mine", outside / "mine", root / "mine"):
        path.write_text("mine", encoding="utf-8")
    linked(root, "build/away", outside)
    linked(root, "build/link", tmp_path / "mine")
    names = [
        "../mine",
        "../../mine",
        str(tmp_path / "mine"),
        "away/mine",
        "..",
        ".",
        "",
        "a\x00b",
        "x" * 5000,
    ]
    names += ["../content/cv.yaml", "away/../../mine", "link"]
    (root / "build/.work/made.txt").write_bytes("\n".join(names).encode() + b"\n\xff\xfe\n")
    before = sorted(path for path in tmp_path.rglob("*") if "build" not in path.parts)
    assert run_cli("-C", root, "clean").code == 0
    assert sorted(path for path in tmp_path.rglob("*") if "build" not in path.parts) == before
    assert (outside / "mine").read_text(encoding="utf-8") == "mine"
    assert not (root / "build/.work").exists()
    assert not (root / "build/link").is_symlink()


def test_a_writer_at_a_pipe_is_not_waited_for(make_project: MakeProject, run_cli: RunCli) -> None:
    """Even one that somebody writes into is no file of a project."""
    root = make_project()
    pipe = root / "content/extra.yaml"
    os.mkfifo(pipe)

    def write() -> None:
        with contextlib.suppress(BrokenPipeError):  # the program may look at the pipe and leave it at once
            pipe.write_text(SECRET, encoding="utf-8")

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    outcome = run_cli("-C", root, "check")
    assert outcome.code == 1
    assert SECRET not in outcome.err
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # lets a writer go that came too late
    writer.join(5)
    os.close(reader)
