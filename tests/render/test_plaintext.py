"""TeX read as it is printed. What `text` prints: tests/cases/commands/text.txt."""

from __future__ import annotations

from unicodedata import category, normalize

import pytest

from cvbuild.render.escape import escape
from cvbuild.render.plaintext import plain_text
from cvbuild.render.sourcemap import RenderedTex
from tests.conftest import REPOSITORY
from tests.projects import prepare_variant


def text_of(body: str) -> str:
    return plain_text(RenderedTex(f"\\begin{{document}}\n{body}\n\\end{{document}}\n", ()))


def test_every_character_comes_back_as_it_was_typed() -> None:
    # All of Unicode's first blocks that are seen; marks are drawn on other characters.
    printed = [
        char for char in map(chr, (*range(33, 0x1100), *range(0x2010, 0x2400))) if category(char)[0] in "LNPS"
    ]
    typed = normalize("NFC", " ".join(printed))
    assert text_of(escape(typed)).split() == typed.replace("\u2011", "-").replace("\u2015", "—").split()


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\cvrow{One}{2020}", "One, 2020"),
        (r"\cvrow{One}{}", "One"),
        ("\\cvnumbered{1.}{%\nOne\n}", "1. One"),
        (r"\cvfigures{Papers}{12}{3}", "Papers: 12; 3"),
        (r"{\unknown{a} b}", "a b"),
        (r"a\unknown b}} c", "ab c"),
        ("a % not this\n  b", "a b"),
        (r"a\\b", "a\nb"),
        (r"\(\alpha^2 \frac{x}\) b", r"α^2 \frac{x} b"),
        (r"\href{https://example.org/}{\cvurl{example.\cvbreak{}org}}", "example.org"),
        (r"\cvrow{\cvin{english}{One, two}}{2020}", "One, two, 2020"),
        (r"\cvlanguage{english}One", "One"),
        ("", ""),
    ],
)
def test_tex_is_read_as_it_is_printed(tex: str, text: str) -> None:
    assert text_of(tex).strip("\n") == text


@pytest.mark.parametrize("variant", ["full", "voll"])
def test_the_reference_cv_leaves_no_tex_behind(variant: str) -> None:
    shown = plain_text(prepare_variant(REPOSITORY, variant).rendered)
    assert "\\" not in shown
    assert "{" not in shown
    assert "english" not in shown
    assert shown.count("Lapuschkin S") + shown.count("Bach S") >= 93
