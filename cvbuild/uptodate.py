"""Answering a call at once where nothing changed since it was last made.

Before anything is parsed, all that the result depends on is compared with what it was:
the project's files by their content, those of TeX and of cvbuild by time and size, the options
and the environment, the git revision, and the PDFs themselves. In doubt there is no
answer, and the call is carried out. Only the standard library is imported here.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cvbuild import __version__
from cvbuild.delivery import work_folder, write_in_place
from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.gitstate import git_state
from cvbuild.project import OWN_TEMPLATES, Project, bibliography_files
from cvbuild.source import Scalar, SourceFile, Span
from cvbuild.typeset.environment import tex_environment
from cvbuild.typeset.texinputs import State, is_as_before

CALLS = "calls"
"""In the work folder: what calls gave, each in a file named by its options."""

_MOST_CALLS = 40
_LARGEST_RECORD = 4 << 20
"""Bytes. The files that warnings point into are in it, and it is read in a tenth of a second."""
_ENGINES = ("pdflatex", "xelatex", "lualatex", "tectonic")
_OF_NO_MATTER = frozenset(("PATH", "TMPDIR", "TEMP", "TMP", "SOURCE_DATE_EPOCH"))
_SLACK = 50_000_000
"""Nanoseconds by which the clock of a file system may be behind that of the system."""


@dataclass(frozen=True)
class Call:
    """A call to build: where, its options by name, and when it began, in nanoseconds since 1970."""

    project: Project
    options: Mapping[str, object]
    begun: int

    @property
    def _record(self) -> Path:
        told = json.dumps([str(self.project.output), dict(self.options)], sort_keys=True, default=str)
        return work_folder(self.project) / CALLS / f"{sha256(told.encode()).hexdigest()[:32]}.json"

    def answer(self) -> Answer | None:
        """What the same call gave the last time, where it would give the same now."""
        try:
            record = self._record
            if not _is_file(record) or record.stat().st_size > _LARGEST_RECORD:
                return None
            known = json.loads(record.read_bytes())
            if not (is_as_before(known["reads"]) and all(_is_whole(*item) for item in known["outputs"])):
                return None
            if known["state"] is None or known["state"] != self._state(
                [str(pattern) for pattern in known["bibliography"]]
            ):
                return None
            return _answer_of(known)
        except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
            return None  # damaged, or of another version: the call is carried out

    def remember(
        self, answer: Answer, bibliography: Sequence[str], outputs: Iterable[Path], reads: State
    ) -> None:
        """Write down what the call gave, made from .bib files that `bibliography` names."""
        try:
            if not self._may_have_changed(bibliography):
                self._write(answer, bibliography, outputs, reads)
        except (OSError, ValueError):
            return  # what was built is in its place: the next call takes longer, that is all

    def _may_have_changed(self, bibliography: Sequence[str]) -> bool:
        """Whether something changed since the call began, before or after it was read."""
        latest = self.begun - _SLACK
        times = [
            *(item[1] for item in git_state(self.project.root) or ()),
            *(at for _, at, _ in _installed()),
        ]
        # The time of a file's last change cannot be set, as that of its content can.
        times += [path.stat().st_ctime_ns for path in self._sources(bibliography)]
        return any(isinstance(time, int) and time >= latest for time in times)

    def _write(
        self, answer: Answer, bibliography: Sequence[str], outputs: Iterable[Path], reads: State
    ) -> None:
        state = self._state(bibliography)
        record = {
            "state": state,
            "bibliography": list(bibliography),
            "reads": list(dict.fromkeys(reads)),
            "outputs": [[str(path), *_identity(path)] for path in outputs],
            **_as_json(answer),
        }
        content = json.dumps(record).encode("utf-8", "surrogatepass")
        if state is not None and len(content) <= _LARGEST_RECORD:
            write_in_place(content, self._record)
            _forget_oldest(self._record.parent)

    def _sources(self, bibliography: Sequence[str]) -> list[Path]:
        """The project's files that a build can read."""
        root = self.project.root
        nowhere = Span(SourceFile("", ""), 0, 0)
        found, problems = bibliography_files(self.project, [Scalar(item, nowhere) for item in bibliography])
        if problems:
            raise ValueError("a .bib file is missing")
        content = sorted(path for path in (root / "content").iterdir() if path.suffix in {".yaml", ".yml"})
        numbers = [self.project.numbers] if os.path.lexists(self.project.numbers) else []
        profiles = sorted((root / "profiles").glob("*.yaml"))
        own = sorted(path for path in (root / OWN_TEMPLATES).rglob("*") if not path.is_dir())
        return [*content, *found, *numbers, *profiles, *own]

    def _state(self, bibliography: Sequence[str]) -> str | None:
        """A digest of all that the result depends on, but for what TeX reads."""
        git = git_state(self.project.root)
        if git is None:
            return None
        digest = sha256()
        known = {name: value for name, value in tex_environment().items() if name not in _OF_NO_MATTER}
        told: list[Any] = [__version__, sys.version, sys.executable, sorted(known.items()), git]
        told += [os.environ.get(name, "") for name in ("SOURCE_DATE_EPOCH", "CVBUILD_TECTONIC_BUNDLE")]
        told += [list(_program(name)) for name in _ENGINES]
        told += [list(item) for item in _installed()]
        digest.update(json.dumps(told).encode("utf-8", "surrogatepass"))
        for path in self._sources(bibliography):
            if not stat.S_ISREG(path.stat().st_mode):
                return None
            content = path.read_bytes()
            name = os.fsencode(os.path.realpath(path))
            digest.update(b"%d %s %d " % (len(name), name, len(content)) + content)
        return digest.hexdigest()


@dataclass(frozen=True)
class Answer:
    """What a call gave: of each variant what is printed of it, and all that was found."""

    built: Sequence[Mapping[str, Any]]
    diagnostics: Sequence[Diagnostic]
    silenced: Sequence[Diagnostic]


def _program(name: str) -> Iterator[str | int]:
    path = shutil.which(name)
    yield name
    if path is not None:
        real = os.path.realpath(path)
        status = os.stat(real)  # noqa: PTH116 - a string
        yield from (path, real, status.st_mtime_ns, status.st_size)


def _installed() -> Iterator[tuple[str, int, int]]:
    """The package's own files, and the folders of libraries, which change with each that is installed."""
    folders = [os.path.dirname(os.path.abspath(__file__))]  # noqa: PTH100, PTH120 - strings throughout
    while folders:
        folder = folders.pop()
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name == "__pycache__":
                    continue
                if entry.is_dir():
                    folders.append(entry.path)
                    continue
                status = entry.stat()
                yield entry.path, status.st_mtime_ns, status.st_size
    for path in sys.path:
        if path.endswith("-packages"):
            yield path, os.stat(path).st_mtime_ns, 0  # noqa: PTH116 - a string


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _identity(path: Path) -> tuple[int, int, str]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, sha256(path.read_bytes()).hexdigest()


def _is_whole(name: str, time: int, size: int, digest: str) -> bool:
    path = Path(name)
    return path.is_file() and _identity(path) == (time, size, digest)


def _forget_oldest(folder: Path) -> None:
    records = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in records[:-_MOST_CALLS]:
        path.unlink(missing_ok=True)


def _as_json(answer: Answer) -> dict[str, Any]:
    sources: dict[SourceFile, int] = {}

    def span(item: Span | None) -> list[int] | None:
        return None if item is None else [sources.setdefault(item.source, len(sources)), item.start, item.end]

    def plain(item: Diagnostic) -> list[Any]:
        labels = [[span(label.span), label.text] for label in item.labels]
        return [item.code, item.message, span(item.span), item.severity, labels, list(item.hints)]

    found = {name: [plain(item) for item in getattr(answer, name)] for name in ("diagnostics", "silenced")}
    texts = [[source.name, source.text] for source in sources]
    return {"built": list(answer.built), **found, "sources": texts}


def _answer_of(record: Mapping[str, Any]) -> Answer:
    sources = [SourceFile(str(name), str(text)) for name, text in record["sources"]]

    def span(item: Sequence[int]) -> Span:
        number, start, end = map(int, item)
        return Span(sources[number], start, end)

    def diagnostic(item: Sequence[Any]) -> Diagnostic:
        code, message, place, severity, labels, hints = item
        return Diagnostic(
            str(code),
            str(message),
            span(place) if place is not None else None,
            "note" if severity == "note" else "warning",
            tuple(Label(span(where), str(text)) for where, text in labels),
            tuple(map(str, hints)),
        )

    found, silenced = ([diagnostic(item) for item in record[name]] for name in ("diagnostics", "silenced"))
    return Answer([dict(item) for item in record["built"]], found, silenced)
