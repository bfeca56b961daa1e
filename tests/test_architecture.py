"""Which module may import what: the order of the stages, and one place for each library."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

import cvbuild
from tests.conftest import REPOSITORY, needs_pdflatex
from tests.projects import write_project

PACKAGE = Path(cvbuild.__file__).parent
MOST_LINES = 480

# From first to last; a unit (a folder or a module beside the folders) imports units of earlier levels,
# and of its own level those that stand before it.
LEVELS = [
    level.split()
    for level in (
        "record source diagnostics inline words",
        "cache memo uptodate git project explain",
        "read pdf",
        "content",
        "select",
        "render",
        "typeset lint",
        "funders",
        "report",
        "output fit",
        "loading build",
        "watch batch name_matching coauthors compare export scaffold doctor",
        "commands",
        "__main__",
    )
]
ADAPTERS: dict[str, tuple[str, ...]] = {
    "yaml": ("read/yaml.py", "read/yaml_errors.py", "render/labels.py"),
    "bibtexparser": ("read/",),
    "pylatexenc": ("read/",),
    "msgspec": ("record.py",),
    "jinja2": ("render/",),
    "markupsafe": ("render/",),
    "markdown_it": ("render/",),
    "babel": ("render/",),
    "pypdfium2": ("pdf/",),
    "rich": ("report/",),
    "click": ("commands/",),
    "watchfiles": ("watch.py",),
    "distributed": ("batch.py",),
    "xlsxwriter": ("coauthors.py",),
    "subprocess": ("typeset/process.py", "doctor.py", "git.py"),
}
HEAVY = (
    "jinja2 markupsafe bibtexparser pylatexenc markdown_it rich yaml pypdfium2 babel"
    " importlib.metadata importlib.resources"
).split()
"""Libraries that take longer to import than a call without content may take."""
FIRST_CALLS = {
    "help": ("--help",),
    "version": ("--version",),
    "no command": (),
    "explain": ("explain", "unknown-key"),
    "list of codes": ("explain",),
    "unknown option": ("--none",),
}
COMPLETED = {
    "commands": ("cvbuild ", "1"),
    "command": ("cvbuild pd", "1"),
    "codes": ("cvbuild explain unknown-", "2"),
}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "starter" not in path.parts)


def shown(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
def imported(path: Path) -> frozenset[str]:
    """The modules that a file imports anywhere, for the type checker alone left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for part in node.body
        for inner in ast.walk(part)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{shown(path)} has a relative import"
            assert node.module is not None
            found.add(node.module)
    return frozenset(found)


def unit_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def ours(path: Path) -> set[str]:
    """The units that a file imports, its own included."""
    return {name.split(".")[1] for name in imported(path) if name.startswith("cvbuild.")}


RANK = {name: rank for rank, name in enumerate(chain.from_iterable(LEVELS))}


def test_there_are_at_most_fourteen_levels_and_the_document_lists_them() -> None:
    assert len(LEVELS) <= 14
    listed = re.findall(r"(?m)^ ?\d+  (.+)$", (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    assert [line.split() for line in listed] == LEVELS


def test_every_module_has_its_level() -> None:
    assert {unit_of(path) for path in modules()} - {"__init__"} <= set(RANK)


def test_source_imports_nothing_of_the_cv() -> None:
    assert ours(PACKAGE / "source.py") == {"record"}


def test_diagnostics_imports_source_only() -> None:
    assert ours(PACKAGE / "diagnostics.py") == {"record", "source"}


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_a_unit_imports_only_what_stands_before_it(path: Path) -> None:
    mine = unit_of(path)
    if mine == "__init__":
        assert not ours(path)
        return
    wrong = {name for name in ours(path) if name != mine and RANK[name] >= RANK[mine]}
    assert not wrong, f"{shown(path)} imports {', '.join(sorted(wrong))}"


@pytest.mark.parametrize("library", ADAPTERS)
def test_a_library_is_imported_by_its_adapter_only(library: str) -> None:
    importers = [
        shown(path) for path in modules() if library in {name.split(".")[0] for name in imported(path)}
    ]
    assert importers, "nothing imports it any more: take it off the list"
    assert [name for name in importers if not name.startswith(ADAPTERS[library])] == []


def test_no_third_party_library_is_without_its_adapter() -> None:
    known = {*sys.stdlib_module_names, "cvbuild", *ADAPTERS}
    found = {name.split(".")[0] for path in modules() for name in imported(path)}
    assert found <= known


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_no_file_is_too_long(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES, f"{shown(path)} has {lines} lines"


def imported_by(folder: Path, *arguments: str, **environment: str) -> set[str]:
    """The modules that a call of the program has imported when it ends."""
    listed = folder / "modules"
    program = f"""\
import atexit, sys
atexit.register(lambda: print(*sys.modules, sep="\\n", file=open({str(listed)!r}, "w")))
sys.argv[0] = "cvbuild"
from cvbuild.__main__ import main
main()
"""
    subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    return set(listed.read_text(encoding="utf-8").split())


@pytest.mark.parametrize("call", FIRST_CALLS)
def test_a_call_without_content_imports_nothing_heavy(call: str, tmp_path: Path) -> None:
    modules = imported_by(tmp_path, *FIRST_CALLS[call])
    assert "click" in modules
    assert sorted(modules & set(HEAVY)) == []


def test_a_misspelled_command_imports_no_library(tmp_path: Path) -> None:
    assert sorted(imported_by(tmp_path, "pfd") & (set(ADAPTERS) - {"click", "msgspec", "subprocess"})) == []


@pytest.mark.parametrize("asked", COMPLETED)
def test_completion_imports_no_library(asked: str, tmp_path: Path) -> None:
    typed, at = COMPLETED[asked]
    modules = imported_by(
        tmp_path, _CVBUILD_COMPLETE="bash_complete", COMP_WORDS=typed, COMP_CWORD=at, PROG="cvbuild"
    )
    assert "click.shell_completion" in modules
    assert sorted(modules & (set(ADAPTERS) - {"click", "msgspec", "subprocess"})) == []


EDITED = {
    "content/cv.yaml": "owner: {name: Ada Example}\n",
    "content/bio.yaml": "kind: text\ntitle: Bio\ntext: Hello, world.\n",
}


@needs_pdflatex()
def test_an_edit_of_words_imports_only_the_parser_that_it_needs(tmp_path: Path) -> None:
    for text in ("Hello, world.", "Hello, all.", "Hello, nobody."):
        bio = EDITED["content/bio.yaml"].replace("Hello, world.", text)
        write_project(tmp_path, {**EDITED, "content/bio.yaml": bio})
        modules = imported_by(tmp_path, "pdf", "-v", "full", CVBUILD_CACHE=str(tmp_path / "cache"))
        assert "cvbuild.typeset.passes" in modules
    assert "yaml" in modules
    assert sorted(modules & {"bibtexparser", "markdown_it", "babel", "rich", "pypdfium2"}) == []


def test_help_imports_no_command(tmp_path: Path) -> None:
    assert {name for name in imported_by(tmp_path, "--help") if name.startswith("cvbuild.")} == {
        "cvbuild.__main__",
        "cvbuild.commands",
    }


def test_reporting_nothing_loads_nothing_heavy() -> None:
    code = (
        "import sys, cvbuild.report; cvbuild.report.print_diagnostics([], sys.stderr);"
        " print('rich' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
