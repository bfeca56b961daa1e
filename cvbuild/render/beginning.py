"""What a document begins with, as far as a glance at cv.yaml tells.

The packages of a preamble take TeX as long as all that follows, and of what the content says they depend
on the paper and the language alone. So they are known before anything is checked, and before what
checks and prints it is imported. It is a guess: what is wrong with cv.yaml, or with a template, is
found and told where all of it is read and filled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import jinja2

from cvbuild.diagnostics import UsageProblem
from cvbuild.render.labels import FALLBACK, known_labels
from cvbuild.render.syntax import SYNTAX
from cvbuild.render.themes import BASE_THEME, template_folders

if TYPE_CHECKING:
    from cvbuild.load.tree import Tree

DEFAULT_PAPER = "a4"


def beginning(
    settings: Tree, variant: str, templates: Path | None, theme: str | None, language: str | None
) -> str:
    """The text of a variant's document up to the first thing that only the checked content tells.

    Nothing where that cannot be said. `theme` and `language` come before what cv.yaml says.
    """
    asked = list(_asked(settings, variant))
    if not asked or any("fit" in item for item in asked):
        return ""
    names = [language, *(item.get(key) for item in asked for key in ("lang", "language"))]
    spoken = next((str(name) for name in names if name), FALLBACK)
    papers = (item.get("paper") for item in asked)
    layout = SimpleNamespace(paper=next((str(paper) for paper in papers if paper), DEFAULT_PAPER))
    if not any("links" in (item.get("layout") or ()) for item in asked):
        layout.links = True
    themes = [theme, *(item.get("theme") for item in asked)]
    try:
        folders = template_folders(next((str(name) for name in themes if name), BASE_THEME), templates)
    except UsageProblem:
        return ""
    known = {"layout": layout, "language": spoken, "labels": known_labels(spoken, folders)}
    return "".join(_as_far_as(known, folders))


def _asked(settings: Tree, variant: str) -> Iterator[Mapping[str, Any]]:
    """What the variant asks for, and what all of them do; nothing where there is no such variant."""
    if not isinstance(settings, dict):
        return
    variants = settings.get("variants")
    known: Mapping[str, Any] = variants if isinstance(variants, dict) else {"full": None}
    if variant in known:
        own = known[variant]
        yield own if isinstance(own, dict) else {}
        yield settings


def _as_far_as(known: Mapping[str, object], folders: list[Path]) -> Iterator[str]:
    """The pieces of the document that are made of what is known."""
    environment = jinja2.Environment(
        **SYNTAX, undefined=jinja2.StrictUndefined, loader=jinja2.FileSystemLoader(folders)
    )
    try:
        yield from environment.get_template("document.tex").generate(known)
    except Exception:  # whatever a template can raise, of which most is not there yet
        return
