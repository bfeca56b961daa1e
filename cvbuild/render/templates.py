"""The theme's templates: where they lie, and the Jinja environment that fills them.

Templates write `<< value >>`, `<% statement %>` and `<# comment #>`, which TeX
does not. Whatever they print is TeX-safe: see `printer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
import jinja2.sandbox
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup

from cvbuild.diagnostics import UsageProblem, did_you_mean
from cvbuild.project import OWN_TEMPLATES
from cvbuild.render.printer import Printer

BASE_THEME = "classic"
"""The theme that lends every other one the files it does not have."""


def shipped_templates() -> Path:
    """The folder of templates that comes with the package, or stands beside it in a checkout."""
    inside = Path(__file__).parent.parent / "latex_templates"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "latex_templates"


def themes(own: Path | None) -> list[str]:
    """The names of all themes: a theme is a folder with a `document.tex`."""
    folders = [shipped_templates(), *([own] if own else [])]
    return sorted({path.parent.name for folder in folders for path in folder.glob("*/document.tex")})


def template_folders(theme: str, own: Path | None) -> list[Path]:
    """Where a theme's templates are looked for, file by file: the project's, the theme's, then classic's."""
    if theme not in themes(own):
        known = themes(own)
        raise UsageProblem(
            f"there is no theme `{theme}`", *did_you_mean(theme, known), f"the themes are {', '.join(known)}"
        )
    shipped = shipped_templates()
    folders = [] if own is None else [own / theme, own]
    return list(dict.fromkeys([*folders, shipped / theme, shipped / BASE_THEME]))


def shown_template(path: Path) -> str:
    """A template's path from its folder `latex_templates` on, as it stands in a project."""
    parts = path.parts
    return "/".join(parts[parts.index(OWN_TEMPLATES) :]) if OWN_TEMPLATES in parts else path.name


class _TexCodeGenerator(CodeGenerator):
    """Makes `~` join values as TeX; Jinja's own would escape them for HTML."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        self.write("context['printer'].concatenated((")
        for operand in node.nodes:
            self.visit(operand, frame)
            self.write(", ")
        self.write("))")


class _TexEnvironment(jinja2.sandbox.SandboxedEnvironment):
    code_generator_class = _TexCodeGenerator


@jinja2.pass_context
def _finalize(context: jinja2.runtime.Context, value: Any) -> Markup:
    if isinstance(value, jinja2.Undefined):
        return Markup(str(value))  # strict: raises, naming what is missing
    printer: Printer = context["printer"]
    return printer.tex(value)


# Jinja's filters that neither escape for HTML nor build strings from TeX.
_KEPT_FILTERS = """
    abs batch count default d first groupby int last length list map max min reject rejectattr
    reverse round select selectattr slice sort sum unique
""".split()


@lru_cache(maxsize=8)
def environment(folders: tuple[Path, ...]) -> jinja2.Environment:
    """The environment for templates from the folders, first to last."""
    made = _TexEnvironment(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        loader=jinja2.FileSystemLoader([str(folder) for folder in folders]),
        auto_reload=False,
    )
    made.filters = {name: made.filters[name] for name in _KEPT_FILTERS}
    made.filters |= _FILTERS
    return made


def _printing(method: str) -> Any:
    """A filter that is a method of the printer of the document at hand."""

    @jinja2.pass_context
    def call(context: jinja2.runtime.Context, value: Any, *arguments: Any) -> Any:
        return getattr(context["printer"], method)(value, *arguments)

    return call


_FILTERS: Mapping[str, Any] = {
    name: _printing(name)
    for name in (
        "quoted paragraphs names sentences weblink linked joined outline publication_links printed"
    ).split()
}
