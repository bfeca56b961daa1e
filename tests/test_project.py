from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cvbuild.build import render_variant
from cvbuild.diagnostics import Findings, UsageProblem
from cvbuild.lint import lint_cv
from cvbuild.loading import load_cv
from cvbuild.project import Project, asked_epoch, bibliography_files, find_project, read_source
from cvbuild.request import Request
from cvbuild.source import Scalar, SourceFile, Span
from tests.conftest import MakeProject
from tests.projects import commit

HERE = Span(SourceFile("content/cv.yaml", "bibliography: x"), 0, 1)


def read(root: Path, name: str, content: bytes) -> tuple[SourceFile | None, Findings]:
    path = root / name
    path.write_bytes(content)
    findings = Findings()
    return read_source(find_project(root), path, findings), findings


def test_a_project_is_found_from_a_folder_within_it(make_project: MakeProject) -> None:
    root = make_project()
    for start in (root, root / "content", root / "bib"):
        project = find_project(start)
        assert project.root == root
        assert project.output == root / "build"
        assert [path.name for path in project.sections] == ["bio.yaml", "works.yaml"]
    assert find_project(root, root / "elsewhere").output == root / "elsewhere"


def test_no_project_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem) as caught:
        find_project(tmp_path)
    assert "cvbuild init" in caught.value.hints[0]


def test_a_project_without_its_settings_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    with pytest.raises(UsageProblem, match=r"there is no content/cv\.yaml here"):
        find_project(tmp_path)


def test_paths_are_shown_relative_to_the_project(make_project: MakeProject) -> None:
    project = find_project(make_project())
    assert project.shown(project.settings) == "content/cv.yaml"
    assert project.shown(Path("/elsewhere/cv.yaml")) == "/elsewhere/cv.yaml"


def test_own_templates_bring_own_kinds(make_project: MakeProject) -> None:
    assert find_project(make_project()).templates is None
    assert find_project(make_project()).own_kinds() == frozenset()
    root = make_project(
        {
            "latex_templates/sections/exhibitions.tex": "x",
            "latex_templates/classic/sections/reviews.tex": "x",
        }
    )
    assert find_project(root).templates == root / "latex_templates"
    assert find_project(root).own_kinds() == {"exhibitions", "reviews"}


def test_a_byte_order_mark_and_windows_line_ends_are_taken(make_project: MakeProject) -> None:
    source, findings = read(make_project(), "content/bio.yaml", "\ufeffkind: text\r\ntitle: Ü\r\n".encode())
    assert source is not None
    assert source.text == "kind: text\ntitle: Ü\n"
    assert findings.items == []


def test_a_missing_file_is_an_error_that_names_it(make_project: MakeProject) -> None:
    project = find_project(make_project())
    findings = Findings()
    assert read_source(project, project.root / "content" / "gone.yaml", findings) is None
    [error] = findings.items
    assert (error.code, error.message) == ("missing-file", "there is no file content/gone.yaml")


def test_a_folder_in_place_of_a_file_is_an_error(make_project: MakeProject) -> None:
    project = find_project(make_project())
    (project.root / "content" / "folder.yaml").mkdir()
    findings = Findings()
    assert read_source(project, project.root / "content" / "folder.yaml", findings) is None
    [error] = findings.items
    assert error.code == "unreadable-file"
    assert "is a directory" in error.message


def test_yaml_that_is_not_utf8_is_an_error_at_the_byte(make_project: MakeProject) -> None:
    source, findings = read(make_project(), "content/bio.yaml", b"kind: text\r\ntitle: M\xfcller\r\n")
    assert source is None
    [error] = findings.items
    assert (error.code, error.severity) == ("not-utf8", "error")
    assert error.span is not None
    assert error.span.place == "content/bio.yaml:2:9"
    assert "0xFC" in error.message


def test_a_bibliography_in_latin1_is_read_with_a_warning(make_project: MakeProject) -> None:
    source, findings = read(make_project(), "bib/old.bib", b"@misc{a, author = {M\xfcller}}")
    assert source is not None
    assert "Müller" in source.text
    assert [item.severity for item in findings.items] == ["warning"]


def test_private_characters_are_refused(make_project: MakeProject) -> None:
    source, findings = read(make_project(), "content/bio.yaml", "title: a\U000f0000b\n".encode())
    assert source is None
    [error] = findings.items
    assert error.code == "private-character"
    assert "U+F0000" in error.message
    assert error.span is not None
    assert error.span.place == "content/bio.yaml:1:9"


def test_the_bibliography_is_every_bib_file_without_a_pattern(make_project: MakeProject) -> None:
    root = make_project({"bib/another.bib": "", "more/third.bib": ""})
    files, problems = bibliography_files(find_project(root), [])
    assert [path.name for path in files] == ["another.bib", "works.bib"]
    assert problems == []


def test_patterns_name_files_in_their_order_and_each_once(make_project: MakeProject) -> None:
    root = make_project({"bib/another.bib": "", "more/third.bib": ""})
    files, problems = bibliography_files(
        find_project(root),
        [Scalar(pattern, HERE) for pattern in ("more/*.bib", "bib/works.bib", "bib/*.bib")],
    )
    assert [path.name for path in files] == ["third.bib", "works.bib", "another.bib"]
    assert problems == []


def test_a_pattern_without_a_file_is_an_error_with_the_nearest(make_project: MakeProject) -> None:
    _, [error] = bibliography_files(find_project(make_project()), [Scalar("bib/work.bib", HERE)])
    assert (error.code, error.span) == ("missing-file", HERE)
    assert error.hints == ("did you mean `bib/works.bib`?",)


@pytest.mark.parametrize("pattern", ["../other/*.bib", "/etc/*.bib"])
def test_a_pattern_does_not_lead_out_of_the_project(make_project: MakeProject, pattern: str) -> None:
    files, [error] = bibliography_files(find_project(make_project()), [Scalar(pattern, HERE)])
    assert files == []
    assert (error.code, error.span) == ("outside-project", HERE)


def test_the_locks_of_files_that_are_open_in_emacs_are_not_content(make_project: MakeProject) -> None:
    """Links to nothing, called `.#NAME`: they lie there for as long as a file is edited and not saved."""
    root = make_project()
    sections = root / "latex_templates/classic/sections"
    sections.mkdir(parents=True)
    for path in (root / "content/bio.yaml", root / "bib/works.bib", sections / "text.tex"):
        (path.parent / f".#{path.name}").symlink_to("ada@example.org.4711:1600000000")
    project = find_project(root)
    cv, found = load_cv(project)
    assert cv is not None, found
    assert found == []
    assert [item.code for item in lint_cv(project, cv, date(2025, 1, 1))] == ["lint-no-link"]
    assert "Hello, world." in render_variant(project, cv, "full", Request()).rendered.text
    named, _ = bibliography_files(project, [Scalar("bib/*.bib", HERE)])
    assert named == [root / "bib/works.bib"]


def test_the_date_is_that_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert asked_epoch(Project(tmp_path, tmp_path / "build"))() == 1_700_000_000


def test_the_date_is_else_that_of_the_last_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    assert asked_epoch(Project(tmp_path, tmp_path / "build"))() == 0
    commit(tmp_path, seconds=1_600_000_000)
    assert asked_epoch(Project(tmp_path, tmp_path / "build"))() == 1_600_000_000


def test_without_git_the_date_is_the_beginning(tmp_path: Path, program_folder: Path) -> None:
    assert not list(program_folder.iterdir())
    assert asked_epoch(Project(tmp_path, tmp_path / "build"))() == 0
