"""`python -m bench`: measure, print the table, write it, and with `--check` hold it to its limits."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench import machine, peers, rows
from bench.contestants import contestants, installed
from bench.documents import REPOSITORY
from bench.processes import RunFailed
from bench.rows import Result, Row
from bench.series import interleaved
from bench.table import document

RESULTS = Path(__file__).parent / "results.md"
REPETITIONS, QUICK = 7, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the chosen rows; 1 if one is worse than its limit and `--check` was given, 2 if it cannot."""
    asked = _parser().parse_args(arguments)
    repetitions = QUICK if asked.quick else REPETITIONS
    try:
        asked_for = rows.chosen(asked.rows.replace(",", " ").split())
        programs = [installed("cvbuild"), installed("pdflatex")]
        found = _peers(install=asked.install)
        is_whole = not asked.quick and len(asked_for) == len(rows.chosen([]))
        is_kept = asked.write is not None and (asked.write != RESULTS or is_whole)
        load = machine.idle_load() if is_kept and not asked.busy else machine.load()
        busy = ""
        if machine.is_busy(load):
            busy = f"Measured on a busy machine (load {load:.1f} before it began): not to be relied on."
            if is_kept and not asked.busy:
                why = f"the machine is busy (load {load:.1f}): a table measured now is not written"
                raise RunFailed(f"{why}; wait until it is idle, or try with --busy")
        results = measured(asked_for, found, repetitions)
    except (ValueError, RunFailed) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    versions = machine.versions(found.values(), programs)
    text = document(results, machine.described(), versions, repetitions, busy)
    print(text)
    if is_kept and (asked.write != RESULTS or not busy):
        asked.write.write_text(text, encoding="utf-8")
    elif asked.write is not None:
        needs = f"all rows, {REPETITIONS} runs of each and an idle machine"
        print(f"{asked.write.name} stays unchanged: it needs {needs}", file=sys.stderr)
    for item in results:
        if item.is_worse:
            print(f"{item.row.key} is worse than its limit", file=sys.stderr)
        elif item.row.limit is not None and item.value is None:
            print(f"{item.row.key} was not held to its limit: {item.remark}", file=sys.stderr)
    return int(asked.check and any(item.is_worse for item in results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--rows", default=os.environ.get("BENCH_ONLY", ""), metavar="KEYS",
        help="only these rows or races, separated by commas; else BENCH_ONLY; else all",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="3 runs, for trying")
    parser.add_argument("--check", action="store_true", help="fail if a row is worse than its limit")
    parser.add_argument("--install", action="store_true", help="install other programs that are missing")
    parser.add_argument(
        "--write", type=Path, nargs="?", const=RESULTS, metavar="FILE",
        help="write the table, bench/results.md without a name; refused on a busy machine",
    )  # fmt: skip
    parser.add_argument(
        "--busy",
        action="store_true",
        help="measure on a busy machine, for trying; bench/results.md stays unchanged",
    )
    return parser


def measured(chosen: Sequence[Row], found: Mapping[str, peers.Peer], repetitions: int) -> list[Result]:
    """Run the races of these rows, one after the other. Raises RunFailed if a contestant cannot start."""
    results: dict[str, Result] = {}
    for race in dict.fromkeys(row.race for row in chosen):
        mine = [row for row in chosen if row.race == race]
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="cvbuild-bench-") as folder, ExitStack() as opened:
            running = contestants(race, Path(folder), found, opened, rows.contestants(mine))
            held = rows.contestants(row for row in mine if row.limit is not None)
            series = interleaved(running, repetitions, partial(_told, race), held)
            for contestant in running:
                if contestant.pdf is not None and not series[contestant.name].failure:
                    series[contestant.name].pages = _pages(contestant.pdf)
            results |= {row.key: rows.result(row, series) for row in mine}
        _told(race, f"{time.monotonic() - started:.0f} s\n")
    return [results[row.key] for row in chosen]


def _told(race: str, said: str) -> None:
    """Show the progress on a terminal; elsewhere, only lines that end."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{race}: {said}", end="", file=sys.stderr, flush=True)
    elif said.endswith("\n"):
        print(f"{race}: {said}", end="", file=sys.stderr, flush=True)


def _peers(*, install: bool) -> dict[str, peers.Peer]:
    biblatex = ["biber", "texlive-bibtex-extra"]
    return {
        "latexmk": peers.packaged("latexmk", ["latexmk"], install=install),
        "biber": peers.packaged("biber", biblatex, install=install),
        "rendercv": peers.rendercv(REPOSITORY / "build/rendercv", install=install),
    }


def _pages(pdf: Path) -> int:
    """Counted in another process: the library would swell this one, and with it the memory it measures."""
    code = "import sys, pypdfium2; print(len(pypdfium2.PdfDocument(sys.argv[1])))"
    done = subprocess.run([sys.executable, "-c", code, str(pdf)], capture_output=True, text=True, check=True)
    return int(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
