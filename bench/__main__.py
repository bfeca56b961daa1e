"""`python -m bench`: measure, print the table, write it, and with `--check` hold it to its limits."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from bench import contestants, machine, peers, profile
from bench.documents import REPOSITORY
from bench.processes import RunFailed
from bench.rows import Result, Row, chosen, held, needed, result
from bench.series import Contestant, Series, interleaved
from bench.table import document

RESULTS = Path(__file__).parent / "results.md"
REPETITIONS, QUICK = 7, 3
_PROFILE = "profile"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the rows that are asked for; 1 where one is worse than its limit and `--check` was given."""
    asked = _parser().parse_args(arguments)
    try:
        rows, is_profiled = _asked_for(asked.rows.replace(",", " ").split())
        engine = contestants.engine()
        if is_profiled:
            profile.check()
    except (ValueError, RunFailed) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    repetitions = QUICK if asked.quick else asked.repetitions
    found = _peers(install=asked.install)
    load = machine.load()
    sections = []
    try:
        if is_profiled:
            with _timed(_PROFILE):
                sections.append(profile.section(profile.profiles(repetitions, partial(_told, _PROFILE))))
    except RunFailed as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    results = measured(rows, found, repetitions)
    busy = ""
    if machine.is_busy(load):
        busy = f"Measured on a busy machine (load {load:.1f} before it began): not to be relied on."
    versions = machine.versions(found.values(), engine)
    text = document(results, machine.described(), versions, repetitions, busy, sections)
    print(text)
    if asked.write == RESULTS and (repetitions < REPETITIONS or len(rows) < len(chosen([]))):
        print(
            f"{RESULTS.name} stays as it is: it takes all rows, of {REPETITIONS} runs at least",
            file=sys.stderr,
        )
    elif asked.write:
        asked.write.write_text(text, encoding="utf-8")
    for item in results:
        if item.is_worse:
            print(f"{item.row.key} is worse than its limit", file=sys.stderr)
        elif item.row.limit is not None and item.value is None:
            print(f"{item.row.key} was not held to its limit: {item.remark}", file=sys.stderr)
    return int(asked.check and any(item.is_worse for item in results))


def _asked_for(names: Sequence[str]) -> tuple[list[Row], bool]:
    """The rows of these names, and whether the profile is among them; all without a name.

    Raises ValueError for a name of nothing.
    """
    others = [name for name in names if name != _PROFILE]
    return chosen(others) if others or not names else [], not names or _PROFILE in names


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--rows",
        default=os.environ.get("BENCH_ONLY", ""),
        metavar="KEYS",
        help="only these rows, races or `profile`, with commas; else BENCH_ONLY; else all",
    )
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, metavar="N", help="7")
    parser.add_argument("--quick", action="store_true", help="3 repetitions, for trying")
    parser.add_argument("--check", action="store_true", help="fail where a row is worse than its limit")
    parser.add_argument(
        "--install", action="store_true", help="install the other programs where they are missing"
    )
    parser.add_argument(
        "--write", type=Path, nargs="?", const=RESULTS, metavar="FILE", help="bench/results.md"
    )
    return parser  # fmt: skip


def measured(rows: Sequence[Row], found: dict[str, peers.Peer], repetitions: int) -> list[Result]:
    """Run the races that these rows need, one after the other."""
    results = []
    for race in dict.fromkeys(row.race for row in rows):
        mine = [row for row in rows if row.race == race]
        with (
            _timed(race),
            tempfile.TemporaryDirectory(prefix="cvbuild-bench-") as folder,
            ExitStack() as opened,
        ):
            running = _contestants(race, Path(folder), found, opened, needed(mine, race))
            series = interleaved(running, repetitions, partial(_told, race), held(mine))
            for contestant in running:
                series[contestant.name].pages = _pages(contestant, series[contestant.name])
            results += [result(row, series) for row in mine]
    order = {row.key: at for at, row in enumerate(rows)}
    return sorted(results, key=lambda item: order[item.row.key])


def _contestants(
    race: str, work: Path, found: dict[str, peers.Peer], opened: ExitStack, wanted: set[str]
) -> list[Contestant]:
    if race == "start":
        return contestants.start(work)
    if race == "growth":
        return contestants.growth(work, found, opened, wanted)
    return list(contestants.race_of(race, work, found, opened).contestants(wanted))


def _peers(*, install: bool) -> dict[str, peers.Peer]:
    biblatex = ["biber", "texlive-bibtex-extra"]
    return {
        "latexmk": peers.packaged("latexmk", ["latexmk"], install=install),
        "biber": peers.packaged("biber", biblatex, install=install),
        "rendercv": peers.rendercv(REPOSITORY / "build/rendercv", install=install),
    }


def _pages(contestant: Contestant, series: Series) -> int | None:
    """Counted in a process of its own: the library would swell this one, whose size the others inherit."""
    if contestant.pdf is None or not contestant.pdf.is_file() or series.failure:
        return None
    code = (
        "import sys, pathlib, cvbuild.pdf.document as pdf; print(pdf.page_count(pathlib.Path(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(contestant.pdf)],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout)


@contextmanager
def _timed(race: str) -> Iterator[None]:
    """Say at the end of a race how long it took, to whoever waits for the next."""
    started = time.monotonic()
    yield
    erased = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(f"{erased}{race}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def _told(race: str, said: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{race}: {said}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
