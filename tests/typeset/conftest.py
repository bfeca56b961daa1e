"""Engines that tests of typesetting run."""

from __future__ import annotations

import pytest

from cvbuild.typeset.engines import ENGINES, ChosenEngine


@pytest.fixture
def chosen() -> ChosenEngine:
    engine = ENGINES["pdflatex"]
    installation = engine.find()
    assert installation is not None
    return ChosenEngine(engine, installation)
