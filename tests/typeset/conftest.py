"""Engines that tests of typesetting run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cvbuild.typeset.ahead import Ahead

from cvbuild.typeset.choose import ENGINES, ChosenEngine


@pytest.fixture
def chosen() -> ChosenEngine:
    engine = ENGINES["pdflatex"]
    installation = engine.find()
    assert installation is not None
    return ChosenEngine(engine, installation)


@pytest.fixture
def started() -> Iterator[list[Ahead]]:
    """Engines that are let go at the end, whatever happens."""
    engines: list[Ahead] = []
    yield engines
    for engine in engines:
        engine.end()
