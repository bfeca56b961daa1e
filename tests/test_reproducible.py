"""The same sources give the same bytes, and the PDF says which sources these were."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest

import cvbuild
from cvbuild.project import Origin, asked_epoch, asked_origin, find_project
from cvbuild.typeset.fonts import installed_faces
from cvbuild.typeset.texlive import tex_environment
from tests.conftest import MakeProject, SmallProject, write_program
from tests.projects import commit, git, prepare_variant, write_project
from tests.test_reference_cv import has_engine

COMMITTED = 1_700_000_000
RICH = {
    "content/cv.yaml": """\
owner:
  name: Ada Example
  email: ada@example.org
sections: [bio, talks, works]
""",
    "content/bio.yaml": "kind: text\ntitle: Bio\ntext: {en: 'Works on *examples*, $x^2$.', de: Arbeitet.}\n",
    "content/talks.yaml": """\
kind: talks
title: Talks
items:
  - {title: On İstanbul and ıssız, date: 2024-05-02}
  - {title: On Çeşme, date: 2023}
""",
    "bib/b.bib": "@article{b, author={Öz, I. and Example, Ada}, title={Second}, journal={J}, year={2020}}\n",
    "bib/a.bib": "@article{a, author={Example, Ada and Ils, i.}, title={First}, journal={J}, year={2020}}\n",
}


def build(folder: Path, engine: str, **environment: str) -> bytes:
    """The PDF that a process of its own builds, in an environment of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "TZ"))}
    command = [sys.executable, "-m", "cvbuild", "pdf", "-v", "full", "--engine", engine]
    environment = kept | {"PYTHONPATH": str(Path(cvbuild.__file__).parents[1])} | environment
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)
    return (folder / "build/cv-full.pdf").read_bytes()


@pytest.mark.parametrize("engine", ["pdflatex", "xelatex", "lualatex", "tectonic"])
def test_two_builds_of_a_commit_are_the_same_bytes_and_say_which_one_it_was(
    engine: str, make_project: MakeProject, tmp_path: Path
) -> None:
    if not has_engine(engine):
        pytest.skip(f"{engine} is not installed")
    folder = make_project(RICH)
    (folder / ".gitignore").write_text("build/\n", encoding="utf-8")
    commit(folder, "v2025.1", seconds=COMMITTED)
    # Built as two people would at two ends of the world.
    short, long = tmp_path / "a", tmp_path / "a much longer path" / "with spaces, ä and 'quotes'"
    home = tmp_path / "home"
    home.mkdir()
    for clone in (short, long):
        git(tmp_path, "clone", "-q", str(folder), str(clone))
    # Files of the second clone come later, and in another order.
    for path in sorted(long.glob("[!.]*/*"), reverse=True):
        path.write_bytes(path.read_bytes())
        os.utime(path, (2_000_000_000, 2_000_000_000))
    one = build(short, engine, TZ="UTC", LC_ALL="C", PYTHONHASHSEED="1")
    other = build(
        long, engine, TZ="Pacific/Kiritimati", LC_ALL="tr_TR.UTF-8", PYTHONHASHSEED="2",
        HOME=str(home), TEXMFVAR=str(home / "var"), TEXMFCONFIG=str(home / "config"), COLUMNS="40",
    )  # fmt: skip
    assert one == other
    with pypdfium2.PdfDocument(one) as document:
        names = ("Creator", "cvbuild.Revision", "CreationDate")
        creator, revised, created = map(document.get_metadata_value, names)
    assert (creator, revised) == (f"cvbuild {cvbuild.__version__}", "v2025.1")
    assert created.startswith("D:20231114221320")
    assert str(tmp_path).encode() not in one


def test_neither_tex_nor_the_list_of_fonts_depends_on_the_callers_locale(
    program_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(program_folder / "fc-list", f'echo "$LC_ALL" > {tmp_path}/locale')
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    assert installed_faces() == ()
    assert (tmp_path / "locale").read_text(encoding="utf-8") == "C\n"
    caller = {"LANG": "de_DE", "LC_ALL": "tr_TR.UTF-8", "LC_CTYPE": "C.UTF-8", "TZ": "Asia/Tokyo"}
    environment = tex_environment(caller=caller)
    locale = {name: value for name, value in environment.items() if name.startswith(("LC_", "LANG", "TZ"))}
    assert locale == {"LC_ALL": "C", "TZ": "UTC"}


# ---- the revision


@pytest.fixture
def repository(make_project: MakeProject) -> Path:
    folder = make_project()
    (folder / ".gitignore").write_text("build/\n/content/private.yaml\n*.swp\n", encoding="utf-8")
    (folder / "README").write_text("About.\n", encoding="utf-8")
    commit(folder, "v2025.1")
    return folder


def revision(folder: Path) -> str:
    project = find_project(folder)
    return asked_origin(project, sorted(project.root.glob("bib/*.bib")))().revision


def test_a_revision_is_named_by_its_nearest_tag_or_the_commits_number(
    repository: Path, make_project: MakeProject
) -> None:
    assert revision(repository) == "v2025.1"
    commit(repository)
    first, number = revision(repository).split("-g")
    assert (first, len(number)) == ("v2025.1-1", 12)
    untagged = make_project(folder="untagged")
    assert revision(untagged) == ""
    commit(untagged)
    assert len(revision(untagged)) == 12


@pytest.mark.parametrize(
    ("command", "is_dirty"),
    [
        *((f"echo New. >{name}", True) for name in ("content/bio.yaml", "content/new.yaml", "bib/b.bib")),
        *((f"echo New. >{name}", True) for name in ("content/private.yaml", "bib/numbers.lock")),
        ("mkdir -p latex_templates/sections; echo x >latex_templates/sections/own.tex", True),
        ("rm content/bio.yaml", True),
        ("rm content/bio.yaml; git checkout -q -- .", False),
        ("mkdir build; for name in README notes.txt build/cv-full.pdf; do echo x >$name; done", False),
        ("for name in .bio.yaml.swp notes.txt; do echo x >content/$name; done", False),
    ],
)
def test_a_source_that_is_not_as_it_was_committed_makes_it_dirty(
    repository: Path, command: str, is_dirty: bool
) -> None:
    subprocess.run(["sh", "-ec", command], cwd=repository, check=True)
    assert revision(repository) == f"v2025.1{'-dirty' * is_dirty}"


def test_a_bibliography_that_is_not_read_does_not_make_it_dirty(repository: Path) -> None:
    (repository / "bib/draft.bib").write_text("@misc{draft}", encoding="utf-8")
    read = [repository / "bib/works.bib"]
    assert asked_origin(find_project(repository), read)().revision == "v2025.1"


def test_a_project_in_a_folder_of_a_repository_whose_other_files_changed(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "all" / "cv [1]", RICH)
    (tmp_path / "all/content").mkdir()
    (tmp_path / "all/content/bio.yaml").write_text("x", encoding="utf-8")
    git(tmp_path / "all", "init", "-q")
    commit(folder, "v1")
    (tmp_path / "all/content/bio.yaml").write_text("y", encoding="utf-8")
    assert revision(folder) == "v1"
    (folder / "content/bio.yaml").write_text("y", encoding="utf-8")
    assert revision(folder) == "v1-dirty"


def test_a_repository_around_it_that_does_not_keep_it_is_not_meant(
    make_project: MakeProject, tmp_path: Path
) -> None:
    folder = make_project()
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "Something else")
    assert revision(folder) == ""


def test_the_git_of_an_untrusted_project_is_not_asked(
    repository: Path, program_folder: Path, tmp_path: Path
) -> None:
    """A repository's own configuration can name programs for git to run (`gpg.program`)."""
    write_program(program_folder / "git", f"echo >> {tmp_path}/asked; echo 7")
    untrusted = find_project(repository, is_trusted=False)
    assert (asked_origin(untrusted, [])().revision, asked_epoch(untrusted)()) == ("", 0)
    assert not (tmp_path / "asked").exists()
    assert (revision(repository)[:1], asked_epoch(find_project(repository))()) == ("7", 7)
    assert (tmp_path / "asked").exists()


PROFILE = "{title: T, source: S, version: '1', checked: 2026-11, "
RULES = "rules: [{rule: max_pages, pages: 2}]}\n"


def test_a_variant_or_its_profile_can_keep_the_origin_quiet(small: SmallProject) -> None:
    """Also the profile that its own extends."""
    keys = {name: f"profile: {name}" for name in ("said", "hidden", "extending")}
    keys |= {"open": "", "quiet": "origin: false"}
    variants = ", ".join(f"{name}: {{{key}}}" for name, key in keys.items())
    small.write(
        {
            "content/cv.yaml": f"owner: {{name: Ada Example}}\nvariants: {{{variants}}}\n",
            "profiles/said.yaml": f"{PROFILE}{RULES}",
            "profiles/hidden.yaml": f"{PROFILE}origin: false, {RULES}",
            "profiles/extending.yaml": f"{PROFILE}extends: hidden}}\n",
        }
    )
    for origin in (Origin("cvbuild 1.2.3", "v1_#%&{}-g0"), None):
        said = {name: prepare_variant(small.root, name, origin=origin).rendered.text for name in keys}
        names = {name for name, text in said.items() if "pdfcreator={cvbuild 1.2.3}" in text}
        assert names == ({"said", "open"} if origin else set())
        assert {name for name, text in said.items() if r"cvbuild.Revision={v1\_\#\%\&\{\}" in text} == names
        assert {name for name, text in said.items() if "cvbuild.Revision" in text} == names
