"""The contestants of each race: calls of cvbuild, the bare engine, and other programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from bench.documents import Edits, biblatex_document, made_up_cv, own_cv, reference_cv, rendercv_document
from bench.peers import Peer
from bench.processes import LONGEST, Measured, RunFailed, run
from bench.series import Contestant

WARM_UP = 3
"""Runs after which all that an edit leaves unchanged is cached."""

_TEX_OPTIONS = ("-interaction=nonstopmode", "-file-line-error", "-no-shell-escape", "-recorder")
"""The options of an engine in a build."""

_REST = 0.3
"""Seconds between a PDF of `watch` and the next edit: nobody saves faster."""

# Typst fetches its packages when a document first asks for them (Typst's documentation, "Packages").
_NO_NETWORK = re.compile(r"failed to download package.*?/preview/fontawesome-([\d.]+)\.tar\.gz", re.DOTALL)


def caller_environment(cache: Path) -> dict[str, str]:
    """The environment of a call: caches in a folder, and no settings of cvbuild or Python.

    PYTHONDONTWRITEBYTECODE, for one, would compile all modules in each call.
    """
    dropped = ("CVBUILD_", "PYTHON", "SOURCE_DATE_EPOCH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return kept | {"CVBUILD_CACHE": str(cache / "cvbuild"), "XDG_CACHE_HOME": str(cache)}


def installed(program: str) -> str:
    """The path of a program beside this Python, else on the search path. Raises RunFailed without one."""
    folders = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    found = shutil.which(program, path=os.pathsep.join(folders))
    if found is None:
        raise RunFailed(f"{program} is not installed")
    return found


@dataclass
class Race:
    """A document, with a folder for each contestant that typesets it.

    `make` writes the CV into a folder; `publications` is their number in a made-up CV, for programs
    that do not read it. `open` closes processes that run until the end of the race.
    """

    work: Path
    make: Callable[[Path], Edits]
    peers: Mapping[str, Peer]
    open: ExitStack
    publications: int = 0

    def place(self, name: str) -> tuple[Path, dict[str, str]]:
        """A new folder for a contestant, and the environment of its calls, with caches of its own."""
        folder = self.work / name
        folder.mkdir(parents=True)
        return folder, caller_environment(self.work / f"{name}-cache")

    def peer(self, name: str) -> str:
        """The path of another program. Raises RunFailed if it is absent."""
        if self.peers[name].absent:
            raise RunFailed(self.peers[name].absent)
        return self.peers[name].program

    @cached_property
    def tex(self) -> Path:
        """The .tex of `full`, as `cvbuild tex` writes it into build/tex/full of a project."""
        folder, environment = self.place("exported")
        self.make(folder)
        run([installed("cvbuild"), "tex", "--variant", "full"], folder, environment)
        return next((folder / "build/tex/full").glob("*.tex"))


def _start(race: Race, name: str, *, command: Callable[[], list[str]]) -> Contestant:
    return Contestant(name, partial(run, command(), *race.place(name)))


def _pdf(race: Race, name: str, *, after: str, variants: Collection[str] = ("full",)) -> Contestant:
    """`cvbuild pdf` after an edit, from scratch, or with nothing to do."""
    folder, environment = race.place(name)
    edits = race.make(folder)
    command = [installed("cvbuild"), "pdf", *(f"--variant={variant}" for variant in variants)]
    for _ in range(WARM_UP if after == "nothing" else 0):
        run(command, folder, environment)

    def measure() -> Measured:
        if after == "scratch":
            shutil.rmtree(folder / "build", ignore_errors=True)
            shutil.rmtree(environment["XDG_CACHE_HOME"], ignore_errors=True)
        elif after != "nothing":
            edits[after].make()
        measured = run(command, folder, environment)
        if ("up to date" in measured.output) != (after == "nothing"):
            raise RunFailed("built with nothing to do" if after == "nothing" else "a variant was not built")
        return measured

    uncounted = 1 if after in {"scratch", "nothing"} else WARM_UP
    return Contestant(name, measure, folder / "build/cv-full.pdf", uncounted)


def _watch(race: Race, name: str) -> Contestant:
    """`cvbuild watch`: the time from saving a file until the new PDF is there."""
    folder, environment = race.place(name)
    edit, pdf = race.make(folder)["word"], folder / "build/cv-full.pdf"
    process = subprocess.Popen(
        [installed("cvbuild"), "watch", "--variant", "full"], cwd=folder, env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    race.open.callback(process.wait)
    race.open.callback(process.terminate)

    def wait_until_newer(before: tuple[int, int] | None) -> None:
        end = time.monotonic() + LONGEST
        while _state(pdf) in {None, before}:
            if process.poll() is not None or time.monotonic() > end:
                raise RunFailed(f"`watch` ended, or made no PDF within {LONGEST:.0f} seconds")
            time.sleep(0.001)

    def measure() -> Measured:
        time.sleep(_REST)
        before = _state(pdf)
        started = time.perf_counter()
        edit.make()
        wait_until_newer(before)
        return Measured(time.perf_counter() - started)

    wait_until_newer(None)
    return Contestant(name, measure, pdf, WARM_UP)


def _state(pdf: Path) -> tuple[int, int] | None:
    """Differs once another file has taken the PDF's place; None without a file."""
    found = pdf.stat() if pdf.is_file() else None
    return found and (found.st_ino, found.st_mtime_ns)


def _bare(race: Race, name: str) -> Contestant:
    """One run of the engine on the exported .tex, with its .aux."""
    folder, environment = race.place(name)
    shutil.copy(race.tex, folder / "cv.tex")
    measure = partial(run, [installed("pdflatex"), *_TEX_OPTIONS, "cv.tex"], folder, environment)
    measure()  # writes the .aux
    return Contestant(name, measure, folder / "cv.pdf")


def _latexmk(race: Race, name: str) -> Contestant:
    folder, environment = race.place(name)

    def measure() -> Measured:
        command = [race.peer("latexmk"), "-norc", "-pdf", "-interaction=nonstopmode", "cv.tex"]
        for path in folder.iterdir():
            path.unlink()
        shutil.copy(race.tex, folder / "cv.tex")
        return run(command, folder, environment)

    return Contestant(name, measure, folder / "cv.pdf")


def _biblatex(race: Race, name: str, *, after: str) -> Contestant:
    """An article with the same publications, from scratch or after an edit.

    It has no warm-up: biber takes minutes for many entries, and keeps nothing that is not in the folder.
    """
    folder, environment = race.place(name)
    edits = biblatex_document(race.tex.parents[3] / "bib", folder)
    latex = f"'{installed('pdflatex')}' -interaction=nonstopmode -no-shell-escape cv.tex"
    if after != "scratch":
        run(["/bin/sh", "-c", latex], folder, environment)

    def measure() -> Measured:
        shell = f"'{race.peer('biber')}' --quiet cv && {latex}"
        if after == "scratch":
            shell = f"{latex} && {shell}"
            for path in folder.iterdir():
                if path.suffix not in {".bib", ".tex"}:
                    path.unlink()
        else:
            edits[after].make()
        return run(["/bin/sh", "-c", shell], folder, environment)

    return Contestant(name, measure, folder / "cv.pdf", uncounted=0)


def _rendercv(race: Race, name: str, *, after: str) -> Contestant:
    """RenderCV, asked for the PDF alone.

    Without a network its package of icons is replaced, in its cache, by one that prints none: a list of
    publications has only those of its links.
    """
    folder, environment = race.place(name)
    edit = rendercv_document(race.publications, folder)[after]
    icons = Path(environment["XDG_CACHE_HOME"]) / "typst/packages/preview/fontawesome"
    remark = ""

    def measure() -> Measured:
        nonlocal remark
        command = [race.peer("rendercv"), "render", "cv.yaml", "-nomd", "-nohtml", "-nopng", "-pdf", "cv.pdf"]
        edit.make()
        try:
            measured = run(command, folder, environment)
        except RunFailed as problem:
            missing = _NO_NETWORK.search(problem.output)
            if missing is None or remark:
                raise
            package = icons / missing[1]
            package.mkdir(parents=True)
            (package / "lib.typ").write_text("#let fa-icon(name, ..options) = []\n", encoding="utf-8")
            manifest = f'[package]\nname = "fontawesome"\nversion = "{missing[1]}"\nentrypoint = "lib.typ"\n'
            (package / "typst.toml").write_text(manifest, encoding="utf-8")
            remark = "without a network, so without the icons of links"
            measured = run(command, folder, environment)
        return replace(measured, remark=remark)

    return Contestant(name, measure, folder / "cv.pdf")


def _small(race: Race, name: str) -> Contestant:
    """A made-up CV of a tenth of the publications, from scratch."""
    make = partial(made_up_cv, race.publications // 10)
    return _pdf(replace(race, make=make), name, after="scratch")


_CONTESTANTS: dict[str, Callable[[Race, str], Contestant]] = {
    "pass": partial(_start, command=lambda: [sys.executable, "-c", "pass"]),
    "help": partial(_start, command=lambda: [installed("cvbuild"), "--help"]),
    "bare": _bare,
    "word": partial(_pdf, after="word"),
    "watch": _watch,
    "date": partial(_pdf, after="date"),
    "together": partial(_pdf, after="date", variants=("full", "short")),
    "title": partial(_pdf, after="title"),
    "settings": partial(_pdf, after="settings"),
    "nothing": partial(_pdf, after="nothing"),
    "small": _small,
    "scratch": partial(_pdf, after="scratch"),
    "latexmk": _latexmk,
    "biblatex": partial(_biblatex, after="scratch"),
    "biblatex-title": partial(_biblatex, after="title"),
    "rendercv": partial(_rendercv, after="word"),
    "rendercv-title": partial(_rendercv, after="title"),
}
"""In the order in which they run."""


def contestants(
    race: str, work: Path, peers: Mapping[str, Peer], opened: ExitStack, wanted: Collection[str]
) -> list[Contestant]:
    """The contestants of these names in a race.

    A race is that of the reference CV (`reference`, `start`), of one with templates of its own (`own`),
    or of a made-up one, named by its number of publications. Raises RunFailed if one cannot start.
    """
    number = int(race) if race.isdigit() else 0
    make = partial(made_up_cv, number) if number else own_cv if race == "own" else reference_cv
    made = Race(work, make, peers, opened, number)
    return [start(made, name) for name, start in _CONTESTANTS.items() if name in wanted]
