"""Tries the properties of `tests/properties` at random for as long as is wanted: `make fuzz MINUTES=20`.

A finding is printed with its smallest example and ends in exit code 1. It is kept by a
case under `tests/cases/`: `tex/` for a text that was printed wrongly, `diagnostics/` for
one that was complained about wrongly. Nothing is written into the project.
"""

from __future__ import annotations

import argparse
import sys
import time
from itertools import count

from tests.properties import compiling, incremental, loading  # noqa: F401 - they register their properties
from tests.properties.properties import AT_RANDOM, PROPERTIES


def main() -> int:
    """Rounds of all properties until the time is over; gives the exit code."""
    parser = argparse.ArgumentParser(description="Try the properties at random.")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long (default: 5)")
    parser.add_argument("--only", default="", help="the properties whose names have this in them")
    chosen = parser.parse_args()
    wanted = [what for what in PROPERTIES if chosen.only in what.name]
    end = time.monotonic() + 60 * chosen.minutes
    findings: dict[str, str] = {}
    tried = 0
    for number in count(1):
        for what in wanted:
            if time.monotonic() >= end:
                print(f"{tried} examples tried", *(f"does not hold: {name}" for name in findings), sep="\n")
                if findings:
                    print("Keep each as a case: tests/cases/tex/*.txt or tests/cases/diagnostics/*.txt")
                return 1 if findings else 0
            try:
                what.run(AT_RANDOM, what.examples)
            except Exception as error:  # what is raised is the finding, of whatever class
                notes = "\n".join(getattr(error, "__notes__", ()))
                findings[what.name] = f"{type(error).__name__}: {error}\n{notes}".rstrip()
                print(f"\nDoes not hold: {what.name}\n{findings[what.name]}\n", flush=True)
            tried += what.examples
        print(f"round {number}: {tried} examples so far, {len(findings)} findings", flush=True)
    raise AssertionError("rounds have no end")


if __name__ == "__main__":
    sys.exit(main())
