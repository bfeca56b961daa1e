"""Whatever is asked for as TeX by `!tex` gives a PDF, or an error at its own line."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml
from hypothesis import strategies as st

from cvbuild.build import build
from cvbuild.diagnostics import EngineProblem
from cvbuild.loading import load_cv
from cvbuild.project import find_project
from cvbuild.request import Request
from tests.projects import write_project
from tests.properties.properties import holds_for
from tests.properties.texts import NASTIES, TYPED

_COMMANDS = r"""
\ { } {} $ $$ % # & ^ _ ~ [ ] \\ \textbf{ \emph \frac \begin{center} \end{center} \begin{x} \end{document}
\input{nothing} \def\x{ \x #1 \par \[ \] \( \) \left( \hbox{ \item \cite{x} \fi \if \else \csname \endcsname
\verb|x| \section{x} \footnote{x} \undefined \global \newpage \hfill é — word
"""
_PIECES = st.sampled_from([*_COMMANDS.split(), " "])
_TEX = st.lists(_PIECES, min_size=1, max_size=6).map("".join) | st.sampled_from(NASTIES) | TYPED
_LINE = 4
"""Of the section's file, where the TeX begins."""


def _is_tried(tex: str) -> bool:
    # LaTeX has a file `x.tex`, which stops it by errors of its own, in lines of its own.
    return bool(tex.strip()) and r"\input{x}" not in tex


@holds_for(_TEX.filter(_is_tried), 40)
def any_tex_gives_a_pdf_or_an_error_at_its_line(tex: str) -> None:
    # In double quotation marks any text stands on one line.
    quoted = yaml.dump(tex, default_style='"', width=10_000, allow_unicode=True).strip()
    section = f"kind: list\ntitle: Before\nitems:\n  - text: !tex {quoted}\n  - text: after\n"
    with tempfile.TemporaryDirectory(prefix="properties-") as folder:
        write_project(Path(folder), {"content/list.yaml": section})
        project = find_project(Path(folder), Path(folder) / "build")
        cv, found = load_cv(project)
        assert cv is not None, found
        try:
            built = build(project, cv, "full", Request(engine="pdflatex"))
        except EngineProblem:
            return  # a macro that calls itself without end is stopped, and has no line
        errors = [item for item in built.diagnostics if item.severity == "error"]
        assert errors or built.pdf is not None
        # What TeX says next can be a consequence that shows elsewhere.
        for error in errors[:1]:
            assert error.span is not None, error
            assert (error.span.source.name, error.span.line + 1) == ("content/list.yaml", _LINE), error
