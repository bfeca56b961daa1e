"""The code of templates comes from the cache only where all that it depends on is as it was."""

from __future__ import annotations

import marshal
import shutil
import sys
from pathlib import Path
from typing import Any

import jinja2
import pytest

from cvbuild.render import kept_code
from cvbuild.render.sandbox import counted
from cvbuild.render.sourcemap import SpanMarks
from cvbuild.render.template_errors import filled_template
from cvbuild.render.templates import _kept_environment, environment, marking_environment
from tests.conftest import MakeProject, RunCli

OWN = """\
Toys:
<% for group in section.groups %>
<% for item in group.items %>
<< item.name >>
<% endfor %>
<% endfor %>
"""
PROJECT = {
    "content/cv.yaml": "owner:\n  name: Ada Example\nsections: [bio, toys]\nvariants:\n  full: {}\n",
    "content/toys.yaml": "kind: toys\ntitle: Toys\nitems:\n  - name: A top\n",
    "latex_templates/sections/toys.tex": OWN,
}


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the templates that are compiled, from a cold cache on."""
    monkeypatch.setenv("CVBUILD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "pycache"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    names: list[str] = []
    compile_template = jinja2.Environment.compile

    def counted(self: jinja2.Environment, source: Any, name: Any = None, filename: Any = None) -> Any:
        names.append(name)
        return compile_template(self, source, name, filename)

    monkeypatch.setattr(jinja2.Environment, "compile", counted)
    return names


def filled(environment: jinja2.Environment) -> str:
    """What its document makes of nothing."""
    return filled_template(environment, {})


def in_a_new_call() -> None:
    """Nothing is kept in memory from one call to the next."""
    _kept_environment.cache_clear()


def test_a_second_call_compiles_nothing(
    make_project: MakeProject, run_cli: RunCli, compiled: list[str]
) -> None:
    root = make_project(PROJECT)
    made: list[tuple[bytes, bool]] = []
    for _ in range(2):
        in_a_new_call()
        assert run_cli("-C", root, "tex", "-v", "full", "-o", "out").code == 0
        made.append(((root / "out/cv-full.tex").read_bytes(), bool(compiled)))
        compiled.clear()
    (cold, cold_compiles), (warm, warm_compiles) = made
    assert cold == warm
    assert (cold_compiles, warm_compiles) == (True, False)


def test_shipped_templates_are_compiled_once_for_every_cache(
    make_project: MakeProject, run_cli: RunCli, compiled: list[str], tmp_path: Path
) -> None:
    root = make_project(PROJECT)
    made = []
    for _ in range(2):
        compiled.clear()
        in_a_new_call()
        assert run_cli("-C", root, "tex", "-v", "full", "-o", "out").code == 0
        made.append((root / "out/cv-full.tex").read_bytes())
        shutil.rmtree(tmp_path / "cache")
    assert compiled == ["sections/toys.tex"], "the project's own"
    assert made[0] == made[1]


@pytest.mark.parametrize("hindrance", ["Python is to write no code", "the folder cannot be written"])
def test_shipped_templates_are_kept_in_the_cache_where_nothing_lies_beside_the_modules(
    make_project: MakeProject,
    run_cli: RunCli,
    compiled: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hindrance: str,
) -> None:
    if hindrance == "Python is to write no code":
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
    else:
        (tmp_path / "pycache").write_text("a file", encoding="utf-8")
    root = make_project(PROJECT)
    for _ in range(2):
        was, compiled[:] = list(compiled), []
        in_a_new_call()
        assert run_cli("-C", root, "tex", "-v", "full", "-o", "out").code == 0
    assert "document.tex" in was
    assert not compiled
    assert not (tmp_path / "pycache").is_dir()


def test_damaged_code_beside_the_modules_is_compiled_anew(
    make_project: MakeProject, run_cli: RunCli, compiled: list[str], tmp_path: Path
) -> None:
    root = make_project(PROJECT)
    in_a_new_call()
    assert run_cli("-C", root, "tex", "-v", "full", "-o", "out").code == 0
    kept = sorted((tmp_path / "pycache").rglob("*.template"))
    assert kept
    for number, path in enumerate(kept):
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2] if number % 2 else whole[:-1] + bytes([whole[-1] ^ 1]))
    compiled.clear()
    in_a_new_call()
    assert run_cli("-C", root, "tex", "-v", "full", "-o", "out").code == 0
    assert len(compiled) == len(kept)


def test_an_edited_template_is_compiled_and_no_other(
    make_project: MakeProject, run_cli: RunCli, compiled: list[str]
) -> None:
    root = make_project(PROJECT)
    in_a_new_call()
    assert run_cli("-C", root, "tex", "-v", "full", "-o", "out").code == 0
    compiled.clear()
    in_a_new_call()
    (root / "latex_templates/sections/toys.tex").write_text(
        OWN.replace("Toys:", "All my toys:"), encoding="utf-8"
    )
    assert run_cli("-C", root, "tex", "-v", "full", "-o", "out").code == 0
    assert compiled == ["sections/toys.tex"]
    assert "All my toys:\nA top" in (root / "out/cv-full.tex").read_text(encoding="utf-8")


def test_an_error_in_kept_code_is_at_its_line(
    make_project: MakeProject, run_cli: RunCli, compiled: list[str]
) -> None:
    root = make_project(PROJECT | {"latex_templates/sections/toys.tex": "\nText\n<< section.nothing >>\n"})
    said = []
    for _ in range(2):
        in_a_new_call()
        compiled.clear()
        said.append(run_cli("-C", root, "check"))
    assert compiled == []
    assert said[0] == said[1]
    assert "latex_templates/sections/toys.tex:3" in said[0].err


def test_an_untrusted_project_gets_nothing_of_its_own_templates_from_the_cache(
    make_project: MakeProject, run_cli: RunCli, compiled: list[str]
) -> None:
    root = make_project(PROJECT)
    in_a_new_call()
    assert run_cli("-C", root, "check").code == 0
    in_a_new_call()
    refused = run_cli("-C", root, "check", "--untrusted")
    assert refused.code == 1
    assert "untrusted" in refused.err


def _folder(tmp_path: Path, text: str = "Hello.\n", name: str = "templates") -> tuple[Path, ...]:
    folder = tmp_path / name
    folder.mkdir(exist_ok=True)
    (folder / "document.tex").write_text(text, encoding="utf-8")
    return (folder,)


def test_code_with_marks_is_for_its_call_alone(tmp_path: Path, compiled: list[str]) -> None:
    folders = _folder(tmp_path)
    in_a_new_call()
    plain = filled(environment(folders))
    marked = filled(marking_environment(folders, SpanMarks.empty()))
    in_a_new_call()
    assert filled(environment(folders)) == plain == "Hello."
    assert marked != plain
    again = filled(marking_environment(folders, SpanMarks.empty()))
    assert again != plain
    assert len(compiled) == 3, "once plain, and each time with marks"


def test_guards_are_in_the_kept_code(tmp_path: Path, compiled: list[str]) -> None:
    folders = _folder(
        tmp_path, "<% for a in range(90000) %><% for b in range(90000) %>x<% endfor %><% endfor %>"
    )
    for _ in range(2):
        in_a_new_call()
        with pytest.raises(Exception, match="without end"):
            filled(environment(folders))
    assert compiled == ["document.tex"]


def test_the_same_template_in_another_folder_is_another(tmp_path: Path, compiled: list[str]) -> None:
    for name in ("a", "b"):
        in_a_new_call()
        with counted():
            template = environment(_folder(tmp_path, name=name)).get_template("document.tex")
        assert template.filename == str(tmp_path / name / "document.tex")
    assert len(compiled) == 2


def test_a_folder_whose_name_is_no_text_is_no_error(tmp_path: Path, compiled: list[str]) -> None:
    for _ in range(2):
        in_a_new_call()
        folders = _folder(tmp_path, name="templates-\udcff")
        assert filled(environment(folders)) == "Hello."


def test_code_of_another_state_is_not_run(
    tmp_path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = _folder(tmp_path)
    for state in ("one", "one", "two", None, None):
        in_a_new_call()
        monkeypatch.setattr(kept_code, "_made_by", lambda state=state: state)
        filled(environment(folders))
    assert len(compiled) == 4


@pytest.mark.parametrize("data", [b"", b"x", marshal.dumps("text"), marshal.dumps((1, 2))])
def test_what_is_no_code_is_compiled(
    tmp_path: Path, compiled: list[str], data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cvbuild.cache.read", lambda *_: data)
    in_a_new_call()
    assert filled(environment(_folder(tmp_path))) == "Hello."
    assert compiled == ["document.tex"]
