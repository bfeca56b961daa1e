"""Explanations of codes: one for each code of the source, with an example that yields it.

What `explain` prints of wrong and of several codes: tests/cases/commands/explain.txt.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

import cvbuild
from cvbuild.commands import cli
from cvbuild.diagnostics import UsageProblem
from cvbuild.explain import Explanation, codes, explanation, read
from cvbuild.record import replace
from tests.conftest import REPOSITORY, RunCli
from tests.projects import write_project
from tests.test_cases import files_of, run

PACKAGE = Path(cvbuild.__file__).parent
FOLDER = PACKAGE / "explanations"
MAKERS = {**dict.fromkeys(("error", "warning", "Diagnostic", "Problem", "wrong"), 0), "_like": 1}
"""What makes a diagnostic, and which argument is its code (0-based)."""


WITHOUT_EXAMPLE = {"file-too-large", "ledger", "not-measured"}
"""A file of a megabyte, that cvbuild lost count, and a machine without TeX."""


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path, node


def name_of(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def given_codes(node: ast.AST) -> Iterator[ast.expr]:
    """The codes that make a diagnostic in a call, are handed on as `code=`, or become a variable `code`."""
    match node:
        case ast.Call():
            at = MAKERS.get(name_of(node))
            yield from node.args[at : at + 1] if at is not None else ()
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "code")
        case ast.Assign(targets=[ast.Name(id="code")], value=value):
            yield from (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
        case ast.Assign(
            targets=[ast.Tuple(elts=[ast.Name(id="code"), *_])], value=ast.Tuple(elts=[value, *_])
        ):
            yield value


def codes_in_source() -> set[str]:
    return {
        str(found.value)
        for _, node in nodes()
        for found in given_codes(node)
        if isinstance(found, ast.Constant) and found.value
    }


def message_of(explained: Explanation, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the example prints about its code, which is asserted to be something."""
    command, given = ["cvbuild", "check"], explained.example
    if given.startswith("$ "):
        first, given = given.split("\n", 1)
        command = first.removeprefix("$ ").split()
    if command[1] == "pdf":
        engine = command[command.index("--engine") + 1]
        if shutil.which(engine) is None:
            pytest.skip(f"{engine} is not installed")
    write_project(folder, files_of(given))
    monkeypatch.chdir(folder)
    printed = run(command[1:], monkeypatch)
    found = re.findall(rf"(?ms)^\w+\[{explained.code}\]: .*?(?=\n\n)", printed)
    assert found, printed
    return re.sub(r"(?m)[ \t]+$", "", found[0]) + "\n"


def without_measures(message: str) -> str:
    """Lines of the TeX, points and pages change with the theme and with TeX's fonts."""
    return re.sub(r"\d+(\.\d+)?", "N", message)


def written(explained: Explanation) -> str:
    """The file of an explanation."""
    parts = [explained.meaning]
    if explained.why_no_example:
        parts.append(f"No small example: {explained.why_no_example}")
    else:
        parts += ["Example:", _indented(explained.example)]
    if explained.message:
        parts += ["Message:", _indented(explained.message)]
    return "\n\n".join([*parts, f"Cure: {explained.cure}"]) + "\n"


def _indented(text: str) -> str:
    return textwrap.indent(text.rstrip("\n"), "    ")


def test_every_code_in_the_source_is_explained_and_every_explanation_is_of_such_a_code() -> None:
    assert sorted(codes_in_source()) == list(codes())
    assert [code for code in codes() if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)] == []


def test_a_code_is_written_out_where_it_is_given_or_comes_under_the_name_code() -> None:
    """Otherwise the test above would not see it."""
    hidden = [
        f"{path.relative_to(PACKAGE)}:{found.lineno}: {ast.unparse(found)}"
        for path, node in nodes()
        for found in (given_codes(node) if isinstance(node, ast.Call) else ())
        if not isinstance(found, ast.Constant) and not (isinstance(found, ast.Name) and found.id == "code")
    ]
    assert hidden == []


def test_only_these_codes_have_no_example() -> None:
    assert {code for code in codes() if explanation(code).why_no_example} == WITHOUT_EXAMPLE


@pytest.mark.parametrize("code", codes())
def test_the_commands_that_a_text_names_exist(code: str) -> None:
    explained = explanation(code)
    prose = " ".join(f"{explained.meaning} {explained.cure}".split())
    for quoted in re.findall(r"`cvbuild ([^`]+)`", prose):
        name, *rest = quoted.split()
        command = cli.get_command(click.Context(cli, **cli.context_settings), name)
        assert command is not None, quoted
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("-")} <= known, quoted


@pytest.mark.parametrize("code", sorted(set(codes()) - WITHOUT_EXAMPLE))
def test_the_example_yields_the_code(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Where a file gives the message, it is the one printed; `--update` writes it there."""
    explained = explanation(code)
    found = message_of(explained, tmp_path, monkeypatch)
    if request.config.getoption("--update", default=False):
        (FOLDER / f"{code}.md").write_text(written(replace(explained, message=found)), encoding="utf-8")
    elif explained.message:
        said, given = found, explained.message
        if explained.example.startswith("$ cvbuild pdf"):
            said, given = without_measures(said), without_measures(given)
        assert said == given


@pytest.mark.parametrize("code", codes())
def test_a_file_has_its_parts_and_is_laid_out_as_all_are(code: str) -> None:
    text = (FOLDER / f"{code}.md").read_text(encoding="utf-8")
    explained = read(code, text)
    assert written(explained) == text
    assert explained.meaning.endswith((".", ")"))
    assert explained.cure.endswith(".")
    ours = text.replace(_indented(explained.message), "") if explained.message else text
    assert [line for line in ours.splitlines() if len(line) > 110] == []


def test_a_file_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match=r"bad-date\.md has not the form"):
        read("bad-date", "A date is wrong.\n\nCure: write it well.\n")


def test_without_a_code_all_are_listed(run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    outcome = run_cli("explain")
    assert outcome.code == 0
    assert re.findall(r"(?m)^(\S+)  ", outcome.out) == sorted(codes())
    assert re.search(r"(?m)^bib-no-title +An entry has no title\.$", outcome.out)


@pytest.mark.parametrize(
    "asked", ["bib-no-title", "BIB-No-Title", "warning[bib-no-title]", "warning[bib-no-title]:"]
)
def test_a_copied_code_is_explained(run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    outcome = run_cli("explain", asked)
    assert outcome.code == 0
    assert outcome.out == IN_FULL


IN_FULL = """\
bib-no-title

An entry has no title. It is printed without one.

Example

  == bib/publications.bib ==
  @article{example2020first,
    author = {Example, Ada},
    journal = {Journal of Examples},
    year = {2020},
  }

What it prints

  warning[bib-no-title]: `example2020first` has no title
    --> bib/publications.bib:1:10
   1 | @article{example2020first,
     |          ^^^^^^^^^^^^^^^^

Cure

Add `title = {…},`. If there is a title, look for a misspelled field name in the entry.
"""


@pytest.mark.parametrize("columns", [40, 80])
def test_prose_fits_the_terminal(run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for code in ("yaml-syntax", "tex-error"):
        lines = run_cli("explain", code).out.splitlines()
        longest = max(len(line) for line in lines if not line.startswith("  "))
        assert columns * 3 / 4 < longest <= columns, "the width is used"


@pytest.mark.parametrize("asked", ["../explain", "bad-date.md", "error[", "", "[bad-date]"])
def test_what_is_no_code_is_never_taken_for_a_path(asked: str) -> None:
    with pytest.raises(UsageProblem):
        explanation(asked)


def test_a_shell_completes_codes() -> None:
    completion = ShellComplete(cli, {}, "cvbuild", "_CVBUILD_COMPLETE")
    found = completion.get_completions(["explain"], "unknown-ke")
    assert [(item.value, item.help) for item in found] == [
        ("unknown-key", "A mapping has a key that means nothing there.")
    ]
    assert len(completion.get_completions(["explain"], "")) == len(codes())


def test_a_wheel_has_the_explanations_and_reads_them(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    told = subprocess.run(
        [sys.executable, "-m", "cvbuild", "explain", "bib-no-title"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(wheel), "COLUMNS": "100"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout == IN_FULL
    with zipfile.ZipFile(wheel) as opened:
        held = {name for name in opened.namelist() if name.startswith("cvbuild/explanations/")}
    assert held == {f"cvbuild/explanations/{code}.md" for code in codes()}
