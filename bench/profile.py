"""`python -m bench.profile`: where the time of a build goes, part by part, beside the bare engine."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from statistics import median

from bench.contestants import FULL, WARMING, Race, caller_environment, engine, race_of
from bench.processes import Measured, RunFailed, run
from bench.stopwatch import IMPORT, MEASURING, NUMBERED, PLACES, REST
from bench.table import line
from cvbuild.typeset.environment import tex_environment
from cvbuild.typeset.format import MARK, without_preamble
from cvbuild.typeset.texlive import OPTIONS

CALL = "import time; first = time.perf_counter(); from bench import stopwatch; stopwatch.main(first)"
"""What Python carries out to watch the call that its arguments make."""

_STAGES = {
    "start": ("starting Python", "from the call until a program's first line, which each in Python pays"),
    "answer": ("looking for an answer", "whether anything changed since the same call, before all else"),
    "git": ("asking git", "for the document's date and its commit: processes of git"),
    "load": ("loading", "what changed of the content and the .bib files"),
    "check": ("checking", "every value and reference: pydantic makes the model of the CV"),
    "select": ("selecting", "what the variant prints, sorted, grouped and numbered"),
    "render": ("rendering", "the templates filled by Jinja, Markdown to LaTeX, and the source map"),
    "ahead": ("starting engines ahead", "they read the preamble while all that follows goes on"),
    "choose": ("choosing an engine", "pdflatex where it has all characters, and fonts for other scripts"),
    "typeset": ("around the engine", "finding the format, writing cv.tex, reading the .aux and the log"),
    "format": ("making a format", "after the PDF is delivered: dumped, and tried on the same document"),
    "after": ("what comes after", "pages counted, limits held, the PDF put in place, the call remembered"),
    REST: ("the rest", "the options of the call, its messages, and what joins the stages"),
    "end": ("ending Python", "from its last line until the process is gone: all memory is given back"),
}  # fmt: skip
"""Each part of PLACES and those around them: what it is called, and a sentence on it."""

_ENGINE = {
    "engine-start": ("engine: start and format", "pdflatex with the format on an empty document"),
    "engine-pages": ("engine: pages", "all lines broken and pages made, without a PDF: TeX's own work"),
    "engine-pdf": ("engine: PDF", "fonts cut to what is used, streams packed, the file written"),
    "engine-watched": ("engine: head start", "done before its document was there; watching over it is in it"),
}
"""What the one run of the engine after an edit is made of."""

_IMPORTS = {
    "cvbuild.model": "the model: pydantic makes validators of its classes while they are imported",
    "cvbuild": "its other modules",
    "pydantic": "with its core, which is compiled: a library to be loaded",
    "jinja2": "with markupsafe; templates are kept compiled",
    "markdown_it": "with mdurl",
    "click": "the command line",
    "the standard library": "what all of these import of Python's own",
    "others": "all other packages",
}
"""The packages that are told of, each with a sentence."""

_OF = {"pydantic_core": "pydantic", "annotated_types": "pydantic", "typing_inspection": "pydantic",
       "typing_extensions": "pydantic", "markupsafe": "jinja2", "mdurl": "markdown_it"}  # fmt: skip
"""Packages that are imported for another's sake alone."""


_KINDS = {"edited": "One edited line of the reference CV", "scratch": "The reference CV from scratch"}

_NO_PAGES = "\\begin{document}\n\\mbox{}\n\\end{document}\n"


@dataclass
class Round:
    """Seconds of one round: the bare engine, the call as it is, and the parts of the watched one."""

    bare: float
    plain: float
    parts: Mapping[str, float]

    @property
    def whole(self) -> float:
        """The watched call, but for the watching."""
        return sum(self.parts.values())


@dataclass
class Profile:
    """The rounds of a way to build, whose runs came in turn."""

    what: str
    rounds: list[Round] = field(default_factory=list)

    def row(self, name: str, note: str, of: Callable[[Round], float]) -> tuple[float, str]:
        """A line of the table, after its seconds: medians of seconds and of shares of the bare run beside."""
        seconds = median(of(item) for item in self.rounds)
        share = median(of(item) / item.bare for item in self.rounds)
        return seconds, line([name, f"{seconds * 1000:.1f}", f"{share:.1%}", note])

    def lines(self) -> list[str]:
        """The profile as Markdown."""
        names = {name: None for item in self.rounds for name in item.parts}
        rows = [self.row(*described(name), partial(_seconds, name)) for name in names]
        rows.sort(key=lambda row: -row[0])
        bare = self.row("bare pdflatex", "one run on the same document", lambda item: item.bare)
        plain = self.row(
            "the same unwatched", "what the watching adds is the difference", lambda item: item.plain
        )
        groups = [
            self.row("**all imports**", "of those above", partial(_all, IMPORT)),
            self.row("**the engine**", "of those above", partial(_all, NUMBERED)),
        ]
        whole = self.row("**the whole call**", "all of the above", lambda item: item.whole)
        head = [line(["part", "ms", "of a bare run", "what it is"]), line(["---"] * 4)]
        return [f"### {self.what}", "", *head, *(text for _, text in [*rows, *groups, whole, plain, bare])]


def _seconds(name: str, item: Round) -> float:
    return item.parts.get(name, 0.0)


def _all(beginning: str, item: Round) -> float:
    return sum(seconds for name, seconds in item.parts.items() if name.startswith(beginning))


def described(name: str) -> tuple[str, str]:
    """What a part is called, and a sentence on it."""
    if name.startswith(IMPORT):
        package = name.removeprefix(IMPORT)
        return f"importing {package}", _IMPORTS[package]
    if name.startswith(NUMBERED + " "):
        return f"engine: run {name.removeprefix(NUMBERED + ' ')}", "a pass of pdflatex"
    return (_STAGES | _ENGINE)[name]


def check() -> None:
    """Raise RunFailed where a function that is to be timed is not there any more."""
    for place, part in PLACES.items():
        module, _, path = place.partition(":")
        try:
            found: object = import_module(module)
            for name in path.split("."):
                found = getattr(found, name)
        except (ImportError, AttributeError):
            where = "see PLACES in bench/stopwatch.py"
            raise RunFailed(f"there is no `{place}` any more, to time `{part}` by: {where}") from None


def profiles(repetitions: int, told: Callable[[str], None] = lambda said: None) -> list[Profile]:
    """Measure the build of the reference CV after an edit, and from scratch. Raises RunFailed."""
    check()
    with tempfile.TemporaryDirectory(prefix="cvbuild-bench-") as folder, ExitStack() as opened:
        rounds = {}
        for kind in _KINDS:
            race = race_of("reference", Path(folder) / kind, {}, opened)
            rounds[kind] = _rounds(race, kind, repetitions + WARMING, told)
    called = {name.partition(" ")[0] for found in rounds.values() for item in found for name in item.parts}
    if silent := [part for part in dict.fromkeys(PLACES.values()) if part not in called]:
        where = "see PLACES in bench/stopwatch.py"
        raise RunFailed(f"no build calls what `{', '.join(silent)}` is timed by: {where}")
    return [Profile(what, rounds[kind][WARMING:]) for kind, what in _KINDS.items()]


def _rounds(race: Race, kind: str, repetitions: int, told: Callable[[str], None]) -> list[Round]:
    """All that is compared in turn: bare, the call as it is, the call watched, and its engine alone."""
    bare, plain = race.contestants({"bare", kind})
    watched = _Watched(race, kind)
    rounds = []
    for number in range(repetitions):
        told(f"{kind}, run {number + 1} of {repetitions}")
        seconds = bare.measure().seconds
        rounds.append(Round(seconds, plain.measure().seconds, watched.measure()))
    return rounds


class _Watched:
    """A project whose builds tell where their time went."""

    def __init__(self, race: Race, kind: str) -> None:
        self._folder, self._cache = race.folder(f"{kind}-watched"), race.cache(f"{kind}-watched")
        self._edit = race.make(self._folder)
        self._from_scratch = kind == "scratch"
        self._alone = race.folder(f"{kind}-alone")

    def measure(self) -> dict[str, float]:
        """Seconds of each part of a build."""
        if self._from_scratch:
            for path in (self._folder / "build", self._cache):
                shutil.rmtree(path, ignore_errors=True)
        else:
            self._edit.make()
        command = [sys.executable, "-c", CALL, *FULL]
        parts = told_by(run(command, self._folder, caller_environment(self._cache)))
        if not self._from_scratch and f"{NUMBERED} 2" not in parts:
            parts |= self._engine_alone(parts.pop(f"{NUMBERED} 1", 0.0))
        return parts

    def _engine_alone(self, watched: float) -> dict[str, float]:
        """What a run of the engine is made of: the same on no pages, and without a PDF."""
        work = next(self._folder.glob("build/.work/full-pdflatex"))
        made = next(iter(self._cache.rglob("*.fmt")), None)
        if made is None:
            return {f"{NUMBERED} 1": watched}  # while it is warming
        document = (work / "cv.tex").read_text(encoding="utf-8")
        preamble, mark, _ = document.partition(MARK)
        shutil.copy(work / "cv.aux", self._alone)
        empty = self._typeset(made, f"{preamble}{mark}{_NO_PAGES}")
        pages = self._typeset(made, document, "-draftmode")
        whole = self._typeset(made, document)
        return {
            "engine-start": empty,
            "engine-pages": pages - empty,
            "engine-pdf": whole - pages,
            "engine-watched": watched - whole,
        }

    def _typeset(self, made: Path, document: str, *options: str) -> float:
        (self._alone / "cv.tex").write_text(without_preamble(document), encoding="utf-8")
        environment = tex_environment(caller=caller_environment(self._cache)) | {"MKTEXFMT": "0"}
        command = [engine(), *OPTIONS, f"-fmt={made}", *options, "cv.tex"]
        aux = (self._alone / "cv.aux").read_bytes()
        try:
            return run(command, self._alone, environment).seconds
        finally:
            (self._alone / "cv.aux").write_bytes(aux)


def told_by(measured: Measured) -> dict[str, float]:
    """The parts of a watched call, of which the watching itself is none; imports by package."""
    told = dict(measured.told)
    if "first" not in told:
        raise RunFailed("the call did not tell where its time went")
    first, last = told.pop("first"), told.pop("last")
    told.pop(MEASURING, None)
    parts = {"start": first - measured.began, "end": measured.began + measured.seconds - last}
    for name, seconds in told.items():
        part = IMPORT + package(name.removeprefix(IMPORT)) if name.startswith(IMPORT) else name
        parts[part] = parts.get(part, 0.0) + seconds
    return parts


def package(module: str) -> str:
    """Under which of _IMPORTS a module is told of."""
    top = module.partition(".")[0]
    if module.startswith("cvbuild.model"):
        return "cvbuild.model"
    if top in sys.stdlib_module_names:
        return "the standard library"
    top = _OF.get(top, top)
    return top if top in _IMPORTS else "others"


def section(found: Sequence[Profile]) -> list[str]:
    """The profiles as a section of the results."""
    runs = len(found[0].rounds)
    lines = ["## Where the time goes", ""]
    lines.append(
        f"Medians of {runs} runs in turn with bare pdflatex, in milliseconds and as shares of the bare run"
        " beside. What is told of one part is in no other; medians do not add up to the last digit."
    )
    for profile in found:
        lines += ["", *profile.lines()]
    return lines


def main() -> int:
    """Measure and print."""
    try:
        print("\n".join(section(profiles(7))))
    except RunFailed as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
