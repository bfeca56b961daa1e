"""How problems and results are printed: for people, programs and GitHub."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from cvbuild.commands import cli
from tests.conftest import SMALL_PROJECT, FakeEngine, MakeProject, RunCli

LIMITED = SMALL_PROJECT["content/cv.yaml"].replace("full: {}", "full: {max_pages: 1}")


def command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli, **cli.context_settings), name)
    assert found is not None
    return found


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
