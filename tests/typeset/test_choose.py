from __future__ import annotations

import pytest

from cvbuild.diagnostics import EngineProblem, UsageProblem
from cvbuild.typeset import choose
from cvbuild.typeset.choose import ENGINES, choose_engine
from tests.conftest import FakeEngine

CYRILLIC = "Привет, мир"


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeEngine]:
    made = {name: FakeEngine(name, engine.is_unicode) for name, engine in ENGINES.items()}
    monkeypatch.setattr(choose, "ENGINES", made)
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


def test_characters_that_no_engine_here_prints_are_named(fakes: dict[str, FakeEngine]) -> None:
    for name in ("xelatex", "lualatex", "tectonic"):
        fakes[name].is_there = False
    with pytest.raises(EngineProblem) as caught:
        choose_engine("auto", "Latin, then Жж")
    assert "Ж (U+0416), ж (U+0436)" in caught.value.message
    assert "--install --engine xelatex" in caught.value.hints[0]


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
