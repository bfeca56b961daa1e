from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MakeProject, RunCli, blank_pdf
from tests.faults.engines import Machine


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
    made.end()
