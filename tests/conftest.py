from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2
import pytest

from cvbuild import commands
from cvbuild.typeset import engines, fonts, tectonic, texlive
from cvbuild.typeset.engine import Installation, Run

REPOSITORY = Path(__file__).parents[1]

SMALL_PROJECT = {
    "content/cv.yaml": """\
owner:
  name: Ada Example
sections: [bio, works]
variants:
  full: {}
  short:
    sections: [bio]
""",
    "content/bio.yaml": """\
kind: text
title: Bio
text: Hello, world.
""",
    "content/works.yaml": """\
kind: publications
title: Works
categories:
  - {id: articles, title: Articles, match: {type: article}}
""",
    "bib/works.bib": """\
@article{one,
  author = {Example, Ada and Muster, Max},
  title = {A First Title},
  journal = {Journal of Examples},
  year = {2020},
}
""",
}

MakeProject = Callable[..., Path]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expected output of the text cases")


@pytest.fixture(autouse=True)
def _own_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """No test sees the caller's clock, colours or cache, and none leaves an engine it faked in the caches."""
    monkeypatch.setenv("CVBUILD_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    for name in ("SOURCE_DATE_EPOCH", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    yield
    forget_engines()


def forget_fonts() -> None:
    fonts.installed_faces.cache_clear()
    fonts._ranked.cache_clear()


def forget_engines() -> None:
    """Look for engines and fonts again: the search path may have changed."""
    texlive._find.cache_clear()
    tectonic._find.cache_clear()
    forget_fonts()


def write_files(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files by their names within a folder, which is returned."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    """Writes a small valid project into a folder of its own; keywords replace or add files."""

    def make(files: Mapping[str, str | bytes] | None = None, folder: str = "project") -> Path:
        return write_files(tmp_path / folder, SMALL_PROJECT | dict(files or {}))

    return make


@dataclass(frozen=True)
class Outcome:
    """How a call of the command line ended."""

    code: int
    out: str
    err: str


RunCli = Callable[..., Outcome]


@pytest.fixture
def run_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> RunCli:
    """Calls `main()` as a shell would, and holds for every call that no traceback is printed."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def run(*arguments: str | Path, stdin: str = "") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["cvbuild", *(str(part) for part in arguments)])
        capfd.readouterr()
        read, write = os.pipe()
        os.write(write, stdin.encode())
        os.close(write)
        with os.fdopen(read, encoding="utf-8") as typed:
            monkeypatch.setattr(sys, "stdin", typed)
            with pytest.raises(SystemExit) as stopped:
                commands.main()
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        code = stopped.value.code
        assert isinstance(code, int)
        return Outcome(code, out, err)

    return run


@dataclass(frozen=True)
class SmallProject:
    """SMALL_PROJECT in a folder of its own, and the command line called in it."""

    root: Path
    run_cli: RunCli

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Replace or add files."""
        write_files(self.root, files)

    def edit(self, name: str, before: str, after: str) -> None:
        """Replace a text within a file, which has to be there."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert before in text
        self.write({name: text.replace(before, after)})

    def read(self, name: str) -> str:
        """Return the text of a file."""
        return (self.root / name).read_text(encoding="utf-8")

    def names(self, folder: str = "build") -> list[str]:
        """Return the names of all that lies in a folder."""
        return sorted(path.name for path in (self.root / folder).iterdir())

    def run(self, *arguments: str | Path, code: int = 0) -> Outcome:
        """Call the command line in the project; it has to end with the exit code."""
        outcome = self.run_cli("-C", self.root, *arguments)
        assert outcome.code == code, outcome
        return outcome


@pytest.fixture
def small(make_project: MakeProject, run_cli: RunCli) -> SmallProject:
    return SmallProject(make_project(), run_cli)


def blank_pdf(path: Path, pages: int = 1) -> None:
    """A PDF of empty pages, with no outline."""
    with contextlib.closing(pypdfium2.PdfDocument.new()) as document:
        for _ in range(pages):
            document.new_page(595, 842)
        document.save(path)


@dataclass
class FakeEngine:
    """An engine without TeX: it writes blank pages, or whatever a test lets it do in `behave`."""

    name: str = "pdflatex"
    is_unicode: bool = False
    right_to_left: bool = False
    runs_to_the_end: bool = False
    purpose: str = "tests"
    time_limit: float = 1.0
    is_there: bool = True
    pages: int = 1
    behave: Callable[[Path, int], Run] | None = None
    runs: int = 0
    folders: list[Path] = field(default_factory=list)

    def missing(self) -> list[str]:
        return []

    def forget(self) -> None:
        """Nothing is remembered."""

    def find(self) -> Installation | None:
        return Installation(Path("/fake") / self.name, f"{self.name} 1.0") if self.is_there else None

    def run(self, installation: Installation, folder: Path, epoch: int) -> Run:
        self.runs += 1
        self.folders.append(folder)
        if self.behave is not None:
            return self.behave(folder, self.runs)
        blank_pdf(folder / "cv.pdf", self.pages)
        (folder / "cv.log").write_text("fine\n", encoding="utf-8")
        return Run(True, "fine\n")


@pytest.fixture
def fake_engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The only engine there is, in place of pdflatex."""
    engine = FakeEngine()
    absent = {name: FakeEngine(name, True, is_there=False) for name in ("xelatex", "lualatex", "tectonic")}
    monkeypatch.setattr(engines, "ENGINES", {"pdflatex": engine, **absent})
    return engine


@pytest.fixture
def program_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole search path: no program is there but those a test writes."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "no-python"))
    forget_engines()
    return folder


def write_program(path: Path, script: str) -> Path:
    """A program as a shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def found_by_kpsewhich(folder: Path, *names: str) -> None:
    """A kpsewhich that finds these files, and no others."""
    known = "|".join(names) or "nothing"
    write_program(
        folder / "kpsewhich",
        f'for name in "$@"; do case "$name" in {known}) echo "/tex/$name";; esac; done',
    )


def needs_pdflatex() -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


def count_calls(work: Callable[[], object]) -> int:
    """Do some work, and count the calls of functions in it, Python's and C's."""
    counted = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted


def wait_for(condition: Callable[[], bool], seconds: float = 300.0) -> None:
    """Wait until a condition holds; fail after a time that even a busy machine does not need."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def children() -> list[str]:
    """The names of the processes that this one has begun and that still run (proc(5), `stat`)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # one that has ended meanwhile
            name, _, rest = path.read_text(encoding="utf-8").partition("(")[2].rpartition(")")
            state, parent = rest.split()[:2]
            if int(parent) == os.getpid() and state != "Z":
                found.append(name)
    return found


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this test session, the same for all its workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


def make_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Fill a folder once in a session: the first worker does, the others wait for it."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "done"
        if not done.is_file():
            folder.mkdir(exist_ok=True)
            make(folder)
            done.touch()
    return folder
