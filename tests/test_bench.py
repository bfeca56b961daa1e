"""The arithmetic and the table of `bench/`, and a dry run of it with an engine that does nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import contestants, machine, processes, profile
from bench.documents import Edit, biblatex_document, made_up_cv, reference_cv, rendercv_document
from bench.processes import Measured, RunFailed, run, telling
from bench.profile import Round
from bench.publications import publications
from bench.replay import replaying
from bench.rows import BESIDE, ROWS, Result, Row, chosen, held, needed, result
from bench.series import PATIENCE, Contestant, Series, interleaved, ratio
from bench.table import document, table
from cvbuild.pipeline import load_cv
from cvbuild.project import find_project
from cvbuild.variant import select
from tests.conftest import blank_pdf, write_program

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def series(*seconds: float) -> Series:
    return Series([Measured(value, value, 2_000_000) for value in seconds])


def test_a_median_is_not_moved_by_one_slow_run() -> None:
    assert series(1.0, 9.0, 1.2).median("seconds") == 1.2
    assert series(1.0, 2.0).median("seconds") == 1.5


def test_a_ratio_is_that_of_neighbouring_runs() -> None:
    """A machine that is ten times slower for a while slows both."""
    one, other = series(1.0, 20.0, 2.0), series(2.0, 40.0, 4.0)
    assert ratio(one, other, "seconds") == 0.5
    assert one.median("seconds") / other.median("seconds") == 0.5
    assert ratio(series(1, 10, 1), series(1, 10, 2), "seconds") == 1.0


def test_a_ratio_is_of_the_rounds_in_which_both_ran() -> None:
    assert ratio(series(2.0, 30.0), series(1.0, 10.0, 50.0, 50.0), "seconds") == 2.5
    found = result(RATIO, {"this": series(2.0, 30.0), "that": series(1.0, 10.0, 50.0)})
    assert (found.value, found.runs) == (2.5, 2)


def test_a_quantity_that_no_run_told_is_no_number() -> None:
    with pytest.raises(ValueError, match="own_cpu was not measured"):
        series(1.0).median("own_cpu")


def test_runs_are_in_turn_after_one_that_is_not_counted() -> None:
    order: list[str] = []

    def contestant(name: str) -> Contestant:
        def measure() -> Measured:
            order.append(name)
            if name == "fails" and order.count(name) == 2:
                raise RunFailed("it broke")
            return Measured(float(len(order)), 0, 0)

        return Contestant(name, measure, remark=lambda measured: f"after {measured.seconds:.0f}")

    told: list[str] = []
    found = interleaved([contestant("one"), contestant("fails"), contestant("two")], 2, told.append)
    assert order == ["one", "fails", "two", "one", "fails", "two", "one", "two"]
    assert found["one"].values("seconds") == [4.0, 7.0]
    assert found["one"].remark == "after 7"
    assert (found["fails"].failure, found["fails"].runs) == ("it broke", [])
    assert told[-1] == "two, run 2 of 2"


def test_what_is_not_held_to_a_limit_runs_no_longer_than_patience_lasts() -> None:
    def contestant(name: str, seconds: float, uncounted: int = 1) -> Contestant:
        return Contestant(name, lambda: Measured(seconds, 0, 0), uncounted=uncounted)

    seconds = PATIENCE / 2.5
    running = [contestant("held", 100.0), contestant("slow", seconds, 0), contestant("quick", 1.0, 3)]
    told: list[str] = []
    found = interleaved(running, 7, told.append, {"held"})
    assert {name: len(item.runs) for name, item in found.items()} == {"held": 7, "slow": 3, "quick": 7}
    assert told[:4] == ["held, not counted", *["quick, not counted"] * 3]
    rows = [RATIO, Row("beside", "race", "other", "other", "that")]
    assert held(rows) == {"this", "that"}


RATIO = Row("key", "race", "this / that", "this", "that", 0.85)
VALUE = Row("seconds", "race", "this in seconds", "this", None, 0.3)


def test_a_row_is_worse_only_over_its_limit() -> None:
    at_limit = result(RATIO, {"this": series(0.85), "that": series(1.0)})
    assert (at_limit.value, at_limit.is_worse) == (0.85, False)
    assert result(RATIO, {"this": series(0.86), "that": series(1.0)}).is_worse
    assert result(VALUE, {"this": series(0.31)}).is_worse
    assert not result(VALUE, {"this": series(0.3)}).is_worse


def test_a_row_without_its_counterpart_says_why_and_is_not_worse() -> None:
    found = result(
        RATIO, {"this": series(3.0), "that": Series(failure="not installed: `apt-get install that`")}
    )
    assert (found.value, found.median, found.is_worse) == (None, 3.0, False)
    assert found.remark == "not installed: `apt-get install that`"


def test_a_row_whose_own_contestant_failed_is_worse() -> None:
    broken = {"this": Series(failure="cvbuild ended with 70"), "that": series(1.0)}
    assert result(RATIO, broken).is_worse
    assert not result(Row("beside", "race", "beside", "this", "that"), broken).is_worse


def test_the_table() -> None:
    memory = Row("memory", "race", "memory", "this", None, 400e6, "own_memory")
    beside = Row("100-this", "100", "this | that", "this", "that")
    results = [
        Result(RATIO, 0.9, 1.25, 15, 65_000_000, "no format", 7),
        Result(VALUE, 0.25, 0.25),
        Result(memory, 223e6, 223e6),
        Result(RATIO, None, 1.0, remark="that ended with 1"),
    ]
    assert table(results, limits=True)[2:] == [
        "| this / that | 0.85 | **0.90, worse** | 1.250 s | 7 | 15 | 65 MB | no format |",
        "| this in seconds | 0.300 s | 0.250 s | 0.250 s | – | – | – |  |",
        "| memory | 400 MB | 223 MB | 223 MB | – | – | – |  |",
        "| this / that | 0.85 | – | 1.000 s | – | – | – | that ended with 1 |",
    ]
    assert table([Result(beside, 0.05, 0.1)], limits=False)[2:] == [
        "| 100 publications: this \\| that | 0.050 | 0.100 s | – | – | – |  |"
    ]
    both = [*results, Result(beside, 2.0, 1.0)]
    text = document(both, "2 cores", ["cvbuild 1", "TeX 3"], 7, "Busy.", [["## More", "", "of it"]])
    assert "- 2 cores\n- cvbuild 1\n- TeX 3\n- medians of 7 runs" in text
    assert "**Busy.**" in text
    assert text.index("## What is held to a limit") < text.index("## Beside others")
    assert text.endswith("\n\n## More\n\nof it\n")


def test_rows_are_chosen_by_key_and_by_race() -> None:
    assert chosen([]) == [*ROWS, *BESIDE]
    assert [row.key for row in chosen(["help", "edited"])] == ["edited", "help"]
    assert {row.race for row in chosen(["growth"])} == {"growth"}
    with pytest.raises(ValueError, match="there is no row `nonsense`: edited, scratch"):
        chosen(["nonsense"])
    assert needed(chosen(["edited", "help"]), "reference") == {"edited", "bare"}
    keys = [row.key for row in (*ROWS, *BESIDE)]
    assert len(keys) == len(set(keys))


def test_a_process_is_measured_whole(tmp_path: Path) -> None:
    code = "x = bytearray(50_000_000); import time; time.sleep(0.05); print('done')"
    measured = run([sys.executable, "-c", code], tmp_path, ENVIRONMENT)
    assert measured.seconds >= 0.05
    assert measured.memory > 50_000_000
    assert measured.output == "done\n"
    assert (measured.own_cpu, measured.own_memory) == (None, None)


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match=r"^sh ended with 3: the last line$"):
        run(["/bin/sh", "-c", "echo first; echo the last line; echo; exit 3"], tmp_path, ENVIRONMENT)
    said = "echo '! TeX capacity exceeded'; echo 'Transcript written'; exit 1"
    with pytest.raises(RunFailed, match=r"^sh ended with 1: ! TeX capacity exceeded$"):
        run(["/bin/sh", "-c", said], tmp_path, ENVIRONMENT)
    with pytest.raises(RunFailed, match=r"^nobody: No such file or directory$"):
        run(["/nobody"], tmp_path, ENVIRONMENT)


def test_a_process_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LONGEST", 0.2)
    with pytest.raises(RunFailed, match=r"^sh did not end within 0 seconds$"):
        run(["/bin/sh", "-c", "sleep 60; true"], tmp_path, ENVIRONMENT)


def test_python_tells_its_own_share(tmp_path: Path) -> None:
    environment = contestants.caller_environment(tmp_path / "cache")
    measured = run(telling(["--version"]), tmp_path, environment)
    assert measured.output.startswith("cvbuild ")
    assert measured.own_cpu is not None
    assert measured.own_memory is not None
    assert 0 < measured.own_cpu <= measured.cpu
    assert 1_000_000 < measured.own_memory <= measured.memory


def test_publications_are_the_same_each_time_and_all_are_read(tmp_path: Path) -> None:
    assert list(publications(200)) == list(publications(200))
    edit = made_up_cv(200, tmp_path / "cv")
    cv, found = load_cv(find_project(tmp_path / "cv"))
    assert cv is not None
    assert found == []
    selected, _ = select(cv, "full")
    assert sum(len(list(section.publications)) for section in selected.sections) == 200
    edit.make()
    assert "Works on 1 examples." in edit.file.read_text(encoding="utf-8")


@pytest.mark.parametrize("times", [1, 2, 3])
def test_each_edit_changes_the_document(tmp_path: Path, times: int) -> None:
    edits = [
        reference_cv(tmp_path / "reference"),
        made_up_cv(3, tmp_path / "made-up"),
        biblatex_document(tmp_path / "made-up/bib", tmp_path / "biblatex"),
        rendercv_document(3, tmp_path / "rendercv"),
    ]
    for edit in edits:
        seen = {edit.file.read_text(encoding="utf-8")}
        for _ in range(times):
            edit.make()
            seen.add(edit.file.read_text(encoding="utf-8"))
        assert len(seen) == times + 1
        assert {text.count("\n") for text in seen} == {next(iter(seen)).count("\n")}


def test_an_edit_of_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text", encoding="utf-8")
    with pytest.raises(ValueError, match="file has no `a`"):
        Edit(tmp_path / "file", "a").make()


def test_an_engine_that_does_nothing_hands_out_what_was_made(tmp_path: Path) -> None:
    for name in ("made", "programs", "run", "dump"):
        (tmp_path / name).mkdir()
    for ending in ("pdf", "aux", "log", "fls", "tex"):
        (tmp_path / f"made/cv.{ending}").write_text(ending, encoding="utf-8")
    engine = write_program(tmp_path / "engine", "echo pdfTeX $1")
    folder = replaying(tmp_path / "programs", str(engine), tmp_path / "made")
    for where, options in (("run", []), ("dump", ["-ini", "-jobname=cv"])):
        run([str(folder / "pdflatex"), *options, "cv.tex"], tmp_path / where, ENVIRONMENT)
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"cv.pdf", "cv.aux", "cv.log", "cv.fls"}
    assert {path.name for path in (tmp_path / "dump").iterdir()} == {"cv.fmt", "cv.log", "cv.fls"}
    assert run([str(folder / "pdflatex"), "--version"], tmp_path, ENVIRONMENT).output == "pdfTeX --version\n"


def test_a_dry_run(
    tmp_path: Path, program_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The way of the real one, with an engine that does nothing; what is written names no path."""
    blank_pdf(tmp_path / "whole.pdf", 3)
    monkeypatch.setenv("PATH", f"{program_folder}:/usr/bin:/bin")
    write_program(
        program_folder / "pdflatex",
        f'[ "$1" = --version ] && echo pdfTeX 9 && exit\n'
        f"cp {tmp_path}/whole.pdf cv.pdf; echo > cv.aux; echo > cv.log",
    )
    write_program(program_folder / "latexmk", "echo broken; exit 12")
    monkeypatch.setattr(machine, "load", lambda: 99.0)
    monkeypatch.setattr(contestants, "WARMING", 1)
    written = tmp_path / "results.md"
    asked = ["--rows", "edited,nothing,scratch,python", "--repetitions", "1", "--write", str(written)]
    assert bench.main([*asked, "--check"]) == 1
    printed = capsys.readouterr()
    text = written.read_text(encoding="utf-8")
    assert text in printed.out
    assert "edited is worse than its limit" in printed.err
    assert "after one edited line / bare pdflatex | 0.85 | **" in text
    assert "- pdfTeX 9" in text
    assert "| 3 |" in text
    assert "latexmk ended with 12: broken" in text
    assert "Measured on a busy machine (load 99.0 before it began)" in text
    assert str(tmp_path) not in text
    assert "/tmp" not in text
    assert bench.main(["--rows", "nonsense"]) == 2


def test_a_part_or_a_quick_try_does_not_take_the_place_of_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "results.md"
    monkeypatch.setattr(bench, "RESULTS", written)
    monkeypatch.setattr(bench, "_peers", lambda *, install: {})
    monkeypatch.setattr(contestants, "engine", lambda: "/bin/echo")
    monkeypatch.setattr(
        bench, "measured", lambda rows, found, repetitions: [Result(row, 0.1, 0.1) for row in rows]
    )
    profiled = profile.Profile("One edit", [Round(1.0, 1.2, {"start": 0.2, "load": 0.7})])
    monkeypatch.setattr(profile, "profiles", lambda repetitions, told: [profiled])
    for arguments in (["--rows", "help"], ["--quick"]):
        assert bench.main([*arguments, "--write"]) == 0
        assert "results.md stays as it is: it takes all rows, of 7 runs at least" in capsys.readouterr().err
        assert not written.exists()
    assert bench.main(["--write", "--check"]) == 0
    tables, _, rest = written.read_text(encoding="utf-8").partition("## Where the time goes")
    assert tables.count("\n| ") == len(ROWS) + len(BESIDE) + 4
    assert "| loading | 700.0 | 70.0% |" in rest


@pytest.mark.parametrize(("seconds", "code"), [((0.85, 0.84, 0.86), 0), ((0.85, 0.86, 0.87), 1)])
def test_a_check_fails_where_a_ratio_is_over_its_limit(
    seconds: tuple[float, ...],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The series are made up, and the bare engine's runs take a second each."""
    runs = iter([1.0, *seconds])

    def made_up(race: str, *others: object) -> list[Contestant]:
        assert race == "reference"
        return [
            Contestant("bare", lambda: Measured(1.0, 0, 0)),
            Contestant("edited", lambda: Measured(next(runs), 0, 0)),
        ]

    monkeypatch.setattr(bench, "_peers", lambda *, install: {})
    monkeypatch.setattr(contestants, "engine", lambda: "/bin/echo")
    monkeypatch.setattr(bench, "_contestants", made_up)
    assert bench.main(["--rows", "edited", "--repetitions", "3", "--check"]) == code
    assert ("edited is worse than its limit" in capsys.readouterr().err) == bool(code)


def test_a_check_says_what_it_could_not_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "_peers", lambda *, install: {})
    monkeypatch.setattr(contestants, "engine", lambda: "/bin/echo")
    absent = Result(ROWS[-1], None, 1.0, remark="not installed: rendercv")
    monkeypatch.setattr(bench, "measured", lambda rows, found, repetitions: [absent])
    assert bench.main(["--rows", "rendercv", "--check"]) == 0
    assert "rendercv was not held to its limit: not installed: rendercv" in capsys.readouterr().err
