"""The steps of "Add an engine" in CONTRIBUTING.md, with an engine that is a shell script."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cvbuild.typeset import engines
from cvbuild.typeset.engine import JOB_NAME, Installation, Run
from cvbuild.typeset.process import Limits, run_process, version_of
from cvbuild.typeset.texlive import run_of, tex_environment
from tests.conftest import SmallProject, blank_pdf, write_program

SCRIPT = """\
test "$1" = --version && { echo 'Copier 1.0'; exit; }
test -f cv.tex || exit 1
/bin/cp "$(dirname "$0")/two-pages.pdf" cv.pdf
echo 'LaTeX Warning: Label `here'"'"' multiply defined.' > cv.log
echo 'Output written on cv.pdf (2 pages).' >> cv.log
"""


class Copier:
    """Step 1: the members of `Engine`. The PDF that it writes is always the same."""

    name: str = "copier"
    purpose: str = "tests"
    time_limit: float = 20.0
    is_unicode: bool = True
    right_to_left: bool = False
    runs_to_the_end: bool = True

    def find(self) -> Installation | None:
        path = shutil.which(self.name)
        version = version_of(Path(path)) if path else None
        return Installation(Path(path), version) if path and version else None

    def missing(self) -> list[str]:
        return []

    def forget(self) -> None:
        """Nothing is remembered."""

    def run(self, installation: Installation, folder: Path, epoch: int) -> Run:
        command: list[str | Path] = [installation.executable, f"{JOB_NAME}.tex"]
        return run_of(run_process(command, folder, tex_environment(epoch), Limits(self.time_limit)), folder)


@pytest.fixture
def copier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program on the search path (step 2), and the line in the list of engines (step 3)."""
    program = write_program(tmp_path / "bin" / "copier", SCRIPT)
    blank_pdf(program.with_name("two-pages.pdf"), 2)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setitem(engines.ENGINES, "copier", Copier())
    return program


def test_a_variant_is_built_by_the_new_engine_which_is_chosen_where_no_other_is(
    small: SmallProject, copier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = small.run("pdf", "-v", "full", "--engine", "copier", "--verbose")
    pdf = small.root / "build/cv-full.pdf"
    assert pdf.read_bytes() == copier.with_name("two-pages.pdf").read_bytes()
    for said in ("2 pages", "the label `here` is set twice", "pass 1: no .aux yet"):
        assert said in told.out + told.err
    assert "copier    Copier 1.0" in small.run_cli("doctor").out
    monkeypatch.setattr(engines, "ENGINES", {"copier": engines.ENGINES["copier"]})
    pdf.unlink()
    small.run("pdf", "-v", "full")
    assert pdf.is_file()
