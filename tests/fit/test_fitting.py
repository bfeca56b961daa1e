"""Fitting from files to paper: short forms, templates of one's own, and pages that are not as measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import cvbuild.build
from cvbuild.build import Built, build, prepare
from cvbuild.fit.fit import fit
from cvbuild.fit.measure import Setting, expect_pages
from cvbuild.project import find_project
from cvbuild.request import Request
from tests.conftest import REPOSITORY, RunCli, needs_pdflatex
from tests.projects import load, make_project, write_project

pytestmark = needs_pdflatex()

LONG = "Many words about one thing and another that nobody needs in a short CV. " * 12
JOBS = f"""\
kind: positions
title: Positions
items:
  - organisation: New University
    roles:
      - {{title: Professor, period: 2020 – present, shrink_to: brief, brief: In a nutshell., text: "{LONG}"}}
      - {{title: Dean, period: 2018 – 2019, shrink_to: brief, text: "{LONG}"}}
  - organisation: Old University
    roles:
      - {{title: Assistant, period: 2010 – 2012, text: "{LONG}"}}
"""
SETTINGS = "owner: {name: Ada Example}\nvariants:\n  short:\n    fit: 1\n"


def news(number: int, extra: str = "") -> str:
    items = "".join(f"  - {{text: 'News {at:03}', date: {2100 - at}}}\n" for at in range(number))
    return f"kind: list\ntitle: News\n{extra}items:\n{items}"


def built(folder: Path, files: dict[str, str | bytes | None], most: int | None = None) -> Built:
    cv, _ = load(folder, files)
    options = Request("pdflatex", fit=most)
    return build(make_project(folder, files), cv, "short", options)


def tex(folder: Path, files: dict[str, str | bytes | None]) -> str:
    cv, _ = load(folder, files)
    return prepare(make_project(folder, files), cv, "short", Request("pdflatex")).rendered.text


def test_what_may_shrink_is_printed_short_where_there_is_no_room(tmp_path: Path) -> None:
    fillers = {f"content/z{at}.yaml": news(12, "").replace("News", f"Z{at}") for at in range(2)}
    text = tex(tmp_path, {"content/cv.yaml": SETTINGS, "content/jobs.yaml": JOBS, **fillers})
    assert "Dean" in text
    assert "In a nutshell." in text
    assert text.count("Many words about") == 12  # the Assistant's, who may not shrink


def test_what_may_shrink_is_printed_in_full_where_there_is_room(tmp_path: Path) -> None:
    text = tex(tmp_path, {"content/cv.yaml": SETTINGS, "content/jobs.yaml": JOBS})
    assert text.count("Many words about") == 12 * 3
    assert "In a nutshell." not in text


def test_a_template_of_ones_own_that_prints_a_table_is_one_unit(tmp_path: Path) -> None:
    files: dict[str, str | bytes | None] = {
        "content/cv.yaml": SETTINGS,
        "content/news.yaml": news(80),
        "content/zoo.yaml": "kind: zoo\ntitle: Zoo\nitems: [{animal: Ape}, {animal: Bear}]\n",
        "latex_templates/sections/zoo.tex": (
            "<% include 'sections/_heading.tex' %>\n\\begin{tabular}{l}\n"
            "<% for group in section.groups %><% for item in group['items'] %>\n"
            "<< item.animal >>\\\\\n<% endfor %><% endfor %>\n\\end{tabular}\n"
        ),
    }
    cv, _ = load(tmp_path, files)
    project = find_project(tmp_path, tmp_path / "build")
    fitted = fit(cv, "short", 1, Setting(project, "pdflatex"))
    units = [
        unit for unit in fitted.measured.ranked if unit.entries[0].summary in {"Ape", "Bear", "freeitem"}
    ]
    assert [len(unit.entries) for unit in units] == [2]
    done = build(project, cv, "short", Request("pdflatex"))
    assert (done.pages, fitted.pages) == (1, 1)
    assert done.fit is not None
    assert done.fit.fill >= 0.85


def test_entries_in_boxes_within_a_list_of_latex_are_one_unit(tmp_path: Path) -> None:
    """The marks end up within a paragraph, where they cannot be seen."""
    files: dict[str, str | bytes | None] = {
        "content/cv.yaml": SETTINGS,
        "content/news.yaml": news(80),
        "content/zoo.yaml": "kind: zoo\ntitle: Zoo\nitems: [{animal: Ape}, {animal: Bear}]\n",
        "latex_templates/sections/zoo.tex": (
            "Animals: \\hbox{\\vbox{<% for group in section.groups %><% for item in group['items'] %>"
            "\\begin{cventry}\\cvpar{<< item.animal >>}\\end{cventry}<% endfor %><% endfor %>}}\\par\n"
        ),
    }
    cv, _ = load(tmp_path, files)
    fitted = fit(cv, "short", 1, Setting(find_project(tmp_path, tmp_path / "build"), "pdflatex"))
    sizes = [
        len(unit.entries)
        for unit in fitted.measured.ranked
        if unit.entries[0].span.source.name.endswith("zoo.yaml")
    ]
    assert sizes == [2]
    assert built(tmp_path, files).pages == 1


def test_where_paper_is_longer_than_measured_the_last_in_rank_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, str | bytes | None] = {"content/cv.yaml": SETTINGS, "content/news.yaml": news(80)}
    straight = built(tmp_path / "straight", files)
    counted = iter([2, 2, 1])
    monkeypatch.setattr(cvbuild.build, "pages_written", lambda log: next(counted))
    again = built(tmp_path / "again", files)
    assert straight.fit is not None
    assert again.fit is not None
    assert again.fit.printed == straight.fit.printed - 2
    assert (straight.passes, again.passes) == (2, 4)
    assert again.pdf is not None


def test_what_cannot_become_shorter_is_an_error_and_no_pdf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cvbuild.build, "pages_written", lambda log: 2)
    failed = built(tmp_path, {"content/cv.yaml": SETTINGS, "content/news.yaml": news(1)})
    assert [item.code for item in failed.diagnostics] == ["does-not-fit"]
    assert failed.pdf is None


def test_an_item_of_the_bibliography_can_be_kept(tmp_path: Path) -> None:
    entries = "".join(
        f"@article{{k{at}, author={{Example, Ada}}, title={{Title {at}}}, year={{{2020 - at}}}"
        + (", keep={true}}\n" if at == 49 else "}\n")
        for at in range(50)
    )
    section = "kind: publications\ntitle: P\ncategories: [{id: all, title: All, match: {}}]\n"
    settings = SETTINGS + "    sections: [publications]\n"
    text = tex(
        tmp_path, {"content/cv.yaml": settings, "content/publications.yaml": section, "bib/a.bib": entries}
    )
    assert "Title 49" in text
    assert "Title 0”" in text
    assert "Title 48" not in text


def test_only_the_best_of_a_long_list_are_measured(tmp_path: Path) -> None:
    files: dict[str, str | bytes | None] = {"content/cv.yaml": SETTINGS, "content/news.yaml": news(900)}
    cv, _ = load(tmp_path, files)
    fitted = fit(cv, "short", 1, Setting(make_project(tmp_path, files), "pdflatex"))
    assert len(fitted.measured.ranked) == 300
    assert len(fitted.unmeasured) == 600
    assert (fitted.passes, fitted.report.entries, fitted.pages) == (1, 900, 1)
    printed = built(tmp_path, files)
    assert printed.fit is not None
    assert printed.fit.left_out[0].summary == f"News {printed.fit.printed:03}"


def test_programs_get_the_account(tmp_path: Path, run_cli: RunCli) -> None:
    write_project(tmp_path, {"content/cv.yaml": SETTINGS, "content/news.yaml": news(60)})
    done = run_cli("-C", tmp_path, "pdf", "--format", "json", "--engine", "pdflatex")
    account = json.loads(done.out)["built"][0]["fit"]
    assert account["printed"] + len(account["left_out"]) == account["entries"] == 60
    assert [row["section"] for row in account["sections"]] == ["(header)", "news"]
    audited = json.loads(run_cli("-C", tmp_path, "audit", "--json").out)["variants"][0]
    assert audited["printed"] == account["printed"]
    reasons = [item["reason"] for item in audited["sections"][0]["left_out"]]
    assert reasons[0] == "does not fit on 1 page; the next in line"
    assert set(reasons[1:]) == {"does not fit on 1 page"}
    assert "fitted to 1 page" in run_cli("-C", tmp_path, "variants").out


def test_the_auxiliary_file_of_the_last_time_serves_for_the_next(tmp_path: Path) -> None:
    measured, folder = tmp_path / "measured", tmp_path / "folder"
    measured.mkdir()
    (measured / "cv.aux").write_bytes(b"\\relax \n\\BKM@entry{id=1}{00}\n\\gdef\\cvlastpage{0}\n")
    expect_pages(measured, folder, 3)
    assert (folder / "cv.aux").read_bytes() == b"\\relax \n\\gdef\\cvlastpage{3}\n\\gdef \\@abspage@last{3}\n"
    expect_pages(measured, folder, 2)
    assert (folder / "cv.aux").read_bytes() == b"\\relax \n\\gdef\\cvlastpage{2}\n\\gdef \\@abspage@last{2}\n"


def test_what_a_document_prints_between_its_sections_is_measured(tmp_path: Path) -> None:
    shipped = (REPOSITORY / "latex_templates/classic/document.tex").read_text(encoding="utf-8")
    loop = "<% for section in sections %>"
    files: dict[str, str | bytes | None] = {
        "content/cv.yaml": SETTINGS.replace("1", "3"),
        "content/a.yaml": news(70),
        "content/b.yaml": news(70),
        "latex_templates/document.tex": shipped.replace(loop, f"{loop}\n\\newpage\n"),
    }
    done = built(tmp_path, files)
    assert (done.pages, done.passes) == (3, 2)
    assert done.fit is not None
    # A page for the header, and one for each section, which is full.
    assert done.fit.fill >= 0.95
    assert [row.share >= 0.95 for row in done.fit.sections] == [False, True, True]


def test_a_theme_whose_pages_are_not_those_of_a_list_loses_more_and_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, str | bytes | None] = {"content/cv.yaml": SETTINGS, "content/news.yaml": news(80)}
    straight = built(tmp_path / "straight", files)
    counted = iter([2] * 5 + [1])
    monkeypatch.setattr(cvbuild.build, "pages_written", lambda log: next(counted))
    again = built(tmp_path / "again", files)
    assert straight.fit is not None
    assert again.fit is not None
    assert again.fit.printed == straight.fit.printed - (1 + 1 + 2 + 4 + 8)


def test_nothing_is_written_through_a_link_in_place_of_the_auxiliary_file(tmp_path: Path) -> None:
    measured, folder, other = tmp_path / "measured", tmp_path / "folder", tmp_path / "other"
    measured.mkdir()
    folder.mkdir()
    other.write_text("somebody else's", encoding="utf-8")
    (measured / "cv.aux").write_bytes(b"\\gdef\\cvlastpage{0}\n")
    (folder / "cv.aux").symlink_to(other)
    expect_pages(measured, folder, 3)
    assert other.read_text(encoding="utf-8") == "somebody else's"
    assert not (folder / "cv.aux").is_symlink()
