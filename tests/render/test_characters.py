from __future__ import annotations

import unicodedata

import pytest

from cvbuild.render.escape import PDFLATEX, beyond_ascii, breakable_url, escape, escape_url


@pytest.mark.parametrize(
    ("char", "tex"),
    [
        ("\u00a0", "~"), ("\u202f", r"\,"), ("\u2009", r"\,"), ("\u2003", r"\quad{}"),
        ("\u2002", r"\enspace{}"),
        ("\u00ad", r"\-"), ("\u200b", r"\hspace{0pt}"), ("\u2060", ""), ("\ufeff", ""),
        ("\u2011", r"\mbox{-}"),
        ("\u2028", " "), ("\n", " "), ("\t", " "), ("\r", " "), ("\u2015", "—"),
    ],
)  # fmt: skip
def test_spaces_and_breaks(char: str, tex: str) -> None:
    assert escape(f"a{char}b") == f"a{tex}b"


def test_no_character_of_ascii_reaches_tex_as_a_command() -> None:
    for code in range(0x20, 0x7F):
        tex = escape(f"a{chr(code)}b")
        if chr(code) in "\\{}$&#%_^~":
            assert tex.startswith("a\\"), tex
        assert tex.count("{") == tex.count("}") or chr(code) in "{}"


def test_plain_words_stay_as_they_are() -> None:
    text = "Äpfel und Birnen – “so” (1), a/b; c: d! e? f+g=h @i [j] *k*"
    assert escape(text) == text


def beyond_pdflatex(tex: str) -> list[str]:
    return [char for char in beyond_ascii(tex) if char not in PDFLATEX]


def test_what_pdflatex_cannot_print_is_named_once_in_order() -> None:
    assert beyond_pdflatex("Андрей 日本 日 Müller “x” – €") == [*"Андрей", "日", "本"]


@pytest.mark.parametrize(
    "text",
    ["Müller, Łódź, Ő, ğ, ş, ț, ẞ, Ÿ", "‘’“”„‚«»‹›–—…•†‡©®™€£¥§¶°±×÷½", "ﬁ ﬂ", "α → β ≤ γ", "−5′",
     "\u2011\u202f\u2009\u200b"],
)  # fmt: skip
def test_what_pdflatex_prints_or_is_written_as_a_command_is_not_named(text: str) -> None:
    assert beyond_pdflatex(escape(unicodedata.normalize("NFC", text))) == []


@pytest.mark.parametrize(
    ("url", "tex"),
    [
        ("https://example.org/a%20b#c", r"https://example.org/a\%20b\#c"),
        ("https://example.org/~ada", r"https://example.org/\%7Eada"),
        ("https://example.org/ä b", r"https://example.org/\%C3\%A4\%20b"),
        ("https://example.org/a_b&c=d", "https://example.org/a_b&c=d"),
        ('https://example.org/\\{}^|<>"`', r"https://example.org/\%5C\%7B\%7D\%5E\%7C\%3C\%3E\%22\%60"),
    ],
)
def test_an_address_is_fit_for_tex(url: str, tex: str) -> None:
    assert escape_url(url) == tex


@pytest.mark.parametrize("url", ["https://www.example.org/", "http://example.org", "https://example.org///"])
def test_an_address_is_shown_without_what_says_nothing(url: str) -> None:
    assert breakable_url(url) == r"\cvurl{example.\cvbreak{}org}"
