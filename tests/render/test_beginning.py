"""What is known of a document at a glance is what it begins with."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.headstart import FIRST_LINE
from cvbuild.loading import load_cv, tree_of
from cvbuild.preparing import Options, prepare
from cvbuild.project import Reader, find_project
from cvbuild.render.beginning import beginning
from tests.conftest import REPOSITORY, MakeProject

PACKAGES = "\\usepackage{bookmark}"
"""The last of the packages that take their time."""

AS_IT_IS = Options()


def at_a_glance(root: Path, variant: str, options: Options = AS_IT_IS) -> str:
    project = find_project(root)
    source = Reader(project).read(project.settings)
    assert source is not None
    return beginning(tree_of(source)[0], variant, project.templates, options.theme, options.language)


def whole(root: Path, variant: str, options: Options = AS_IT_IS) -> str:
    project = find_project(root)
    cv, found = load_cv(project)
    assert cv is not None, found
    return prepare(project, cv, variant, options).rendered.text


@pytest.mark.parametrize("variant", ["full", "voll", "short", "dfg", "erc"])
@pytest.mark.parametrize("theme", [None, "classic", "sans", "times"])
@pytest.mark.parametrize("language", [None, "de", "pt-BR"])
def test_the_reference_cv_begins_so(variant: str, theme: str | None, language: str | None) -> None:
    options = Options(theme=theme, language=language)
    found = at_a_glance(REPOSITORY, variant, options)
    assert found.startswith(FIRST_LINE)
    assert PACKAGES in found
    assert whole(REPOSITORY, variant, options).startswith(found)


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "paper: letter",
        "lang: de",
        "language: fr",
        "theme: sans",
        "layout: {font_size: 12, margins: {sides: 20mm, top: 20mm, bottom: 20mm}}",
        "variants: {full: {paper: letter, lang: it, theme: times}}",
        "lang: de\nvariants: {full: {lang: en}}",
        "variants: {full: }",
        "variants: {full: {layout: {links: true}}}",
        "layout: {links: no}",
    ],
)
def test_it_is_what_the_settings_ask_for(make_project: MakeProject, settings: str) -> None:
    root = make_project({"content/cv.yaml": f"owner: {{name: Ada Example}}\n{settings}\n"})
    found = at_a_glance(root, "full")
    assert PACKAGES in found
    assert whole(root, "full").startswith(found)


@pytest.mark.parametrize(
    ("settings", "variant"),
    [
        ("variants: {full: {}}", "none"),
        ("variants: {full: {fit: 1}}", "full"),
        ("theme: none", "full"),
        ("[]", "full"),
        ("{", "full"),
        ("", "full"),
        ("variants: 3\n", "short"),
    ],
)
def test_where_nothing_can_be_said_nothing_is(make_project: MakeProject, settings: str, variant: str) -> None:
    root = make_project()
    (root / "content/cv.yaml").write_text(settings)
    assert at_a_glance(root, variant) == ""
