"""Engines that tests of typesetting run."""

from __future__ import annotations

import pytest

from cvbuild.typeset.engines import ENGINES, ChosenEngine
from cvbuild.typeset.stream import Stream


@pytest.fixture
def chosen() -> ChosenEngine:
    engine = ENGINES["pdflatex"]
    installation = engine.find()
    assert installation is not None
    return ChosenEngine(engine, installation)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each engine that waited, and was asked, made the run."""
    made: list[bool] = []
    finish = Stream.finish

    def watched(self: Stream, *arguments: object) -> object:
        done = finish(self, *arguments)  # type: ignore[arg-type]  # as they came
        made.append(done is not None)
        return done

    monkeypatch.setattr(Stream, "finish", watched)
    return made
