"""What TeX really says of each common mistake, and what becomes of it: message and place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cvbuild.build import render_variant
from cvbuild.diagnostics import Diagnostic
from cvbuild.loading import load_cv
from cvbuild.request import Request
from cvbuild.typeset.engines import ENGINES, ChosenEngine
from cvbuild.typeset.passes import diagnostics
from tests.conftest import needs_pdflatex
from tests.projects import make_project

# Raw TeX, the message, and what is marked of it.
# TeX goes on after these as if nothing had been.
PASSING = [
    (r"a \emhp{b}", r"TeX does not know the command `\emhp`", r"\emhp"),
    ("x_2 word", "`_` works in formulas only", "_"),
    ("x^2 word", "`^` works in formulas only", "^"),
    (r"a \alpha b", r"`\alpha` works in formulas only", r"\alpha"),
    ("a $x word", "a paragraph begins or ends before a formula is closed", "$"),
    ("$$x$ word", "a formula begins with `$$` and ends with `$`", "$"),
    (r"\mathrm{x}", r"`\mathrm` works in formulas only", r"\mathrm"),
    ("$a^b^c$", "two superscripts stand in a row", "^"),
    ("$a_b_c$", "two subscripts stand in a row", "_"),
    (r"\) x", "a formula is opened within a formula, or closed outside of one", r"\)"),
    (r"\( x \( y", "a formula is opened within a formula, or closed outside of one", r"\("),
    (r"$\left( x$", r"a `\left` has no `\right`", r"\left"),
    (r"$x \right)$", r"a `\right` has no `\left`", ")"),
    (r"$\left x \right y$", r"`\left`, `\right` or `\big` is followed by something that is no", "x"),
    ("number # 2", "there is a `#`, which TeX takes for a parameter", "#"),
    (r"\newcommand\x{#2}", r"the definition of `\x` uses a `#` with a number it has not", r"\x"),
    (r"\def\x#2{a}", "the parameters of a definition are not `#1`, `#2`, …", "2"),
    (r"\def\x a{b}\x b", r"`\x` is not used as it was defined", r"\x"),
    ("R & D", "there is an `&` outside of a table", "&"),
    (r"\begin{tabular}{l}a&b\\\end{tabular}", "a row of a table has more cells than the table has", "&"),
    (r"\begin{tabular}{q}a\end{tabular}", "the columns of a table are described with a", r"\begin{tabular}"),
    (r"\hline x", "a rule or a joined cell stands at a wrong place of a table", r"\hline"),
    (r"a \cr b", "a row ends outside of a table", r"\cr"),
    (r"\begin{itemize}x\end{itemize}", r"text stands in a list before its first `\item`", r"\begin{itemize}"),
    (r"\item x", r"an `\item` stands outside of a list", r"\item"),
    (r"\verb|a b|", r"`\verb` does not work here, as texts are arguments of commands", r"\verb"),
    (r"\caption{a}", r"`\caption` stands outside of a figure or table", r"\caption"),
    (r"\par\\ x", "a line break stands where no line was begun", r"\\"),
    (r"\vspace{abc}", "a number is missing here", "a"),
    (r"\setcounter{page}{x}", "a number is missing here", r"\setcounter{page}{x}"),
    (r"\hspace{3 foo}a", "a length has no unit that TeX knows", "f"),
    (r"\hspace{99999cm}", "a length is greater than TeX can have, 5.75 m", r"\hspace{99999cm}"),
    (r"\count0=2147483647 \multiply\count0 by 9 a", "a calculation gives more than TeX can have", None),
    (r"\count0=99999999999 x", "a number is greater than TeX can have, 2147483647", "9"),
    (r"\setcounter{foo}{1}", "there is no counter `foo`", "foo"),
    (r"\ifnum 1 x\fi", r"`\ifnum` compares two numbers, and there is no `=`, `<` or `>`", r"\ifnum"),
    (r"\usepackage{amsmath}", "this command works before the document's beginning only", r"\usepackage"),
    ("例 word", "pdflatex cannot print the character 例 (U+4F8B)", "例"),
    (r"\font\x=nosuchfont a", "there is no font `nosuchfont` on this machine", "nosuchfont"),
    (r"\newcommand\textbf{x}", r"there is a command `\textbf` already", r"\textbf"),
    (r"\renewcommand\foo{x}", r"there is no command `\foo` to define anew", r"\foo"),
    (r"\newcommand{x}{y}", "a definition names no command", None),
    (r"\textcolor{mauve}{x}", "there is no colour `mauve`", "mauve"),
    (r"\fi x", r"a `\fi` has no `\if`", r"\fi"),
    (r"\errmessage{Hello there}", "TeX cannot go on: Hello there", r"\errmessage{Hello there}"),
]

# These upset what follows, or stop TeX.
LASTING = [
    (r"$\mbox{a$} b", "a formula is not closed before the brace that ends around it", r"\mbox{a$}"),
    (r"$\frac{a}$", "a closing brace is missing, or an environment is not ended", r"\frac"),
    (r"\ensuremath{a^}", "an opening brace is missing", r"\ensuremath{a^}"),
    (r"\textbf{a\par b}", "a paragraph ends within the braces of a command", r"\par"),
    (r"{\textbf}", r"a brace closes before `\textbf` has all that it needs", r"\textbf"),
    (r"\begin{foo}x\end{foo}", "TeX does not know the environment `foo`", r"\begin{foo}"),
    (r"\begin{center}x\end{quote}", r"`\end{quote}` comes while the environment `center`", r"\end{quote}"),
    (r"\begin{center}x", r"`\end{cventry}` comes while the environment `center` is open", r"\begin{center}"),
    (r"x\end{center}", r"`\end{center}` comes while the environment `cventry` is open", r"\end{center}"),
    (r"\begingroup x", "a brace or an environment is opened or closed once too often", r"\begingroup"),
    (r"\begin{figure}x\end{figure}", "a figure or table floats, which it cannot do within an entry", None),
    (r"\input{missing}", "TeX cannot find the file `missing`", "missing"),
    (r"\csname x\textbf{}\endcsname", "the name of a command holds something that is no letter", r"\textbf"),
    (r"\def\x{\x\x}\x", "a command here calls itself without end, or asks for more than TeX's memory", r"\x"),
    ("{" * 260 + "}" * 260, "too many groups or boxes stand within each other", None),
    (r"a\endinput", "the document stops before its end", r"\endinput"),
]

# What has to stand in the theme, and cannot be in raw TeX of a text.
CAUSES_IN_MACROS = [
    (r"\usepackage{nosuchpackage}", "TeX cannot find the package `nosuchpackage`", "nosuchpackage"),
    (r"\usepackage[dvips]{xcolor}", "the package `xcolor` is loaded twice, with different options", "xcolor"),
    ("word", r"text stands before `\begin{document}`", None),
    (r"\newcommand\cvpar[1]{x}", r"there is a command `\cvpar` already", r"\cvpar"),
    (r"\undefd", r"TeX does not know the command `\undefd`", r"\undefd"),
    (r"\def\x{a", "a `{` in this file has no partner", "{"),
]


def said(folder: Path, files: dict[str, str], engine: str = "pdflatex") -> list[Diagnostic]:
    """What is said of a project after one pass of an engine."""
    project = make_project(folder / "project", dict(files))
    cv, found = load_cv(project)
    assert cv is not None, found
    prepared = render_variant(project, cv, "full", Request(engine))
    assert not prepared.findings.items
    (folder / "cv.tex").write_text(prepared.rendered.text, encoding="utf-8")
    installation = ENGINES[engine].find()
    assert installation is not None
    draft = ChosenEngine(ENGINES[engine], installation).adapted(makes_pdf=False)
    log = draft.engine.run(installation, folder, 0).log
    return [item for item in diagnostics(log, prepared.rendered) if item.code != "missing-character"]


def in_text(tex: str) -> str:
    """A section with a mistake on its fifth line."""
    return f"kind: text\ntitle: Bio\ntext: !tex |\n  First words\n  {tex}\n  and last.\n"


def check(found: list[Diagnostic], message: str, marked: str | None, place: str) -> None:
    """One error, with its message, its place and its hint."""
    [first] = found
    assert message in first.message
    assert first.hints
    assert all(first.hints)
    assert first.span is not None
    assert f"{first.span.source.name}:{first.span.line + 1}" == place
    if marked is not None:
        assert first.span.text == marked


@needs_pdflatex()
@pytest.mark.parametrize(("tex", "message", "marked"), LASTING, ids=[cause[0][:40] for cause in LASTING])
def test_a_mistake_that_upsets_the_rest_is_told_once(
    tmp_path: Path, tex: str, message: str, marked: str | None
) -> None:
    check(said(tmp_path, {"content/bio.yaml": in_text(tex)}), message, marked, "content/bio.yaml:5")


@needs_pdflatex()
@pytest.mark.parametrize(("tex", "message", "marked"), CAUSES_IN_MACROS)
def test_a_mistake_in_macros_of_ones_own(tmp_path: Path, tex: str, message: str, marked: str | None) -> None:
    found = said(tmp_path, {"latex_templates/macros.tex": f"% mine\n{tex}\n"})
    check(found[:1], message, marked, "latex_templates/macros.tex:2")


@needs_pdflatex()
def test_a_mistake_in_a_template_that_is_shipped_is_told_as_ours(tmp_path: Path) -> None:
    [found] = said(tmp_path, {"latex_templates/macros.tex": "\\let\\cvpar\\undefined\n"})
    assert found.message == "TeX does not know the command `\\cvpar`"
    assert found.span is not None
    assert found.span.source.name == "latex_templates/classic/sections/text.tex"
    assert found.span.text == "\\cvpar"
    assert "came with cvbuild" in found.hints[-1]


@pytest.mark.parametrize("engine", ["pdflatex", "xelatex", "lualatex"])
def test_mistakes_of_one_document_are_told_apart_and_have_no_consequences_elsewhere(
    tmp_path: Path, engine: str
) -> None:
    if shutil.which(engine) is None:
        pytest.skip(f"{engine} is not installed")
    causes = [cause for cause in PASSING if engine == "pdflatex" or "pdflatex" not in cause[1]]
    if engine == "lualatex":
        # It stops at what ends a formula's brackets without a beginning, and takes `\\alpha` in text.
        causes = [cause for cause in causes if "$" not in cause[0] and cause[0] != r"a \alpha b"]
    files = {f"content/s{number:02}.yaml": in_text(cause[0]) for number, cause in enumerate(causes)}
    found = said(tmp_path, files, engine)
    for name, (_, message, marked) in zip(files, causes, strict=True):
        here = [item for item in found if item.span and item.span.source.name == name]
        check(here, message, marked, f"{name}:5")
    assert len(found) == len(causes)
