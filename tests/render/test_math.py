"""What formulas may hold. Those of a line: tests/cases/tex/formulas.txt."""

from __future__ import annotations

import pytest

from cvbuild.render.markup import unsafe_command, with_commands

DEEP = [pytest.param("{" * 20_000, id="groups"), pytest.param(r"\left(" * 20_000, id="delimiters")]


@pytest.mark.parametrize("tex", ["", "   ", "\\\ninput", "a\n\nb", "a\x0bb", "a\u2003b", *DEEP])
def test_what_is_no_formula_is_refused(tex: str) -> None:
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
