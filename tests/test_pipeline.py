from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from cvbuild.build import Built, build, deliver_to, render_variant
from cvbuild.content.cv import Cv
from cvbuild.diagnostics import UsageProblem
from cvbuild.loading import chosen_variants, load_cv
from cvbuild.output import clean_output, write_in_place
from cvbuild.project import Project, find_project
from cvbuild.request import Request
from cvbuild.typeset.engine import Run
from tests.conftest import SMALL_PROJECT, FakeEngine, MakeProject, needs_pdflatex

LIMITED = SMALL_PROJECT["content/cv.yaml"].replace("full: {}", "full: {max_pages: 1}")


def loaded(root: Path) -> tuple[Project, Cv]:
    project = find_project(root)
    cv, found = load_cv(project)
    assert cv is not None, found
    return project, cv


def build_full(root: Path, target: Path | None = None) -> Built:
    project, cv = loaded(root)
    return build(project, cv, "full", Request(), end=deliver_to(target))


def test_a_project_without_errors_is_loaded(make_project: MakeProject) -> None:
    cv, found = load_cv(find_project(make_project()))
    assert found == []
    assert cv is not None
    assert list(cv.variants) == ["full", "short"]
    assert [publication.key for publication in cv.publications] == ["one"]


def test_errors_of_all_files_are_found_at_once(make_project: MakeProject) -> None:
    root = make_project(
        {
            "content/bio.yaml": "kind: text\ntitel: Bio\ntext: x\n",
            "content/works.yaml": "kind: nothing\ntitle: Works\n",
            "bib/works.bib": "@article{a, title = {T}",
        }
    )
    cv, found = load_cv(find_project(root))
    assert cv is None
    places = {item.span.source.name for item in found if item.span}
    assert places == {"content/bio.yaml", "content/works.yaml", "bib/works.bib"}


def test_broken_settings_stop_nothing_else_from_being_checked(make_project: MakeProject) -> None:
    root = make_project({"content/cv.yaml": "owner: [\n", "content/bio.yaml": "kind: text: no\n"})
    cv, found = load_cv(find_project(root))
    assert cv is None
    assert {item.span.source.name for item in found if item.span} >= {"content/cv.yaml", "content/bio.yaml"}


def test_settings_that_cannot_be_read_are_the_only_error(make_project: MakeProject) -> None:
    root = make_project()
    (root / "content/cv.yaml").write_bytes(b"owner: M\xfcller\n")
    cv, found = load_cv(find_project(root))
    assert cv is None
    assert [item.code for item in found] == ["not-utf8"]


@pytest.mark.parametrize("value", ["bib/works.bib", "[bib/works.bib]"])
def test_the_bibliography_is_one_file_or_several(make_project: MakeProject, value: str) -> None:
    settings = SMALL_PROJECT["content/cv.yaml"] + f"bibliography: {value}\n"
    _, cv = loaded(make_project({"content/cv.yaml": settings, "bib/other.bib": "@misc{b, title = {B}}"}))
    assert [publication.key for publication in cv.publications] == ["one"]


def test_a_bibliography_that_is_missing_is_an_error_in_the_settings(make_project: MakeProject) -> None:
    settings = SMALL_PROJECT["content/cv.yaml"] + "bibliography: bib/gone.bib\n"
    cv, found = load_cv(find_project(make_project({"content/cv.yaml": settings})))
    assert cv is None
    [error] = [item for item in found if item.code == "missing-file"]
    assert error.span is not None
    assert error.span.place == "content/cv.yaml:8:15"


def test_variants_are_all_or_those_named_once(make_project: MakeProject) -> None:
    _, cv = loaded(make_project())
    assert chosen_variants(cv.variants, ()) == ["full", "short"]
    assert chosen_variants(cv.variants, ("short", "short")) == ["short"]
    with pytest.raises(UsageProblem) as caught:
        chosen_variants(cv.variants, ("shrot",))
    assert caught.value.hints[0] == "did you mean `short`?"


def test_theme_and_language_of_a_call_come_before_those_of_the_settings(make_project: MakeProject) -> None:
    project, cv = loaded(make_project())
    assert r"pdflang={en}" in render_variant(project, cv, "full", Request()).rendered.text
    assert r"pdflang={de}" in render_variant(project, cv, "full", Request(language="de")).rendered.text
    with pytest.raises(UsageProblem, match="no theme `clasic`"):
        render_variant(project, cv, "full", Request(theme="clasic"))


def test_a_variant_is_built_into_the_output_folder(
    make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project()
    built = build_full(root)
    assert built.pdf == root / "build/cv-full.pdf"
    assert built.pdf.is_file()
    assert (built.variant, built.pages, built.passes, built.engine) == ("full", 1, 1, "pdflatex")
    assert built.diagnostics == ()
    assert fake_engine.folders == [root / "build/.work/full-pdflatex"]
    assert sorted(path.name for path in (root / "build").iterdir()) == [".work", "cv-full.pdf"]


@pytest.mark.usefixtures("fake_engine")
def test_a_variant_may_name_its_file(make_project: MakeProject, tmp_path: Path) -> None:
    settings = SMALL_PROJECT["content/cv.yaml"].replace("full: {}", "full: {output: ada-example}")
    root = make_project({"content/cv.yaml": settings})
    assert build_full(root).pdf == root / "build/ada-example.pdf"
    assert build_full(root, tmp_path / "new/here.pdf").pdf == tmp_path / "new/here.pdf"
    assert (tmp_path / "new/here.pdf").is_file()


def test_a_template_that_cannot_be_filled_fails_the_variant(make_project: MakeProject) -> None:
    root = make_project({"latex_templates/sections/text.tex": "fine\n<< nothing_of_this_name >>\n"})
    built = build_full(root)
    assert built.pdf is None
    [error] = built.diagnostics
    assert error.code == "template"
    assert error.span is not None
    assert error.span.place == "latex_templates/sections/text.tex:2:4"


def test_a_failed_build_leaves_the_last_pdf_alone(make_project: MakeProject, fake_engine: FakeEngine) -> None:
    root = make_project()
    build_full(root)
    before = (root / "build/cv-full.pdf").read_bytes()
    fake_engine.behave = lambda folder, run: Run(False, "./cv.tex:1: Bad thing.\n")
    built = build_full(root)
    assert built.pdf is None
    assert built.log == root / "build/.work/full-pdflatex/cv.log"
    assert (root / "build/cv-full.pdf").read_bytes() == before


def test_too_many_pages_are_kept_under_another_name(
    make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project({"content/cv.yaml": LIMITED})
    good = build_full(root)
    assert good.pdf is not None
    before = good.pdf.read_bytes()
    fake_engine.pages = 3
    built = build_full(root)
    assert built.pdf is None
    assert built.pages == 3
    assert good.pdf.read_bytes() == before
    [error] = built.diagnostics
    assert (error.code, error.severity) == ("too-many-pages", "error")
    assert "has 3 pages, and `max_pages` allows 1 page:" in error.message
    assert error.hints[-1] == "the refused PDF is kept as build/cv-full.refused.pdf"
    assert (root / "build/cv-full.refused.pdf").is_file()


def test_pages_that_cannot_be_measured_by_section_are_counted_whole(
    make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    """A theme of one's own may have no outline."""
    fake_engine.pages = 3
    [error] = build_full(make_project({"content/cv.yaml": LIMITED})).diagnostics
    over = re.search(r"([\d.]+) pages too many", error.message)
    assert over
    assert 1 < float(over[1]) <= 2


@needs_pdflatex()
def test_too_many_pages_are_explained_by_section(make_project: MakeProject) -> None:
    text = "".join(f"  A paragraph, number {number}.\n\n" for number in range(70))
    root = make_project(
        {"content/cv.yaml": LIMITED, "content/bio.yaml": f"kind: text\ntitle: Bio\ntext: |\n{text}"}
    )
    [error] = build_full(root).diagnostics
    over = re.search(r"has 2 pages.* ([\d.]+) pages too many", error.message)
    assert over
    assert 0.1 < float(over[1]) < 1
    spaces = dict(re.findall(r"(\(header\)|Bio|Works) ([\d.]+)", error.hints[0]))
    assert list(spaces) == ["(header)", "Bio", "Works"]
    assert float(spaces["Bio"]) > 1 > float(spaces["Works"]) > 0
    assert sum(float(space) for space in spaces.values()) == pytest.approx(1 + float(over[1]), abs=0.02)


def test_two_variants_do_not_write_the_same_file(make_project: MakeProject) -> None:
    settings = SMALL_PROJECT["content/cv.yaml"].replace("full: {}", "full: {output: cv-short}")
    cv, found = load_cv(find_project(make_project({"content/cv.yaml": settings})))
    assert [item.severity for item in found if item.span and item.code == "duplicate-output"] == ["error"]
    assert cv is None


@pytest.mark.parametrize("name", ["../../elsewhere", "/elsewhere"])
def test_the_name_of_a_file_does_not_lead_out_of_the_output_folder(
    make_project: MakeProject, name: str
) -> None:
    settings = SMALL_PROJECT["content/cv.yaml"].replace("full: {}", f"full: {{output: {name}}}")
    cv, found = load_cv(find_project(make_project({"content/cv.yaml": settings})))
    assert cv is None
    assert any(item.span and item.span.place.startswith("content/cv.yaml:5:") for item in found)


@pytest.mark.parametrize("line", ["theme: clasic", "language: xyz"])
def test_a_wrong_theme_or_language_is_reported_at_its_line(make_project: MakeProject, line: str) -> None:
    project = find_project(make_project({"content/cv.yaml": SMALL_PROJECT["content/cv.yaml"] + line + "\n"}))
    cv, found = load_cv(project)
    if cv is not None:
        found = list(build(project, cv, "full", Request()).diagnostics)
    assert any(item.span and item.span.place.startswith("content/cv.yaml:8:") for item in found)


def test_a_file_is_put_in_place_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "target"
    write_in_place(b"new", target)
    assert target.read_bytes() == b"new"
    assert list(target.parent.iterdir()) == [target]


def test_a_file_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out" / "target"
    target.parent.mkdir()
    target.write_bytes(b"old")

    def full(copy: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_in_place(b"new", target)
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.usefixtures("fake_engine")
def test_cleaning_deletes_what_was_built_and_nothing_else(make_project: MakeProject) -> None:
    root = make_project()
    build_full(root)
    (root / "build/tex").mkdir()
    (root / "build/notes.pdf").write_bytes(b"mine")
    project, _ = loaded(root)
    assert clean_output(project) == [
        root / "build/cv-full.pdf",
        root / "build/.work",
        root / "build/tex",
    ]
    assert [path.name for path in (root / "build").iterdir()] == ["notes.pdf"]
    assert clean_output(project) == []


@pytest.mark.usefixtures("fake_engine")
def test_cleaning_deletes_a_folder_that_is_empty_then(make_project: MakeProject) -> None:
    root = make_project()
    build_full(root)
    project, _ = loaded(root)
    assert clean_output(project)[-1] == root / "build"
    assert not (root / "build").exists()
    assert clean_output(project) == []


@pytest.mark.usefixtures("fake_engine")
def test_cleaning_goes_on_where_another_does_the_same(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project()
    build_full(root)
    project, _ = loaded(root)
    rmdir, left = os.rmdir, [1, 1]

    def as_another(path: str, *, dir_fd: int | None = None) -> None:
        rmdir(path, dir_fd=dir_fd)
        if left and left.pop():
            raise FileNotFoundError(2, "No such file or directory", path)

    monkeypatch.setattr(os, "rmdir", as_another)
    clean_output(project)
    assert left == []
    assert not (root / "build").exists()


def test_cleaning_deletes_what_a_killed_one_left(make_project: MakeProject) -> None:
    root = make_project()
    for name in (".work.old-1/full", ".work.old-mine"):
        (root / "build" / name).mkdir(parents=True)
        (root / "build" / name / "cv.log").touch()
    elsewhere = root / "elsewhere"
    (elsewhere / "deep").mkdir(parents=True)
    (root / "build/.work.old-2").symlink_to(elsewhere)
    clean_output(find_project(root))
    assert sorted(path.name for path in (root / "build").iterdir()) == [".work.old-2", ".work.old-mine"]
    assert (elsewhere / "deep").is_dir()


@pytest.mark.usefixtures("fake_engine")
def test_cleaning_goes_on_where_a_killed_one_had_the_same_number(make_project: MakeProject) -> None:
    root = make_project()
    build_full(root)
    left = root / f"build/.work.old-{os.getpid()}/full"
    left.mkdir(parents=True)
    (left / "cv.log").touch()
    clean_output(find_project(root))
    assert not (root / "build").exists()
