"""Builds killed at any moment: the last good PDF is whole, no engine goes on, the next build works."""

from __future__ import annotations

import atexit
import gc
import signal
from pathlib import Path

import pytest

from cvbuild.__main__ import main
from tests.faults.engines import GOOD, Machine, is_running, wait_for

PDF = ("pdf", "-v", "full", "--engine", "pdflatex")

AT = {
    "before anything is read": "import cvbuild.project as at; at.Reader.read = die",
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
def half(file):
    os.ftruncate(file, 100)
    die()
"""


@pytest.mark.parametrize("moment", AT)
def test_a_build_killed_between_two_steps(machine: Machine, moment: str) -> None:
    before = machine.good()
    process = machine.start(*PDF, code=f"{DYING}\n{AT[moment]}")
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert machine.target.read_bytes() == before
    assert machine.pdf().code == 0
    assert machine.left_over() == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_build_ended_while_the_engine_runs(machine: Machine, tmp_path: Path, how: signal.Signals) -> None:
    before = machine.good()
    # Half a PDF is there, and a child beside the engine, which itself does not listen.
    machine.engine(
        f'trap "" INT TERM HUP\nhead -c 300 "{{pdf}}" > cv.pdf; sleep 60 & echo $! > {tmp_path}/child\n'
        f"echo $$ > {tmp_path}/engine; sleep 60; sleep 60"
    )
    process = machine.start(*PDF)
    wait_for(lambda: (tmp_path / "engine").is_file() and (tmp_path / "engine").stat().st_size > 0)
    process.send_signal(how)
    _, err = process.communicate(timeout=30)
    running = [int((tmp_path / name).read_text(encoding="utf-8")) for name in ("engine", "child")]
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
    assert machine.run_cli("-C", machine.root, "tex", "-v", "full").code == 0
    tex = machine.root / "build/tex/full/cv-full.tex"
    before = tex.read_bytes()
    process = machine.start("tex", "-v", "full", code=f"{DYING}\n{AT['before the copy takes its place']}")
    process.communicate(timeout=60)
    assert tex.read_bytes() == before
    assert machine.run_cli("-C", machine.root, "tex", "-v", "full").code == 0
    assert sorted(path.name for path in tex.parent.iterdir()) == ["cv-full.tex", "latexmkrc"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_build_of_two_variants_ended_while_both_engines_run(
    machine: Machine, tmp_path: Path, how: signal.Signals
) -> None:
    before = machine.good()
    # Neither engine listens, and one of them has closed its output.
    machine.engine(
        f'trap "" INT TERM HUP\nhead -c 300 "{{pdf}}" > cv.pdf; echo $$ > {tmp_path}/engine-$$\n'
        "[ -e ../short-pdflatex/cv.pdf ] && exec >&- 2>&-\nsleep 60; sleep 60"
    )
    process = machine.start("pdf", "-j", "2", "--engine", "pdflatex")
    # A third may be making a format.
    wait_for(lambda: len([path for path in tmp_path.glob("engine-*") if path.stat().st_size]) >= 2)
    process.send_signal(how)
    _, err = process.communicate(timeout=10)
    running = [int(path.read_text(encoding="utf-8")) for path in tmp_path.glob("engine-*")]
    if how == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert (process.returncode, err.strip()) == (130, "stopped")
    wait_for(lambda: not any(is_running(number) for number in running))
    assert machine.target.read_bytes() == before
    machine.engine(GOOD)
    assert machine.pdf().code == 0
    assert machine.left_over() == []


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
