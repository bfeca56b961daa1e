"""Any text at any place compiles, and the PDF has it; or it is complained about where it stands.

Whatever is asked for as TeX by `!tex` gives a PDF, or an error at its own line.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cvbuild.diagnostics import EngineProblem
from cvbuild.typeset.engines import best_engine
from tests.projects import build_variant, write_project
from tests.properties.batch import STYLES, Example, Style, failures_of, smallest
from tests.properties.fields import ENTRY_PLACES, PLACES, Place, is_verbatim
from tests.properties.properties import PROPERTIES, Property, holds_for
from tests.properties.texts import NASTIES, TYPED, UNICODE, VERBATIM

Typed = tuple[str, str, Style, bool]
"""What is typed at a place not known yet: text, its substitute in an address, a style, and whether it is
marked."""


def _typed(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Typed]:
    visible = texts.filter(lambda text: bool(text.strip()))  # an empty text is an error of its own
    return st.tuples(visible, VERBATIM, st.sampled_from(STYLES), st.integers(0, 3).map(bool))


def _run(
    engine: str, places: Sequence[Place], texts: st.SearchStrategy[Typed], how: settings, count: int
) -> None:
    """Try drawn texts at one place after the other, in as few documents as there are places for."""
    drawn: list[Typed] = []

    def draw(example: Typed) -> None:
        drawn.append(example)

    # Hypothesis only draws them: the smallest text that fails is found by `smallest`.
    settings(how, max_examples=count, phases=[Phase.generate])(given(texts)(draw))()
    failures = []
    for start in range(0, len(drawn), len(places)):
        failures += failures_of(engine, [
            Example(place, verbatim if is_verbatim(place) else text, style, marked)
            for (text, verbatim, style, marked), place in zip(drawn[start:], places, strict=False)
        ])  # fmt: skip
    assert not failures, "\n".join(str(smallest(engine, failure)) for failure in failures[:5])


for engine, texts, in_content, in_entries in (
    ("pdflatex", TYPED.filter(lambda text: best_engine(text).name == "pdflatex"), 3 * len(PLACES), None),
    ("xelatex", UNICODE, len(PLACES), 120),
    ("lualatex", UNICODE, 60, 40),
):
    for where, places, examples in (
        ("content files", PLACES, in_content),
        ("entries", ENTRY_PLACES, in_entries or len(ENTRY_PLACES)),
    ):
        name = f"any text in {where} compiles under {engine}"
        PROPERTIES.append(Property(name, examples, partial(_run, engine, places, _typed(texts))))


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
