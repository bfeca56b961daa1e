from __future__ import annotations

from pathlib import Path
from unicodedata import category, normalize

import pytest

from cvbuild.build import render_variant
from cvbuild.loading import load_cv
from cvbuild.project import find_project
from cvbuild.render.escape import escape
from cvbuild.render.plaintext import plain_text
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.request import Request
from tests.conftest import RunCli
from tests.projects import make_project, write_project

ROOT = Path(__file__).parents[2]
SECTIONS = {
    "content/cv.yaml": "owner: {name: Ada Example, email: ada@example.org}\n",
    "content/a.yaml": """\
kind: positions
title: Positions & Posts
items:
  - organisation: University of Examples
    place: Exampleton
    roles:
      - title: Lecturer
        period: 2020 – present
        text: |
          Taught *100 %* of `x_1` -- and more.

          Wrote a book.
        details: [{label: Research, text: $\\alpha$ and β}]
      - {title: Tutor, period: 2018 – 2019}
""",
    "content/b.yaml": """\
kind: talks
title: Talks
items:
  - title: A Talk
    date: 2020-05
    links: [{label: Slides, url: "https://example.org/slides_a"}]
""",
}
POSITIONS = """\
Positions & Posts

University of Examples, Exampleton
Lecturer, 2020 – present
Taught 100 % of x_1 -- and more.
Wrote a book.
Research: α and β

Tutor, 2018 – 2019
"""


def text_of(body: str) -> str:
    return plain_text(RenderedTex(f"\\begin{{document}}\n{body}\n\\end{{document}}\n", ()))


def test_a_section_is_lines_with_a_blank_one_between_its_entries(tmp_path: Path, run_cli: RunCli) -> None:
    write_project(tmp_path, SECTIONS)
    outcome = run_cli("-C", tmp_path, "text", "--section", "a")
    assert outcome.code == 0
    assert outcome.out.rstrip("\n") == POSITIONS.rstrip("\n")
    assert outcome.err == "full: 163 characters, 30 words\n"


def test_the_whole_begins_with_the_owner_and_parts_sections_by_two_blank_lines(tmp_path: Path) -> None:
    project = make_project(tmp_path, SECTIONS)
    cv, _ = load_cv(project)
    assert cv is not None
    rendered = render_variant(project, cv, "full", Request()).rendered
    assert plain_text(rendered) == (
        f"Ada Example\nada@example.org\n\n\n{POSITIONS}\n\nTalks\n\n1. “A Talk”, May 2020\nSlides\n"
    )
    assert "\nSlides (https://example.org/slides_a)\n" in plain_text(rendered, with_addresses=True)


def test_every_character_comes_back_as_it_was_typed() -> None:
    # All of Unicode's first blocks that are seen; marks are drawn on other characters.
    printed = [
        char for char in map(chr, (*range(33, 0x1100), *range(0x2010, 0x2400))) if category(char)[0] in "LNPS"
    ]
    typed = normalize("NFC", " ".join(printed))
    assert text_of(escape(typed)).split() == typed.replace("\u2011", "-").replace("\u2015", "—").split()


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\cvrow{One}{2020}", "One, 2020"),
        (r"\cvrow{One}{}", "One"),
        ("\\cvnumbered{1.}{%\nOne\n}", "1. One"),
        (r"\cvfigures{Papers}{12}{3}", "Papers: 12; 3"),
        (r"{\unknown{a} b}", "a b"),
        (r"a\unknown b}} c", "ab c"),
        ("a % not this\n  b", "a b"),
        (r"a\\b", "a\nb"),
        (r"\(\alpha^2 \frac{x}\) b", r"α^2 \frac{x} b"),
        (r"\href{https://example.org/}{\cvurl{example.\cvbreak{}org}}", "example.org"),
        (r"\cvrow{\cvin{english}{One, two}}{2020}", "One, two, 2020"),
        (r"\cvlanguage{english}One", "One"),
        ("", ""),
    ],
)
def test_tex_is_read_as_it_is_printed(tex: str, text: str) -> None:
    assert text_of(tex).strip("\n") == text


@pytest.mark.parametrize("variant", ["full", "voll"])
def test_the_reference_cv_leaves_no_tex_behind(variant: str) -> None:
    project = find_project(ROOT)
    cv, _ = load_cv(project)
    assert cv is not None
    shown = plain_text(render_variant(project, cv, variant, Request()).rendered)
    assert "\\" not in shown
    assert "{" not in shown
    assert "english" not in shown
    assert shown.count("Lapuschkin S") + shown.count("Bach S") >= 93


def test_a_section_that_is_not_printed_is_a_mistake_of_the_call(tmp_path: Path, run_cli: RunCli) -> None:
    write_project(tmp_path, {**SECTIONS, "content/talks.yaml": SECTIONS["content/b.yaml"]})
    outcome = run_cli("-C", tmp_path, "text", "--section", "talk")
    assert outcome.code == 2
    assert "`full` prints no section `talk`" in outcome.err
    assert "did you mean `talks`?" in outcome.err


def test_a_section_without_a_heading_is_there_without_the_header(tmp_path: Path, run_cli: RunCli) -> None:
    zoo = {
        "content/zoo.yaml": "kind: zoo\ntitle: Zoo\nitems: [{animal: Ape}, {animal: Bear}]\n",
        "latex_templates/sections/zoo.tex": "<% for group in section.groups %>"
        "<% for item in group['items'] %>\\cvpar{<< item.animal >>}\n<% endfor %><% endfor %>",
    }
    write_project(tmp_path, {**SECTIONS, **zoo})
    assert run_cli("-C", tmp_path, "text", "-s", "zoo").out == "Ape\nBear\n\n"
    both = run_cli("-C", tmp_path, "text", "-s", "zoo", "-s", "a").out
    assert both == f"{POSITIONS}\n\nApe\nBear\n\n"
