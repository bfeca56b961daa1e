"""Manifests: the inputs of a result. The result is not made again while its inputs are unchanged.

A call of `cvbuild pdf` has a manifest that also holds the lines to print if there is nothing to do; the
PDF in a work folder has another. If a manifest is missing, damaged or outdated, the result is made again.
A call with nothing to do runs this module alone, so it imports little, and paths are strings.
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
"""When the program started, in nanoseconds since 1970."""
SLACK = 50_000_000
"""Maximum lag of a file system's clock behind the system's, in nanoseconds."""
LARGEST = 64 << 20
"""Maximum size of a manifest, and of a file that is compared by content, in bytes."""
_MOST_CALLS = 40
_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_ENDINGS = (".yaml", ".yml", ".bib", ".lock")
_TREES = {"content": _ENDINGS, "profiles": _ENDINGS, "bib": _ENDINGS, "latex_templates": ("",)}
"""The folders of a project that builds read, and the endings of the files that they read there."""
_ALWAYS_DONE = frozenset(("--untrusted", "--force", "--explain", "--open"))

State = list[tuple[str, int, int]]
"""Paths with the time of the last change, in nanoseconds, and the size, in bytes; -1 and -1 for no file."""

Names = Mapping[str, Sequence[str]]
"""The inputs of a result, by kind.

- `root`: the project in this folder, with the .bib files that `patterns` match
- `files`: files compared by time and size
- `contents`, `outputs`: files compared by content
- `environment`: variables; `programs`: names on the search path; `streams`: whether they are terminals
- `facts`: strings that the reader of the manifest compares
"""

Line = tuple[str, bool]
"""Text to print, with its line end, and whether it goes to standard error."""


def answered(arguments: Sequence[str]) -> bool:
    """Whether a call has nothing to do. If so, its lines are printed from the manifest."""
    found = _of_call(arguments)
    known = read(found[1]) if found is not None else None
    if known is None:
        return False
    try:
        for text, is_error in known[1]:
            if stream := sys.stderr if is_error else sys.stdout:  # one that is closed is None
                print(text, end="", file=stream, flush=True)
    except BrokenPipeError:
        os._exit(1)  # the reader of the lines has closed the pipe, and nothing has to be cleaned up
    return True


def remember(arguments: Sequence[str], names: Names, said: Iterable[Line]) -> None:
    """Write the manifest of a call: its inputs, and the lines it prints while they are unchanged."""
    found = _of_call(arguments)
    if found is None:
        return
    root, path = found
    write(path, {"root": [root], **names}, said, BEGUN)
    try:
        for old in sorted(os.scandir(os.path.dirname(path)), key=os.path.getmtime)[:-_MOST_CALLS]:
            os.unlink(old)
    except OSError:
        return  # another call deleted it


def _of_call(arguments: Sequence[str]) -> tuple[str, str] | None:
    """The project of a call and the path of its manifest; None for a call that is always carried out."""
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
    # Behind a link the manifest would lie in somebody else's folder.
    return (root, os.path.join(calls, f"{key[:32]}.json")) if os.path.realpath(calls) == calls else None


def read(path: str) -> tuple[Names, list[Line]] | None:
    """The inputs and lines of a manifest; None if it is missing or an input has changed."""
    try:
        known = json.loads(_bytes(path)[0])
        names = known["names"]
        said = [(str(text), bool(is_error)) for text, is_error in known["said"]]
        is_valid = all(was == now for was, now in zip(known["found"], _found(names), strict=True))
        return (names, said) if is_valid else None
    except Exception:  # whatever is wrong with a damaged or foreign file costs time only
        return None


def names_in(path: str) -> Names | None:
    """The inputs in a manifest that this call wrote or found valid; None if it is missing."""
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
        # The change time (ctime) cannot be set by programs, as the modification time can.
        if any(_changed(one) >= begun - SLACK for one in was_read) or len(content) > LARGEST:
            return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        beside = f"{path}.part-{os.getpid()}"
        with open(beside, "xb") as file:
            file.write(content)
        os.replace(beside, path)
    except (OSError, ValueError):
        return  # the result is made again the next time


def _changed(path: str) -> int:
    """The change time of a file, in nanoseconds since 1970; 0 if it is missing."""
    try:
        return os.stat(path).st_ctime_ns
    except OSError:
        return 0


def _found(names: Names) -> Iterator[object]:
    """The present state of all inputs, as JSON; inputs that users change most often come first."""
    yield [_content(path) for path in _sources(names)]
    yield [_content(path) for kind in ("contents", "outputs") for path in names.get(kind, ())]
    yield [os.environ.get(name) for name in names.get("environment", ())]
    yield [getattr(sys, name).isatty() for name in names.get("streams", ())]
    yield [_program(name) for name in names.get("programs", ())]
    yield [__version__, sys.version, sys.executable, _PACKAGE, *sys.path]
    yield [[*item] for item in state_of(names.get("files", ()))]


def _sources(names: Names) -> Iterator[str]:
    """The files that a build of a project can read, and their folders. Raises OSError if a link leads out."""
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
            from pathlib import Path  # takes long to import, and few projects have patterns

            yield from sorted(map(str, Path(root).glob(pattern)))


def _content(path: str) -> list[object]:
    """The state of a regular file, or the path of a folder. Raises OSError for anything else."""
    if os.path.isdir(path):
        return [path]
    content, mode = _bytes(path)
    return [path, os.path.realpath(path), mode & stat.S_IXUSR, sha256(content).hexdigest()]


def _bytes(path: str) -> tuple[bytes, int]:
    """The bytes and the mode of a regular file. Raises OSError for a larger one, or another kind."""
    # Opening a named pipe would wait for somebody to write into it.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            raise OSError("not compared by content")
        return file.read(LARGEST), status.st_mode


def _program(name: str) -> list[object]:
    """The path and state of a program on the search path; empty if it is missing."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return [os.path.realpath(path), *state_of([path])[0]]
    return []


def state_of(paths: Iterable[str]) -> State:
    """The present state of files and folders."""
    found = []
    for path in paths:
        try:
            status = os.stat(path)
            found.append((path, status.st_mtime_ns, status.st_size))
        except (OSError, ValueError):
            found.append((path, -1, -1))
    return found


def is_as_before(state: object) -> bool:
    """Whether files are in this state; False for what is no state."""
    try:
        return isinstance(state, list) and state_of(path for path, _, _ in state) == [*map(tuple, state)]
    except (TypeError, ValueError):
        return False
