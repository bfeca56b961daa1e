"""Engines that crash, hang, print without end or lie: it is said, and the last good PDF stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.record import replace
from cvbuild.typeset import engines
from cvbuild.typeset.texlive import TexLiveEngine
from tests.conftest import wait_for
from tests.faults.conftest import GOOD, Machine, is_running

LIES = r"""
kill -SEGV $$ => pdflatex crashed (SIGSEGV)
echo 'fatal: broke' > cv.log; kill -ABRT $$ => pdflatex crashed (SIGABRT); the last it said: fatal: broke
kill -KILL $$ => pdflatex crashed (SIGKILL)
echo fine > cv.log => pdflatex ended well, but made no PDF
: > cv.pdf => made a broken PDF
head -c 5000 /dev/zero > cv.pdf => made a broken PDF
head -c 300 "{pdf}" > cv.pdf => made a broken PDF
head -c -7 "{pdf}" > cv.pdf => made a broken PDF
printf '%%PDF-1.5\nxref\nstartxref\n9\n%%%%EOF\n' > cv.pdf => made a broken PDF
mkdir cv.pdf => made a broken PDF
mkfifo cv.pdf => made a broken PDF
GOOD; exit 1 => pdflatex failed and gave no reason: fine
GOOD; kill -SEGV $$ => pdflatex crashed (SIGSEGV)
exit 1 => pdflatex failed and gave no reason: no output at all
this-is-no-command => pdflatex failed and gave no reason
mkdir cv.log; GOOD; exit 1 => pdflatex failed and gave no reason
"""


@pytest.mark.parametrize("lie", LIES.strip().splitlines())
def test_an_engine_that_fails_or_lies(machine: Machine, lie: str) -> None:
    before = machine.good()
    script, message = lie.replace("GOOD", GOOD).split(" => ")
    machine.engine(script)
    built = machine.pdf()
    assert built.code == 1, built.err
    assert message in built.err
    assert machine.target.read_bytes() == before
    assert machine.left_over() == []
    machine.engine(GOOD)
    assert machine.pdf().code == 0


FOREVER = "sleep 99999"
"""Longer than any test may last: where it is waited for, the test fails."""


@pytest.mark.parametrize(
    "script", [FOREVER, f"trap '' INT TERM HUP; {FOREVER}; {FOREVER}", f"exec >&- 2>&-; {FOREVER}"]
)
def test_an_engine_that_hangs(
    machine: Machine, script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = machine.good()
    machine.engine(f"echo $$ > {tmp_path}/pid; {script}")
    known = engines.ENGINES["pdflatex"]
    assert isinstance(known, TexLiveEngine)
    monkeypatch.setitem(engines.ENGINES, "pdflatex", replace(known, time_limit=3.0))
    built = machine.pdf()
    assert built.code == 1
    assert "error[tex-limit]: pdflatex did not end within 3 seconds and was stopped" in built.err
    assert machine.target.read_bytes() == before
    # A busy machine may have ended it before it said its number.
    pid = tmp_path / "pid"
    wait_for(lambda: not (pid.is_file() and is_running(int(pid.read_text() or 0))))


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exec yes again and again", "printed more than 8 MB of messages"),
        ("exec head -c 900000000 /dev/zero > cv.pdf", "wrote a file of 256 MB"),
    ],
)
def test_an_engine_that_prints_or_writes_without_end(machine: Machine, script: str, message: str) -> None:
    before = machine.good()
    machine.engine(script)
    built = machine.pdf()
    assert built.code == 1
    assert f"error[tex-limit]: pdflatex {message} and was stopped" in built.err
    assert len(built.err) < 2000
    assert machine.target.read_bytes() == before


def test_an_engine_whose_child_stays_behind(machine: Machine, tmp_path: Path) -> None:
    """Its output is still open, and it would write into the work folder later."""
    machine.engine(f"(trap '' HUP; echo $$ > {tmp_path}/x; {FOREVER}) & echo $! > {tmp_path}/pid\n{GOOD}")
    assert machine.pdf().code == 0
    started = int((tmp_path / "pid").read_text(encoding="utf-8"))
    wait_for(lambda: not is_running(started))


LEFT = ".work/full-pdflatex"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (f"{LEFT}/cv.aux", b"\\garbage{\xff\x00"),
        (f"{LEFT}/cv.pdf", b"garbage"),
        (f"{LEFT}/cv.log", b"./cv.tex:1: Undefined control sequence.\n"),
        *((f"{LEFT}/{name}", None) for name in ("cv.aux", "cv.log", "cv.pdf", "cv.tex", "lock")),
        (".work", b"in the way"),
        (LEFT, b"in the way"),
        (".work/lock", None),
    ],
)
def test_broken_leftovers_of_earlier_builds(machine: Machine, name: str, content: bytes | None) -> None:
    path = machine.root / "build" / name
    if name.startswith(f"{LEFT}/"):
        machine.good()
        path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        (path / "inside").mkdir(parents=True)
    else:
        path.write_bytes(content)
    machine.good()
