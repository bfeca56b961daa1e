from __future__ import annotations

import pytest

from cvbuild.render.math import unsafe_command


@pytest.mark.parametrize(
    "tex",
    [
        "x", "O(n^2)", r"\alpha", r"\frac{1}{2}", r"\sqrt{x}", r"\sqrt[3]{x}", "x_i^2", "x^2_i", "{}_1^2",
        "x''",
        r"\left( x \right)", r"\left( \left[ x \right] \right)", r"a \leftarrow b \rightarrow c", r"\hat{x}",
        r"\sum_{i=1}^n i", r"\sum\limits_{i}^n i", r"\mathcal{A}_{n_i}", r"50\%", r"\{a\}", r"a \, b",
        r"a \leq b", "x^{y^z}", r"\mbox{ if }", "a < b", "f'(x)", r"\not=",
    ],
)  # fmt: skip
def test_a_formula_is_one(tex: str) -> None:
    assert unsafe_command(tex) is None


@pytest.mark.parametrize(
    "tex",
    [
        r"\input{x}", r"\include{x}", r"\write18{ls}", r"\immediate", r"\def\x{y}", r"\let\x\y",
        r"\csname x\endcsname",
        r"\catcode`\%=12", r"\openin", r"\read", r"\special{x}", r"\directlua{x}", r"\usepackage{x}",
        r"\begin{x}",
        r"\end{document}", r"\) x \(", r"\] x \[", "^^5cinput", r"\expandafter", r"\loop", r"\newcommand",
        r"\hbox{x}",
        r"\verb|x|", r"\text{x}", r"\relax", r"\par", r"\\", "a & b", "a # b", "a % b", "a $ b", "a~b", "{",
        "}", "}{",
        "", "   ", r"\label{x}", r"\tag{1}", r"\over", r"\char92 input", r"\string\input", "\\\ninput",
        r"\@input{x}", r"\mathbb{R}", r"\lvert x \rvert",
    ],
)  # fmt: skip
def test_what_is_more_than_a_formula_is_refused(tex: str) -> None:
    assert unsafe_command(tex) is not None


@pytest.mark.parametrize(
    "tex",
    [
        "a^b^c", "a_b_c", "a^{b}^{c}", "a^b'", "x''^2'", "a^", "a_", "{a^}", r"\mathrm{a}^", "x^'", "_^",
        r"\frac", r"\frac{1}", r"\sqrt", r"\sqrt[3{x}", r"\mathrm", r"\hat", r"\hat^a", r"\vec",
        r"\overbrace",
        r"a^\sqrt{b}", r"x \limits_a", r"\nolimits", r"\right) x \left(", r"\left( x", r"x \right)",
        r"\left\alpha x\right)",
        r"\left", r"\big", r"\bigl", r"\mbox{a_b}", r"\textrm{x^2}",
    ],
)  # fmt: skip
def test_what_tex_would_stop_at_is_refused(tex: str) -> None:
    assert unsafe_command(tex) is not None
