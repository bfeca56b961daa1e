"""Inline markup, as the parser gives it."""

from __future__ import annotations

import pytest

from cvbuild.inline import Inlines, Math, Str, Styled
from cvbuild.render.markup import parse_inline

TEXTS = {
    "plain": (Str("plain"),),
    "*a* and **b**": (Styled("emph", (Str("a"),)), Str(" and "), Styled("strong", (Str("b"),))),
    "$x_1$": (Math("x_1"),),
    "`code`": (Styled("code", (Str("code"),)),),
}


@pytest.mark.parametrize("text", TEXTS)
def test_markup_is_inline_text(text: str) -> None:
    expected: Inlines = TEXTS[text]
    assert parse_inline(text) == expected
