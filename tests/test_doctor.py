from __future__ import annotations

from pathlib import Path

from cvbuild.doctor import diagnose, is_ready
from cvbuild.typeset.texfiles import REQUIRED_FILES, missing_files
from tests.conftest import RunCli, write_program
from tests.fonts import face, listed


def found_by_kpsewhich(folder: Path, *names: str) -> None:
    """A kpsewhich that finds these files, and no others."""
    known = "|".join(names) or "nothing"
    write_program(
        folder / "kpsewhich",
        f'for name in "$@"; do case "$name" in {known}) echo "/tex/$name";; esac; done',
    )


def test_without_any_engine_nothing_can_be_built(program_folder: Path, run_cli: RunCli) -> None:
    assert not list(program_folder.iterdir())
    health = diagnose()
    assert not health.can_build
    assert sum("not found" in line for line in health.lines) == 4
    outcome = run_cli("doctor")
    assert outcome.code == 3
    assert "no engine can build yet: `cvbuild doctor --install`" in outcome.out


def test_an_engine_with_all_it_needs_is_ready(program_folder: Path, run_cli: RunCli) -> None:
    write_program(program_folder / "pdflatex", "echo 'pdfTeX 1.0'")
    found_by_kpsewhich(program_folder, *REQUIRED_FILES["pdflatex"])
    assert is_ready("pdflatex")
    assert not is_ready("xelatex")
    outcome = run_cli("doctor")
    assert outcome.code == 0
    assert "✓ pdflatex  pdfTeX 1.0" in outcome.out
    assert "– xelatex   not found (every script its fonts have)" in outcome.out
    assert "ready: `cvbuild pdf` can build" in outcome.out


def test_an_engine_that_misses_files_is_told_from_one_that_is_ready(program_folder: Path) -> None:
    write_program(program_folder / "pdflatex", "echo 'pdfTeX 1.0'")
    found_by_kpsewhich(program_folder, *(set(REQUIRED_FILES["pdflatex"]) - {"tgpagella.sty"}))
    assert missing_files("pdflatex") == ["tgpagella.sty"]
    health = diagnose()
    assert not health.can_build
    at = next(at for at, line in enumerate(health.lines) if "! pdflatex" in line)
    assert health.lines[at + 1].strip() == "does not find tgpagella.sty"


def test_files_that_every_engine_needs_are_looked_for_once(program_folder: Path) -> None:
    found_by_kpsewhich(program_folder)
    missing = missing_files("lualatex")
    assert set(REQUIRED_FILES["lualatex"]) <= set(missing)
    assert "microtype.sty" in missing
    assert len(missing) == len(set(missing))


def test_what_cannot_be_looked_up_is_not_called_missing(program_folder: Path) -> None:
    assert missing_files("pdflatex") == []
    found_by_kpsewhich(program_folder)
    assert missing_files("tectonic") == []


def test_scripts_that_have_a_font_are_told_from_those_that_have_none(program_folder: Path) -> None:
    assert not any("fonts for" in line for line in diagnose().lines)
    listed(program_folder, face("FreeSerif", "370-44f"))
    (line,) = (line.strip() for line in diagnose().lines if "fonts for" in line)
    assert line == ("fonts for Cyrillic, Greek; none for Chinese, Japanese, Korean, Arabic, Hebrew, emoji")
