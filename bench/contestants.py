"""What runs in each race: cvbuild in its ways of being called, the bare engine, and other programs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from bench.documents import REPOSITORY, Edit, biblatex_document, made_up_cv, reference_cv, rendercv_document
from bench.peers import Peer
from bench.processes import Measured, RunFailed, run, telling
from bench.rendercv import rendercv
from bench.replay import replaying
from bench.series import Contestant
from bench.watching import Watching
from cvbuild.typeset.environment import tex_environment
from cvbuild.typeset.texlive import OPTIONS

FULL = ("pdf", "--variant", "full")
"""The call that is measured most."""

WARMING = 2
"""Builds after which all is kept that an edited line leaves as it was: the second one makes the format."""


def caller_environment(cache: Path) -> dict[str, str]:
    """The environment of a call of cvbuild: this copy of it, its cache in a folder, all settings at rest.

    So are Python's own, of which one keeps it from writing what it compiled.
    """
    known = os.environ.items()
    kept = {name: value for name, value in known if not name.startswith(("CVBUILD_", "PYTHON"))}
    kept.pop("SOURCE_DATE_EPOCH", None)
    return kept | {"PYTHONPATH": str(REPOSITORY), "XDG_CACHE_HOME": str(cache)}


def cvbuild(*arguments: str) -> list[str]:
    """A call of cvbuild as its user makes it."""
    script = Path(sys.executable).with_name("cvbuild")
    return [str(script), *arguments] if script.is_file() else [sys.executable, "-m", "cvbuild", *arguments]


def engine() -> str:
    """The bare engine. Raises RunFailed without one."""
    found = shutil.which("pdflatex")
    if found is None:
        raise RunFailed("pdflatex is not installed")
    return found


@dataclass
class Race:
    """A document with the folders in which it is typeset, one for each contestant.

    `make` writes the CV into a folder; `publications` is how many it has, for programs that
    do not read it. Processes that go on until the end are in `open`.
    """

    work: Path
    make: Callable[[Path], Edit]
    peers: Mapping[str, Peer]
    open: ExitStack
    publications: int | None = None
    _tex: dict[str, Path] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """Why a contestant failed, for those that would fail like it after as long a time."""

    def contestants(self, wanted: Collection[str]) -> Iterator[Contestant]:
        """Those of these names, in a fixed order."""
        for name, build in _CONTESTANTS.items():
            if name in wanted:
                yield build(self, name)

    def folder(self, name: str) -> Path:
        """A new folder of a contestant."""
        folder = self.work / name
        folder.mkdir(parents=True)
        return folder

    def cache(self, name: str) -> Path:
        """The folder where a contestant's programs may cache."""
        return self.work / f"{name}-cache"

    def exported(self) -> Path:
        """The .tex of the variant, as `cvbuild tex` writes it."""
        if "full" not in self._tex:
            folder = self.folder("exported")
            self.make(folder)
            run(cvbuild("tex", "--variant", "full"), folder, caller_environment(self.cache("exported")))
            self._tex["full"] = next((folder / "build/tex/full").glob("*.tex"))
        return self._tex["full"]


def _project(race: Race, name: str, *arguments: str, before: str) -> Contestant:
    """A call of cvbuild in a copy of the project, after something was done to it."""
    folder, cache = race.folder(name), race.cache(name)
    edit = race.make(folder)
    environment = caller_environment(cache)

    def measure() -> Measured:
        if before == "edit":
            edit.make()
        elif before == "delete":
            for path in (folder / "build", cache):
                shutil.rmtree(path, ignore_errors=True)
        return run(cvbuild(*arguments), folder, environment)

    def remark(measured: Measured) -> str:
        if before == "nothing" and "up to date" not in measured.output:
            return "it is built anew"
        if before != "nothing" and not any(True for kept in (folder, cache) for _ in kept.rglob("*.fmt")):
            return "without a format of the preamble"
        return ""

    return Contestant(
        name, measure, folder / "build/cv-full.pdf", remark, 1 if before == "delete" else WARMING
    )


def _bare(race: Race, name: str) -> Contestant:
    """The engine alone, on the exported .tex with its .aux, flags and environment as in a build."""
    folder = race.folder(name)
    shutil.copy(race.exported(), folder / "cv.tex")
    command = [engine(), *OPTIONS, "cv.tex"]
    measure = partial(run, command, folder, tex_environment(caller=caller_environment(race.cache(name))))
    measure()  # writes the .aux
    return Contestant(name, measure, folder / "cv.pdf")


def _latexmk(race: Race, name: str) -> Contestant:
    folder = race.folder(name)
    peer = race.peers["latexmk"]
    environment = tex_environment(caller=caller_environment(race.cache(name)))
    tex = race.exported()

    def measure() -> Measured:
        _need(peer)
        for path in folder.iterdir():
            path.unlink()
        shutil.copy(tex, folder / "cv.tex")
        return run([peer.program, "-norc", "-pdf", "-interaction=nonstopmode", "cv.tex"], folder, environment)

    return Contestant(name, measure, folder / "cv.pdf", uncounted=0)


def _biblatex(race: Race, name: str, *, scratch: bool) -> Contestant:
    """An article with the same publications; from scratch, or after one edited title."""
    folder = race.folder(name)
    edit = biblatex_document(race.exported().parents[3] / "bib", folder)
    environment = tex_environment(caller=caller_environment(race.cache(name)))
    latex = f"'{engine()}' -interaction=nonstopmode -no-shell-escape cv.tex"

    def measure() -> Measured:
        _need(race.peers["biber"])
        if "biber" in race.failed:
            raise RunFailed(race.failed["biber"])
        biber = f"'{race.peers['biber'].program}' --quiet cv"
        whole = f"{latex} && {biber} && {latex}"
        if scratch:
            for path in folder.iterdir():
                if path.suffix not in {".bib", ".tex"}:
                    path.unlink()
        try:
            if not scratch and not (folder / "cv.bcf").is_file():
                run(["/bin/sh", "-c", whole], folder, environment)
            if not scratch:
                edit.make()
            return run(["/bin/sh", "-c", whole if scratch else f"{biber} && {latex}"], folder, environment)
        except RunFailed as problem:
            race.failed["biber"] = f"biblatex{str(problem).removeprefix('sh')}"
            raise RunFailed(race.failed["biber"], problem.output) from None

    return Contestant(name, measure, folder / "cv.pdf", uncounted=0)


def _rendercv(race: Race, name: str) -> Contestant:
    assert race.publications is not None  # only made-up CVs are written for it
    folder = race.folder(name)
    edit = rendercv_document(race.publications, folder)
    environment = caller_environment(race.cache(name))
    del environment["PYTHONPATH"]
    return rendercv(name, race.peers["rendercv"], folder, edit, environment)


def _watch(race: Race, name: str) -> Contestant:
    folder = race.folder(name)
    edit = race.make(folder)
    command = cvbuild("watch", "--variant", "full")
    environment = caller_environment(race.cache(name))
    watching = Watching(command, folder, environment, edit, folder / "build/cv-full.pdf")
    race.open.callback(watching.close)
    return Contestant(name, watching.measure, folder / "build/cv-full.pdf", uncounted=WARMING)


def _python(race: Race, name: str) -> Contestant:
    """Python's part of a build: an engine stands by that hands out what the real one made."""
    folder = race.folder(name)
    edit = race.make(folder)
    made = race.folder(f"{name}-made")
    shutil.copy(race.exported(), made / "cv.tex")
    environment = caller_environment(race.cache(name))
    for _ in range(2):  # the second run reads the .aux of the first
        run([engine(), *OPTIONS, "cv.tex"], made, tex_environment(caller=environment))
    programs = replaying(race.folder(f"{name}-programs"), engine(), made)
    environment["PATH"] = f"{programs}:{environment['PATH']}"

    def measure() -> Measured:
        edit.make()
        return run(telling([*FULL, "--engine", "pdflatex"]), folder, environment)

    return Contestant(name, measure, folder / "build/cv-full.pdf", uncounted=WARMING)


def _need(peer: Peer) -> None:
    if peer.absent:
        raise RunFailed(peer.absent)


_CONTESTANTS: dict[str, Callable[[Race, str], Contestant]] = {
    "bare": _bare,
    "edited": lambda race, name: _project(race, name, *FULL, before="edit"),
    "variants": lambda race, name: _project(race, name, *FULL, "-v", "short", "-j", "2", before="edit"),
    "watch": _watch,
    "nothing": lambda race, name: _project(race, name, *FULL, before="nothing"),
    "scratch": lambda race, name: _project(race, name, *FULL, before="delete"),
    "latexmk": _latexmk,
    "biblatex": partial(_biblatex, scratch=True),
    "biblatex-edited": partial(_biblatex, scratch=False),
    "rendercv": _rendercv,
    "python": _python,
}
"""In the order in which they run: those that are held against each other are neighbours."""


def start(work: Path) -> list[Contestant]:
    """Starting the command line beside starting Python."""
    environment = caller_environment(work / "start-cache")
    calls = {"pass": [sys.executable, "-c", "pass"], "help": cvbuild("--help")}
    return [Contestant(name, partial(run, call, work, environment)) for name, call in calls.items()]


def race_of(name: str, work: Path, peers: Mapping[str, Peer], opened: ExitStack) -> Race:
    """The race of a document: of the reference CV, or of a made-up one by its number of publications."""
    if name == "reference":
        return Race(work, reference_cv, peers, opened)
    return Race(work, partial(made_up_cv, int(name)), peers, opened, int(name))


def growth(
    work: Path, peers: Mapping[str, Peer], opened: ExitStack, wanted: Collection[str]
) -> list[Contestant]:
    """Python's part of two made-up CVs, one ten times as long."""
    found = []
    for name, number in (("small", "1000"), ("large", "10000")):
        if name in wanted:
            python = _python(race_of(number, work / name, peers, opened), "python")
            found.append(replace(python, name=name))
    return found
