"""Asking the system which files changed, through watchfiles; or looking at them again and again."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path

from cvbuild.diagnostics import UsageProblem
from cvbuild.watching import Wait

QUIET = 3
"""Milliseconds without another change after which a burst is over: editors save in several steps."""

LONGEST = 500
"""Milliseconds after which a burst is over in any case."""

_PAUSE = 50
"""Milliseconds without a change after which watchfiles hands back control; watching has begun by then."""

POLL = 400
"""Milliseconds between two looks at the files, where the system is not asked."""


@contextmanager
def watched(folders: Collection[Path]) -> Iterator[Wait]:
    """Watch folders, each without those in it, until the context is left; changes wait until asked for.

    A folder that is not there is passed over. Where the system watches no more folders,
    they are looked at. Raises UsageProblem without watchfiles, and KeyboardInterrupt out
    of waiting.
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
        ignore_permission_denied=True,  # and folders that are not there
    )
    with closing(changes):
        try:
            first = next(changes)  # begins to watch, and ends with the first pause
        except (OSError, RuntimeError):  # inotify's limits, or a system without the like
            with looked_at(folders) as wait:
                yield wait
            return
        bursts = filter(None, chain([first], changes))  # pauses are empty
        yield lambda: {Path(path) for _, path in next(bursts)}


@contextmanager
def looked_at(folders: Collection[Path]) -> Iterator[Wait]:
    """As `watched`, by looking at all files again and again, for network folders: nobody tells of those.

    watchfiles can do that, too, but compares times by the second and misses the second of two saves.
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
    """What tells a version of a file from the next: time in nanoseconds, size, number on the disk."""
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
