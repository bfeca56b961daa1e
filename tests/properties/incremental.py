"""A build after an edit gives what one from nothing gives: files, messages and exit code.

A driver, which never builds itself, edits a project at random. After each edit it builds twice: in
the edited project, with all that earlier builds left in memory and on disk; and in a copy, in a
fork of the driver without a cache. A difference is shown with as few of the last edits as show it.
`python -m tests.properties.incremental KIND SEED EDITS` runs a sequence again.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import unified_diff
from functools import partial
from itertools import pairwise
from multiprocessing.context import ForkProcess
from pathlib import Path
from random import Random, SystemRandom
from typing import NamedTuple

from hypothesis import settings

from cvbuild.__main__ import main as cvbuild
from tests.conftest import REPOSITORY, blank_pdf, wait_for, write_program
from tests.properties.edits import Files, edit, start
from tests.properties.properties import PROPERTIES, Property

_FORK = multiprocessing.get_context("fork")

_SETTLED = 0.06
"""Seconds; a call keeps no note of "nothing to do" where a file changed 50 ms before its start."""

_TIMES = re.compile(r'\d+\.\d s\b|up to date|(?<="seconds": )[\d.]+|(?<="passes": )\d+|\d+ pass(es)?')
_STAMPED = re.compile(r"^\d\d:\d\d:\d\d  .*\n", re.M)

_ENGINE = """\
case "$1" in --version) echo fake 1.0; exit;; -ini) exit 1;; esac
blank="${0%/*}/blank.pdf"
{ cat "$blank"; sed 's/^/%/' cv.tex; echo; tail -n 3 "$blank"; } > new.pdf
mv new.pdf cv.pdf; echo fine > cv.log; printf 'PWD %s\\nINPUT cv.tex\\n' "$PWD" > cv.fls"""
"""A pdflatex that takes 10 ms: its PDF is an empty page, with cv.tex in comments."""


class Outcome(NamedTuple):
    """What a call gave; `files` by their paths from the output folder."""

    code: int
    said: str
    files: Mapping[str, bytes]


class Step(NamedTuple):
    """A state of the project, and the call that is made in it."""

    files: Files
    call: tuple[str, ...]
    keeps_times: bool = False
    """Whether texts that come back have the time of change that they had before."""


class Place:
    """A project on disk. Calls are made in one process, which ends with the place."""

    def __init__(self, work: Path, name: str, cache: str) -> None:
        self.root = work / name / "cv"
        self.root.mkdir(parents=True)
        self.said = self.root.with_name("said")
        self.said.touch()
        self.environment = {"CVBUILD_CACHE": cache and str(work / name / cache)}
        self.process: ForkProcess | None = None
        self._pipe, self._theirs = _FORK.Pipe()
        self._files: Files = {}
        self._times: dict[tuple[str, str], int] = {}

    def write(self, step: Step) -> None:
        """Bring the files on disk to the state of a step."""
        for name in self._files.keys() - step.files.keys():
            (self.root / name).unlink()
        for name, text in step.files.items():
            if self._files.get(name) != text:
                path = self.root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                then = self._times.setdefault((name, text), path.stat().st_mtime_ns)
                if step.keeps_times:
                    os.utime(path, ns=(then, then))
        self._files = step.files

    def build(self, step: Step, expected: Outcome | None) -> Outcome:
        """Write the files and make the call; `expected` is what it should give."""

        def serve() -> None:
            while True:
                self._theirs.send(self.run(self._theirs.recv()))

        self.write(step)
        self.begin(serve)
        self._pipe.send(step.call)
        return self.outcome(self._pipe.recv())

    def begin(self, target: Callable[[], object]) -> None:
        """Start the process once: a fork of the driver, with nothing in its memory."""
        if self.process is None:
            self.process = _FORK.Process(target=target, daemon=True)
            self.process.start()
            self._theirs.close()  # else reading from the pipe would not end when the process dies

    def end(self) -> None:
        """End it, and all that it started."""
        if self.process is not None:
            self.process.terminate()
            self.process.join()

    def run(self, arguments: Sequence[str]) -> int:
        """The exit code of a call in this process."""
        os.chdir(self.root)
        os.environ.update(self.environment)
        with self.said.open("ab") as said:
            said.truncate(0)
            for standard in (1, 2):
                os.dup2(said.fileno(), standard)
        sys.argv = ["cvbuild", *arguments]
        try:
            cvbuild()
        except SystemExit as stop:
            return stop.code if isinstance(stop.code, int) else 0
        finally:
            sys.stdout.flush()
        return 0

    def outcome(self, code: int) -> Outcome:
        """What stands there after a call."""
        said = self.said.read_text(encoding="utf-8").replace(str(self.root), "ROOT")
        files = {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted((self.root / "build").rglob("*"))
            if path.is_file() and ".work" not in path.parts
        }
        return Outcome(code, _TIMES.sub("TIME", said), files)


class Processes(Place):
    """Each call is a process of its own, as a person makes it."""

    def build(self, step: Step, expected: Outcome | None) -> Outcome:
        self.write(step)
        time.sleep(_SETTLED)
        command = [sys.executable, "-m", "cvbuild", *step.call]
        with self.said.open("wb") as said:
            environment = os.environ | self.environment
            made = subprocess.run(
                command, cwd=self.root, env=environment, stdout=said, stderr=said, check=False
            )
        return self.outcome(made.returncode)


class Watched(Place):
    """`cvbuild watch` runs; what it says is its own affair, and only PDFs and success are compared."""

    def build(self, step: Step, expected: Outcome | None) -> Outcome:
        assert expected is not None
        seen = len(self._rounds())
        self.write(step)
        self.begin(lambda: self.run(("watch", *step.call[1:3])))
        found = self._found(seen, expected, 300.0)
        while _difference(expected, found) and (now := len(self._rounds())) > seen:
            # It may have seen half of the files, and go on.
            seen, found = now, self._found(now, expected, 30.0)
        return found

    def _found(self, seen: int, expected: Outcome, seconds: float) -> Outcome:
        """What there is after another round, or after the time."""
        with suppress(AssertionError):
            wait_for(lambda: len(self._rounds()) > seen, seconds)
        is_built = not re.search("not built|nothing was built", "".join(self._rounds()[-1:]) or "not built")
        texts = {name: text for name, text in expected.files.items() if name.endswith(".tex")}
        files = {**texts, **self.outcome(0).files}
        return Outcome(0 if is_built else expected.code or -1, expected.said, files)

    def _rounds(self) -> list[str]:
        return _STAMPED.findall(self.said.read_text(encoding="utf-8"))


KINDS = {"processes": Processes, "one process": Place, "watch": Watched}
"""How the edited project is built; under pdflatex, in each of these ways in turn."""


class Comparison:
    """Projects in a folder of their own, and what builds from nothing gave."""

    def __init__(self, kind: str, seed: int, work: Path) -> None:
        self._work = work
        self._chance = Random(f"{kind} {seed}")
        self._is_fake = kind in KINDS
        self._place = KINDS.get(kind) or list(KINDS.values())[seed % len(KINDS)]
        self._places = 0
        self._known: dict[tuple[object, ...], Outcome] = {}

    def from_nothing(self, step: Step) -> Outcome:
        """What a call gives in a copy of the project, without a cache."""
        key = (step.call, *sorted(step.files.items()))
        if key not in self._known:
            place = Place(self._work, "from-none", "")
            self._known[key] = place.build(step, None)
            place.end()
            shutil.rmtree(place.root.parent)
        return self._known[key]

    def steps(self, edits: int) -> Iterator[Step]:
        """A project, and random edits of it; what no longer builds is often mended at once."""
        chance = self._chance
        variant = chance.choice(("full", "short", "deutsch" if self._is_fake else "fitted"))
        style = chance.choice(("human", "human", "json", "short", "github"))
        usual = ("pdf", "-v", variant, "--keep-tex", "--format", style)
        others = [call.split() for call in (
            "pdf -v full -v short --keep-tex", "check --format json", "check --lint --format short",
            f"tex -v {variant}", f"text -v {variant}",
        )]  # fmt: skip
        files = start(chance)
        past = [files]
        step = Step(files, usual)
        assert self.from_nothing(step).code == 0, self.from_nothing(step).said
        yield step
        for _ in range(edits):
            if self.from_nothing(step).code == 0:
                past.append(files)
            files = dict(past[-1] if chance.random() < 0.5 else files)
            edit(files, chance, past)
            is_usual = not self._is_fake or self._place is Watched or chance.random() < 0.85
            step = Step(files, usual if is_usual else tuple(chance.choice(others)), chance.random() < 0.3)
            yield step

    def compare(self, steps: Iterable[Step]) -> tuple[list[Step], str]:
        """The steps up to one that differs, with the difference; all of them where none does."""
        self._places += 1
        place = self._place(self._work, f"edited-{self._places:02}", "cache")
        seen: list[Step] = []
        try:
            for step in steps:
                seen.append(step)
                expected = self.from_nothing(step)
                if "a mistake in cvbuild" in expected.said:
                    return seen, expected.said
                if difference := _difference(expected, place.build(step, expected)):
                    return seen, difference
        finally:
            place.end()
        return seen, ""

    def report(self, seen: list[Step], difference: str) -> str:
        """What differs, after as few of the last edits as show it."""
        for edits in (1, 2, 3, 5, 9, 17):
            again, found = self.compare(seen[-edits - 1 :]) if edits < len(seen) else (seen, difference)
            if found and len(again) > 1:
                seen, difference = again, found
                break
        told = [f"{' '.join(seen[0].call)}, then {len(seen) - 1} edits:"]
        for before, after in pairwise(seen):
            told.append(f"--> {' '.join(after.call)}{' (old times)' * after.keeps_times}")
            for name in sorted({*before.files, *after.files}):
                told += _changed(name, before.files.get(name, ""), after.files.get(name, ""))
        return "\n".join([*told, "differs from nothing (-) to edited (+):", difference])


def _changed(name: str, before: str, after: str) -> list[str]:
    return list(unified_diff(before.splitlines(), after.splitlines(), name, name, "", "", 1, ""))


def _difference(expected: Outcome, found: Outcome) -> str:
    """How an outcome differs from what is expected: older files may lie beside those."""
    told = [*_changed("exit code", str(expected.code), str(found.code)),
            *_changed("messages", expected.said, found.said)]  # fmt: skip
    for name, content in expected.files.items():
        other = found.files.get(name, b"")
        if content != other:
            told.append(f"{name}: {len(content)} bytes, and {len(other)}")
            told += _changed(name, *(text.decode("utf-8", "replace") for text in (content, other)))
    return "\n".join(told[:200])


def main() -> int:
    """The driver: random edits, in sequences of at most 20; gives the exit code."""
    kind, seed, left = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.environ["SOURCE_DATE_EPOCH"] = "1700000000"
    with tempfile.TemporaryDirectory(prefix="cvbuild-edits-") as work:
        if kind in KINDS:
            program = write_program(Path(work, "programs/pdflatex"), _ENGINE)
            blank_pdf(program.with_name("blank.pdf"))
            os.environ["PATH"] = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        while left > 0:
            edits = min(left, 20 if kind in KINDS else 6)
            comparison = Comparison(kind, seed, Path(work, str(seed)))
            seen, difference = comparison.compare(comparison.steps(edits))
            if difference:
                print(f"python -m tests.properties.incremental '{kind}' {seed} {edits}")
                print(comparison.report(seen, difference))
                return 1
            left, seed = left - edits, seed + 1
    return 0


def _run(kind: str, how: settings, count: int) -> None:
    seed = 0 if how.derandomize else SystemRandom().randrange(10**9)
    driver = [sys.executable, "-m", "tests.properties.incremental", kind, str(seed), str(count)]
    ended = subprocess.run(driver, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


if __name__ == "__main__":
    sys.exit(main())

for what, kind, examples in (
    ("builds by new processes after edits are those from nothing", "processes", 24),
    ("builds by one process after edits are those from nothing", "one process", 80),
    ("PDFs of watch after edits are those from nothing", "watch", 60),
    ("PDFs after edits are those from nothing under pdflatex", "pdflatex", 18),
):
    PROPERTIES.append(Property(what, examples, partial(_run, kind)))
