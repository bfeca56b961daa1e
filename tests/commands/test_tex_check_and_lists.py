"""`tex`, `check`, `stats`, `variants`, and how they and `pdf` print for programs and GitHub."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from cvbuild.typeset import engines
from tests.conftest import REPOSITORY, SMALL_PROJECT, FakeEngine, RunCli, SmallProject

BROKEN = {"latex_templates/sections/text.tex": "<< nothing_of_this_name >>\n"}
UNKNOWN = {"content/cv.yaml": SMALL_PROJECT["content/cv.yaml"].replace("full: {}", "full: {max_page: 1}")}


def test_tex_is_written_into_a_folder_each_or_into_one_zip(small: SmallProject, tmp_path: Path) -> None:
    assert small.run("tex").out.splitlines() == [str(small.root / "build/tex")]
    assert small.names("build/tex") == ["full", "short"]
    small.run("tex", "-v", "short", "-o", tmp_path / "out", "--lang", "de")
    assert "pdflang={de}" in (tmp_path / "out/cv-short.tex").read_text(encoding="utf-8")
    assert (tmp_path / "out/latexmkrc").is_file()
    for _ in range(2):
        small.run("tex", "-o", tmp_path / "cv.zip")
    with zipfile.ZipFile(tmp_path / "cv.zip") as archive:
        names = {Path(name).name for name in archive.namelist()}
    assert names == {"cv-full.tex", "cv-short.tex", "latexmkrc"}


def test_a_template_that_cannot_be_filled_is_an_error_at_its_place(small: SmallProject) -> None:
    small.write(BROKEN)
    for command in ("tex", "check", "pdf"):
        outcome = small.run(command, code=1)
        assert "error[template]" in outcome.err
        assert "text.tex:1:4" in outcome.err
    assert small.run("check", code=1).out == "1 error\n"


def test_check_finds_nothing_in_a_good_project(small: SmallProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "ENGINES", {})
    outcome = small.run("check")
    assert (outcome.out, outcome.err) == ("no problems found\n", "")
    small.run("check", "-v", "shrot", code=2)
    small.edit("content/cv.yaml", "full: {}", "full: {output: cv-short}")
    assert "error[duplicate-output]" in small.run("check", code=1).err


def test_strict_makes_warnings_fail_and_lint_adds_them(small: SmallProject) -> None:
    entry = "@article{one, author = {Example, Ada}, title = {T}, year = 2020, doi = {10.5555/1}}\n"
    small.write({"bib/works.bib": entry})
    small.run("check", "--lint", "--strict")
    small.write({"bib/works.bib": entry.replace("Example, Ada", "Exempel, Saga")})
    small.run("check", "--strict")
    small.run("check", "--lint")
    outcome = small.run("check", "--lint", "--strict", code=1)
    assert outcome.out == "1 warning\n"
    assert "warning[lint-owner-missing]" in outcome.err
    small.edit("content/cv.yaml", "owner:", "ignore: lint-owner-missing\nowner:")
    assert small.run("check", "--lint", "--strict").out == "no problems found; 1 silenced\n"
    small.write({"bib/works.bib": entry.replace("doi = {10.5555/1}", "journal = {J}")})
    assert small.run("check", "--lint", "--strict").out == "1 note\n"


def test_stats_count_the_publications_of_the_repository(run_cli: RunCli) -> None:
    outcome = run_cli("-C", REPOSITORY, "stats")
    assert outcome.code == 0
    counts = dict(re.findall(r"^ *(.+?) +(\d+)$", outcome.out, re.MULTILINE))
    assert counts["publications"] == "93"
    assert counts["since 2020"] == "73"
    proceedings = "Contributions to Conference Proceedings and Workshops"
    categories = ["Journal Articles", proceedings, "Books", "Book Chapters", "Preprints"]
    assert [counts[name] for name in categories] == ["28", "39", "1", "4", "21"]
    told = json.loads(run_cli("-C", REPOSITORY, "stats", "--since", "2025", "--json").out)
    assert (told["publications"], told["since_year"]) == (93, 2025)
    assert 0 < told["since"] < 73
    assert {"name": "Preprints", "count": 21} in told["categories"]


def test_of_broken_content_there_are_no_stats(small: SmallProject) -> None:
    small.write({"content/bio.yaml": ""})
    assert small.run("stats", code=1).out == ""


def test_variants_are_listed_with_what_they_print(small: SmallProject) -> None:
    assert json.loads(small.run("variants", "--json").out) == ["full", "short"]
    small.edit("content/cv.yaml", "full: {}", "full: {max_pages: 3, description: Everything, output: ada}")
    assert small.run("variants").out.splitlines() == [
        "full   ada.pdf: 2 sections, 2 of 2 entries, at most 3 pages  (Everything)",
        "short  cv-short.pdf: 1 section, 1 of 2 entries",
    ]


@pytest.mark.usefixtures("fake_engine")
def test_json_is_all_that_stands_on_standard_output(small: SmallProject) -> None:
    built = json.loads(small.run("pdf", "--format", "json").out)["built"]
    assert [(item["variant"], Path(item["pdf"]).name, item["engine"]) for item in built] == [
        ("full", "cv-full.pdf", "pdflatex"),
        ("short", "cv-short.pdf", "pdflatex"),
    ]
    small.write(UNKNOWN)
    for command in ("pdf", "check", "tex"):
        outcome = small.run(command, "--format", "json", code=1)
        told = json.loads(outcome.out)
        assert [item["code"] for item in told["diagnostics"]] == ["unknown-key"]
        assert (told["errors"], outcome.err) == (1, "")


def test_github_gets_paths_from_the_root_of_the_repository(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.write(UNKNOWN)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    (small.root.parent / ".git").mkdir()
    said = small.run("check", "--format", "github", code=1).out
    assert f"::error file={small.root.name}/content/cv.yaml,title=error[unknown-key],line=" in said
    monkeypatch.setenv("GITHUB_WORKSPACE", str(small.root))
    assert "::error file=content/cv.yaml," in small.run("check", "--format", "github", code=1).out


def test_a_warning_of_every_variant_is_printed_once(small: SmallProject, fake_engine: FakeEngine) -> None:
    small.write({"content/bio.yaml": "kind: text\ntitle: {de: Leben}\ntext: Ada.\n"})
    assert small.run("pdf").err.count("missing-translation") == 1
    assert fake_engine.runs == 2
