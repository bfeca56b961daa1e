"""What other commands make of a fitted variant is what its PDF has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import RunCli, needs_pdflatex
from tests.projects import commit, write_project

pytestmark = needs_pdflatex()

NEWS = "".join(f"  - {{id: n{at}, text: 'News {at:03}', date: {2100 - at}}}\n" for at in range(60))
FILES: dict[str, str | bytes | None] = {
    "content/cv.yaml": """\
owner: {name: Ada Example}
variants:
  full: {}
  short: {fit: 1, profile: portal}
""",
    "content/news.yaml": f"kind: list\ntitle: News\nitems:\n{NEWS}",
    "profiles/portal.yaml": """\
title: Example portal
source: its form
version: "1"
checked: 2026-11
confidence: low
portal: the portal of Example
rules:
  - rule: max_items
    groups: [{name: news, max: 59, kinds: list}]
""",
}


@pytest.fixture
def printed(tmp_path: Path, run_cli: RunCli) -> int:
    """How many of the sixty items fit on the page."""
    write_project(tmp_path, FILES)
    audited = json.loads(run_cli("-C", tmp_path, "audit", "-v", "short", "--json").out)
    printed = audited["variants"][0]["printed"]
    assert 20 < printed < 59
    return int(printed)


def test_text_and_checks_for_a_portal_have_what_fits(tmp_path: Path, run_cli: RunCli, printed: int) -> None:
    text = run_cli("-C", tmp_path, "text", "-v", "short", "--profile", "portal")
    assert text.out.count("News ") == printed
    assert text.err.startswith(f"short: {len(text.out.rstrip()):,} characters")
    assert (text.code, "short, portal: 1 passed" in text.err) == (0, True)
    assert run_cli("-C", tmp_path, "text", "-v", "short", "-s", "news").out.count("News ") == printed
    held = run_cli("-C", tmp_path, "check", "--profile", "portal", "-v", "short", "--format", "json")
    verdicts = json.loads(held.out)["checked"][0]["verdicts"]
    assert [(verdict["outcome"], verdict["measured"]) for verdict in verdicts] == [("passed", str(printed))]
    assert run_cli("-C", tmp_path, "check", "--profile", "portal", "-v", "full").code == 1


def test_what_does_not_fit_is_a_difference(tmp_path: Path, run_cli: RunCli, printed: int) -> None:
    between = json.loads(run_cli("-C", tmp_path, "diff", "full", "short", "--format", "json").out)
    assert between["removed"] == 60 - printed
    commit(tmp_path, "then")
    settings = str(FILES["content/cv.yaml"]).replace("fit: 1", "fit: 2")
    write_project(tmp_path, {**FILES, "content/cv.yaml": settings})
    since = run_cli("-C", tmp_path, "diff", "--since", "then", "-v", "short", "--format", "json")
    assert json.loads(since.out)["added"] == 60 - printed


def test_what_must_stay_and_does_not_fit_fails_every_command(tmp_path: Path, run_cli: RunCli) -> None:
    kept = str(FILES["content/news.yaml"]).replace("{id", "{keep: true, id")
    write_project(tmp_path, {**FILES, "content/news.yaml": kept})
    for command in ("text -v short", "diff full short", "check --profile portal -v short"):
        done = run_cli("-C", tmp_path, *command.split())
        assert done.code == 1
        assert "error[does-not-fit]" in done.err
