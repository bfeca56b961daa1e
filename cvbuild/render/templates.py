"""The theme's templates: where they lie, and the Jinja environment that fills them.

Templates write `<< value >>`, `<% statement %>` and `<# comment #>`, which TeX
does not. Whatever they print is TeX-safe: see `printer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2 import nodes
from jinja2.compiler import Frame
from markupsafe import Markup

from cvbuild.diagnostics import UsageProblem, did_you_mean
from cvbuild.project import OWN_TEMPLATES
from cvbuild.render.kept_code import KeptCode
from cvbuild.render.printer import Printer
from cvbuild.render.refusals import TextLoader, UnknownValue
from cvbuild.render.sandbox import GUARDED_FILTERS, GuardedCodeGenerator, GuardedEnvironment, charge
from cvbuild.render.sourcemap import Kind, SpanMarks
from cvbuild.source import SourceFile, Span

if TYPE_CHECKING:
    from cvbuild.model.base import Content

BASE_THEME = "classic"
"""The theme that lends every other one the files it does not have."""


def shipped_templates() -> Path:
    """The folder of templates that comes with the package, or stands beside it in a checkout."""
    inside = Path(__file__).parent.parent / "latex_templates"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "latex_templates"


def themes(own: Path | None) -> list[str]:
    """The names of all themes: a theme is a folder with a `document.tex` or a `preamble/` of its own."""
    folders = [shipped_templates(), *([own] if own else [])]
    marks = ("*/document.tex", "*/preamble")
    return sorted({path.parent.name for folder in folders for mark in marks for path in folder.glob(mark)})


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


def template_source(path: Path) -> SourceFile:
    """A template as a file to point into."""
    return SourceFile(shown_template(path), path.read_text(encoding="utf-8", errors="replace"))


def has_own_preamble(own: Path) -> bool:
    """Whether templates of a project's own may say anything before its document begins."""
    return any(
        not is_shipped(path) and path.parent.name not in {"sections", "publications"}
        for path in own.rglob("*.tex")
    )


def is_shipped(path: Path) -> bool:
    """Whether a template came with the package, and is no work of the user's."""
    return path.is_relative_to(shipped_templates())


class _TexCodeGenerator(GuardedCodeGenerator):
    """Makes `~` join values as TeX, where Jinja's own would escape them for HTML.

    It also marks the text of templates, where the environment has marks.
    """

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        marks = getattr(self.environment, "line_marks", None)
        if isinstance(marks, SpanMarks) and self.filename is not None:
            path = Path(self.filename)
            source = template_source(path)
            kind: Kind = "theme" if is_shipped(path) else "template"
            children = [
                nodes.TemplateData(
                    _with_marked_lines(child.data, child.lineno, source, kind, marks), lineno=child.lineno
                )
                if isinstance(child, nodes.TemplateData)
                else child
                for child in node.nodes
            ]
            node = nodes.Output(children, lineno=node.lineno)
        super().visit_Output(node, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        self.write("environment.charged(context['printer'].concatenated((")
        for operand in node.nodes:
            self.visit(operand, frame)
            self.write(", ")
        self.write(")))")


def _with_marked_lines(data: str, number: int, source: SourceFile, kind: Kind, marks: SpanMarks) -> str:
    """A template's text from a line (1-based) on, each line's characters between marks of their own.

    Blanks stay outside of the marks, so that what is blank or is stripped is so as before.
    """
    lines = data.split("\n")
    for at, line in enumerate(lines):
        core = line.strip()
        if not core:
            continue
        indent = line[: len(line) - len(line.lstrip())]
        whole = source.span_of_line(number + at - 1)
        column = whole.text.find(core)
        span = whole if column < 0 else Span(source, whole.start + column, whole.start + column + len(core))
        lines[at] = indent + marks.wrap(core, span, kind) + line[len(indent) + len(core) :]
    return "\n".join(lines)


class _TexEnvironment(GuardedEnvironment):
    code_generator_class = _TexCodeGenerator
    line_marks: SpanMarks | None = None


@jinja2.pass_context
def _finalize(context: jinja2.runtime.Context, value: Any) -> Markup:
    if isinstance(value, jinja2.Undefined):
        return Markup(str(value))  # strict: raises, naming what is missing
    printer: Printer = context["printer"]
    tex = printer.tex(value)
    charge(len(tex))
    return tex


@jinja2.pass_context
def _as_part_of(context: jinja2.runtime.Context, tex: Markup, content: Content) -> Markup:
    """All the TeX of a section, or what else of the content, so that it is known where that stands."""
    printer: Printer = context["printer"]
    return Markup(printer.marks.wrap(tex, content.span, "part"))


# Jinja's filters that neither escape for HTML nor build strings from TeX.
_KEPT_FILTERS = """
    abs batch count default d first groupby int last length list map max min reject rejectattr
    reverse round select selectattr slice sort sum unique
""".split()


def environment(folders: tuple[Path, ...]) -> jinja2.Environment:
    """The environment for templates from the folders, first to last; kept until one of them changes."""
    files = (path for folder in folders for path in sorted(folder.rglob("*.tex")))
    # `lstat`: the lock that Emacs lays beside an open file is a link to nothing.
    return _kept_environment(folders, tuple((path, _version(path)) for path in files))


def _version(path: Path) -> tuple[int, int]:
    """What changes with a template: the time of it, and of what it links to."""
    own = path.lstat().st_mtime_ns
    return own, path.stat().st_mtime_ns if path.exists() else 0


@lru_cache(maxsize=8)
def _kept_environment(
    folders: tuple[Path, ...], versions: tuple[tuple[Path, tuple[int, int]], ...]
) -> jinja2.Environment:
    made = _environment(folders)
    made.bytecode_cache = KeptCode(shipped_templates())
    return made


def marking_environment(folders: tuple[Path, ...], marks: SpanMarks) -> jinja2.Environment:
    """The same, with every line of the templates' own text in marks: code for this call alone."""
    made = _environment(folders)
    made.line_marks = marks
    return made


def _environment(folders: tuple[Path, ...]) -> _TexEnvironment:
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
        undefined=UnknownValue,
        finalize=_finalize,
        loader=TextLoader([str(folder) for folder in folders]),
        auto_reload=False,
    )
    made.filters = {name: made.filters[name] for name in _KEPT_FILTERS}
    made.filters |= {**GUARDED_FILTERS, **_FILTERS, "as_part_of": _as_part_of}
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
        " signs ordinal own_hyphenation"
    ).split()
}
