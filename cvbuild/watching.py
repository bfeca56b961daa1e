"""Which changes on the disk a build depends on, and the bursts in which they come.

Folders are watched one by one, since a project can hold a virtual environment or a
checkout of thousands of them that matter nothing. So the list of folders can grow
old: it is made again after each burst, and the files are read after the folders are
watched, so that no save falls between the two.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

ENDINGS = frozenset({".yaml", ".yml", ".bib", ".tex", ".lock"})
"""Of the files that a build reads."""

_NOT_SOURCES = frozenset({"__pycache__", "node_modules"})

Wait = Callable[[], Collection[Path]]
"""Waits for changes, and gives the paths that changed since it was called last, or since watching began."""

Watch = Callable[[Collection[Path]], AbstractContextManager[Wait]]
"""Begins to watch folders, each without those in it; one that is gone is passed over."""


def matters(path: Path, root: Path, output: Path) -> bool:
    """Whether a build of the project in `root` can depend on a file of this path.

    What editors leave beside a file while they save it does not: `.#x.yaml`, `x.yaml~`,
    `.x.yaml.swp`, `4913`.
    """
    if not path.is_relative_to(root) or path.is_relative_to(output):
        return False
    inside = path.relative_to(root).parts
    return path.suffix in ENDINGS and not any(part.startswith(".") for part in inside)


def source_folders(root: Path, output: Path) -> frozenset[Path]:
    """The folders to watch: those of the project that can hold sources, and the one above it.

    Of a project that is not there the nearest folder above that is.
    """
    above = root.parent
    while not above.is_dir() and above != above.parent:
        above = above.parent
    found = {above}
    for name, folders, _ in os.walk(root):
        folder = Path(name)
        folders[:] = [inner for inner in folders if _can_hold_sources(folder / inner, output)]
        found.add(folder)
        # A link is watched as the folder that it leads to, and not walked: it may lead in a circle.
        found.update(folder / inner for inner in folders if (folder / inner).is_symlink())
    return frozenset(found)


def _can_hold_sources(folder: Path, output: Path) -> bool:
    name = folder.name
    is_left_out = name.startswith(".") or name in _NOT_SOURCES or folder == output
    return not is_left_out and not (folder / "pyvenv.cfg").is_file()


def bursts(root: Path, output: Path, watch: Watch) -> Iterator[frozenset[Path]]:
    """The changes that matter, as often as there are some; at first none, when watching has begun.

    What changes while the caller is busy comes next.
    """
    changed: frozenset[Path] = frozenset()
    watched = source_folders(root, output)
    is_first = True
    while True:
        with watch(watched) as wait:
            now = source_folders(root, output)
            if now != watched:  # one came or went before it was watched
                changed |= now ^ watched
                watched = now
                continue
            if changed or is_first:
                yield changed
            is_first = False
            while True:
                burst = frozenset(wait())
                now = source_folders(root, output)
                moved = (now ^ watched) | (burst & watched)
                changed = moved | {path for path in burst if matters(path, root, output)}
                if moved:
                    break
                if changed:
                    yield changed
        watched = now


def described(changed: Collection[Path], root: Path) -> str:
    """A burst in a few words: `content/talks.yaml`, `content/talks.yaml and 2 more`; files before folders."""
    names = sorted(changed, key=lambda path: (path.suffix not in ENDINGS, path.as_posix()))
    first = names[0]
    shown = first.relative_to(root).as_posix() if first.is_relative_to(root) and first != root else first.name
    return f"{shown} and {len(names) - 1} more" if len(names) > 1 else shown
