"""The profile of a build: which part of it a watched call tells of, and what is made of that."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench import __main__ as bench
from bench import contestants, profile, stopwatch
from bench.documents import made_up_cv
from bench.processes import Measured, RunFailed, run
from bench.profile import Round


def test_a_watched_call_tells_where_its_time_went(tmp_path: Path) -> None:
    made_up_cv(3, tmp_path / "cv")
    environment = contestants.caller_environment(tmp_path / "cache")
    measured = run([sys.executable, "-c", profile.CALL, "check"], tmp_path / "cv", environment)
    parts = profile.told_by(measured)
    assert {"start", "end", "rest", "load", "check", "import pydantic", "import click"} <= set(parts)
    assert "engine 1" not in parts
    assert "measuring" not in parts
    assert all(seconds >= 0 for seconds in parts.values())
    assert sum(parts.values()) + measured.told["measuring"] == pytest.approx(measured.seconds, abs=0.01)


def test_a_call_that_told_nothing_has_no_profile() -> None:
    with pytest.raises(RunFailed, match="did not tell"):
        profile.told_by(Measured(1.0, 1.0, 1))


def test_what_is_called_within_counts_for_its_own_part(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([1.0, 3.0, 6.0, 10.0, 15.0, 21.0])
    monkeypatch.setattr(stopwatch, "perf_counter", lambda: next(clock))
    module = SimpleNamespace(inner=lambda: 1)
    module.outer = lambda: module.inner() + 1
    watch = stopwatch.Stopwatch(0.0)
    watch.watch(module, "outer", "load")
    watch.watch(module, "inner", stopwatch.NUMBERED)
    watch.enter("rest")
    assert module.outer() == 2
    watch.leave()
    assert watch.seconds == {"measuring": 1.0, "rest": 2.0 + 6.0, "load": 3.0 + 5.0, "engine 1": 4.0}
    with pytest.raises(AttributeError):
        watch.watch(module, "gone", "load")


def test_a_stage_that_was_moved_is_complained_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    profile.check()
    monkeypatch.setattr(contestants, "engine", lambda: "/bin/echo")
    for place in ("cvbuild.loading:gone", "cvbuild.gone:load_cv", "cvbuild.typeset.passes:Typeset.gone"):
        monkeypatch.setitem(stopwatch.PLACES, place, "load")
        assert bench.main(["--rows", "profile"]) == 2
        assert f"there is no `{place}` any more, to time `load` by" in capsys.readouterr().err
        monkeypatch.delitem(stopwatch.PLACES, place)


def test_each_stage_has_a_name_and_a_sentence() -> None:
    for part in {*stopwatch.PLACES.values(), "start", "end", "rest"} - {stopwatch.NUMBERED}:
        assert all(profile.described(part))


def test_imports_are_told_of_by_package() -> None:
    assert profile.package("cvbuild.model.items") == "cvbuild.model"
    assert profile.package("cvbuild.loading") == "cvbuild"
    assert profile.package("pydantic_core.core_schema") == "pydantic"
    assert profile.package("json.decoder") == "the standard library"
    assert profile.package("yaml") == "others"


def test_a_profile_is_of_medians_beside_the_bare_engine() -> None:
    """The second round ran on a machine half as fast."""
    rounds = [
        Round(1.0, 2.0, {"load": 0.1, "engine-pdf": 0.5, "import click": 0.2}),
        Round(2.0, 4.0, {"load": 0.2, "engine-pdf": 1.0, "import click": 0.4}),
        Round(1.0, 2.2, {"load": 0.3, "engine-pdf": 0.5, "import click": 0.2}),
    ]
    lines = profile.Profile("One edit", rounds).lines()
    assert lines[0] == "### One edit"
    assert [item.partition(" | ")[0] for item in lines[4:]] == [
        "| engine: PDF",
        "| loading",
        "| importing click",
        "| **all imports**",
        "| **the engine**",
        "| **the whole call**",
        "| the same unwatched",
        "| bare pdflatex",
    ]
    assert lines[5].startswith("| loading | 200.0 | 10.0% | ")
    assert lines[8].startswith("| **the engine** | 500.0 | 50.0% | ")
    assert lines[10].startswith("| the same unwatched | 2200.0 | 200.0% | ")
