"""The arithmetic and the table of `bench/`, its edits, and a dry run with an engine that typesets nothing."""

from __future__ import annotations

import os
import re
import shlex
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from bench import __main__ as bench
from bench import contestants, machine, peers, processes
from bench.contestants import caller_environment, installed
from bench.documents import Edit, biblatex_document, made_up_cv, own_cv, reference_cv, rendercv_document
from bench.processes import Measured, RunFailed, run
from bench.publications import OWNER, as_bibtex
from bench.rows import BESIDE, ROWS, Result, Row, chosen, result
from bench.series import PATIENCE, Contestant, Series, interleaved, ratio
from bench.table import document, table
from tests.conftest import blank_pdf, write_program

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
RATIO = Row("key", "race", "this / that", "this", "that", 0.85)
MEMORY = Row("memory", "race", "memory", "this", None, 250e6, "memory")
OWN = Row("own", "race", "own", "this", "that", 11, "own_cpu")
BESIDE_ROW = Row("100-this", "100", "this | that", "this", "that")


def series(*seconds: float) -> Series:
    return Series([Measured(value, 2_000_000) for value in seconds])


def test_a_ratio_is_the_median_of_the_ratios_of_each_round() -> None:
    """A machine that is ten times slower for a while slows both runs of a round."""
    assert ratio(series(1.0, 20.0, 2.0), series(2.0, 40.0, 4.0), "seconds") == 0.5
    assert ratio(series(1, 10, 1), series(1, 10, 2), "seconds") == 1.0
    assert series(1.0, 9.0, 1.2).median("seconds") == 1.2
    found = result(RATIO, {"this": series(2.0, 30.0), "that": series(1.0, 10.0, 50.0)})
    assert (found.value, found.runs) == (2.5, 2), "of the rounds in which both ran"


def test_contestants_run_in_turn_after_runs_that_are_not_counted() -> None:
    order: list[str] = []

    def measure(name: str) -> Measured:
        order.append(name)
        if name == "fails" and order.count(name) == 2:
            raise RunFailed("it broke")
        return Measured(float(len(order)))

    told: list[str] = []
    running = [Contestant(name, partial(measure, name)) for name in ("one", "fails", "two")]
    found = interleaved(running, 2, told.append)
    assert order == ["one", "fails", "two", "one", "fails", "two", "one", "two"]
    assert found["one"].values("seconds") == [4.0, 7.0]
    assert (found["fails"].failure, found["fails"].runs) == ("it broke", [])
    assert told[0] == "one, not counted"


def test_a_contestant_without_a_limit_leaves_when_its_patience_is_used_up() -> None:
    running = [
        Contestant(name, partial(Measured, seconds), uncounted=uncounted)
        for name, seconds, uncounted in (("held", 100.0, 1), ("slow", PATIENCE / 2.5, 1), ("quick", 1.0, 3))
    ]
    found = interleaved(running, 7, lambda said: None, {"held"})
    assert {name: len(item.runs) for name, item in found.items()} == {"held": 7, "slow": 3, "quick": 7}


@pytest.mark.parametrize(
    ("row", "this", "that", "value", "remark", "is_worse"),
    [
        (RATIO, series(0.85), series(1.0), 0.85, "", False),
        (RATIO, series(0.86), series(1.0), 0.86, "", True),
        (BESIDE_ROW, series(9.0), series(1.0), 9.0, "", False),
        # What cannot be compared is not worse, but where its own contestant failed.
        (RATIO, series(3.0), Series(failure="not installed"), None, "not installed", False),
        (OWN, series(3.0), series(1.0), None, "not measured on this system", False),
        (RATIO, Series(failure="cvbuild ended with 70"), series(1.0), None, "cvbuild ended with 70", True),
        (BESIDE_ROW, Series(failure="no"), series(1.0), None, "no", False),
    ],
)
def test_a_row_is_worse_only_over_its_limit(
    row: Row, this: Series, that: Series, value: float | None, remark: str, is_worse: bool
) -> None:
    found = result(row, {"this": this, "that": that})
    assert (found.value, found.remark, found.is_worse) == (value, remark, is_worse)


def test_the_table_shows_values_with_units_and_marks_worse_rows() -> None:
    results = [
        Result(RATIO, 0.9, 1.25, 0.5, 15, 65_000_000, "no icons", 7),
        Result(MEMORY, 223e6, 223e6),
        Result(RATIO, None, 1.0, remark="that ended with 1"),
    ]
    assert table(results, limits=True)[2:] == [
        "| this / that | 0.85 | **0.90, worse** | 1.250 s | 0.50 s | 7 | 15 | 65 MB | no icons |",
        "| memory | 250 MB | 223 MB | 223 MB | – | – | – | – |  |",
        "| this / that | 0.85 | – | 1.000 s | – | – | – | – | that ended with 1 |",
    ]
    beside = Result(BESIDE_ROW, 0.05, 0.1)
    assert table([beside], limits=False)[2:] == [
        "| 100 publications: this \\| that | 0.050 | 0.100 s | – | – | – | – |  |"
    ]
    text = document([*results, beside], "2 cores", ["cvbuild 1", "TeX 3"], 7, "Busy.")
    assert "- 2 cores\n- cvbuild 1\n- TeX 3\n- medians of 7 runs" in text
    assert text.index("**Busy.**") < text.index("## Held to a limit") < text.index("## Beside others")


def test_rows_are_chosen_by_key_and_by_race() -> None:
    assert chosen([]) == [*ROWS, *BESIDE]
    assert [row.key for row in chosen(["help", "word"])] == ["word", "help"]
    assert {row.race for row in chosen(["own"])} == {"own"}
    with pytest.raises(ValueError, match="there is no row `nonsense`: word, date"):
        chosen(["nonsense"])
    keys = [row.key for row in chosen([])]
    assert len(keys) == len(set(keys))


def test_a_process_is_measured_whole_and_its_own_time_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By made-up clocks: of the process itself, of its children, and on the wall."""
    ticks = os.sysconf("SC_CLK_TCK")
    own, children = (f"{3 * ticks} {ticks // 2}", f"{50 * ticks} {50 * ticks}")
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: f"7 (a) b) Z {'0 ' * 10}{own} {children} 20 0")
    monkeypatch.setattr(processes, "time", SimpleNamespace(perf_counter=iter((100.0, 107.5)).__next__))
    measured = run([sys.executable, "-c", "x = bytearray(50_000_000); print('done')"], tmp_path, ENVIRONMENT)
    assert (measured.seconds, measured.output) == (7.5, "done\n")
    assert measured.memory > 50_000_000
    assert measured.own_cpu == (3.5 if sys.platform == "linux" else None)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("sh -c 'echo first; echo the last line; echo; exit 3'", "sh ended with 3: the last line"),
        ("sh -c 'echo ! Bad; echo Transcript written; exit 1'", "sh ended with 1: ! Bad"),
        ("/nobody", "nobody: No such file or directory"),
        ("sh -c 'sleep 99999; true'", "sh did not end within 1 seconds"),
    ],
)
def test_a_process_that_fails_says_why(
    command: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "LONGEST", 1.0 if "sleep" in command else 300.0)
    with pytest.raises(RunFailed, match=f"^{re.escape(why)}$"):
        run(shlex.split(command), tmp_path, ENVIRONMENT)


def exported(folder: Path, variant: str) -> str:
    """The .tex of a variant, as `cvbuild tex` writes it."""
    command = [installed("cvbuild"), "tex", f"--variant={variant}"]
    run(command, folder, caller_environment(folder / "cache"))
    return next((folder / f"build/tex/{variant}").glob("*.tex")).read_text("utf-8")


def test_each_edit_of_the_reference_cv_and_of_a_made_up_one_reaches_its_page(tmp_path: Path) -> None:
    fresh = {name: edit.make() for name, edit in own_cv(tmp_path / "own").items()}
    full, short = exported(tmp_path / "own", "full"), exported(tmp_path / "own", "short")
    for name in ("word", "title", "settings"):
        assert fresh[name] in full, name
    for text in (full, short):
        assert "2019 – " in text
        assert "2019 – 2020}" not in text
    assert "\\benchlength" in full
    assert "\\benchmacro" in full
    made = [edit.make() for edit in made_up_cv(200, tmp_path / "made-up").values()]
    text = exported(tmp_path / "made-up", "full")
    assert all(part in text for part in [*made, *(f": part {number}" for number in range(1, 201))])


def test_no_edit_writes_a_text_twice(tmp_path: Path) -> None:
    """Neither in one folder nor in two copies of the same document: a cache by content would know it."""
    documents = [
        reference_cv(tmp_path / "reference"),
        reference_cv(tmp_path / "again"),
        made_up_cv(3, tmp_path / "made-up"),
        biblatex_document(tmp_path / "made-up/bib", tmp_path / "biblatex"),
        rendercv_document(3, tmp_path / "rendercv"),
    ]
    edits = [edit for edits in documents for edit in edits.values()]
    written = [edit.make() for edit in edits]
    lengths = [len(edit.file.read_text("utf-8")) for edit in edits]
    written += [edit.make() for _ in range(3) for edit in edits]
    assert len(set(written)) == len(written)
    assert lengths == [len(edit.file.read_text("utf-8")) for edit in edits]
    with pytest.raises(ValueError, match=r"cv.yaml has no `a text that is not there`"):
        Edit(tmp_path / "rendercv/cv.yaml", "a text that is not there").make()


def test_a_dry_run(
    tmp_path: Path, program_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The real calls, with an engine that copies a PDF; the written table names no path."""
    blank_pdf(tmp_path / "whole.pdf", 3)
    monkeypatch.setenv("PATH", f"{program_folder}:/usr/bin:/bin")
    write_program(
        program_folder / "pdflatex",
        f'[ "$1" = --version ] && echo pdfTeX 9 && exit\n'
        f"cat cv.tex >/dev/null 2>&1; cp {tmp_path}/whole.pdf cv.pdf\n"
        "echo > cv.aux; echo > cv.log; echo PWD $PWD > cv.fls",
    )
    write_program(program_folder / "latexmk", "echo broken; exit 12")
    monkeypatch.setattr(machine, "load", lambda: 99.0)
    monkeypatch.setattr(contestants, "WARM_UP", 1)
    monkeypatch.setattr(bench, "QUICK", 1)
    written = tmp_path / "results.md"
    asked = ["--rows", "nothing,scratch,watch", "--quick", "--busy", "--write", str(written)]
    assert bench.main([*asked, "--check"]) == 1
    printed = capsys.readouterr()
    text = written.read_text(encoding="utf-8")
    assert text in printed.out
    assert "watch is worse than its limit" in printed.err
    assert "scratch was not held to its limit: latexmk ended with 12: broken" in printed.err
    assert "- pdfTeX 9" in text
    assert text.count("| 1 | 3 |") == 3
    assert "Measured on a busy machine (load 99.0 before it began)" in text
    assert "/tmp" not in text
    assert bench.main(["--rows", "nonsense"]) == 2


def test_results_are_written_of_all_rows_on_an_idle_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a bench whose rows all come to 0.9."""
    results = tmp_path / "results.md"
    monkeypatch.setattr(bench, "RESULTS", results)
    monkeypatch.setattr(bench, "installed", lambda name: "/bin/true")
    monkeypatch.setattr(bench, "_peers", lambda *, install: {})
    monkeypatch.setattr(bench, "measured", lambda rows, found, runs: [Result(row, 0.9, 0.9) for row in rows])
    monkeypatch.setattr(machine, "load", lambda: 0.0)
    monkeypatch.setattr(machine, "PATIENCE", 0.0)
    for arguments in (["--rows", "help"], ["--quick"]):
        assert bench.main([*arguments, "--write"]) == 0
        assert "results.md stays unchanged: it needs all rows" in capsys.readouterr().err
        assert not results.exists()
    monkeypatch.setattr(machine, "load", lambda: 99.0)
    assert bench.main(["--write"]) == 2
    assert "error: the machine is busy (load 99.0)" in capsys.readouterr().err
    assert bench.main(["--write", "--busy"]) == 0
    assert not results.exists()
    monkeypatch.setattr(machine, "load", lambda: 0.0)
    assert bench.main(["--write"]) == 0
    assert results.read_text(encoding="utf-8").count("\n| ") == len(ROWS) + len(BESIDE) + 4
    # A check fails where a row is over its limit.
    assert [bench.main(["--rows", *call.split()]) for call in ("word --check", "watch", "watch --check")] == [
        0,
        0,
        1,
    ]
    assert "watch is worse than its limit" in capsys.readouterr().err


# ---- the other programs: installed if they are missing, and given the same publications


def test_a_peer_that_cannot_be_installed_says_what_failed(
    tmp_path: Path, program_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert peers.packaged("latexmk", ["latexmk"], install=False).absent == (
        "not installed: `apt-get install latexmk`"
    )
    write_program(program_folder / "apt-get", "echo 'no network' >&2; exit 100")
    assert peers.packaged("latexmk", ["latexmk"], install=True).absent == (
        "not installed: `apt-get install -y --no-install-recommends latexmk`: no network"
    )
    # On a new machine nothing can be installed before the list of packages is there.
    write_program(
        program_folder / "apt-get",
        f"""[ "$1" = update ] && echo > {tmp_path}/list && exit
        [ -f {tmp_path}/list ] || exit 100
        printf '#!/bin/sh\\necho; echo Latexmk 4' > {program_folder}/latexmk
        /bin/chmod +x {program_folder}/latexmk""",
    )
    assert peers.packaged("latexmk", ["latexmk"], install=True).version == "Latexmk 4"


def test_rendercv_is_installed_with_a_python_of_pyenvs(
    tmp_path: Path, program_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pyenv's own `python3.12` on the search path fails if another version is chosen."""
    monkeypatch.setenv("PATH", f"{program_folder}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr("bench.peers._PYTHONS", ("python3.12",))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setattr("sys.version_info", (3, 11))
    write_program(program_folder / "python3.12", "echo 'command not found' >&2; exit 127")
    folder = tmp_path / "rendercv"
    assert "needs Python 3.12" in peers.rendercv(folder, install=True).absent
    write_program(
        tmp_path / "pyenv/versions/3.12.1/bin/python3.12",
        f"""[ "$1" = -c ] && exit
        mkdir -p {folder}/bin && cd {folder}/bin
        printf '#!/bin/sh\\n' > pip; printf '#!/bin/sh\\necho RenderCV v9' > rendercv; chmod +x *""",
    )
    found = peers.rendercv(folder, install=True)
    assert (found.absent, found.version, found.program) == ("", "RenderCV v9", str(folder / "bin/rendercv"))


def test_rendercv_gets_yaml_with_the_same_publications(tmp_path: Path) -> None:
    rendercv_document(20, tmp_path)
    sections = yaml.safe_load((tmp_path / "cv.yaml").read_text(encoding="utf-8"))["cv"]["sections"]
    bibtex = as_bibtex(20)
    assert len(sections["Publications"]) == bibtex.count("@") == 20
    for item in sections["Publications"]:
        assert f"title = {{{item['title']}" in bibtex
        assert f"*{OWNER}*" in item["authors"]
