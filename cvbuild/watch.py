"""Watch a project for changes that matter to a build, and rebuild the variants that they affect.

Each folder is watched by itself, without its subfolders: a project can contain a virtual environment with
thousands of folders that do not matter. The list of folders is refreshed after each burst of changes. To
miss no save, watching starts before the files are read.
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
"""A burst of changes ends after this time without a change, in ms: editors save in several steps."""

LONGEST = 500
"""Maximum length of a burst, in ms."""

_PAUSE = 50
"""watchfiles returns after this time without a change, in ms; watching has started by then."""

POLL = 400
"""Time between two looks at the files while polling, in ms."""

Wait = Callable[[], Collection[Path]]
"""Waits for changes, and returns the paths changed since the last call or since watching started."""

Watch = Callable[[Collection[Path]], AbstractContextManager[Wait]]
"""Starts to watch folders, each without its subfolders; missing folders are ignored."""


def matters(path: Path, root: Path, output: Path) -> bool:
    """Return whether a build of the project in `root` can depend on this path.

    False for temporary files of editors: `.#x.yaml`, `x.yaml~`, `.x.yaml.swp`, `4913`.
    """
    if not path.is_relative_to(root) or path.is_relative_to(output):
        return False
    inside = path.relative_to(root).parts
    return path.suffix in ENDINGS and not any(part.startswith(".") for part in inside)


def source_folders(root: Path, output: Path) -> frozenset[Path]:
    """Return the folders to watch: the project's folders that can hold sources, and its parent folder.

    If the project is missing, return its nearest parent folder that exists.
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
        # Watch a linked folder, but not the folders in it: links may form a circle.
        found.update(folder for folder in folders if folder.is_symlink())
    return frozenset(found)


def bursts(root: Path, output: Path, watch: Watch) -> Iterator[frozenset[Path]]:
    """Yield the paths that changed and matter, burst by burst; the first burst is empty: watching started.

    Changes while the caller is busy form the next burst.
    """
    changed: frozenset[Path] = frozenset()
    folders = source_folders(root, output)
    is_first = True
    while True:
        with watch(folders) as wait:
            now = source_folders(root, output)
            if now != folders:  # a folder appeared or disappeared before watching started
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
    """Return a short description: `content/talks.yaml`, `content/talks.yaml and 2 more`; files come first."""
    names = sorted(changed, key=lambda path: (path.suffix not in ENDINGS, path.as_posix()))
    first = names[0]
    shown = first.relative_to(root).as_posix() if first.is_relative_to(root) and first != root else first.name
    return f"{shown} and {len(names) - 1} more" if len(names) > 1 else shown


@contextmanager
def watched(folders: Collection[Path]) -> Iterator[Wait]:
    """Watch folders with watchfiles within the context; changes are kept until the next wait.

    If the system cannot watch more folders, fall back to `looked_at`. Raises UsageProblem if watchfiles is
    not installed. Ctrl-C raises KeyboardInterrupt during a wait.
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
            first = next(changes)  # starts watching, and returns after the first pause
        except (OSError, RuntimeError):  # inotify's limits are reached, or nothing like it exists
            with looked_at(folders) as wait:
                yield wait
            return
        found = filter(None, chain([first], changes))  # a pause is an empty set
        yield lambda: {Path(path) for _, path in next(found)}


@contextmanager
def looked_at(folders: Collection[Path]) -> Iterator[Wait]:
    """Watch folders by polling all files, since network file systems report no changes.

    watchfiles can poll too, but compares times in whole seconds: it misses one of two saves in a second.
    """
    known = _seen(folders)

    def changes() -> Collection[Path]:
        nonlocal known
        before = known
        while known == before:
            time.sleep(POLL / 1000)
            known = _seen(folders)
        settling: dict[Path, tuple[int, int, int]] = {}
        while known != settling:  # until two looks in a row are equal
            time.sleep(QUIET / 1000)
            settling, known = known, _seen(folders)
        paths = {*before, *known}
        return {path for path in paths if before.get(path) != known.get(path)}

    yield changes


def _seen(folders: Collection[Path]) -> dict[Path, tuple[int, int, int]]:
    """Return the version of each file: modification time in nanoseconds, size, inode."""
    found = {}
    for folder in folders:
        # Ignore what disappears meanwhile: it is missing from the result, which counts as a change.
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    at = entry.stat(follow_symlinks=not entry.is_symlink() or Path(entry).exists())
                    is_folder = entry.is_dir(follow_symlinks=False)
                    version = (0, 0, at.st_ino) if is_folder else (at.st_mtime_ns, at.st_size, at.st_ino)
                    found[Path(entry)] = version
    return found


class _Made(Record):
    """The last build of a variant. `basis` holds its inputs: an equal basis gives the same PDF."""

    basis: tuple[object, ...]
    built: Built
    version: tuple[int, int]
    """The PDF's modification time in nanoseconds, and its size: others may replace or delete the file."""


class Rebuilder(MutableRecord):
    """Rebuilds variants whose inputs changed, and keeps engines waiting for the next round.

    A waiting engine typesets the lines with which the variant's last two documents both begin, since the
    next edit is probably near the last one. If the next edit is before that place, the engine is ended.
    """

    made: dict[str, _Made] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, Stream] = field(default_factory=dict)

    def rebuild(
        self, project: Project, cv: Cv, variant: str, request: Request, progress: Progress
    ) -> tuple[Built, bool]:
        """Build a variant, unless its TeX and its limits are the same as in the last round.

        Return the outcome, and whether it was built. Raises EngineProblem and OSError as `build` does.
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

            # Some rules check the content instead of the pages.
            basis = (*basis, find_profile(project, limits.profile)[0], document.selected)
        last = self.made.pop(variant, None)
        is_same = last is not None and last.basis == basis and last.version == _version(last.built.pdf)
        if last is not None and is_same and not document.findings.has_errors:
            self.made[variant] = last
            if stream is not None:
                self.waiting.pop(variant).end()  # it has received this document
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
        """Start engines for the variants built, at most one for each core."""
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
