"""Any text at any place compiles, and the PDF has it; or it is complained about where it stands.

Whatever is asked for as TeX by `!tex` gives a PDF, or an error at its own line.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml
from hypothesis import strategies as st

from cvbuild.diagnostics import EngineProblem
from cvbuild.typeset.engines import best_engine
from tests.projects import build_variant, write_project
from tests.properties.batch import STYLES, Batch, Example, Failure, Style, smallest
from tests.properties.fields import ENTRY_PLACES, PLACES, Place, is_verbatim
from tests.properties.properties import holds_for, holds_for_all
from tests.properties.texts import NASTIES, TYPED, UNICODE, VERBATIM


@dataclass(frozen=True)
class Typed:
    """What is typed at a place that is not known yet: text, or what stands in for it in an address."""

    text: str
    verbatim: str
    style: Style
    marked: bool

    def at(self, place: Place) -> Example:
        """The same at a place."""
        return Example(place, self.verbatim if is_verbatim(place) else self.text, self.style, self.marked)


def _typed(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Typed]:
    visible = texts.filter(lambda text: bool(text.strip()))  # an empty text is an error of its own
    return st.builds(Typed, visible, VERBATIM, st.sampled_from(STYLES), st.integers(0, 3).map(bool))


def _check(engine: str, places: Sequence[Place], drawn: Sequence[Typed]) -> None:
    """Try the texts at one place after the other, in as few documents as there are places for."""
    failures: list[Failure] = []
    for start in range(0, len(drawn), len(places)):
        at_places = zip(drawn[start:], places, strict=False)
        failures += Batch(engine, [typed.at(place) for typed, place in at_places]).failures()
    assert not failures, "\n".join(str(smallest(engine, failure)) for failure in failures[:5])


for engine, texts, in_content, in_entries in (
    ("pdflatex", TYPED.filter(lambda text: best_engine(text).name == "pdflatex"), 3 * len(PLACES), None),
    ("xelatex", UNICODE, len(PLACES), 120),
    ("lualatex", UNICODE, 60, 40),
):
    name = "any text in {} compiles under " + engine
    of_content, of_entries = partial(_check, engine, PLACES), partial(_check, engine, ENTRY_PLACES)
    holds_for_all(_typed(texts), in_content, name.format("content files"))(of_content)
    holds_for_all(_typed(texts), in_entries or len(ENTRY_PLACES), name.format("entries"))(of_entries)


_COMMANDS = r"""
\ { } {} $ $$ % # & ^ _ ~ [ ] \\ \textbf{ \emph \frac \begin{center} \end{center} \begin{x} \end{document}
\input{nothing} \def\x{ \x #1 \par \[ \] \( \) \left( \hbox{ \item \cite{x} \fi \if \else \csname \endcsname
\verb|x| \section{x} \footnote{x} \undefined \global \newpage \hfill é — word
"""
_PIECES = st.sampled_from([*_COMMANDS.split(), " "])
_TEX = st.lists(_PIECES, min_size=1, max_size=6).map("".join) | st.sampled_from(NASTIES) | TYPED
_LINE = 4
"""Of the section's file, where the TeX begins."""


# LaTeX has a file `x.tex`, which stops it by errors of its own, in lines of its own.
@holds_for(_TEX.filter(lambda tex: bool(tex.strip()) and r"\input{x}" not in tex), 40)
def any_tex_gives_a_pdf_or_an_error_at_its_line(tex: str) -> None:
    # In double quotation marks any text stands on one line.
    quoted = yaml.dump(tex, default_style='"', width=10_000, allow_unicode=True).strip()
    section = f"kind: list\ntitle: Before\nitems:\n  - text: !tex {quoted}\n  - text: after\n"
    with tempfile.TemporaryDirectory(prefix="properties-") as folder:
        root = write_project(Path(folder), {"content/list.yaml": section})
        try:
            built = build_variant(root, engine="pdflatex")
        except EngineProblem:
            return  # a macro that calls itself without end is stopped, and has no line
        errors = [item for item in built.diagnostics if item.severity == "error"]
        assert errors or built.pdf is not None
        # What TeX says next can be a consequence that shows elsewhere.
        for error in errors[:1]:
            assert error.span is not None, error
            assert (error.span.source.name, error.span.line + 1) == ("content/list.yaml", _LINE), error
