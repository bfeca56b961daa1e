"""Answering a call at once where nothing changed since the same one was last made.

Before anything is parsed, all that the result depends on is compared with what it was:
the project's files by their content, those of TeX, git and cvbuild by time and size, the
environment, and the PDFs themselves. In doubt there is no answer, and the call is carried out.

It is all that such a call does, so that little is imported here.
"""

# Paths are strings, and classes plain: pathlib, `dataclasses` and `typing` take longer to import
# than a call with nothing to do may.
# ruff: noqa: PTH100, PTH109, PTH112, PTH113, PTH114, PTH116, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import json
import os
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256

from cvbuild import __version__
from cvbuild.filestate import SLACK, State, changed_since, is_as_before, state_of
from cvbuild.gitstate import VARIABLES, repository_files
from cvbuild.typeset.environment import tex_environment

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Answer = Mapping[str, Any]
    """What a call gave, as JSON has it: `given.py` writes it down, `answering.py` prints it."""

    Line = tuple[str, bool]
    """A line for people, and whether it goes to standard error."""

LARGEST = 4 << 20
"""Bytes of what is written down; the files that warnings point into are in it."""

_MOST_CALLS = 40
_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_PLACE = ("build", ".work", "calls")
_VARIABLES = ("SOURCE_DATE_EPOCH", "CVBUILD_TECTONIC_BUNDLE", *VARIABLES)
_OF_NO_MATTER = frozenset(("PATH", "TMPDIR", "TEMP", "TMP", "SOURCE_DATE_EPOCH"))
_PROGRAMS = ("pdflatex", "xelatex", "lualatex", "tectonic", "kpsewhich", "git")
BEGUN = time.time_ns()
"""When the program was started, in nanoseconds since 1970: nothing was read before."""


class Call:
    """A call of `cvbuild pdf`: its arguments as typed, and the project's folder."""

    def __init__(self, arguments: tuple[str, ...], root: str) -> None:
        self.arguments = arguments
        self.root = root

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Call | None:
        """The call with these arguments from the current folder; None for another command."""
        folder = ""
        if arguments[:1] in (["-C"], ["--directory"]):
            folder, arguments = "".join(arguments[1:2]), [*arguments[2:]]
        if arguments[:1] != ["pdf"]:
            return None
        root = os.path.realpath(folder)
        while not os.path.isfile(os.path.join(root, "content", "cv.yaml")):
            if root == os.path.dirname(root):
                return None
            root = os.path.dirname(root)
        return cls((os.getcwd(), folder, *arguments), root)

    def answer(self) -> Answer | None:
        """What the same call gave the last time, where it would give the same now."""
        try:
            name = self._record()
            status = os.lstat(name)
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
                return None
            with open(name, "rb") as file:
                known = json.load(file)
            digests = known["digests"]
            is_same = (
                isinstance(digests, list)
                # First what a user changes most often.
                and digests == self._digests(known["patterns"], [path for path, *_ in known["outputs"]])
                and known["settings"] == self._settings()
                and is_as_before(known["files"])
                and known["outputs"] == list(map(list, state_of(path for path, *_ in known["outputs"])))
                and known["repository"] == repository_files(self.root)
            )
            return known["answer"] if is_same and isinstance(known["answer"], dict) else None
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None  # damaged, or of another version

    def remember(self, answer: Answer, patterns: Sequence[str], outputs: Sequence[str], reads: State) -> None:
        """Write down what the call gave: these files, from .bib files that `patterns` name and what TeX read.

        Not so where something changed since the call began, before or after it was read, or where
        it cannot be written.
        """
        from pathlib import Path

        from cvbuild.delivery import write_in_place

        try:
            repository = repository_files(self.root)
            files = [*dict.fromkeys([*reads, *state_of([*installed(), *repository])])]
            sources = list(self._sources(patterns))
            # The time of a file's last change cannot be set, as that of its content can.
            latest = max(os.stat(path).st_ctime_ns for path in sources)
            if latest >= BEGUN - SLACK or changed_since(files, BEGUN - SLACK):
                return
            record = {
                "settings": self._settings(),
                "patterns": list(patterns),
                "digests": self._digests(patterns, outputs),
                "outputs": state_of(outputs),
                "files": files,
                "repository": repository,
                "answer": answer,
            }
            content = json.dumps(record).encode("utf-8", "surrogatepass")
            if record["digests"] is not None and len(content) <= LARGEST:
                target = Path(self._record())
                write_in_place(content, target)
                for path in sorted(target.parent.glob("*.json"), key=os.path.getmtime)[:-_MOST_CALLS]:
                    path.unlink()
        except (OSError, ValueError):
            return  # what was built is in its place: the next call takes longer, that is all

    def _record(self) -> str:
        folder = self.root
        for name in _PLACE:
            folder = os.path.join(folder, name)
            if os.path.islink(folder):
                raise OSError("a link may lead anywhere")
        name = sha256(json.dumps(self.arguments).encode("utf-8", "surrogatepass")).hexdigest()
        return os.path.join(folder, f"{name[:32]}.json")

    def _settings(self) -> list[Any]:
        """What is neither a file of the project nor of TeX's, and where cvbuild and its libraries are."""
        known = {name: value for name, value in tex_environment().items() if name not in _OF_NO_MATTER}
        told = [os.environ.get(name) for name in _VARIABLES]
        return [__version__, sys.version, sys.executable, _PACKAGE, _libraries(),
                list(map(list, known.items())), told, list(map(_found, _PROGRAMS))]  # fmt: skip

    def _digests(self, patterns: Sequence[str], outputs: Sequence[str]) -> list[list[str]] | None:
        """Of all the project's files that a build can read, and of those it made; None where one is odd."""
        found = []
        for path in [*self._sources(patterns), *outputs]:
            # Opening a named pipe would wait for somebody to write into it.
            with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    return None
                found.append([path, os.path.realpath(path), sha256(file.read()).hexdigest()])
        return found

    def _sources(self, patterns: Sequence[str]) -> Iterator[str]:
        yield from self._in("content", ".yaml", ".yml")
        yield from self._in("profiles", ".yaml")
        numbers = os.path.join(self.root, "bib", "numbers.lock")
        if os.path.lexists(numbers):
            yield numbers
        if not patterns:
            yield from self._in("bib", ".bib")
        else:
            from pathlib import Path

            for pattern in patterns:
                yield from sorted(str(path) for path in Path(self.root).glob(pattern) if not path.is_dir())
        for place, folders, names in os.walk(os.path.join(self.root, "latex_templates")):
            folders.sort()
            yield from (os.path.join(place, name) for name in sorted(names))

    def _in(self, folder: str, *endings: str) -> Iterator[str]:
        place = os.path.join(self.root, folder)
        if os.path.isdir(place):
            for name in sorted(os.listdir(place)):
                path = os.path.join(place, name)
                if name.endswith(endings) and not os.path.isdir(path):
                    yield path


def _found(program: str) -> list[str | int]:
    """A program on the search path: where, and when it was changed."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, program)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            status = os.stat(path)
            return [path, os.path.realpath(path), status.st_mtime_ns, status.st_size]
    return []


def installed() -> Iterator[str]:
    """The package's own files, and the folders of libraries, which change with each that is installed.

    The package's folders are listed too: they change with each file that comes or goes. In a
    checkout the templates stand beside the package.
    """
    for root in (_PACKAGE, os.path.join(os.path.dirname(_PACKAGE), "latex_templates")):
        for place, folders, names in os.walk(root):
            folders[:] = sorted(set(folders) - {"__pycache__"})
            yield from (place, *(os.path.join(place, name) for name in sorted(names)))
    yield from _libraries()


def _libraries() -> list[str]:
    return [path for path in sys.path if path.endswith("-packages")]
