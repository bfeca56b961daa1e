from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest
from click.shell_completion import CompletionItem

import cvbuild.cli
from cvbuild import __version__, pipeline, stats
from cvbuild.cli import cli
from cvbuild.cli.program import COMMANDS
from cvbuild.cli.progress import Progress, ProgressLine
from cvbuild.typeset import choose
from cvbuild.typeset.engine import Run
from tests.conftest import REPOSITORY, SMALL_PROJECT, FakeEngine, MakeProject, RunCli, blank_pdf

LIMITED = SMALL_PROJECT["content/cv.yaml"].replace("full: {}", "full: {max_pages: 1}")
CLOSING = re.compile(r"^(\S.*\.pdf)  (\d+ pages?)  \d+\.\d s$", re.MULTILINE)


def closing(out: str) -> list[tuple[str, str]]:
    """The path and pages of each closing line; there is nothing else in the output."""
    assert len(CLOSING.findall(out)) == len(out.splitlines())
    return CLOSING.findall(out)


def command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli, **cli.context_settings), name)
    assert found is not None
    return found


# ---- help, version, the calls that are wrong


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_command_is_listed_as_it_describes_itself(name: str) -> None:
    listed, real = COMMANDS[name], command(name)
    for width in (20, 45, 79, 200):
        assert click.Command(None, help=listed.summary).get_short_help_str(width) == real.get_short_help_str(
            width
        )
    assert not real.hidden
    assert not real.deprecated
    assert real.callback is not None
    assert inspect.unwrap(real.callback).__module__ == f"cvbuild.cli.{listed.module}"


def test_every_command_of_every_module_is_listed() -> None:
    for module in pkgutil.iter_modules(cvbuild.cli.__path__):
        importlib.import_module(f"cvbuild.cli.{module.name}")
    assert set(cli.commands) == set(COMMANDS)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_list_is_laid_out_as_click_does_it(width: int) -> None:
    context = click.Context(cli, **cli.context_settings)
    ours, clicks = (click.HelpFormatter(width=width) for _ in range(2))
    cli.format_commands(context, ours)
    click.Group.format_commands(cli, context, clicks)
    assert ours.getvalue() == clicks.getvalue()


def test_the_commands_are_completed_as_click_does_it() -> None:
    context = click.Context(cli, **cli.context_settings)

    def shown(items: list[CompletionItem]) -> list[tuple[str, str | None]]:
        return [(item.value, item.help) for item in items]

    for begun in ("", "c", "pd", "none", "--v"):
        theirs = shown(click.Group.shell_complete(cli, context, begun))
        assert shown(cli.shell_complete(context, begun)) == theirs


def test_the_module_runs_as_a_program() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "cvbuild", "--version"], capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, f"cvbuild {__version__}\n", "")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_every_command(run_cli: RunCli, option: str) -> None:
    outcome = run_cli(option)
    assert outcome.code == 0
    listed = re.findall(r"^  (\w+)  ", outcome.out.partition("Commands:")[2], re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)
    assert listed[:2] == ["init", "pdf"]


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_help_of_a_command_has_an_example_or_is_one_line(run_cli: RunCli, name: str) -> None:
    outcome = run_cli(name, "--help")
    assert outcome.code == 0
    text = command(name).help
    assert text
    assert f"cvbuild {name}" in outcome.out.partition("Example")[2] or len(text.strip().splitlines()) == 1


def test_the_list_of_commands_says_each_in_whole_at_80_columns() -> None:
    context = click.Context(cli, terminal_width=80)
    listed = cli.get_help(context).partition("Commands:")[2].strip().splitlines()
    assert len(listed) == len(COMMANDS)
    assert [line for line in listed if line.endswith("...")] == []


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_examples_of_a_command_name_variants_that_the_starter_has(run_cli: RunCli, name: str) -> None:
    examples = run_cli(name, "--help").out.partition("Example")[2].partition("Options:")[0]
    variants = re.findall(r"(?:-v|--variant) (\S+)", examples)
    if name == "diff":
        variants += re.findall(r"cvbuild diff (\w+) (\w+)", examples)[0]
    assert set(variants) <= {"full", "short"}


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_option_is_explained(name: str) -> None:
    options = [option for option in command(name).params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pfd"], "No such command 'pfd'"),
        (["pdf", "short"], "A variant is named by an option: `--variant NAME`."),
        (["pdf", "--variants", "full"], "No such option"),
        (["pdf", "--variant"], "requires an argument"),
        (["stats", "--since", "soon"], "'soon' is not a valid integer"),
        (["schema", "publication"], "is not one of"),
        (["init"], "Missing argument"),
    ],
)
def test_a_call_that_is_wrong_is_answered_with_exit_code_2(
    run_cli: RunCli, arguments: list[str], said: str
) -> None:
    outcome = run_cli(*arguments)
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.out == ""


def test_the_module_calls_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["cvbuild", "--version"])
    monkeypatch.delitem(sys.modules, "cvbuild.__main__", raising=False)
    with pytest.raises(SystemExit) as stopped:
        runpy.run_module("cvbuild", run_name="__main__")
    assert stopped.value.code == 0
    assert capfd.readouterr().out == f"cvbuild {__version__}\n"


def test_a_folder_that_is_no_project_is_said(
    run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("pdf", "tex", "check", "stats", "variants", "clean"):
        outcome = run_cli(name)
        assert outcome.code == 2
        assert "this folder is not a CV project" in outcome.err
        assert "cvbuild init" in outcome.err


def test_a_folder_that_is_not_there_is_said(run_cli: RunCli, tmp_path: Path) -> None:
    outcome = run_cli("-C", tmp_path / "gone", "check")
    assert outcome.code == 2
    assert "there is no folder" in outcome.err
    (tmp_path / "file").touch()
    assert run_cli("-C", tmp_path / "file", "check").code == 2


def test_a_mistake_of_the_program_is_written_to_a_file(
    run_cli: RunCli, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(stats, "count", broken)
    outcome = run_cli("-C", make_project(), "stats")
    assert outcome.code == 70
    assert "this is a mistake in cvbuild, not in your CV (RuntimeError)" in outcome.err
    found = re.search(r"with the file (\S+)", outcome.err)
    assert found
    report = Path(found[1]).read_text(encoding="utf-8")
    assert report.startswith(f"cvbuild {__version__}, Python 3")
    assert "Traceback" in report
    assert "a mistake of ours" in report


def test_an_interrupted_call_says_so(
    run_cli: RunCli, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "build", interrupted)
    outcome = run_cli("-C", make_project(), "pdf")
    assert outcome.code == 130
    assert outcome.err.strip() == "stopped"


# ---- pdf


@pytest.mark.usefixtures("fake_engine")
def test_every_variant_is_built_with_a_closing_line(
    run_cli: RunCli, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project()
    monkeypatch.chdir(root)
    outcome = run_cli("pdf")
    assert outcome.code == 0
    assert closing(outcome.out) == [("build/cv-full.pdf", "1 page"), ("build/cv-short.pdf", "1 page")]
    assert outcome.err == ""
    assert (root / "build/cv-full.pdf").is_file()


def test_variants_are_built_by_name(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine, tmp_path: Path
) -> None:
    fake_engine.pages = 2
    outcome = run_cli(
        "-C", make_project(), "pdf", "-v", "short", "--variant", "short", "-o", tmp_path / "out"
    )
    assert closing(outcome.out) == [(str(tmp_path / "out/cv-short.pdf"), "2 pages")]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["cv-short.pdf"]


@pytest.mark.usefixtures("fake_engine")
def test_one_variant_goes_into_a_file(run_cli: RunCli, make_project: MakeProject, tmp_path: Path) -> None:
    target = tmp_path / "new folder" / "Ada.PDF"
    outcome = run_cli("-C", make_project(), "pdf", "-v", "short", "--output", target)
    assert outcome.code == 0
    assert target.is_file()
    assert str(target) in outcome.out


def test_two_variants_do_not_go_into_one_file(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine, tmp_path: Path
) -> None:
    outcome = run_cli("-C", make_project(), "pdf", "-o", tmp_path / "x.pdf")
    assert outcome.code == 2
    assert "`-o FILE.pdf` goes with one variant" in outcome.err
    assert fake_engine.runs == 0
    assert not (tmp_path / "x.pdf").exists()


@pytest.mark.usefixtures("fake_engine")
def test_a_place_that_cannot_be_written_is_said(
    run_cli: RunCli, make_project: MakeProject, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    outcome = run_cli("-C", make_project(), "pdf", "-v", "full", "-o", tmp_path / "file" / "cv.pdf")
    assert outcome.code == 1
    assert str(tmp_path / "file") in outcome.err
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-v", "shrot"], ["there is no variant `shrot`", "did you mean `short`?", "full, short"]),
        (["--engine", "pdflatx"], ["there is no engine `pdflatx`", "did you mean `pdflatex`?"]),
        (["--theme", "clasic"], ["there is no theme `clasic`", "did you mean `classic`?"]),
        (["--lang", "klingon"], ["`klingon` is not a language code", "`en`, `de`"]),
    ],
)
@pytest.mark.usefixtures("fake_engine")
def test_unknown_names_are_usage_errors(
    run_cli: RunCli, make_project: MakeProject, arguments: list[str], said: list[str]
) -> None:
    outcome = run_cli("-C", make_project(), "pdf", *arguments)
    assert outcome.code == 2
    assert [text for text in said if text not in outcome.err] == []
    assert outcome.out == ""


def test_no_engine_has_an_exit_code_of_its_own(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    fake_engine.is_there = False
    outcome = run_cli("-C", make_project(), "pdf")
    assert outcome.code == 3
    assert "there is no TeX engine on this machine" in outcome.err
    assert "cvbuild doctor --install" in outcome.err
    assert run_cli("-C", make_project(), "pdf", "--engine", "tectonic").code == 3


def test_an_engine_that_hangs_fails_its_variant_only(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    def behave(folder: Path, run: int) -> Run:
        if run == 1:
            return Run(False, "", "time")
        blank_pdf(folder / "cv.pdf")
        return Run(True, "fine")

    fake_engine.behave = behave
    outcome = run_cli("-C", make_project(), "pdf")
    assert outcome.code == 1
    assert "error[tex-limit]: pdflatex did not end within 1 seconds" in outcome.err
    assert "cv-short.pdf" in outcome.out


def test_the_language_reaches_the_document(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project()
    assert run_cli("-C", root, "pdf", "-v", "full", "--lang", "de", "--keep-tex").code == 0
    assert fake_engine.runs == 1
    assert "pdflang={de}" in (root / "build/cv-full.tex").read_text(encoding="utf-8")


@pytest.mark.usefixtures("fake_engine")
def test_the_tex_is_kept_when_asked_for(run_cli: RunCli, make_project: MakeProject, tmp_path: Path) -> None:
    root = make_project()
    run_cli("-C", root, "pdf", "-v", "full")
    assert not list((root / "build").glob("*.tex"))
    run_cli("-C", root, "pdf", "-v", "full", "--keep-tex", "-o", tmp_path / "a.pdf")
    assert (tmp_path / "a.tex").read_text(encoding="utf-8").rstrip().endswith(r"\end{document}")


@pytest.mark.usefixtures("fake_engine")
def test_the_pdf_is_opened_when_asked_for(
    run_cli: RunCli, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(click, "launch", opened.append)
    root = make_project()
    run_cli("-C", root, "pdf", "-v", "full")
    assert opened == []
    run_cli("-C", root, "pdf", "-v", "full", "--open")
    assert opened == [str(root / "build/cv-full.pdf")]


def test_errors_in_the_content_stop_the_build(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project({"content/bio.yaml": "kind: text\ntitel: Bio\ntext: x\n"})
    outcome = run_cli("-C", root, "pdf")
    assert outcome.code == 1
    assert "content/bio.yaml:2:1" in outcome.err
    assert "did you mean `title`?" in outcome.err
    assert re.search(r"^\d errors?; nothing was built$", outcome.err, re.MULTILINE)
    assert outcome.out == ""
    assert fake_engine.runs == 0
    assert not (root / "build").exists()


def test_a_variant_that_fails_does_not_stop_the_others(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project({"content/cv.yaml": LIMITED})
    fake_engine.pages = 2
    outcome = run_cli("-C", root, "pdf")
    assert outcome.code == 1
    assert closing(outcome.out) == [(str(root / "build/cv-short.pdf"), "2 pages")]
    assert "error[too-many-pages]: the variant `full` has 2 pages" in outcome.err
    assert "the refused PDF is kept as build/cv-full.refused.pdf" in outcome.err
    assert "full: not built; the log is" in outcome.err
    assert not (root / "build/cv-full.pdf").exists()


def test_over_the_limit_the_last_good_pdf_stays(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project({"content/cv.yaml": LIMITED})
    assert run_cli("-C", root, "pdf", "-v", "full").code == 0
    good = (root / "build/cv-full.pdf").read_bytes()
    fake_engine.pages = 2
    assert run_cli("-C", root, "pdf", "-v", "full").code == 1
    assert (root / "build/cv-full.pdf").read_bytes() == good
    assert (root / "build/cv-full.refused.pdf").is_file()


def test_within_the_limit_again_no_long_pdf_is_left(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project({"content/cv.yaml": LIMITED})
    fake_engine.pages = 2
    run_cli("-C", root, "pdf", "-v", "full")
    fake_engine.pages = 1
    assert run_cli("-C", root, "pdf", "-v", "full").code == 0
    assert [path.name for path in (root / "build").glob("*.pdf")] == ["cv-full.pdf"]


def test_warnings_are_printed_and_do_not_fail_the_build(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    root = make_project()
    (root / "bib/works.bib").write_bytes(b"@article{one, author = {M\xfcller}, title = {T}, year = 2020}\n")
    outcome = run_cli("-C", root, "pdf", "-v", "full")
    assert outcome.code == 0
    assert "warning[not-utf8]" in outcome.err
    assert len(closing(outcome.out)) == 1
    assert fake_engine.runs == 1


@pytest.mark.usefixtures("fake_engine")
def test_progress_is_for_terminals_only(run_cli: RunCli, make_project: MakeProject) -> None:
    outcome = run_cli("-C", make_project(), "pdf")
    assert outcome.err == ""
    assert "\x1b" not in outcome.out
    assert "\r" not in outcome.out


def test_progress_on_a_terminal_is_one_line_that_is_wiped(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(click, "echo", lambda text, err, nl: print(text, end="", file=sys.stderr))
    with ProgressLine("full") as line:
        line.show("pdflatex, pass 1")
    err = capfd.readouterr().err
    assert "\rfull: pdflatex, pass 1 …" in err.replace("\x1b[K", "")
    assert "\n" not in err
    assert on_screen(err) == [""]


def test_progress_of_several_variants_is_a_line_each_and_results_stand_above(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(click, "echo", lambda text, err, nl: print(text, end="", file=sys.stderr))
    monkeypatch.setenv("COLUMNS", "40")
    seen = ""
    with Progress() as progress:
        progress.show("full", "pdflatex, pass 1")
        progress.show("short", "pdflatex, pass 1 of a line that is longer than the terminal")
        seen += capfd.readouterr().err
        assert on_screen(seen) == ["full: pdflatex, pass 1 …", "short: pdflatex, pass 1 of a line that "]
        with progress.paused():
            print("cv-full.pdf", file=sys.stderr)
        progress.end("full")
        progress.show("short", "pdflatex, pass 2")
        seen += capfd.readouterr().err
        assert on_screen(seen) == ["cv-full.pdf", "short: pdflatex, pass 2 …"]
    seen += capfd.readouterr().err
    assert on_screen(seen) == ["cv-full.pdf", ""]


def on_screen(written: str) -> list[str]:
    """The lines that a terminal shows, of text with the sequences that wipe lines and go up."""
    screen, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[\d*[AJK]|\r|\n|[^\x1b\r\n]+", written):
        if part == "\r":
            column = 0
        elif part == "\n":
            row, column = row + 1, 0
            screen += [""] * (row + 1 - len(screen))
        elif part.endswith("A") and part.startswith("\x1b"):
            row -= int(part[2:-1])
        elif part == "\x1b[K":
            screen[row] = screen[row][:column]
        elif part == "\x1b[J":
            screen[row] = screen[row][:column]
            del screen[row + 1 :]
        else:
            line = screen[row].ljust(column)
            screen[row] = line[:column] + part + line[column + len(part) :]
            column += len(part)
    return screen


# ---- tex, check, stats, variants


def test_tex_is_written_into_a_folder_each(
    run_cli: RunCli, make_project: MakeProject, tmp_path: Path
) -> None:
    root = make_project()
    outcome = run_cli("-C", root, "tex")
    assert outcome.code == 0
    assert outcome.out.splitlines() == [str(root / "build/tex")]
    assert sorted(path.name for path in (root / "build/tex").iterdir()) == ["full", "short"]
    run_cli("-C", root, "tex", "-v", "short", "-o", tmp_path / "out", "--lang", "de")
    assert "pdflang={de}" in (tmp_path / "out/cv-short.tex").read_text(encoding="utf-8")
    assert (tmp_path / "out/latexmkrc").is_file()


def test_tex_is_written_into_a_zip(run_cli: RunCli, make_project: MakeProject, tmp_path: Path) -> None:
    outcome = run_cli("-C", make_project(), "tex", "-v", "full", "-o", tmp_path / "cv.zip")
    assert outcome.code == 0
    with zipfile.ZipFile(tmp_path / "cv.zip") as archive:
        assert set(archive.namelist()) == {"cv-full.tex", "latexmkrc"}
    assert run_cli("-C", make_project(), "tex", "-v", "full", "-o", tmp_path / "cv.zip").code == 0


def test_two_variants_into_one_zip_give_both_or_neither(
    run_cli: RunCli, make_project: MakeProject, tmp_path: Path
) -> None:
    outcome = run_cli("-C", make_project(), "tex", "-o", tmp_path / "cv.zip")
    assert "holds other files" not in outcome.err
    if outcome.code == 0:
        with zipfile.ZipFile(tmp_path / "cv.zip") as archive:
            names = {Path(name).name for name in archive.namelist()}
        assert names >= {"cv-full.tex", "cv-short.tex"}
    else:
        assert outcome.code == 2
        assert not (tmp_path / "cv.zip").exists()


def test_tex_of_a_broken_template_is_a_content_problem(run_cli: RunCli, make_project: MakeProject) -> None:
    root = make_project({"latex_templates/sections/text.tex": "<< nothing_of_this_name >>\n"})
    outcome = run_cli("-C", root, "tex")
    assert outcome.code == 1
    assert "text.tex:1:4" in outcome.err


def test_check_finds_nothing_in_a_good_project(
    run_cli: RunCli, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "ENGINES", {})
    outcome = run_cli("-C", make_project(), "check")
    assert (outcome.code, outcome.out, outcome.err) == (0, "no problems found\n", "")


def test_check_finds_mistakes_in_content_and_templates(run_cli: RunCli, make_project: MakeProject) -> None:
    broken = {"latex_templates/sections/text.tex": "<< nothing_of_this_name >>\n"}
    outcome = run_cli("-C", make_project(broken), "check")
    assert outcome.code == 1
    assert outcome.out == "1 error\n"
    assert "error[template]" in outcome.err
    outcome = run_cli("-C", make_project({"content/bio.yaml": ""}, "other"), "check")
    assert outcome.code == 1
    assert "content/bio.yaml" in outcome.err


def test_check_of_an_unknown_variant_is_a_usage_error(run_cli: RunCli, make_project: MakeProject) -> None:
    assert run_cli("-C", make_project(), "check", "-v", "shrot").code == 2


def test_check_says_warnings_once_and_passes(run_cli: RunCli, make_project: MakeProject) -> None:
    root = make_project()
    (root / "bib/works.bib").write_bytes(b"@article{one, author = {M\xfcller}, title = {T}, year = 2020}\n")
    outcome = run_cli("-C", root, "check")
    assert (outcome.code, outcome.out) == (0, "1 warning\n")
    assert outcome.err.count("warning[not-utf8]") == 1


def test_strict_makes_warnings_fail_and_lint_adds_them(run_cli: RunCli, make_project: MakeProject) -> None:
    root = make_project()
    entry = b"@article{one, author = {Example, Ada}, title = {T}, year = 2020, doi = {10.5555/1}}\n"
    (root / "bib/works.bib").write_bytes(entry)
    assert run_cli("-C", root, "check", "--lint", "--strict").code == 0
    (root / "bib/works.bib").write_bytes(entry.replace(b"Example, Ada", b"Exempel, Saga"))
    assert run_cli("-C", root, "check", "--strict").code == 0
    assert run_cli("-C", root, "check", "--lint").code == 0
    outcome = run_cli("-C", root, "check", "--lint", "--strict")
    assert (outcome.code, outcome.out) == (1, "1 warning\n")
    assert "warning[lint-owner-missing]" in outcome.err
    settings = root / "content/cv.yaml"
    settings.write_text(
        settings.read_text(encoding="utf-8") + "ignore: lint-owner-missing\n", encoding="utf-8"
    )
    outcome = run_cli("-C", root, "check", "--lint", "--strict")
    assert (outcome.code, outcome.out) == (0, "no problems found; 1 silenced\n")


def test_notes_do_not_fail_a_strict_check(run_cli: RunCli, make_project: MakeProject) -> None:
    root = make_project()
    entry = b"@article{one, author = {Example, Ada}, title = {T}, journal = {J}, year = 2020}\n"
    (root / "bib/works.bib").write_bytes(entry)
    outcome = run_cli("-C", root, "check", "--lint", "--strict")
    assert (outcome.code, outcome.out) == (0, "1 note\n")


def test_stats_count_the_publications_of_the_repository(run_cli: RunCli) -> None:
    outcome = run_cli("-C", REPOSITORY, "stats")
    assert outcome.code == 0
    counts = dict(re.findall(r"^ *(.+?) +(\d+)$", outcome.out, re.MULTILINE))
    assert counts["publications"] == "93"
    assert counts["since 2020"] == "73"
    categories = [
        "Journal Articles",
        "Contributions to Conference Proceedings and Workshops",
        "Books",
        "Book Chapters",
        "Preprints",
    ]
    assert [counts[name] for name in categories] == ["28", "39", "1", "4", "21"]


def test_stats_for_programs(run_cli: RunCli) -> None:
    outcome = run_cli("-C", REPOSITORY, "stats", "--since", "2025", "--json")
    counts = json.loads(outcome.out)
    assert counts["publications"] == 93
    assert counts["since_year"] == 2025
    assert 0 < counts["since"] < 73
    assert {"name": "Preprints", "count": 21} in counts["categories"]


def test_stats_of_broken_content_are_not_printed(run_cli: RunCli, make_project: MakeProject) -> None:
    outcome = run_cli("-C", make_project({"content/bio.yaml": ""}), "stats")
    assert outcome.code == 1
    assert outcome.out == ""


def test_variants_are_listed_with_what_they_print(run_cli: RunCli, make_project: MakeProject) -> None:
    settings = LIMITED.replace("max_pages: 1", "max_pages: 3, description: Everything, output: ada")
    outcome = run_cli("-C", make_project({"content/cv.yaml": settings}), "variants")
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "full   ada.pdf: 2 sections, 2 of 2 entries, at most 3 pages  (Everything)",
        "short  cv-short.pdf: 1 section, 1 of 2 entries",
    ]


def test_variants_are_listed_for_programs(run_cli: RunCli, make_project: MakeProject) -> None:
    outcome = run_cli("-C", make_project(), "variants", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out) == ["full", "short"]


# ---- init, schema, clean


def test_init_makes_a_project_that_passes_its_check(run_cli: RunCli, tmp_path: Path) -> None:
    outcome = run_cli("init", tmp_path / "my-cv")
    assert outcome.code == 0
    assert f"cd {tmp_path / 'my-cv'}" in outcome.out
    checked = run_cli("-C", tmp_path / "my-cv", "check")
    assert (checked.code, checked.out, checked.err) == (0, "no problems found\n", "")


def test_init_refuses_a_folder_that_is_not_empty(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    outcome = run_cli("init", tmp_path)
    assert outcome.code == 2
    assert "is not empty" in outcome.err
    assert not (tmp_path / "content").exists()


@pytest.mark.usefixtures("fake_engine")
def test_relative_paths_start_in_the_folder_worked_in(
    run_cli: RunCli, make_project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-C` says: work in this folder instead of the current one."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    root = make_project()
    monkeypatch.chdir(elsewhere)
    run_cli("-C", tmp_path, "init", "new")
    run_cli("-C", root, "pdf", "-v", "full", "-o", "out/ada.pdf")
    assert list(elsewhere.iterdir()) == []
    assert (tmp_path / "new/content/cv.yaml").is_file()
    assert (root / "out/ada.pdf").is_file()


@pytest.mark.parametrize("which", ["cv", "section"])
def test_a_schema_is_printed(run_cli: RunCli, which: str) -> None:
    outcome = run_cli("schema", which)
    assert outcome.code == 0
    assert json.loads(outcome.out)["$schema"].startswith("https://json-schema.org/")


def test_schemas_are_written_where_the_content_looks_for_them(
    run_cli: RunCli, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project()
    monkeypatch.chdir(root)
    outcome = run_cli("schema", "--write")
    assert outcome.out.splitlines() == ["content/schema/cv.json", "content/schema/section.json"]
    printed = json.loads(run_cli("schema", "cv").out)
    assert json.loads((root / "content/schema/cv.json").read_text(encoding="utf-8")) == printed


def test_which_schema_has_to_be_said(run_cli: RunCli) -> None:
    outcome = run_cli("schema")
    assert outcome.code == 2
    assert "`cv` or `section`" in outcome.err


@pytest.mark.usefixtures("fake_engine")
def test_clean_deletes_its_own_files_only(
    run_cli: RunCli, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project()
    monkeypatch.chdir(root)
    run_cli("pdf", "--keep-tex")
    run_cli("tex")
    (root / "build/letter.pdf").write_bytes(b"mine")
    outcome = run_cli("clean")
    assert outcome.code == 0
    assert "deleted build/cv-full.pdf" in outcome.out.splitlines()
    assert [path.name for path in (root / "build").iterdir()] == ["letter.pdf"]
    assert (root / "content/cv.yaml").is_file()
    assert run_cli("clean").out == ""


@pytest.mark.usefixtures("fake_engine")
def test_clean_works_while_the_content_is_broken(
    run_cli: RunCli, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project()
    monkeypatch.chdir(root)
    run_cli("pdf")
    make_project({"content/bio.yaml": "kind: [\n"})
    assert run_cli("clean").code == 0
    assert not (root / "build/.work").exists()


# ---- how problems are printed


def test_json_is_all_that_stands_on_standard_output(run_cli: RunCli, make_project: MakeProject) -> None:
    folder = make_project({"content/cv.yaml": LIMITED.replace("max_pages: 1", "max_page: 1")})
    for command in ("pdf", "check", "tex"):
        outcome = run_cli("-C", folder, command, "--format", "json")
        assert (outcome.code, outcome.err) == (1, "")
        told = json.loads(outcome.out)
        assert [item["code"] for item in told["diagnostics"]] == ["unknown-key"]
        assert told["errors"] == 1


def test_json_says_what_was_built(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    outcome = run_cli("-C", make_project({}), "pdf", "--format", "json")
    assert outcome.code == 0
    built = json.loads(outcome.out)["built"]
    assert [(item["variant"], Path(item["pdf"]).name, item["engine"]) for item in built] == [
        ("full", "cv-full.pdf", "pdflatex"),
        ("short", "cv-short.pdf", "pdflatex"),
    ]


def test_github_gets_paths_from_the_root_of_the_repository(
    run_cli: RunCli, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_project({"content/cv.yaml": LIMITED.replace("max_pages: 1", "max_page: 1")})
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    (folder.parent / ".git").mkdir()
    found = run_cli("-C", folder, "check", "--format", "github").out
    assert f"::error file={folder.name}/content/cv.yaml,title=error[unknown-key],line=" in found
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder))
    assert "::error file=content/cv.yaml," in run_cli("-C", folder, "check", "--format", "github").out


def test_a_warning_of_every_variant_is_printed_once(
    run_cli: RunCli, make_project: MakeProject, fake_engine: FakeEngine
) -> None:
    folder = make_project({"content/bio.yaml": "kind: text\ntitle: {de: Leben}\ntext: Ada.\n"})
    outcome = run_cli("-C", folder, "pdf")
    assert outcome.code == 0
    assert outcome.err.count("missing-translation") == 1


def test_a_misspelled_command_is_answered_with_the_nearest(run_cli: RunCli) -> None:
    assert "Did you mean `check`?" in run_cli("chek").err
