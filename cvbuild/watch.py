"""The changes on the disk that a build depends on, and building again what they change.

Folders are watched one by one: a project can hold a virtual environment or a checkout of thousands of
folders that do not matter. So the list of folders can grow old: it is made again after each burst of
changes, and the files are read after the folders are watched, so that no save falls between the two.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from itertools import chain, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from cvbuild.build import Built, Progress, build, cores, prepare, stream_for
from cvbuild.content.cv import Cv
from cvbuild.diagnostics import ContentProblem, UsageProblem
from cvbuild.project import Project
from cvbuild.record import MutableRecord, Record, field
from cvbuild.select.request import Request

if TYPE_CHECKING:
    from cvbuild.typeset.stream import Stream

ENDINGS = frozenset({".yaml", ".yml", ".bib", ".tex", ".lock"})
"""Endings of the files that a build reads."""

_NOT_SOURCES = frozenset({"__pycache__", "node_modules"})

QUIET = 3
"""Milliseconds without another change after which a burst is over: editors save in several steps."""

LONGEST = 500
"""Milliseconds after which a burst is over in any case."""

_PAUSE = 50
"""Milliseconds without a change after which watchfiles hands back control; watching has begun by then."""

POLL = 400
"""Milliseconds between two looks at the files, if the system is not asked."""

Wait = Callable[[], Collection[Path]]
"""Waits for changes, and returns the paths that changed since the last call, or since watching began."""

Watch = Callable[[Collection[Path]], AbstractContextManager[Wait]]
"""Begins to watch folders, each without its subfolders; a folder that is gone is passed over."""


def matters(path: Path, root: Path, output: Path) -> bool:
    """Whether a build of the project in `root` can depend on a file of this path.

    It cannot depend on files that editors leave beside a file while they save it: `.#x.yaml`,
    `x.yaml~`, `.x.yaml.swp`, `4913`.
    """
    if not path.is_relative_to(root) or path.is_relative_to(output):
        return False
    inside = path.relative_to(root).parts
    return path.suffix in ENDINGS and not any(part.startswith(".") for part in inside)


def source_folders(root: Path, output: Path) -> frozenset[Path]:
    """The folders to watch: those of the project that can hold sources, and the one above it.

    If the project is missing, the nearest folder above it that exists.
    """
    above = root.parent
    while not above.is_dir() and above != above.parent:
        above = above.parent
    found = {above}
    for name, inner_names, _ in os.walk(root):
        found.add(Path(name))
        folders = []
        for folder in (Path(name) / inner for inner in inner_names):
            is_left_out = folder.name.startswith(".") or folder.name in _NOT_SOURCES or folder == output
            if not is_left_out and not (folder / "pyvenv.cfg").is_file():
                folders.append(folder)
        inner_names[:] = [folder.name for folder in folders]
        # A link is watched as the folder that it leads to, and not walked: it may lead in a circle.
        found.update(folder for folder in folders if folder.is_symlink())
    return frozenset(found)


def bursts(root: Path, output: Path, watch: Watch) -> Iterator[frozenset[Path]]:
    """The changes that matter, burst by burst; the first burst is empty, when watching has begun.

    Changes while the caller is busy come next.
    """
    changed: frozenset[Path] = frozenset()
    folders = source_folders(root, output)
    is_first = True
    while True:
        with watch(folders) as wait:
            now = source_folders(root, output)
            if now != folders:  # one came or went before it was watched
                changed |= now ^ folders
                folders = now
                continue
            if changed or is_first:
                yield changed
            is_first = False
            while True:
                burst = frozenset(wait())
                now = source_folders(root, output)
                moved = (now ^ folders) | (burst & folders)
                changed = moved | {path for path in burst if matters(path, root, output)}
                if moved:
                    break
                if changed:
                    yield changed
        folders = now


def described(changed: Collection[Path], root: Path) -> str:
    """A burst in a few words: `content/talks.yaml`, `content/talks.yaml and 2 more`; files before folders."""
    names = sorted(changed, key=lambda path: (path.suffix not in ENDINGS, path.as_posix()))
    first = names[0]
    shown = first.relative_to(root).as_posix() if first.is_relative_to(root) and first != root else first.name
    return f"{shown} and {len(names) - 1} more" if len(names) > 1 else shown


@contextmanager
def watched(folders: Collection[Path]) -> Iterator[Wait]:
    """Watch folders with watchfiles until the context is left; changes wait until asked for.

    Falls back to `looked_at` if the system watches no more folders. Raises UsageProblem without
    watchfiles, and KeyboardInterrupt out of waiting.
    """
    try:
        from watchfiles import watch
    except ImportError:
        raise UsageProblem(
            "watching needs the package watchfiles, which is not installed here",
            f"`{sys.executable} -m pip install watchfiles` installs it; `--poll` does without",
        ) from None
    changes = watch(
        *sorted(folders),
        watch_filter=None,
        debounce=LONGEST,
        step=QUIET,
        rust_timeout=_PAUSE,
        yield_on_timeout=True,
        force_polling=False,
        recursive=False,
        ignore_permission_denied=True,  # and missing folders
    )
    with closing(changes):
        try:
            first = next(changes)  # begins to watch, and ends with the first pause
        except (OSError, RuntimeError):  # inotify's limits, or a system without the like
            with looked_at(folders) as wait:
                yield wait
            return
        found = filter(None, chain([first], changes))  # pauses are empty
        yield lambda: {Path(path) for _, path in next(found)}


@contextmanager
def looked_at(folders: Collection[Path]) -> Iterator[Wait]:
    """Watch folders by looking at all files again and again: network file systems report no changes.

    watchfiles can poll too, but it compares times by the second and misses the second of two saves.
    """
    known = _seen(folders)

    def changes() -> Collection[Path]:
        nonlocal known
        before = known
        while known == before:
            time.sleep(POLL / 1000)
            known = _seen(folders)
        settling: dict[Path, tuple[int, int, int]] = {}
        while known != settling:
            time.sleep(QUIET / 1000)
            settling, known = known, _seen(folders)
        paths = {*before, *known}
        return {path for path in paths if before.get(path) != known.get(path)}

    yield changes


def _seen(folders: Collection[Path]) -> dict[Path, tuple[int, int, int]]:
    """The version of each file: its time in nanoseconds, size and inode."""
    found = {}
    for folder in folders:
        # A folder or a file that goes while it is looked at is gone: its parent shows that.
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    at = entry.stat(follow_symlinks=not entry.is_symlink() or Path(entry).exists())
                    is_folder = entry.is_dir(follow_symlinks=False)
                    version = (0, 0, at.st_ino) if is_folder else (at.st_mtime_ns, at.st_size, at.st_ino)
                    found[Path(entry)] = version
    return found


class _Made(Record):
    """A PDF that was built, and its basis: the same basis gives the same PDF again."""

    basis: tuple[object, ...]
    built: Built
    version: tuple[int, int]
    """The PDF's time of change in nanoseconds and its size: somebody else may have built or deleted it."""


class Rebuilder(MutableRecord):
    """Builds variants again, remembers their basis, and keeps engines waiting for the next round.

    The next edit is expected where the last one was: a waiting engine typesets what the last two
    documents of its variant have in common, and is ended if the next edit comes earlier.
    """

    made: dict[str, _Made] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, Stream] = field(default_factory=dict)

    def rebuild(
        self, project: Project, cv: Cv, variant: str, request: Request, progress: Progress
    ) -> tuple[Built, bool]:
        """Build a variant unless its TeX, and what its PDF is checked against, are those of the last round.

        Return its outcome, and whether it was built. Raises EngineProblem and OSError as `build` does.
        """
        stream = self.waiting.get(variant)
        try:
            hear = stream.hear if stream is not None else None
            document = prepare(project, cv, variant, request, progress, hear)
        except ContentProblem as problem:
            self.made.pop(variant, None)
            return Built(variant, problem.diagnostics), True
        limits = document.selected.variant
        basis: tuple[object, ...] = (
            document.rendered.text,
            request.engine,
            request.epoch,
            document.output,
            limits.max_pages,
            document.fitted.most if document.fitted else None,
        )
        if limits.profile is not None:
            from cvbuild.funders.profile import find_profile  # few variants have a profile

            # Some rules look at the content itself, and not at the pages.
            basis = (*basis, find_profile(project, limits.profile)[0], document.selected)
        last = self.made.pop(variant, None)
        is_same = last is not None and last.basis == basis and last.version == _version(last.built.pdf)
        if last is not None and is_same and not document.findings.has_errors:
            self.made[variant] = last
            if stream is not None:
                self.waiting.pop(variant).end()  # it has heard the document
            return last.built, False
        self.waiting.pop(variant, None)
        built = build(project, cv, variant, request, progress, stream=stream, document=document)
        version = _version(built.pdf)
        if version is not None:
            self.made[variant] = _Made(basis, built, version)
            texts = str(last.basis[0]) if last is not None else "", document.rendered.text
            lines = zip(*(text.splitlines(keepends=True) for text in texts), strict=False)
            self.expected[variant] = "".join(
                line for line, _ in takewhile(lambda two: two[0] == two[1], lines)
            )
        return built, True

    def get_ready(self, project: Project, request: Request) -> None:
        """Start engines for the variants that were built, as many as there are cores."""
        for variant in self.waiting.keys() - self.made.keys():
            self.waiting.pop(variant).end()
        for variant in list(self.made)[: cores()]:
            expected = self.expected[variant]
            if variant not in self.waiting and (
                stream := stream_for(project, variant, request, expected=expected)
            ):
                self.waiting[variant] = stream

    def end(self) -> None:
        """End all engines."""
        while self.waiting:
            self.waiting.popitem()[1].end()


def _version(pdf: Path | None) -> tuple[int, int] | None:
    try:
        found = pdf.stat() if pdf is not None else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found else None
