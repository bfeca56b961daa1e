"""What TeX really says of each common mistake, and what becomes of it: message and place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from cvbuild.diagnostics import Diagnostic
from cvbuild.typeset.engines import ENGINES, ChosenEngine
from cvbuild.typeset.passes import diagnostics
from tests.conftest import needs_pdflatex
from tests.projects import prepare_variant, write_project
from tests.test_cases import CASES

Cause = tuple[str, str, str]
PASSING, LASTING, IN_MACROS = (
    [(*line.split(" => "), "")[:3] for line in part.splitlines()[1:] if line]
    for part in re.split("(?m)^== ", (CASES / "causes.txt").read_text(encoding="utf-8"))[1:]
)
"""What is typed, a part of the message, and what is marked, if anything."""


def said(folder: Path, files: dict[str, str], engine: str = "pdflatex") -> list[Diagnostic]:
    """What is said of a project after one pass of an engine."""
    prepared = prepare_variant(write_project(folder / "project", files), engine=engine)
    assert not prepared.findings.items
    (folder / "cv.tex").write_text(prepared.rendered.text, encoding="utf-8")
    installation = ENGINES[engine].find()
    assert installation is not None
    draft = ChosenEngine(ENGINES[engine], installation).adapted(makes_pdf=False)
    log = draft.engine.run(installation, folder, 0).log
    return [item for item in diagnostics(log, prepared.rendered) if item.code != "missing-character"]


def in_text(tex: str) -> str:
    """A section with a mistake on its fifth line."""
    return f"kind: text\ntitle: Bio\ntext: !tex |\n  First words\n  {tex}\n  and last.\n"


def check(found: list[Diagnostic], message: str, marked: str, place: str) -> None:
    """One error, with its message, its place and its hint."""
    [first] = found
    assert message in first.message
    assert first.hints
    assert all(first.hints)
    assert first.span is not None
    assert f"{first.span.source.name}:{first.span.line + 1}" == place
    assert marked in {"", first.span.text}


@needs_pdflatex()
@pytest.mark.parametrize(("tex", "message", "marked"), LASTING, ids=[cause[0][:40] for cause in LASTING])
def test_a_lasting_mistake_is_told_once(tmp_path: Path, tex: str, message: str, marked: str) -> None:
    check(said(tmp_path, {"content/bio.yaml": in_text(tex)}), message, marked, "content/bio.yaml:5")


@needs_pdflatex()
@pytest.mark.parametrize(("tex", "message", "marked"), IN_MACROS)
def test_a_mistake_in_macros_of_ones_own(tmp_path: Path, tex: str, message: str, marked: str) -> None:
    found = said(tmp_path, {"latex_templates/macros.tex": f"% mine\n{tex}\n"})
    check(found[:1], message, marked, "latex_templates/macros.tex:2")


@needs_pdflatex()
def test_a_mistake_in_a_template_that_is_shipped_is_told_as_ours(tmp_path: Path) -> None:
    [found] = said(tmp_path, {"latex_templates/macros.tex": "\\let\\cvpar\\undefined\n"})
    assert found.message == "TeX does not know the command `\\cvpar`"
    assert found.span is not None
    assert found.span.source.name == "latex_templates/classic/sections/text.tex"
    assert found.span.text == "\\cvpar"
    assert "came with cvbuild" in found.hints[-1]


@pytest.mark.parametrize("engine", ["pdflatex", "xelatex", "lualatex"])
def test_mistakes_of_one_document_have_no_consequences_elsewhere(tmp_path: Path, engine: str) -> None:
    if shutil.which(engine) is None:
        pytest.skip(f"{engine} is not installed")
    causes = [cause for cause in PASSING if engine == "pdflatex" or "pdflatex" not in cause[1]]
    if engine == "lualatex":
        # It stops at what ends a formula's brackets without a beginning, and takes `\\alpha` in text.
        causes = [cause for cause in causes if "$" not in cause[0] and cause[0] != r"a \alpha b"]
    files = {f"content/s{number:02}.yaml": in_text(cause[0]) for number, cause in enumerate(causes)}
    found = said(tmp_path, files, engine)
    for name, (_, message, marked) in zip(files, causes, strict=True):
        here = [item for item in found if item.span and item.span.source.name == name]
        check(here, message, marked, f"{name}:5")
    assert len(found) == len(causes)
