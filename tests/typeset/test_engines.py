from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.typeset.engine import Installation
from cvbuild.typeset.engines import ENGINES
from cvbuild.typeset.tectonic import BUNDLE_VARIABLE, Tectonic, own_folder
from cvbuild.typeset.texlive import TexLiveEngine
from tests.conftest import forget_engines, write_program

SHOW_CALL = 'echo "$@" > call; echo "$SOURCE_DATE_EPOCH $openin_any $openout_any $shell_escape" > environment'


def test_no_engine_is_found_where_there_is_none(program_folder: Path) -> None:
    assert not list(program_folder.iterdir())
    assert {name: engine.find() for name, engine in ENGINES.items()} == dict.fromkeys(ENGINES)


def test_a_texlive_engine_is_found_on_the_search_path(program_folder: Path) -> None:
    program = write_program(program_folder / "xelatex", "echo 'XeTeX 1.0'")
    assert ENGINES["xelatex"].find() == Installation(program, "XeTeX 1.0")


def test_an_engine_is_asked_for_its_version_once(program_folder: Path) -> None:
    asked = program_folder / "asked"
    write_program(program_folder / "xelatex", f"echo x >>{asked}; echo 'XeTeX 1.0'")
    for times in (1, 1):
        forget_engines()
        assert ENGINES["xelatex"].find() is not None
        assert asked.read_text().count("x") == times
    ENGINES["xelatex"].forget()
    assert ENGINES["xelatex"].find() is not None
    assert asked.read_text().count("x") == 2
    program = write_program(program_folder / "xelatex", f"echo x >>{asked}; echo 'XeTeX 1.1, another'")
    forget_engines()
    assert ENGINES["xelatex"].find() == Installation(program, "XeTeX 1.1, another")


def test_an_engine_that_does_not_run_is_not_found(program_folder: Path) -> None:
    write_program(program_folder / "pdflatex", "exit 1")
    assert ENGINES["pdflatex"].find() is None


def test_tectonic_is_found_where_doctor_puts_it(program_folder: Path) -> None:
    program = write_program(own_folder() / "tectonic", "echo 'tectonic 0.1'")
    assert Tectonic().find() == Installation(program, "tectonic 0.1")
    forget_engines()
    first = write_program(program_folder / "tectonic", "echo 'tectonic 0.2'")
    assert Tectonic().find() == Installation(first, "tectonic 0.2")


def test_tectonic_that_does_not_run_is_passed_over(program_folder: Path) -> None:
    write_program(program_folder / "tectonic", "echo 'needs a newer C library'; exit 1")
    own = write_program(own_folder() / "tectonic", "echo 'tectonic 0.1'")
    assert Tectonic().find() == Installation(own, "tectonic 0.1")


def test_own_folder_follows_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/people/ada")
    assert own_folder() == Path("/people/ada/.local/share/cvbuild")


def test_a_texlive_engine_runs_without_a_shell_and_with_the_date(tmp_path: Path) -> None:
    program = write_program(tmp_path / "bin" / "pdflatex", f"{SHOW_CALL}; printf 'caf\\351' > cv.log")
    run = TexLiveEngine("pdflatex", is_unicode=False).run(Installation(program, ""), tmp_path, 1234)
    assert run.succeeded
    assert run.log == "caf\ufffd"
    call = (tmp_path / "call").read_text(encoding="utf-8").split()
    assert {"-no-shell-escape", "-interaction=nonstopmode", "-file-line-error"} <= set(call)
    assert call[-1] == "cv.tex"
    assert (tmp_path / "environment").read_text(encoding="utf-8").split() == ["1234", "p", "p", "f"]


def test_what_a_texlive_engine_prints_stands_in_for_a_missing_log(tmp_path: Path) -> None:
    program = write_program(tmp_path / "bin" / "pdflatex", "echo 'no format'; exit 1")
    run = TexLiveEngine("pdflatex", is_unicode=False).run(Installation(program, ""), tmp_path, 0)
    assert not run.succeeded
    assert run.log == "no format\n"


@pytest.mark.parametrize("bundle", [None, "/tex/bundle.tar"])
def test_tectonic_trusts_no_document_and_takes_a_local_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundle: str | None
) -> None:
    monkeypatch.delenv(BUNDLE_VARIABLE, raising=False)
    if bundle:
        monkeypatch.setenv(BUNDLE_VARIABLE, bundle)
    program = write_program(tmp_path / "bin" / "tectonic", f"{SHOW_CALL}; echo fine")
    run = Tectonic().run(Installation(program, ""), tmp_path, 1234)
    assert run.succeeded
    assert run.log == "fine\n"
    call = (tmp_path / "call").read_text(encoding="utf-8")
    assert "--untrusted" in call
    assert (f"--bundle {bundle}" in call) == (bundle is not None)
    assert (tmp_path / "environment").read_text(encoding="utf-8").startswith("1234 ")


def test_the_log_of_tectonic_is_read(tmp_path: Path) -> None:
    program = write_program(tmp_path / "bin" / "tectonic", "echo 'a log' > cv.log; exit 1")
    run = Tectonic().run(Installation(program, ""), tmp_path, 0)
    assert (run.succeeded, run.log) == (False, "a log\n")
