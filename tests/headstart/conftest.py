"""A project, and what becomes of the engines that wait for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cvbuild.typeset.ahead import Ahead

from cvbuild import cache
from cvbuild.project import Project, find_project
from tests.conftest import MakeProject


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return find_project(make_project())


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache with nothing of what other tests kept: no formats above all."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "own-cache"))


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that waiting engines took."""
    documents: list[str] = []
    finish = Ahead.finish

    def counted(self: Ahead, document: str, target: Path, meanwhile: Callable[[], None]) -> object:
        documents.append(document)
        return finish(self, document, target, meanwhile)

    monkeypatch.setattr(Ahead, "finish", counted)
    return documents
