"""A section rendered by itself is the section of the document, whatever its template looks at."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.memo import memo
from tests.projects import prepare_variant, write_project

CONTENT = {
    "content/cv.yaml": "owner: {name: 'Example, Ada'}\nsections: [one, two]\n",
    "content/one.yaml": "kind: facts\ntitle: One\nitems:\n  - {text: first, work: a}\n",
    "content/two.yaml": "kind: text\ntitle: Two\ntext: second\n",
    "bib/works.bib": "@misc{a, title = {A Work}, author = {Example, Ada}, year = 2020}\n",
}
LOOKED_AT = {
    "its item": ("<< section.groups[0]['items'][0].text >>", "first"),
    "the owner": ("<< owner.plain_name >>", "Ada Example"),
    "another section": ("<< sections[1].title >>", "Two"),
    "the number of sections": ("<< sections | length >>", "2"),
    "whether there are sections": ("<% if sections %>some<% endif %>", "some"),
    "the metadata": ("<< metadata.author >>", "Ada Example"),
    "a publication": ("<< publication('a').title >>", "A Work"),
}


@pytest.mark.parametrize("what", LOOKED_AT)
def test_a_template_may_look_at(what: str, tmp_path: Path) -> None:
    template, expected = LOOKED_AT[what]
    write_project(tmp_path, {**CONTENT, "latex_templates/sections/facts.tex": f"[{template}]"})
    for _ in range(2):
        assert f"[{expected}" in prepare_variant(tmp_path).rendered.text
        memo.forget()


def test_an_edit_elsewhere_is_seen_by_a_template_that_looks_there(tmp_path: Path) -> None:
    write_project(tmp_path, {**CONTENT, "latex_templates/sections/facts.tex": "[<< sections[1].title >>]"})
    assert "[Two]" in prepare_variant(tmp_path).rendered.text
    (tmp_path / "content/two.yaml").write_text("kind: text\ntitle: New\ntext: second\n", encoding="utf-8")
    assert "[New]" in prepare_variant(tmp_path).rendered.text
