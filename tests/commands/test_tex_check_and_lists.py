"""`tex`, `check`, `stats` and `variants`."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from cvbuild.typeset import engines
from tests.conftest import REPOSITORY, SMALL_PROJECT, MakeProject, RunCli

LIMITED = SMALL_PROJECT["content/cv.yaml"].replace("full: {}", "full: {max_pages: 1}")


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
    monkeypatch.setattr(engines, "ENGINES", {})
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
