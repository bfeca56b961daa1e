"""The real watchers, on the disk. Nothing here depends on how long anything takes but for its end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from pathlib import Path
from threading import Thread

import pytest

from cvbuild.diagnostics import UsageProblem
from cvbuild.filewatch import looked_at, watched
from cvbuild.watching import Watch

ENOUGH = 300
"""Seconds after which a change that was not told of counts as missed."""

WAYS = pytest.mark.parametrize("way", [watched, looked_at])


def told(wait: Callable[[], Collection[Path]], expected: Path) -> bool:
    """Whether a change of a path is told of."""

    def until_told() -> None:
        while expected not in wait():
            pass

    thread = Thread(target=until_told, daemon=True)
    thread.start()
    thread.join(ENOUGH)
    return not thread.is_alive()


def replaced(path: Path) -> None:
    path.with_name("4913").write_text("b")
    path.with_name("4913").replace(path)


def linked_elsewhere(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("other.yaml"))


@WAYS
@pytest.mark.parametrize("save", [lambda path: path.write_text("b"), replaced, Path.unlink, linked_elsewhere])
def test_a_save_is_told_of(way: Watch, save: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "talks.yaml"
    path.write_text("a")
    (tmp_path / "other.yaml").write_text("a")
    with way([tmp_path]) as wait:
        save(path)
        assert told(wait, path)


@WAYS
def test_each_of_several_saves_in_one_second_is_told_of_in_the_end(way: Watch, tmp_path: Path) -> None:
    """After the last save there is always a burst: it is not taken for part of an earlier one."""
    path = tmp_path / "talks.yaml"
    path.write_text("start")
    with way([tmp_path]) as wait:
        for number in range(4):
            path.write_text(f"{number}")
            assert told(wait, path)


def test_many_saves_at_once_are_few_bursts(tmp_path: Path) -> None:
    with watched([tmp_path]) as wait:
        for number in range(50):
            (tmp_path / f"{number}.yaml").write_text("a")
        (tmp_path / "last.yaml").write_text("a")
        found, count = set[Path](), 0
        while tmp_path / "last.yaml" not in found:
            found |= set(wait())
            count += 1
    assert len(found) == 51
    assert count < 51


@WAYS
def test_a_folder_that_is_not_there_keeps_nobody_from_watching_the_others(way: Watch, tmp_path: Path) -> None:
    with way([tmp_path / "gone", tmp_path]) as wait:
        (tmp_path / "gone").mkdir()
        assert told(wait, tmp_path / "gone")


def test_where_the_system_watches_no_more_folders_they_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("OS file watch limit reached.")

    monkeypatch.setattr("watchfiles.main.RustNotify", refuse)
    with watched([tmp_path]) as wait:
        (tmp_path / "talks.yaml").write_text("a")
        assert told(wait, tmp_path / "talks.yaml")


def test_without_watchfiles_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(UsageProblem) as problem, watched([tmp_path]):
        pass
    assert "-m pip install watchfiles" in problem.value.hints[0]
