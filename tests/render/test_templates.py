from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.diagnostics import Diagnostic
from cvbuild.render.sourcemap import RenderedTex
from tests.conftest import REPOSITORY
from tests.projects import prepare_variant, write_project

TALKS = """\
kind: talks
title: Talks & Lectures
groups:
  - title: Invited
    items:
      - title: First % talk
        event: Somewhere
        date: 2020
      - title: Second talk
        date: 2021
        links:
          - {label: Slides, url: "https://example.org/s"}
"""


def rendered(
    folder: Path, files: dict[str, str], variant: str = "full", language: str | None = None
) -> tuple[RenderedTex, list[Diagnostic]]:
    prepared = prepare_variant(write_project(folder, files), variant, language=language)
    return prepared.rendered, prepared.findings.items


def line_of(tex: RenderedTex, text: str) -> int:
    return next(number for number, line in enumerate(tex.text.split("\n"), start=1) if text in line)


def places(tex: RenderedTex, text: str) -> set[str]:
    line = line_of(tex, text)
    return {item.span.place for item in tex.on_lines(line, line)}


def test_a_line_of_tex_leads_back_to_the_line_of_yaml(tmp_path: Path) -> None:
    tex, _ = rendered(tmp_path, {"content/talks.yaml": TALKS})
    assert "content/talks.yaml:6:16" in places(tex, r"First \% talk")
    assert "content/talks.yaml:9:16" in places(tex, "Second talk")
    assert "content/talks.yaml:12:21" in places(tex, "Slides")
    assert places(tex, r"\cvsection{Talks") == {"content/talks.yaml:2:8"}


def test_a_line_of_tex_leads_back_to_the_bibliography(tmp_path: Path) -> None:
    section = "kind: publications\ntitle: P\ncategories: [{id: a, title: A, match: {}}]\n"
    bib = "@article{a,\n author={Example, Ada},\n title={A First},\n note={Noted},\n year={2020},\n}\n"
    tex, _ = rendered(tmp_path, {"content/publications.yaml": section, "bib/a.bib": bib})
    assert "bib/a.bib:3:8" in places(tex, "A First")
    assert "bib/a.bib:2:9" in places(tex, r"\cvname{Example~A}")
    assert "bib/a.bib:4:7" in places(tex, "Noted")


def test_marks_survive_loops_macros_set_blocks_and_filters(tmp_path: Path) -> None:
    template = """\
<% macro shout(text) %>!<< text >>!<% endmacro %>
<% set kept %><< section.title >><% endset %>
<% for item in section.groups[0]['items'] %>
loop << item.name >>
macro << shout(item.name) >>
quoted << item.name | quoted >>
joined << [item.name, item.name] | joined(', ') >>
concatenated << item.name ~ '-' >>
<% endfor %>
set << kept >>
"""
    files = {
        "latex_templates/sections/pets.tex": template,
        "content/pets.yaml": "kind: pets\ntitle: My Pets\nitems:\n  - name: Rex & Co\n",
    }
    tex, _ = rendered(tmp_path, files)
    for word in ("loop", "macro", "quoted", "joined", "concatenated"):
        assert places(tex, f"{word} ") == {"content/pets.yaml:4:11"}, word
    assert places(tex, "set My Pets") == {"content/pets.yaml:2:8"}


def test_a_multi_line_value_leads_back_from_each_of_its_lines(tmp_path: Path) -> None:
    bio = "kind: text\ntitle: Bio\ntext: !tex |\n  first line\n  second line\n"
    tex, _ = rendered(tmp_path, {"content/bio.yaml": bio})
    for text in ("first line", "second line"):
        nearest = tex.nearest(line_of(tex, text))
        assert nearest is not None
        assert nearest.place == "content/bio.yaml:3:7"


OWN_KIND = {
    "latex_templates/sections/pets.tex": """\
\\cvsection{<< section.title >>}{<< section.title | outline >>}
<% for item in section.groups[0]['items'] %>
<< item.name >> is a << item.animal >>, <% for toy in item.toys %><< toy.kind >>;<% endfor %>

<% endfor %>
<< section.section.closing >>
""",
    "content/pets.yaml": """\
kind: pets
title: Pets
closing: {en: 100% good, de: 100 % brav}
items:
  - name: "*Rex*"
    animal: dog_1
    tags: [good]
    toys: [{kind: ball & stick}, {kind: !tex '\\TeX{}'}]
""",
}


def test_a_kind_of_ones_own_needs_a_template_only(tmp_path: Path) -> None:
    tex, problems = rendered(tmp_path, OWN_KIND)
    assert r"\emph{Rex} is a dog\_1, ball \& stick;\TeX{};" in tex.text
    assert r"100\% good" in tex.text
    assert problems == []
    assert r"100 \% brav" in rendered(tmp_path, OWN_KIND, language="de")[0].text


@pytest.mark.parametrize("kind", ["reading_group", "reading-group", "lesekreis2", "Bücher"])
def test_a_kind_of_ones_own_is_called_as_its_file_is(tmp_path: Path, kind: str) -> None:
    files = {
        f"latex_templates/sections/{kind}.tex": "OWN << section.title >>\n",
        "content/x.yaml": f"kind: {kind}\ntitle: Mine\n",
    }
    tex, problems = rendered(tmp_path, files)
    assert "OWN Mine" in tex.text
    assert problems == []


def test_items_of_a_kind_of_ones_own_are_chosen_like_others(tmp_path: Path) -> None:
    settings = "owner: {name: A}\nvariants: {full: {sections: [{section: pets, without: good}]}}\n"
    template = "<< section.groups | length >> groups\n"
    own = {"content/cv.yaml": settings, "latex_templates/sections/pets.tex": template}
    assert "0 groups" in rendered(tmp_path, OWN_KIND | own)[0].text


@pytest.mark.parametrize("folder", ["latex_templates", "latex_templates/classic"])
def test_a_template_of_the_project_comes_before_the_one_that_is_shipped(tmp_path: Path, folder: str) -> None:
    own = {f"{folder}/sections/talks.tex": "OWN << section.title >>\n"}
    tex, _ = rendered(tmp_path, {**own, "content/talks.yaml": TALKS})
    assert r"OWN Talks \& Lectures" in tex.text
    assert r"\begin{document}" in tex.text


def test_labels_of_the_project_come_before_those_that_are_shipped(tmp_path: Path) -> None:
    files = {
        "latex_templates/labels.yaml": "en: {present: until now}\n",
        "content/x.yaml": "kind: grants\ntitle: G\nitems: [{title: T, period: 2020 – present}]\n",
    }
    tex, _ = rendered(tmp_path, files)
    assert "2020 – until now" in tex.text


LAYOUT = """\
owner: {name: Ada Example}
theme: mine
layout: {font_size: 11, margins: 2cm}
variants:
  one:
    paper: letter
    layout: {leading: 14, margins: {sides: 1in, top: 54 pt, bottom: 1.5cm}, page_header: all}
"""


def test_a_variant_s_layout_comes_before_the_settings_and_these_before_the_theme(tmp_path: Path) -> None:
    measures = (REPOSITORY / "latex_templates/classic/preamble/measures.tex").read_text(encoding="utf-8")
    files = {"content/cv.yaml": LAYOUT, "latex_templates/mine/preamble/measures.tex": measures}
    tex, _ = rendered(tmp_path, files, "one")
    assert r"\documentclass[10pt,letterpaper]" in tex.text
    assert r"\@setfontsize\normalsize{11.0bp}{14.0bp}" in tex.text
    assert r"\topmargin=19.05mm" in tex.text
    assert r"\paperheight-34.05mm" in tex.text
    assert r"\thispagestyle{empty}" not in tex.text


def test_a_template_added_or_changed_between_two_runs_is_read(tmp_path: Path) -> None:
    files = {"content/talks.yaml": TALKS}
    assert r"\cvsection{Talks" in rendered(tmp_path, files)[0].text
    for text in ("FORMER", "LATTER"):
        files["latex_templates/sections/talks.tex"] = f"{text}\n"
        assert text in rendered(tmp_path, files)[0].text


def test_text_of_the_owner_is_escaped_everywhere(tmp_path: Path) -> None:
    settings = """\
owner: {name: Ada_1 Example%, degree: Dr. & Co, suffix: "{PhD}", position: 100%, born: ~1815,
        affiliation: [R&D, $5], address: "Street #1"}
title: 100% {CV}
subject: A & B
keywords: [a_b, c^d]
"""
    tex, _ = rendered(tmp_path, {"content/cv.yaml": settings})
    for safe in r"Ada\_1 Example\%|Dr. \& Co|\{PhD\}|100\%|R\&D|\$5|Street \#1|a\_b".split("|"):
        assert safe in tex.text, safe
    for raw in ("Ada_1", "Dr. & Co", "R&D", "Street #1", "a_b", "c^d", "A & B"):
        assert raw not in tex.text, raw
