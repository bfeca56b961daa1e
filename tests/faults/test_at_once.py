"""Several builds in one project at once, and cleaning while they run."""

from __future__ import annotations

import json
import time

import pypdfium2

from tests.conftest import write_program
from tests.faults.engines import Machine

SLOW = 'head -c 200 "{pdf}" > cv.pdf; echo one > cv.aux; sleep 0.3; cp "{pdf}" cv.pdf; echo fine > cv.log'
"""An engine whose PDF is not whole for a while."""


def is_a_pdf(content: bytes) -> bool:
    with pypdfium2.PdfDocument(content) as document:
        return len(document) == 2


def test_four_builds_at_once_and_readers_meanwhile(machine: Machine) -> None:
    machine.good()
    machine.engine(SLOW)
    running = [
        machine.start("pdf", "--engine", "pdflatex", *variant)
        for variant in (("-v", "full"), ("-v", "full"), ("-v", "short"), ())
    ]
    seen = 0
    while any(process.poll() is None for process in running):
        assert is_a_pdf(machine.target.read_bytes())
        seen += 1
        time.sleep(0.02)
    assert seen > 5
    for process in running:
        out, err = process.communicate()
        assert (process.returncode, err) == (0, ""), out
    for name in ("cv-full.pdf", "cv-short.pdf"):
        assert is_a_pdf((machine.root / "build" / name).read_bytes())
    assert machine.left_over() == []


def test_cleaning_while_builds_run(machine: Machine) -> None:
    machine.good()
    machine.engine(SLOW)
    running = [
        machine.start(*call)
        for call in (
            ("pdf", "-v", "full", "--engine", "pdflatex"),
            ("clean",),
            ("pdf", "-v", "short", "--engine", "pdflatex"),
            ("clean",),
            ("pdf", "--engine", "pdflatex"),
        )
    ]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, ""), out
    for path in machine.root.glob("build/*.pdf"):
        assert is_a_pdf(path.read_bytes())
    assert machine.pdf().code == 0
    assert machine.left_over() == []


def test_a_build_says_whom_it_waits_for(machine: Machine) -> None:
    """On a terminal, where alone progress is shown."""
    machine.good()
    machine.engine(SLOW.replace("0.3", "3"))
    shown = "import sys; sys.stderr.isatty = lambda: True"
    first = machine.start("pdf", "-v", "full", "--engine", "pdflatex")
    time.sleep(1.5)
    second = machine.start("pdf", "-v", "full", "--engine", "pdflatex", code=shown)
    _, err = second.communicate(timeout=60)
    first.communicate(timeout=60)
    assert first.returncode == second.returncode == 0
    assert "full: waiting for another build of this variant" in err


def test_a_variant_that_fails_leaves_the_others_alone(machine: Machine) -> None:
    """Whichever comes first, and whatever stops it: TeX, or the disk."""
    for variant, others in (("full", "short"), ("short", "full")):
        failing = f"case $PWD in */{variant}-*) exit 1;; esac\n{SLOW}"
        machine.engine(failing)
        out, err = finished(machine, "pdf", "-j", "2", "--engine", "pdflatex", code=1)
        assert f"cv-{others}.pdf  2 pages" in out
        assert f"{variant}: not built; the log is " in err
        assert is_a_pdf((machine.root / f"build/cv-{others}.pdf").read_bytes())
    machine.engine(SLOW)
    (machine.root / "build/cv-full.pdf").unlink()
    (machine.root / "build/cv-full.pdf/inside").mkdir(parents=True)
    out, err = finished(machine, "pdf", "-j", "2", "--engine", "pdflatex", code=1)
    assert "cv-short.pdf  2 pages" in out
    assert "full: not built\nerror: is a directory: " in err


def test_where_no_engine_starts_it_is_said_once(machine: Machine) -> None:
    write_program(machine.programs / "pdflatex", "exit 1")
    _, err = finished(machine, "pdf", "-j", "2", "--engine", "pdflatex", code=3)
    assert err.count("pdflatex is not installed") == 1
    assert "full: not built\nshort: not built\n" in err


def test_results_are_in_the_order_of_the_variants_and_the_same_as_one_by_one(machine: Machine) -> None:
    machine.engine(f"case $PWD in */full-*) sleep 0.5;; esac\n{SLOW}")
    finished(machine, "pdf", "--engine", "pdflatex", code=0)  # from now on one pass is enough
    said = []
    for number in ("1", "2"):
        out, err = finished(machine, "pdf", "-j", number, "--format", "json", "--engine", "pdflatex", code=0)
        assert err == ""
        said.append([{**built, "seconds": 0} for built in json.loads(out)["built"]])
    assert said[0] == said[1]
    assert [built["variant"] for built in said[0]] == ["full", "short"]


def finished(machine: Machine, *arguments: str, code: int) -> tuple[str, str]:
    process = machine.start(*arguments)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    return out, err
