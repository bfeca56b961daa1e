from __future__ import annotations

import pytest

from cvbuild.diagnostics import EngineProblem, UsageProblem
from cvbuild.typeset import engines
from cvbuild.typeset.engines import ENGINES, better_engine, choose_engine
from tests.conftest import FakeEngine

CYRILLIC = "Привет, мир"
HEBREW = "שלום"


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeEngine]:
    made = {
        name: FakeEngine(name, engine.is_unicode, engine.right_to_left) for name, engine in ENGINES.items()
    }
    monkeypatch.setattr(engines, "ENGINES", made)
    return made


@pytest.mark.usefixtures("fakes")
def test_auto_prefers_pdflatex() -> None:
    assert choose_engine("auto", "Grüße – Łódź").engine.name == "pdflatex"


@pytest.mark.usefixtures("fakes")
def test_auto_takes_a_unicode_engine_for_cyrillic() -> None:
    assert choose_engine("auto", CYRILLIC).engine.name == "xelatex"


def test_auto_takes_the_next_engine_where_one_is_missing(fakes: dict[str, FakeEngine]) -> None:
    fakes["pdflatex"].is_there = fakes["xelatex"].is_there = False
    assert choose_engine("auto", "Latin").engine.name == "lualatex"
    fakes["lualatex"].is_there = False
    assert choose_engine("auto", CYRILLIC).engine.name == "tectonic"


def test_where_no_engine_prints_the_characters_it_is_said_which_would(fakes: dict[str, FakeEngine]) -> None:
    for name in ("xelatex", "lualatex", "tectonic"):
        fakes[name].is_there = False
    chosen = choose_engine("auto", CYRILLIC)
    assert chosen.engine.name == "pdflatex"
    assert "`cvbuild doctor --install --engine xelatex`" in better_engine(chosen.engine, CYRILLIC)


def test_no_engine_is_proposed_where_none_prints_more(fakes: dict[str, FakeEngine]) -> None:
    assert better_engine(fakes["tectonic"], CYRILLIC) == better_engine(fakes["pdflatex"], "Latin") == ""


def test_auto_takes_lualatex_for_what_runs_from_right_to_left(fakes: dict[str, FakeEngine]) -> None:
    assert choose_engine("auto", HEBREW).engine.name == "lualatex"
    fakes["lualatex"].is_there = False
    chosen = choose_engine("auto", HEBREW)
    assert chosen.engine.name == "xelatex"
    assert "`cvbuild doctor --install --engine lualatex`" in better_engine(chosen.engine, HEBREW)


def test_no_engine_at_all_is_said(fakes: dict[str, FakeEngine]) -> None:
    for fake in fakes.values():
        fake.is_there = False
    with pytest.raises(EngineProblem, match="no TeX engine"):
        choose_engine("auto", "Latin")


@pytest.mark.usefixtures("fakes")
def test_an_unknown_engine_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageProblem) as caught:
        choose_engine("luatex", "")
    assert caught.value.hints == ("did you mean `lualatex`?",)


def test_a_missing_engine_is_answered_with_those_that_are_there(fakes: dict[str, FakeEngine]) -> None:
    fakes["xelatex"].is_there = False
    with pytest.raises(
        EngineProblem, match=r"xelatex is not installed.*found here: pdflatex, lualatex, tectonic"
    ):
        choose_engine("xelatex", "")


def test_an_engine_asked_for_is_taken_whatever_the_text_is(fakes: dict[str, FakeEngine]) -> None:
    chosen = choose_engine("pdflatex", CYRILLIC)
    assert chosen.engine is fakes["pdflatex"]
    assert chosen.installation.version == "pdflatex 1.0"
