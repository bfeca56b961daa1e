"""Which line of which template a stretch of TeX came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.source import MARK_CHARACTERS
from tests.conftest import REPOSITORY
from tests.projects import prepare_variant, write_project

TEMPLATE = """\
<# a comment
   of two lines -#>

first << section.title >> after
<% macro shout(text) %>
  \\shouted{<< text >>}!
<% endmacro %>
<% macro box() -%>
\\fbox{<< caller() >>}
<%- endmacro %>
<% set blank %>
  <# nothing is here #>
<% endset %>
<% if blank | printed %>WRONG<% endif %>
<% set kept %> a set block <% endset %>
[<< kept | printed >>]
[<< [kept, blank] | joined(', ') >>]
[<< ['one', kept] | sentences >>]
<% for item in section.groups[0]['items'] %>
\\loop{<< item.name >>} << shout(item.name) >>

<% call box() %>called << item.name >>
over two lines<% endcall %>

<% endfor %>
<% include 'sections/part.tex' %>
<% from 'sections/tools.tex' import tool with context %>
<< tool() >>
"""
FILES = {
    "latex_templates/sections/pets.tex": TEMPLATE,
    "latex_templates/sections/part.tex": "included\n",
    "latex_templates/sections/tools.tex": """
<% macro tool() %>
\\imported{<< section.title >>}
<% endmacro %>
""",
    "content/pets.yaml": "kind: pets\ntitle: Pets\nitems: [{name: Rex}, {name: Ada}]\n",
}


PLACES = {
    "first": "pets.tex:4:1", "after": "pets.tex:4:27", "\\shouted": "pets.tex:6:3", "\\fbox": "pets.tex:9:1",
    "a set block": "pets.tex:15:16", "\\loop": "pets.tex:20:1", "called": "pets.tex:22:17",
    "over two lines": "pets.tex:23:1", "included": "part.tex:1:1", "\\imported": "tools.tex:3:1",
}  # fmt: skip


def test_text_of_a_template_leads_back_to_its_line(tmp_path: Path) -> None:
    tex = prepare_variant(write_project(tmp_path, FILES)).rendered
    assert "WRONG" not in tex.text
    assert "[a set block]\n[a set block]\n[one. a set block.]" in tex.text, "blanks are empty"
    for text, place in PLACES.items():
        at = tex.text.index(text, tex.text.index(r"\begin{document}"))
        found = {item.span.place for item in tex.templates if item.start <= at < item.end}
        assert found == {f"latex_templates/sections/{place}"}, text
    kinds = {item.span.source.name: item.kind for item in tex.templates}
    assert kinds["latex_templates/sections/pets.tex"] == "template"
    assert kinds["latex_templates/classic/document.tex"] == "theme"


@pytest.mark.parametrize("variant", ["full", "short"])
def test_marking_the_reference_cv_changes_no_byte_and_every_mark_is_true(variant: str) -> None:
    tex = prepare_variant(REPOSITORY, variant).rendered
    # Where the two fillings differ in a byte there is no map at all.
    assert len(tex.templates) > 500
    assert not MARK_CHARACTERS.search(tex.text)
    for item in tex.templates:
        assert item.span.text == tex.text[item.start : item.end]
