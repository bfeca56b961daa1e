"""Fitting from files to paper: short forms, templates of one's own, and pages that are not as measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import cvbuild.build
from cvbuild.build import Built
from cvbuild.fit.fit import Fitted, choose
from cvbuild.record import replace
from tests.conftest import REPOSITORY, RunCli, needs_pdflatex
from tests.projects import build_variant, write_project

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


def built(folder: Path, files: dict[str, str | bytes | None]) -> Built:
    return build_variant(write_project(folder, files), "short", engine="pdflatex")


def fitted(folder: Path, files: dict[str, str | bytes | None]) -> Fitted:
    """What is printed on the pages that the PDF has."""
    done = built(folder, files)
    assert done.fit is not None, done.diagnostics
    assert done.fit.pages == done.pages
    return done.fit


def tex(folder: Path, files: dict[str, str | bytes | None]) -> str:
    fitted(folder, files)
    return (folder / "build/.work/short-pdflatex/cv.tex").read_text(encoding="utf-8")


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


@pytest.mark.parametrize(
    ("before", "row", "after"),
    [
        pytest.param(
            "<% include 'sections/_heading.tex' %>\n\\begin{tabular}{l}\n",
            "<< item.animal >>\\\\\n",
            "\n\\end{tabular}\n",
            id="a table",
        ),
        # The marks end up within a paragraph, where they cannot be seen.
        pytest.param(
            "Animals: \\hbox{\\vbox{",
            "\\begin{cventry}\\cvpar{<< item.animal >>}\\end{cventry}",
            "}}\\par\n",
            id="boxes within a line",
        ),
    ],
)
def test_an_undivided_template_is_one_unit(before: str, row: str, after: str, tmp_path: Path) -> None:
    files: dict[str, str | bytes | None] = {
        "content/cv.yaml": SETTINGS,
        "content/news.yaml": news(80),
        "content/zoo.yaml": "kind: zoo\ntitle: Zoo\nitems: [{animal: Ape}, {animal: Bear}]\n",
        "latex_templates/sections/zoo.tex": (
            f"{before}<% for group in section.groups %><% for item in group['items'] %>"
            f"{row}<% endfor %><% endfor %>{after}"
        ),
    }
    done = fitted(tmp_path, files)
    assert [len(unit.entries) for unit in done.document.ranked if "zoo" in unit.entries[0].span.place] == [2]
    assert (done.pages, done.fill >= 0.85) == (1, True)


@pytest.mark.parametrize(
    ("counted", "passes", "lost"),
    [
        pytest.param([2, 2, 1], 4, 2, id="a line that runs on"),
        pytest.param([2] * 5 + [1], 7, 1 + 1 + 2 + 4 + 8, id="a theme of other pages"),
    ],
)
def test_where_paper_is_longer_than_measured_the_last_in_rank_go(
    counted: list[int], passes: int, lost: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, str | bytes | None] = {"content/cv.yaml": SETTINGS, "content/news.yaml": news(80)}
    said = iter(counted)
    monkeypatch.setattr(cvbuild.build, "pages_written", lambda log: next(said))
    done = built(tmp_path, files)
    assert done.fit is not None
    assert done.pdf is not None
    assert done.passes == passes
    assert done.fit.printed == len(choose(done.fit.document, 1, {0: None}).printed) - lost


def test_what_cannot_become_shorter_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    done = fitted(tmp_path, {"content/cv.yaml": SETTINGS, "content/news.yaml": news(900)})
    assert (len(done.document.ranked), len(done.unmeasured)) == (300, 600)
    assert (done.passes, done.entries, done.pages) == (1, 900, 1)
    assert done.left_out[0].summary == f"News {done.printed:03}"


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
    done = fitted(tmp_path, {"content/cv.yaml": SETTINGS, "content/news.yaml": news(1)})
    measured, folder, other = tmp_path / "measured", tmp_path / "folder", tmp_path / "other"
    measured.mkdir()
    (measured / "cv.aux").write_bytes(b"\\relax \n\\BKM@entry{id=1}{00}\n\\gdef\\cvlastpage{0}\n")
    replace(done, folder=measured).expect_in(folder)
    expected = b"\\relax \n\\gdef\\cvlastpage{1}\n\\gdef \\@abspage@last{1}\n"
    assert (folder / "cv.aux").read_bytes() == expected
    longer = replace(done, folder=measured, document=replace(done.document, pages=[*done.document.pages] * 2))
    longer.expect_in(folder)
    assert (folder / "cv.aux").read_bytes() == expected.replace(b"{1}", b"{2}")
    # Nothing is written through a link in its place.
    other.write_text("somebody else's", encoding="utf-8")
    (folder / "cv.aux").unlink()
    (folder / "cv.aux").symlink_to(other)
    longer.expect_in(folder)
    assert other.read_text(encoding="utf-8") == "somebody else's"
    assert not (folder / "cv.aux").is_symlink()


def test_what_a_document_prints_between_its_sections_is_measured(tmp_path: Path) -> None:
    shipped = (REPOSITORY / "latex_templates/classic/document.tex").read_text(encoding="utf-8")
    loop = "<% for section in sections %>"
    files: dict[str, str | bytes | None] = {
        "content/cv.yaml": SETTINGS.replace("1", "3"),
        "content/a.yaml": news(70),
        "content/b.yaml": news(70),
        "latex_templates/document.tex": shipped.replace(loop, f"{loop}\n\\newpage\n"),
    }
    done = fitted(tmp_path, files)
    # A page for the header, and one for each section, which is full.
    assert (done.pages, done.rounds) == (3, 0)
    assert done.fill >= 0.95
    height = done.document.shape.height
    assert [space / height >= 0.95 for _, space, *_ in done.sections] == [False, True, True]
