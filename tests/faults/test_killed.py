"""Builds killed at any moment: the last good PDF is whole, no engine goes on, the next build works."""

from __future__ import annotations

import atexit
import gc
import signal
from pathlib import Path

import pytest

from cvbuild.__main__ import main
from tests.conftest import wait_for
from tests.faults.conftest import GOOD, Machine, is_running

PDF = ("pdf", "-v", "full", "--engine", "pdflatex")

AT = {
    "before anything is read": "import sys; sys.addaudithook(reading)",
    "before rendering": "import cvbuild.render.document as at; at.render = die",
    "before the engine": "import cvbuild.typeset.passes as at; at.run_pass = die",
    "before inspecting": "import cvbuild.pdf.read as at; at.page_count = die",
    "with half a copy": "import os as at; at.fsync = half",
    "before the copy is on the disk": "import os as at; at.fsync = die",
    "before the copy takes its place": "import pathlib; pathlib.Path.replace = die",
    "before it is remembered": "import cvbuild.output as at; at.record = die",
}
DYING = """\
import os, signal
def die(*arguments, **more):
    os.kill(os.getpid(), signal.SIGKILL)
def reading(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".yaml"):
        die()
def half(file):
    os.ftruncate(file, 100)
    die()
"""


@pytest.mark.parametrize("moment", AT)
def test_a_build_killed_between_two_steps(machine: Machine, moment: str) -> None:
    before = machine.good()
    process = machine.start(*PDF, code=f"{DYING}\n{AT[moment]}")
    process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL
    assert machine.target.read_bytes() == before
    assert machine.pdf().code == 0
    assert machine.left_over() == []


@pytest.mark.parametrize(
    ("how", "variants"),
    [
        *((how, 1) for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)),
        *((how, 2) for how in (signal.SIGKILL, signal.SIGINT)),
    ],
)
def test_a_build_ended_while_its_engines_run(
    machine: Machine, tmp_path: Path, how: signal.Signals, variants: int
) -> None:
    before = machine.good()
    # Half a PDF is there, and a child beside each engine. None listens; one has closed its output.
    machine.engine(
        f'trap "" INT TERM HUP\nhead -c 300 "{{pdf}}" > cv.pdf; sleep 99999 & echo $! > {tmp_path}/child-$$\n'
        f"echo $$ > {tmp_path}/engine-$$\n"
        "[ -e ../short-pdflatex/cv.pdf ] && exec >&- 2>&-\nsleep 99999; sleep 99999"
    )
    process = machine.start(*PDF) if variants == 1 else machine.start("pdf", "-j", "2", *PDF[3:])
    # A third engine may be making a format.
    wait_for(lambda: sum(path.stat().st_size > 0 for path in tmp_path.glob("engine-*")) >= variants)
    process.send_signal(how)
    _, err = process.communicate(timeout=300)
    running = [int(path.read_text(encoding="utf-8")) for path in tmp_path.glob("[ec]*-*")]
    if how == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert (process.returncode, err.strip()) == (130, "stopped")
    wait_for(lambda: not any(is_running(number) for number in running))
    assert machine.target.read_bytes() == before
    machine.engine(GOOD)
    assert machine.pdf().code == 0
    assert machine.left_over() == []


def test_an_export_killed_on_its_way(machine: Machine) -> None:
    export = ("-C", machine.root, "tex", "-v", "full")
    assert machine.run_cli(*export).code == 0
    tex = machine.root / "build/tex/full/cv-full.tex"
    before = tex.read_bytes()
    process = machine.start("tex", "-v", "full", code=f"{DYING}\n{AT['before the copy takes its place']}")
    process.communicate(timeout=300)
    assert tex.read_bytes() == before
    assert machine.run_cli(*export).code == 0
    assert sorted(path.name for path in tex.parent.iterdir()) == ["cv-full.tex", "latexmkrc"]


@pytest.mark.parametrize("at", ["cvbuild.uptodate.answered", "cvbuild.commands.main"])
def test_a_call_stopped_before_it_has_begun(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], at: str
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(at, stopped)
    monkeypatch.setattr("sys.argv", ["cvbuild", "pdf", "-v", "full"])
    monkeypatch.setattr(atexit, "register", lambda *_: None)
    before = gc.get_threshold()
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        gc.set_threshold(*before)
    assert ended.value.code == 130
    assert capsys.readouterr() == ("", "stopped\n")
