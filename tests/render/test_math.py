from __future__ import annotations

import pytest

from cvbuild.render.markup import unsafe_command, with_commands


@pytest.mark.parametrize(
    "tex",
    [
        "x", "O(n^2)", r"\alpha", r"\frac{1}{2}", r"\sqrt{x}", r"\sqrt[3]{x}", "x_i^2", "x^2_i", "{}_1^2",
        "x''",
        r"\left( x \right)", r"\left( \left[ x \right] \right)", r"a \leftarrow b \rightarrow c", r"\hat{x}",
        r"\sum_{i=1}^n i", r"\sum\limits_{i}^n i", r"\mathcal{A}_{n_i}", r"50\%", r"\{a\}", r"a \, b",
        r"a \leq b", "x^{y^z}", r"\mbox{ if }", "a < b", "f'(x)", r"\not=",
        # TeX takes these without braces.
        r"x_\mathrm{max}^2", r"\hat\mathbf{x}", r"x_\textrm{für}", r"\sqrt [3]\alpha", r"\frac12^2", "f'^2",
        "x_1'", r"\Lambda_{\rm QCD}", r"{\cal O}(\alpha_s^2)", r"{\bf x}'",
        r"{\hat x}^2", r"\mathrm{CO}_2", r"\bigl\{ x \bigr\}", r"]0,1[", r"\left. f \right|_{x=0}", r"a\,^2",
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
        # TeX would stop at these.
        "a^b^c", "a_b_c", "a^{b}^{c}", "a^b'", "x''^2'", "a^", "a_", "{a^}", r"\mathrm{a}^", "x^'", "_^",
        r"\frac", r"\frac{1}", r"\sqrt", r"\sqrt[3{x}", r"\mathrm", r"\hat", r"\hat^a", r"\vec",
        r"\overbrace",
        r"a^\sqrt{b}", r"x \limits_a", r"\nolimits", r"\right) x \left(", r"\left( x", r"x \right)",
        r"\left\alpha x\right)",
        r"\left", r"\big", r"\bigl", r"\mbox{a_b}", r"\textrm{x^2}",
        # Only TeX knows these to be wrong.
        r"{\hat x^2}^3", "x' ^2", r"x'^\frac12", r"\big'", r"\underline\mathrm{x}", r"\mathrm\hat x",
        r"a^\int", r"a^\mbox{x}", r"\mathrm{x}\limits_a", r"\left( { x \right) }",
        r"\sqrt[\left] x \right[]{y}",
        "a\n\nb", "a\x0bb", "a\u2003b", "é", "\\",
        pytest.param("{" * 20_000, id="deep groups"), pytest.param(r"\left(" * 20_000, id="deep delimiters"),
    ],
)  # fmt: skip
def test_what_is_more_or_less_than_a_formula_is_refused(tex: str) -> None:
    assert unsafe_command(tex) is not None


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("αx", r"\alpha x"), ("α_i", r"\alpha_i"), ("3 × 4 ≤ x²", r"3 \times 4 \leq x^2"),
        ("90°", r"90^\circ"),
        ("x′ − 1", "x' - 1"), (r"\mbox{é}", r"\mbox{é}"), ("µm", r"\mu m"),
    ],
)  # fmt: skip
def test_characters_of_mathematics_are_written_as_commands(typed: str, written: str) -> None:
    assert with_commands(typed) == written
    assert unsafe_command(written) is None
