"""Engines that fail in their own ways: shell scripts that are found as pdflatex."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import MakeProject, Outcome, RunCli, blank_pdf, forget_engines, write_program

GOOD = 'cp "{pdf}" cv.pdf; echo fine > cv.log'
"""What an engine does that works: `{pdf}` is a whole PDF."""


@dataclass(frozen=True)
class Machine:
    """A project, and a folder of programs that are all there is beside the system's."""

    root: Path
    programs: Path
    run_cli: RunCli
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def target(self) -> Path:
        """The PDF of the variant `full`."""
        return self.root / "build/cv-full.pdf"

    def engine(self, script: str) -> None:
        """Let pdflatex do this, after saying its version where it is asked."""
        script = script.replace("{pdf}", str(self.programs / "whole.pdf"))
        write_program(
            self.programs / "pdflatex", f'[ "$1" = --version ] && echo fake 1.0 && exit 0\n{script}'
        )

    def start(self, *arguments: str, code: str = "") -> subprocess.Popen[str]:
        """Start cvbuild in a process of its own; `code` runs before it."""
        program = f"import sys; sys.argv[0] = 'cvbuild'\n{code}\nfrom cvbuild.commands import main\nmain()"
        process = subprocess.Popen(
            [sys.executable, "-c", program, "-C", str(self.root), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.started.append(process)
        return process

    def finish(self, *arguments: str, code: int) -> tuple[str, str]:
        """Run cvbuild in a process of its own to an exit code; gives what it printed."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=300)
        assert process.returncode == code, err
        return out, err

    def pdf(self, *arguments: str) -> Outcome:
        """Build the variant `full` within this process."""
        forget_engines()
        return self.run_cli("-C", self.root, "pdf", "-v", "full", "--engine", "pdflatex", *arguments)

    def good(self) -> bytes:
        """Build once with an engine that works; gives the PDF."""
        self.engine(GOOD)
        built = self.pdf()
        assert built.code == 0, built.err
        return self.target.read_bytes()

    def left_over(self) -> list[str]:
        """What lies beside the PDFs of the output folder and is no PDF."""
        names = (path.name for path in self.target.parent.iterdir())
        return sorted(name for name in names if name != ".work" and not name.endswith(".pdf"))


def is_running(process: int) -> bool:
    """Whether a process is there and no corpse."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def machine(
    make_project: MakeProject, run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    """A small project, and no engine but the one that a test writes."""
    programs = tmp_path / "programs"
    programs.mkdir()
    blank_pdf(programs / "whole.pdf", 2)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    made = Machine(make_project(), programs, run_cli)
    yield made
    for process in made.started:  # none outlives the test, also where it failed
        process.kill()
        process.communicate()
