"""A made-up profile, added as CONTRIBUTING.md says: a file, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cvbuild import funders
from cvbuild.funders import profile
from tests.conftest import RunCli
from tests.pdfs import page_of, write_pdf

MADE_UP = """\
title: Example Foundation
source: its call for proposals
version: "2026"
checked: 2026-11
extends: tri-agency-cv-nserc
without: [filename_pattern]
rules:
  - {rule: max_pages, pages: 1, source: page 3}
  - {rule: min_font_size, any: 10 pt, severity: warning}
"""


@pytest.fixture(autouse=True)
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ship the made-up profile beside the others."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    for name in funders.shipped_names():
        (folder / f"{name}.yaml").write_text((funders.SHIPPED / f"{name}.yaml").read_text("utf-8"), "utf-8")
    (folder / "made-up.yaml").write_text(MADE_UP, encoding="utf-8")
    monkeypatch.setattr(funders, "SHIPPED", folder)
    monkeypatch.setattr(profile, "SHIPPED", folder)


def test_it_is_listed_and_shown_with_its_own_rules_and_those_of_the_other(
    run_cli: RunCli, tmp_path: Path
) -> None:
    assert "made-up " in run_cli("-C", tmp_path, "profiles").out
    shown = json.loads(run_cli("-C", tmp_path, "profiles", "made-up", "--json").out)["profiles"][0]
    asked = {rule["rule"]: (rule["asks"], rule["source"]) for rule in shown["rules"]}
    assert asked["max_pages"] == ("pages 1", "page 3")
    assert asked["min_font_size"] == ("any 10 pt", "its call for proposals")
    assert "not_encrypted" in asked
    assert "filename_pattern" not in asked


def test_a_pdf_is_checked_against_it(run_cli: RunCli, tmp_path: Path) -> None:
    write_pdf(tmp_path / "good.pdf", page_of())
    write_pdf(tmp_path / "bad.pdf", page_of(size=9), page_of())
    command = ("-C", tmp_path, "check", "--profile", "made-up", "--format", "json", "--pdf")
    found = {}
    for name in ("good.pdf", "bad.pdf"):
        [checked] = json.loads(run_cli(*command, name).out)["checked"]
        outcomes = {verdict["rule"]: verdict["outcome"] for verdict in checked["verdicts"]}
        found[name] = [outcomes[rule] for rule in ("max_pages", "min_font_size")]
    assert found == {"good.pdf": ["passed", "passed"], "bad.pdf": ["failed", "warned"]}
