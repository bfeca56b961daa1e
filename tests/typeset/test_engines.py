"""Which engines are found, which one a document gets, and how each is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.diagnostics import EngineProblem, UsageProblem
from cvbuild.typeset import engines
from cvbuild.typeset.engine import Engine, Installation
from cvbuild.typeset.engines import ENGINES, better_engine, choose_engine
from cvbuild.typeset.tectonic import BUNDLE_VARIABLE, Tectonic, own_folder
from cvbuild.typeset.texlive import TexLiveEngine
from tests.conftest import FakeEngine, forget_engines, write_program

CYRILLIC, HEBREW = "Привет, мир", "שלום"
PDFLATEX = TexLiveEngine("pdflatex", is_unicode=False)
SHOW_CALL = 'echo "$@" > call; echo "$SOURCE_DATE_EPOCH $openin_any $openout_any $shell_escape" > environment'


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeEngine]:
    made = {
        name: FakeEngine(name, engine.is_unicode, engine.right_to_left) for name, engine in ENGINES.items()
    }
    monkeypatch.setattr(engines, "ENGINES", made)
    return made


@pytest.mark.parametrize(
    ("text", "absent", "chosen"),
    [
        ("Grüße – Łódź", "", "pdflatex"),
        ("Latin", "pdflatex xelatex", "lualatex"),
        (CYRILLIC, "", "xelatex"),
        (CYRILLIC, "xelatex lualatex", "tectonic"),
        (CYRILLIC, "xelatex lualatex tectonic", "pdflatex"),
        (HEBREW, "", "lualatex"),
        (HEBREW, "lualatex", "xelatex"),
    ],
)
def test_auto_takes_the_best_one(fakes: dict[str, FakeEngine], text: str, absent: str, chosen: str) -> None:
    for name in absent.split():
        fakes[name].is_there = False
    assert choose_engine("auto", text).engine.name == chosen


@pytest.mark.parametrize(
    ("engine", "text", "better"),
    [
        ("pdflatex", CYRILLIC, "xelatex"),
        ("xelatex", HEBREW, "lualatex"),
        ("tectonic", CYRILLIC, ""),
        ("pdflatex", "Latin", ""),
    ],
)
def test_a_better_one_is_proposed(fakes: dict[str, FakeEngine], engine: str, text: str, better: str) -> None:
    hint = better_engine(fakes[engine], text)
    assert f"`cvbuild doctor --install --engine {better}`" in hint if better else hint == ""


def test_an_engine_asked_for_is_taken_or_answered_with_those_there_are(fakes: dict[str, FakeEngine]) -> None:
    chosen = choose_engine("pdflatex", CYRILLIC)
    assert chosen.engine is fakes["pdflatex"]
    assert chosen.installation.version == "pdflatex 1.0"
    with pytest.raises(UsageProblem) as caught:
        choose_engine("luatex", "")
    assert caught.value.hints == ("did you mean `lualatex`?",)
    fakes["xelatex"].is_there = False
    missing = r"xelatex is not installed.*found here: pdflatex, lualatex, tectonic"
    with pytest.raises(EngineProblem, match=missing):
        choose_engine("xelatex", "")
    for fake in fakes.values():
        fake.is_there = False
    with pytest.raises(EngineProblem, match="no TeX engine"):
        choose_engine("auto", "Latin")


def test_an_engine_that_is_missing_or_does_not_run_is_not_found(program_folder: Path) -> None:
    assert {name: engine.find() for name, engine in ENGINES.items()} == dict.fromkeys(ENGINES)
    write_program(program_folder / "pdflatex", "exit 1")
    forget_engines()
    assert PDFLATEX.find() is None


def test_an_engine_is_asked_for_its_version_once(program_folder: Path) -> None:
    asked = program_folder / "asked"
    program = write_program(program_folder / "xelatex", f"echo x >>{asked}; echo 'XeTeX 1.0'")
    for times in (1, 1):
        forget_engines()
        assert ENGINES["xelatex"].find() == Installation(program, "XeTeX 1.0")
        assert asked.read_text().count("x") == times
    ENGINES["xelatex"].forget()
    assert ENGINES["xelatex"].find() is not None
    assert asked.read_text().count("x") == 2
    write_program(program, f"echo x >>{asked}; echo 'XeTeX 1.1, another'")
    forget_engines()
    assert ENGINES["xelatex"].find() == Installation(program, "XeTeX 1.1, another")


def test_tectonic_is_found_where_it_runs(program_folder: Path) -> None:
    own = write_program(own_folder() / "tectonic", "echo 'tectonic 0.1'")
    assert Tectonic().find() == Installation(own, "tectonic 0.1")
    for script, found in (
        ("echo 'needs a newer C library'; exit 1", Installation(own, "tectonic 0.1")),
        ("echo 'tectonic 0.2'", Installation(program_folder / "tectonic", "tectonic 0.2")),
    ):
        write_program(program_folder / "tectonic", script)
        forget_engines()
        assert Tectonic().find() == found


def test_own_folder_follows_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/people/ada")
    assert own_folder() == Path("/people/ada/.local/share/cvbuild")


def test_a_texlive_engine_runs_without_a_shell_and_with_the_date(tmp_path: Path) -> None:
    program = write_program(tmp_path / "bin" / "pdflatex", f"{SHOW_CALL}; printf 'caf\\351' > cv.log")
    run = PDFLATEX.run(Installation(program, ""), tmp_path, 1234)
    assert (run.succeeded, run.log) == (True, "caf\ufffd")
    call = (tmp_path / "call").read_text(encoding="utf-8").split()
    assert {"-no-shell-escape", "-interaction=nonstopmode", "-file-line-error"} <= set(call)
    assert call[-1] == "cv.tex"
    assert (tmp_path / "environment").read_text(encoding="utf-8").split() == ["1234", "p", "p", "f"]


@pytest.mark.parametrize("bundle", [None, "/tex/bundle.tar"])
def test_tectonic_trusts_no_document_and_takes_a_local_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundle: str | None
) -> None:
    monkeypatch.delenv(BUNDLE_VARIABLE, raising=False)
    if bundle:
        monkeypatch.setenv(BUNDLE_VARIABLE, bundle)
    program = write_program(tmp_path / "bin" / "tectonic", SHOW_CALL)
    Tectonic().run(Installation(program, ""), tmp_path, 1234)
    call = (tmp_path / "call").read_text(encoding="utf-8")
    assert "--untrusted" in call
    assert (f"--bundle {bundle}" in call) == (bundle is not None)
    assert (tmp_path / "environment").read_text(encoding="utf-8").startswith("1234 ")


@pytest.mark.parametrize("engine", [PDFLATEX, Tectonic()], ids=lambda engine: engine.name)
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo 'a log' > cv.log; exit 1", (False, "a log\n")),
        ("echo 'no format'; exit 1", (False, "no format\n")),
        ("echo fine", (True, "fine\n")),
    ],
)
def test_output_stands_in_for_a_missing_log(
    tmp_path: Path, engine: Engine, script: str, expected: tuple[bool, str]
) -> None:
    program = write_program(tmp_path / "bin" / "engine", script)
    run = engine.run(Installation(program, ""), tmp_path, 0)
    assert (run.succeeded, run.log) == expected
