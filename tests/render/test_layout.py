"""What the classic theme does with long items, measured on the PDF."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.build import Built
from cvbuild.pdf.read import inspect
from tests.conftest import needs_pdflatex
from tests.projects import build_variant, write_project
from tests.test_reference_cv import pages

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


def built(folder: Path, content: str) -> Built:
    return build_variant(write_project(folder, {"content/long.yaml": content}), engine="pdflatex")


@needs_pdflatex()
@pytest.mark.parametrize("kind", SECTIONS)
def test_an_item_longer_than_a_page_is_divided_and_nothing_is_lost(tmp_path: Path, kind: str) -> None:
    content = f"kind: {kind}\ntitle: Long\n{SECTIONS[kind].replace('LONG', LONG)}"
    done = built(tmp_path, content)
    assert done.pdf is not None, done.diagnostics
    assert done.pages > 1
    text = "\n".join(pages(done.pdf))
    assert text.count("word") == 1500
    assert "ENDWORD" in text
    assert min(inspect(done.pdf).lowest_text) > BOTTOM_MARGIN - 1


@needs_pdflatex()
def test_an_item_that_no_page_holds_is_an_error(tmp_path: Path) -> None:
    content = f"kind: service\ntitle: Long\nitems:\n  - {{role: A, organisation: {LONG}}}\n"
    done = built(tmp_path, content)
    assert done.pdf is None
    assert "page-overflow" in [item.code for item in done.diagnostics]


@needs_pdflatex()
def test_a_label_that_is_too_wide_has_a_line_of_its_own(tmp_path: Path) -> None:
    item = "{acronym: EmmyNoetherStickleback, title: Fear, period: 2020}"
    done = built(tmp_path, f"kind: grants\ntitle: G\nitems: [{item}]\n")
    assert done.pdf is not None
    assert list(done.diagnostics) == []
    assert "EmmyNoetherStickleback" in map(str.strip, "\n".join(pages(done.pdf)).splitlines())
