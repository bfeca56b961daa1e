"""On-disk cache shared between runs: bytes stored under a kind and a key, in a private folder of the user.

The folder is `$CVBUILD_CACHE`, else `$XDG_CACHE_HOME/cvbuild`, else `~/.cache/cvbuild`; an empty
CVBUILD_CACHE turns the cache off. A missing or damaged cache costs time and changes no result.

Reading some entries executes code: pickles, compiled templates. So an entry is read only if this
user owns it, and nobody else may write to it or to the folder, as for Python's `__pycache__`. The
folder holds no files of projects, and no TeX engine writes to it. A checksum detects truncated files.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from cvbuild import __version__

VARIABLE = "CVBUILD_CACHE"
MOST_BYTES = 128_000_000
"""Maximum size of all entries together, in bytes; the least recently used entries are deleted first."""
MOST_FILES = 4000
LARGEST = MOST_BYTES // 4
"""Maximum size of one entry, in bytes."""

_SIGNATURE = b"cvbuild cache 1\n"
_CHECKSUM = sha256().digest_size
_FRESH = 3600.0
"""Age in seconds after which a use is recorded again, small entries are pruned again, and a temporary
file counts as abandoned."""
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_BEING_WRITTEN = ".new"
_LAST_PRUNED = "looked-after"
"""Name of a file whose modification time is the time of the last pruning."""
_SMALL = 1_000_000  # bytes; writing a larger entry always prunes the cache


def cache_folder() -> Path | None:
    """Return the path of the cache folder, which may not exist yet; None if the cache is off."""
    named, base = os.environ.get(VARIABLE), os.environ.get("XDG_CACHE_HOME", "")
    if named is not None:
        return Path(named).expanduser().absolute() if named else None
    # A relative path in the variable is ignored (XDG Base Directory Specification, "Basics").
    if not os.path.isabs(base):  # noqa: PTH117 - a string, which may be empty
        base = os.path.expanduser("~/.cache")  # noqa: PTH111 - Path.home() raises without a home
    return Path(base) / "cvbuild" if os.path.isabs(base) else None  # noqa: PTH117 - as above


def read(kind: str, key: str) -> bytes | None:
    """Return the bytes under a key, written by this version of cvbuild and Python; else None.

    `kind` is a short word, the name of a folder; `key` is any text. A damaged entry counts as missing.
    """
    folder = _own_folder(create=False)
    if folder is None:
        return None
    head, name = _head_and_name(kind, key)
    try:
        file = os.open(folder / kind / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or not _is_private(status) or status.st_size > 2 * LARGEST:
            return None
        with os.fdopen(file, "rb", closefd=False) as opened:
            whole = opened.read()
        if time.time() - status.st_mtime > _FRESH:
            os.utime(file)  # the modification time records the last use
    except OSError:
        return None
    finally:
        os.close(file)
    data = whole[len(head) + _CHECKSUM :]
    return data if whole.startswith(head + sha256(data).digest()) else None


def write(kind: str, key: str, data: bytes) -> None:
    """Write bytes under a key, atomically. On failure the cache stays without the entry."""
    folder = _own_folder(create=True)
    if folder is None or len(data) > LARGEST:
        return
    head, name = _head_and_name(kind, key)
    with suppress(OSError):
        (folder / kind).mkdir(mode=0o700, exist_ok=True)
        _put((head, sha256(data).digest(), data), folder / kind / name)
        _make_room(folder, len(data))


def _head_and_name(kind: str, key: str) -> tuple[bytes, str]:
    """Return an entry's header and its file name; both include the versions of cvbuild and Python."""
    whole = "\0".join((__version__, sys.version, kind, key))
    digest = sha256(whole.encode("utf-8", "surrogatepass"))
    return _SIGNATURE + digest.digest(), digest.hexdigest()


def _put(pieces: Iterable[bytes], target: Path) -> None:
    """Write a file of the cache, piece by piece and atomically. Raises OSError."""
    new = target.with_name(f"{os.urandom(8).hex()}{_BEING_WRITTEN}")
    try:
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.writelines(pieces)
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def folder_for(kind: str) -> Path | None:
    """Return a private folder for files that other programs open by name; None if it cannot be made.

    These files have no checksum: the caller checks that they are complete.
    """
    folder = _own_folder(create=True)
    if folder is None:
        return None
    try:
        (folder / kind).mkdir(mode=0o700, exist_ok=True)
        status = (folder / kind).lstat()
    except OSError:
        return None
    return folder / kind if stat.S_ISDIR(status.st_mode) and _is_private(status) else None


def move_in(made: Path, target: Path) -> None:
    """Copy a file into a folder of the cache, atomically. Raises OSError."""
    with made.open("rb") as content:
        _put(iter(lambda: content.read(1 << 20), b""), target)
    _make_room(target.parent.parent)


def _own_folder(*, create: bool) -> Path | None:
    """Return the cache folder if only this user can write to it. `create` makes a missing folder."""
    folder = cache_folder()
    if folder is None:
        return None
    try:
        try:
            status = folder.stat()
        except FileNotFoundError:
            above = next((parent for parent in folder.parents if parent.exists()), None)
            # `sudo` may keep another user's HOME, so the parent must be this user's or root's.
            if not create or above is None or above.stat().st_uid not in {os.geteuid(), 0}:
                return None
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = folder.stat()
    except (OSError, ValueError):
        return None
    return folder if stat.S_ISDIR(status.st_mode) and _is_private(status) else None


def _is_private(status: os.stat_result) -> bool:
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_WRITE


def _make_room(folder: Path, added: int = MOST_BYTES) -> None:
    """Delete the least recently used entries above the limits, and the temporary files of killed processes.

    For an entry smaller than `_SMALL`, do so at most once an hour. `added` is the entry's size in bytes.
    """
    marker = folder / _LAST_PRUNED
    if added < _SMALL and marker.is_file() and time.time() - marker.stat().st_mtime < _FRESH:
        return
    marker.touch(mode=0o600)
    kept = []
    for kind in os.scandir(folder):
        if not kind.is_dir(follow_symlinks=False):
            continue
        for file in os.scandir(kind):
            try:
                status = file.stat(follow_symlinks=False)
            except FileNotFoundError:  # another process deleted it
                continue
            if not file.name.endswith(_BEING_WRITTEN):
                kept.append((status.st_mtime, status.st_size, file.path))
            elif time.time() - status.st_mtime > _FRESH:
                Path(file.path).unlink(missing_ok=True)
    total, files = sum(size for _, size, _ in kept), len(kept)
    for _, size, path in sorted(kept):
        if total <= MOST_BYTES and files <= MOST_FILES:
            break
        Path(path).unlink(missing_ok=True)
        total, files = total - size, files - 1
