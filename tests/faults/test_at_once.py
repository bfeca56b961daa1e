"""Several builds in one project at once, and cleaning while they run."""

from __future__ import annotations

import json
import time

import pypdfium2

from tests.conftest import wait_for, write_program
from tests.faults.conftest import Machine

HALF = 'head -c 200 "{pdf}" > cv.pdf; echo one > cv.aux\n'
WHOLE = 'cp "{pdf}" cv.pdf; echo fine > cv.log'
SLOW = f"{HALF}sleep 0.3; {WHOLE}"
"""An engine whose PDF is not whole for a while."""
ENGINE = ("--engine", "pdflatex")


def is_a_pdf(content: bytes) -> bool:
    with pypdfium2.PdfDocument(content) as document:
        return len(document) == 2


def test_four_builds_at_once_and_readers_meanwhile(machine: Machine) -> None:
    machine.good()
    machine.engine(SLOW)
    running = [
        machine.start("pdf", *ENGINE, *variant)
        for variant in (("-v", "full"), ("-v", "full"), ("-v", "short"), ())
    ]
    while any(process.poll() is None for process in running):
        assert is_a_pdf(machine.target.read_bytes())
        time.sleep(0.02)
    for process in running:
        out, err = process.communicate()
        assert (process.returncode, err) == (0, ""), out
    for name in ("cv-full.pdf", "cv-short.pdf"):
        assert is_a_pdf((machine.root / "build" / name).read_bytes())
    assert machine.left_over() == []


def test_cleaning_while_builds_run(machine: Machine) -> None:
    machine.good()
    machine.engine(SLOW)
    full, short, clean = ("pdf", "-v", "full", *ENGINE), ("pdf", "-v", "short", *ENGINE), ("clean",)
    running = [machine.start(*call) for call in (full, clean, short, clean, ("pdf", *ENGINE))]
    for process in running:
        out, err = process.communicate(timeout=300)
        assert (process.returncode, err) == (0, ""), out
    for path in machine.root.glob("build/*.pdf"):
        assert is_a_pdf(path.read_bytes())
    assert machine.pdf().code == 0
    assert machine.left_over() == []


def test_a_build_says_whom_it_waits_for(machine: Machine) -> None:
    """On a terminal, where alone progress is shown."""
    machine.good()
    works, may_end = machine.programs / "works", machine.programs / "may-end"
    machine.engine(f"{HALF}touch {works}; while ! [ -e {may_end} ]; do sleep 0.05; done; {WHOLE}")
    first = machine.start("pdf", "-v", "full", *ENGINE)
    wait_for(works.exists)
    shown = "import sys; sys.stderr.isatty = lambda: True"
    second = machine.start("pdf", "-v", "full", *ENGINE, code=shown)
    assert second.stderr is not None
    said = ""
    while "full: waiting for another build of this variant" not in said:
        character = second.stderr.read(1)
        assert character, said
        said += character
    may_end.touch()
    for process in (first, second):
        process.communicate(timeout=300)
        assert process.returncode == 0


def test_a_variant_that_fails_leaves_the_others_alone(machine: Machine) -> None:
    """Whichever comes first, and whatever stops it: TeX, or the disk."""
    for variant, others in (("full", "short"), ("short", "full")):
        machine.engine(f"case $PWD in */{variant}-*) exit 1;; esac\n{SLOW}")
        out, err = machine.finish("pdf", "-j", "2", *ENGINE, code=1)
        assert f"cv-{others}.pdf  2 pages" in out
        assert f"{variant}: not built; the log is " in err
        assert is_a_pdf((machine.root / f"build/cv-{others}.pdf").read_bytes())
    machine.engine(SLOW)
    machine.target.unlink()
    (machine.target / "inside").mkdir(parents=True)
    out, err = machine.finish("pdf", "-j", "2", *ENGINE, code=1)
    assert "cv-short.pdf  2 pages" in out
    assert "full: not built\nerror: is a directory: " in err


def test_where_no_engine_starts_it_is_said_once(machine: Machine) -> None:
    write_program(machine.programs / "pdflatex", "exit 1")
    _, err = machine.finish("pdf", "-j", "2", *ENGINE, code=3)
    assert err.count("pdflatex is not installed") == 1
    assert "full: not built\nshort: not built\n" in err


def test_results_are_in_the_order_of_the_variants_and_the_same_as_one_by_one(machine: Machine) -> None:
    machine.engine(f"case $PWD in */full-*) sleep 0.5;; esac\n{SLOW}")
    machine.finish("pdf", *ENGINE, code=0)  # from now on one pass is enough
    said = []
    for number in ("1", "2"):
        out, err = machine.finish("pdf", "-j", number, "--format", "json", *ENGINE, code=0)
        assert err == ""
        said.append([{**built, "seconds": 0} for built in json.loads(out)["built"]])
    assert said[0] == said[1]
    assert [built["variant"] for built in said[0]] == ["full", "short"]
