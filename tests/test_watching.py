"""Which changes matter, which folders are watched, the bursts of changes, and the real watchers."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest

from cvbuild.diagnostics import UsageProblem
from cvbuild.watch import Wait, Watch, bursts, described, looked_at, matters, source_folders, watched

ROOT = Path("/cv")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            """content/cv.yaml content/talks.yml bib/works.bib papers/new.bib bib/numbers.lock
            profiles/ours.yaml latex_templates/classic/document.tex""",
            True,
        ),
        # What editors, git and builds write, and what lies in another project.
        (
            """content/.#talks.yaml content/talks.yaml~ content/.talks.yaml.swp content/4913
            content/#talks.yaml# content/.talks.yaml.tmp build/cv-full.tex build/.work/full-pdflatex/cv.tex
            .git/index.lock .venv/lib/x.yaml README.md /other/content/talks.yaml""",
            False,
        ),
    ],
)
def test_sources_matter_and_nothing_else(names: str, expected: bool) -> None:
    assert [name for name in names.split() if matters(ROOT / name, ROOT, ROOT / "build") != expected] == []


def test_the_folders_of_sources_are_watched_and_the_one_above(tmp_path: Path) -> None:
    root = tmp_path / "cv"
    for name in ("content", "bib/old", "build/.work", ".git/objects", "venv/lib", "node_modules/a", "shared"):
        (root / name).mkdir(parents=True)
    (root / "venv/pyvenv.cfg").touch()
    (root / "linked").symlink_to("shared")
    found = source_folders(root, root / "build")
    inside = {path.relative_to(root).as_posix() for path in found if path.is_relative_to(root)}
    assert inside == {".", "content", "bib", "bib/old", "shared", "linked"}
    assert found - {root / name for name in inside} == {tmp_path}
    # Of a project that is gone, the nearest folder above it.
    assert source_folders(tmp_path / "a/b/cv", tmp_path / "a/b/cv/build") == {tmp_path}


Step = tuple[Callable[[], object], Collection[Path]]
"""What happens on the disk while somebody waits, and the changes that are told of."""


@dataclass
class Script:
    """A source of changes."""

    steps: list[Step]
    before_opening: Callable[[], object] = list
    opened: list[frozenset[Path]] = field(default_factory=list)

    @contextmanager
    def watch(self, folders: Collection[Path]) -> Iterator[Wait]:
        self.before_opening()
        self.before_opening = list
        self.opened.append(frozenset(folders))

        def wait() -> Collection[Path]:
            if not self.steps:
                raise KeyboardInterrupt
            change, told = self.steps.pop(0)
            change()
            return told

        yield wait

    def bursts(self, root: Path) -> list[frozenset[Path]]:
        """The bursts until the script is at its end."""
        found: list[frozenset[Path]] = []
        with pytest.raises(KeyboardInterrupt):
            found += bursts(root, root / "build", self.watch)
        return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "cv/content").mkdir(parents=True)
    return tmp_path / "cv"


def test_the_first_round_is_without_a_change_and_each_burst_is_one_more(root: Path) -> None:
    talks, works = root / "content/talks.yaml", root / "works.bib"
    script = Script(
        [(list, [talks, works]), (list, [root / "content/.#talks.yaml"]), (list, []), (list, [talks])]
    )
    assert script.bursts(root) == [frozenset(), {talks, works}, {talks}]
    assert len(script.opened) == 1


def test_a_save_while_the_caller_is_busy_comes_next(root: Path) -> None:
    talks = root / "content/talks.yaml"
    saved: list[Path] = []
    rounds = bursts(root, root / "build", Script([(list, [talks]), (list, saved)]).watch)
    assert next(rounds) == frozenset()
    assert next(rounds) == {talks}
    saved.append(talks)  # while the second round is built
    assert next(rounds) == {talks}


def test_the_files_are_read_after_their_folders_are_watched(root: Path) -> None:
    """A folder that comes between listing the folders and watching them is watched before the first round."""
    late, content = root / "content/late", root / "content"
    script = Script([], late.mkdir)
    assert script.bursts(root) == [{late}]
    assert late not in script.opened[0]
    assert late in script.opened[-1]
    # One that goes is no failure.
    script = Script([], lambda: shutil.rmtree(content))
    assert script.bursts(root) == [{content, late}]
    assert script.opened[-1] == {root, root.parent}


def test_a_new_folder_is_a_change_and_is_watched_from_then_on(root: Path) -> None:
    """Also one that goes and comes back in one burst."""
    new, content = root / "bib", root / "content"
    script = Script([(new.mkdir, [new]), (list, [new / "works.bib"])])
    assert script.bursts(root) == [frozenset(), {new}, {new / "works.bib"}]
    assert new not in script.opened[0]
    assert new in script.opened[1]

    def replace() -> None:
        content.rmdir()
        content.mkdir()

    script = Script([(replace, [content])])
    assert script.bursts(root) == [frozenset(), {content}]
    assert len(script.opened) == 2


def test_a_project_that_goes_and_comes_back_is_seen_both_times(root: Path) -> None:
    elsewhere = root.with_name("elsewhere")
    script = Script([(lambda: root.rename(elsewhere), [root]), (lambda: elsewhere.rename(root), [root])])
    assert script.bursts(root) == [frozenset(), {root, root / "content"}, {root, root / "content"}]
    assert script.opened[1] == {root.parent}
    assert script.opened[2] == script.opened[0]


def test_a_burst_in_words() -> None:
    talks = ROOT / "content/talks.yaml"
    assert described([talks], ROOT) == "content/talks.yaml"
    assert described([ROOT / "content", talks, ROOT / "x.bib"], ROOT) == "content/talks.yaml and 2 more"
    assert described([ROOT], ROOT) == "cv"


# ---- the real watchers, on the disk

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
