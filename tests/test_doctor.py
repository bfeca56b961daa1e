from __future__ import annotations

from pathlib import Path

from cvbuild.doctor import diagnose, is_ready, languages_of
from cvbuild.typeset.engines import ENGINES
from cvbuild.typeset.texlive import REQUIRED_FILES
from tests.conftest import RunCli, found_by_kpsewhich, write_program
from tests.fonts import face, listed
from tests.projects import make_project, write_project


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
    assert ENGINES["pdflatex"].missing() == ["tgpagella.sty"]
    health = diagnose()
    assert not health.can_build
    at = next(at for at, line in enumerate(health.lines) if "! pdflatex" in line)
    assert health.lines[at + 1].strip() == "does not find tgpagella.sty"


def test_files_that_every_engine_needs_are_looked_for_once(program_folder: Path) -> None:
    found_by_kpsewhich(program_folder)
    missing = ENGINES["lualatex"].missing()
    assert set(REQUIRED_FILES["lualatex"]) <= set(missing)
    assert "microtype.sty" in missing
    assert len(missing) == len(set(missing))


def test_what_cannot_be_looked_up_is_not_called_missing(program_folder: Path) -> None:
    assert ENGINES["pdflatex"].missing() == []
    found_by_kpsewhich(program_folder)
    assert ENGINES["tectonic"].missing() == []


def test_scripts_that_have_a_font_are_told_from_those_that_have_none(program_folder: Path) -> None:
    assert not any("fonts for" in line for line in diagnose().lines)
    listed(program_folder, face("FreeSerif", "370-44f"))
    (line,) = (line.strip() for line in diagnose().lines if "fonts for" in line)
    assert line == ("fonts for Cyrillic, Greek; none for Chinese, Japanese, Korean, Arabic, Hebrew, emoji")


GERMAN = {
    "content/cv.yaml": "owner: {name: Ada Example}\nvariants:\n  full: {}\n  german: {lang: de-AT}\n",
    "content/bio.yaml": "kind: text\ntitle: Bio\ntext: Hello.\n",
}


def test_the_languages_of_a_project_are_those_of_its_variants(tmp_path: Path) -> None:
    assert languages_of(make_project(tmp_path, GERMAN)) == {
        "english": "English",
        "ngerman": "German (Austria)",
    }


def test_a_project_with_errors_has_no_languages(tmp_path: Path) -> None:
    assert languages_of(make_project(tmp_path, {"content/cv.yaml": "owner: {}\n"})) == {}


def test_a_language_that_does_not_exist_is_not_asked_for(tmp_path: Path) -> None:
    broken = {**GERMAN, "content/cv.yaml": GERMAN["content/cv.yaml"].replace("de-AT", "german")}
    assert languages_of(make_project(tmp_path, broken)) == {"english": "English"}


def test_what_a_project_lacks_of_its_languages_is_said(
    tmp_path: Path, program_folder: Path, run_cli: RunCli
) -> None:
    write_program(program_folder / "pdflatex", "echo 'pdfTeX 1.0'")
    folder = write_project(tmp_path / "project", GERMAN)
    found_by_kpsewhich(program_folder, *REQUIRED_FILES["pdflatex"], "english.ldf")
    outcome = run_cli("-C", folder, "doctor")
    assert outcome.code == 0
    line = "hyphenation for English; none for German (Austria): words are broken as in English\n"
    assert line in outcome.out
    found_by_kpsewhich(program_folder, *REQUIRED_FILES["pdflatex"], "english.ldf", "ngerman.ldf")
    assert "hyphenation for English, German (Austria)\n" in run_cli("-C", folder, "doctor").out
    assert "hyphenation" not in run_cli("-C", tmp_path, "doctor").out, "it is no project"
