"""Help, the version, completion, and calls that are wrong."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import click
import pytest

import cvbuild.commands
from cvbuild import __version__
from cvbuild.commands import COMMANDS, cli
from tests.conftest import RunCli, SmallProject


def command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli, **cli.context_settings), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_command_is_listed_as_it_describes_itself(name: str) -> None:
    real = command(name)
    listed = click.Command(None, help=COMMANDS[name].summary)
    for width in (20, 45, 79, 200):
        assert listed.get_short_help_str(width) == real.get_short_help_str(width)
    assert (real.hidden, real.deprecated) == (False, False)
    assert real.callback is not None
    assert inspect.unwrap(real.callback).__module__ == f"cvbuild.commands.{COMMANDS[name].module}"


def test_every_command_of_every_module_is_listed() -> None:
    for module in pkgutil.iter_modules(cvbuild.commands.__path__):
        importlib.import_module(f"cvbuild.commands.{module.name}")
    assert set(cli.commands) == set(COMMANDS)


def test_the_commands_are_laid_out_and_completed_as_click_does_it() -> None:
    context = click.Context(cli, **cli.context_settings)
    for width in (60, 80, 120):
        ours, clicks = (click.HelpFormatter(width=width) for _ in range(2))
        cli.format_commands(context, ours)
        click.Group.format_commands(cli, context, clicks)
        assert ours.getvalue() == clicks.getvalue()
    for begun in ("", "c", "pd", "none", "--v"):
        found, theirs = cli.shell_complete(context, begun), click.Group.shell_complete(cli, context, begun)
        assert [(item.value, item.help) for item in found] == [(item.value, item.help) for item in theirs]


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_every_command_in_whole_at_80_columns(run_cli: RunCli, option: str) -> None:
    listed = run_cli(option).out.partition("Commands:")[2]
    names = re.findall(r"^  (\w+)  ", listed, re.MULTILINE)
    assert sorted(names) == sorted(COMMANDS)
    assert names[:2] == ["init", "pdf"]
    assert len(listed.strip().splitlines()) == len(COMMANDS)
    assert "..." not in listed


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_help_of_a_command_explains_its_options_and_has_examples_for_the_starter(
    run_cli: RunCli, name: str
) -> None:
    examples = run_cli(name, "--help").out.partition("Example")[2].partition("Options:")[0]
    text = command(name).help
    assert text
    assert f"cvbuild {name}" in examples or len(text.strip().splitlines()) == 1
    variants = re.findall(r"(?:-v|--variant) (\S+)", examples)
    if name == "diff":
        variants += re.findall(r"cvbuild diff (\w+) (\w+)", examples)[0]
    assert set(variants) <= {"full", "short"}
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
        (["chek"], "Did you mean `check`?"),
        (["-C", "/dev/null/gone", "check"], "there is no folder"),
        (["-C", __file__, "check"], "is a file"),
    ],
)
def test_a_call_that_is_wrong_is_answered_with_exit_code_2(
    run_cli: RunCli, arguments: list[str], said: str
) -> None:
    outcome = run_cli(*arguments)
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.out == ""


def test_the_version_is_told(run_cli: RunCli) -> None:
    assert run_cli("--version").out == f"cvbuild {__version__}\n"


def test_a_folder_that_is_no_project_is_said(
    run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("pdf", "tex", "check", "stats", "variants", "clean"):
        outcome = run_cli(name)
        assert outcome.code == 2
        assert "this folder is not a CV project" in outcome.err
        assert "cvbuild init" in outcome.err


def test_a_mistake_of_the_program_is_written_to_a_file(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("cvbuild.commands.lists.count", broken)
    outcome = small.run("stats", code=70)
    assert "this is a mistake in cvbuild, not in your CV (RuntimeError)" in outcome.err
    found = re.search(r"with the file (\S+)", outcome.err)
    assert found
    report = Path(found[1]).read_text(encoding="utf-8")
    assert report.startswith(f"cvbuild {__version__}, Python 3")
    assert "Traceback" in report
    assert "a mistake of ours" in report
