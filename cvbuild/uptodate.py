"""Manifests: records of a result's inputs. While these are unchanged, the result is not made again.

Each PDF in a work folder has a manifest. Each call of `cvbuild pdf` has another one, which also holds the
lines to print when there is nothing to do. A missing, damaged or outdated manifest makes the result again.
A call with nothing to do runs only this module, so it imports little, and paths are strings.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from cvbuild import __version__

BEGUN = time.time_ns()
"""The program's start time, in nanoseconds since 1970."""
SLACK = 50_000_000
"""Maximum delay of a file system's clock behind the system clock, in nanoseconds."""
LARGEST = 64 << 20
"""Maximum size of a manifest, and of a file that is compared by content, in bytes."""
_MOST_CALLS = 40  # manifests of calls kept for a project
_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_ENDINGS = (".yaml", ".yml", ".bib", ".lock")
_TREES = {"content": _ENDINGS, "profiles": _ENDINGS, "bib": _ENDINGS, "latex_templates": ("",)}
"""The project's folders that a build reads, with the endings of the files that it reads there."""
_ALWAYS_DONE = frozenset(("--untrusted", "--force", "--explain", "--open"))

State = list[tuple[str, int, int]]
"""For each path its modification time in nanoseconds and size in bytes; -1 and -1 if it is missing."""

Names = Mapping[str, Sequence[str]]
"""The inputs of a result, by kind.

- `root`: the project's folder; `patterns`: patterns of its .bib files
- `files`: paths, compared by time and size
- `contents`, `outputs`: paths, compared by content
- `environment`: variables; `programs`: names on the search path; `streams`: compared by being terminals
- `facts`: strings, compared by the reader of the manifest
"""

Line = tuple[str, bool]
"""Text to print, with its line end, and whether it goes to standard error."""


def answered(arguments: Sequence[str]) -> bool:
    """Return whether a call has nothing to do. If so, print the lines in its manifest."""
    found = _of_call(arguments)
    known = read(found[1]) if found is not None else None
    if known is None:
        return False
    try:
        for text, is_error in known[1]:
            if stream := sys.stderr if is_error else sys.stdout:  # None if it is closed
                print(text, end="", file=stream, flush=True)
    except BrokenPipeError:
        os._exit(1)  # the reader closed the pipe; nothing needs cleaning up
    return True


def remember(arguments: Sequence[str], names: Names, said: Iterable[Line]) -> None:
    """Write the manifest of a call: its inputs, and the lines to print while these are unchanged."""
    found = _of_call(arguments)
    if found is None:
        return
    root, path = found
    write(path, {"root": [root], **names}, said, BEGUN)
    try:
        for old in sorted(os.scandir(os.path.dirname(path)), key=os.path.getmtime)[:-_MOST_CALLS]:
            os.unlink(old)
    except OSError:
        return  # another process deleted it


def _of_call(arguments: Sequence[str]) -> tuple[str, str] | None:
    """Return a call's project folder and the path of its manifest; None for calls that always run."""
    folder, rest = "", list(arguments)
    if rest[:1] in (["-C"], ["--directory"]):
        folder, rest = "".join(rest[1:2]), rest[2:]
    if rest[:1] != ["pdf"] or not _ALWAYS_DONE.isdisjoint(rest):
        return None
    try:
        key = sha256(json.dumps([os.getcwd(), *arguments]).encode()).hexdigest()
        root = os.path.realpath(folder)
    except OSError:
        return None  # the current folder is gone
    while not os.path.isfile(os.path.join(root, "content", "cv.yaml")):
        if root == os.path.dirname(root):
            return None
        root = os.path.dirname(root)
    calls = os.path.join(root, "build", ".work", "calls")
    # Through a link the manifest would be written outside the project.
    return (root, os.path.join(calls, f"{key[:32]}.json")) if os.path.realpath(calls) == calls else None


def read(path: str) -> tuple[Names, list[Line]] | None:
    """Return the inputs and lines of a manifest; None if it is missing or an input has changed."""
    try:
        known = json.loads(_bytes(path)[0])
        names = known["names"]
        said = [(str(text), bool(is_error)) for text, is_error in known["said"]]
        is_valid = all(was == now for was, now in zip(known["found"], _found(names), strict=True))
        return (names, said) if is_valid else None
    except Exception:  # a damaged file must not stop the call: the result is made again
        return None


def names_in(path: str) -> Names | None:
    """Return the inputs in a manifest that this call wrote or found valid; None if it is missing."""
    try:
        found: Names = json.loads(_bytes(path)[0])["names"]
    except (OSError, ValueError):
        return None
    return found


def write(path: str, names: Names, said: Iterable[Line], begun: int) -> None:
    """Write a manifest, unless an input changed after `begun` (nanoseconds since 1970)."""
    try:
        content = json.dumps({"names": names, "found": [*_found(names)], "said": [*said]}).encode()
        was_read = [*_sources(names), *names.get("contents", ()), *names.get("files", ())]
        # Programs can set the modification time, but not the change time (ctime).
        if any(_changed(one) >= begun - SLACK for one in was_read) or len(content) > LARGEST:
            return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        beside = f"{path}.part-{os.getpid()}"
        with open(beside, "xb") as file:
            file.write(content)
        os.replace(beside, path)
    except (OSError, ValueError):
        return  # the next call makes the result again


def _changed(path: str) -> int:
    """Return the change time of a file, in nanoseconds since 1970; 0 if it is missing."""
    try:
        return os.stat(path).st_ctime_ns
    except OSError:
        return 0


def _found(names: Names) -> Iterator[object]:
    """Yield the present state of all inputs, as JSON; the inputs that change most often come first."""
    yield [_content(path) for path in _sources(names)]
    yield [_content(path) for kind in ("contents", "outputs") for path in names.get(kind, ())]
    yield [os.environ.get(name) for name in names.get("environment", ())]
    yield [getattr(sys, name).isatty() for name in names.get("streams", ())]
    yield [_program(name) for name in names.get("programs", ())]
    yield [__version__, sys.version, sys.executable, _PACKAGE, *sys.path]
    yield [[*item] for item in state_of(names.get("files", ()))]


def _sources(names: Names) -> Iterator[str]:
    """Yield the files that a build can read, and their folders. Raises OSError for a link that leads out."""
    for root in names.get("root", ()):
        for tree, endings in _TREES.items():
            seen = {root}  # links may form a circle
            for place, folders, files in os.walk(os.path.join(root, tree), followlinks=True):
                where = os.path.realpath(place)
                if not f"{where}{os.sep}".startswith(f"{root}{os.sep}"):
                    raise OSError("outside of the project")
                folders[:] = () if where in seen else sorted(folders)
                seen.add(where)
                yield place
                yield from (os.path.join(place, name) for name in sorted(files) if name.endswith(endings))
        for pattern in names.get("patterns", ()):
            from pathlib import Path  # slow to import, and few projects have patterns

            yield from sorted(map(str, Path(root).glob(pattern)))


def _content(path: str) -> list[object]:
    """Return a file's path, real path, executable bit and hash; of a folder only its path. Raises OSError."""
    if os.path.isdir(path):
        return [path]
    content, mode = _bytes(path)
    return [path, os.path.realpath(path), mode & stat.S_IXUSR, sha256(content).hexdigest()]


def _bytes(path: str) -> tuple[bytes, int]:
    """Return content and mode of a regular file. Raises OSError for other kinds, and above `LARGEST`."""
    # Without O_NONBLOCK, opening a named pipe would wait for a writer.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            raise OSError("not compared by content")
        return file.read(LARGEST), status.st_mode


def _program(name: str) -> list[object]:
    """Return the real path and state of a program on the search path; empty if it is missing."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return [os.path.realpath(path), *state_of([path])[0]]
    return []


def state_of(paths: Iterable[str]) -> State:
    """Return the present state of files and folders."""
    found = []
    for path in paths:
        try:
            status = os.stat(path)
            found.append((path, status.st_mtime_ns, status.st_size))
        except (OSError, ValueError):
            found.append((path, -1, -1))
    return found


def is_as_before(state: object) -> bool:
    """Return whether files still have this state; False if the value is not a `State`."""
    try:
        return isinstance(state, list) and state_of(path for path, _, _ in state) == [*map(tuple, state)]
    except (TypeError, ValueError):
        return False
