"""What the classic theme does with long items, measured on the PDF."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.build import Built, build
from cvbuild.loading import load_cv
from cvbuild.pdf.read import inspect
from cvbuild.project import find_project
from cvbuild.request import Request
from tests.conftest import MakeProject, needs_pdflatex

BOTTOM_MARGIN = 24 / 25.4 * 72
"""Of the theme, in bp."""

LONG = "word " * 1500 + "ENDWORD"
SECTIONS = {
    "grants": "items:\n  - {title: A, period: 2020, text: LONG}\n  - {title: B, period: 2021}\n",
    "courses": "items:\n  - {term: SS 2020, courses: [{title: A, text: LONG}]}\n",
    "talks": "items:\n  - {title: A, date: 2020, event: LONG}\n",
    "skills": "items:\n  - {label: A, skills: LONG}\n",
    "list": "items:\n  - {text: LONG}\n",
    "positions": "items:\n  - {organisation: A, roles: [{title: B, period: 2020, text: LONG}]}\n",
}


def built(root: Path) -> Built:
    project = find_project(root)
    cv, found = load_cv(project)
    assert cv is not None, found
    return build(project, cv, "full", Request("pdflatex"))


@needs_pdflatex()
@pytest.mark.parametrize("kind", SECTIONS)
def test_an_item_longer_than_a_page_is_divided_and_nothing_is_lost(
    make_project: MakeProject, kind: str
) -> None:
    content = f"kind: {kind}\ntitle: Long\n{SECTIONS[kind].replace('LONG', LONG)}"
    done = built(make_project({"content/bio.yaml": content}))
    assert done.pdf is not None, done.diagnostics
    assert done.pages > 1
    assert text_of(done.pdf).count("word") == 1500
    assert "ENDWORD" in text_of(done.pdf)
    assert min(inspect(done.pdf).lowest_text) > BOTTOM_MARGIN - 1


@needs_pdflatex()
def test_an_item_that_no_page_holds_is_an_error(make_project: MakeProject) -> None:
    content = f"kind: service\ntitle: Long\nitems:\n  - {{role: A, organisation: {LONG}}}\n"
    done = built(make_project({"content/bio.yaml": content}))
    assert done.pdf is None
    assert "page-overflow" in [item.code for item in done.diagnostics]


@needs_pdflatex()
def test_a_label_that_is_too_wide_has_a_line_of_its_own(make_project: MakeProject) -> None:
    item = "{acronym: EmmyNoetherStickleback, title: Fear, period: 2020}"
    done = built(make_project({"content/bio.yaml": f"kind: grants\ntitle: G\nitems: [{item}]\n"}))
    assert done.pdf is not None
    assert list(done.diagnostics) == []
    assert "EmmyNoetherStickleback" in map(str.strip, text_of(done.pdf).splitlines())


def text_of(pdf: Path) -> str:
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
