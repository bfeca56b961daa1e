"""Markup that was parsed before is that which the parser gives; a damaged memory costs time alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cvbuild import cache
from cvbuild.inline import Inlines, Math, Str, Styled
from cvbuild.render import markdown
from cvbuild.render.markdown import keep_parsed, parse_inline
from cvbuild.source import Scalar, SourceFile, Span

TEXTS = {
    "*a* and **b**": (Styled("emph", (Str("a"),)), Str(" and "), Styled("strong", (Str("b"),))),
    "$x_1$": (Math("x_1"),),
    "`code`": (Styled("code", (Str("code"),)),),
}


def forget() -> None:
    """As a process that has just begun."""
    markdown._parsed_before.cache_clear()
    markdown._news.clear()


@pytest.fixture(autouse=True)
def _own_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("CVBUILD_CACHE", str(tmp_path))
    forget()
    yield
    forget()


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that the parser was given."""
    given: list[str] = []
    parse = markdown._parsed

    def counted(text: str) -> Inlines:
        given.append(text)
        return parse(text)

    monkeypatch.setattr(markdown, "_parsed", counted)
    return given


def test_a_text_is_parsed_once(parsed: list[str]) -> None:
    for _ in range(2):
        assert {text: parse_inline(text) for text in TEXTS} == TEXTS
        keep_parsed()
        forget()
    assert parsed == list(TEXTS)


def test_of_a_text_with_a_place_the_text_is_kept(parsed: list[str]) -> None:
    for text in TEXTS:
        parse_inline(Scalar(text, Span(SourceFile("content/a.yaml", text), 0, len(text))))
    keep_parsed()
    forget()
    assert {text: parse_inline(text) for text in TEXTS} == TEXTS
    assert parsed == list(TEXTS)


def test_of_many_texts_the_latest_are_kept(parsed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "_MOST_KEPT", 2)
    for text in TEXTS:
        parse_inline(text)
    keep_parsed()
    forget()
    parsed.clear()
    assert {text: parse_inline(text) for text in TEXTS} == TEXTS
    assert parsed == list(TEXTS)[:1]


@pytest.mark.parametrize("data", [b"", b"no data", b"i\x01\x00\x00\x00"])
def test_a_damaged_memory(parsed: list[str], data: bytes) -> None:
    made_by = markdown._made_by()
    assert made_by is not None
    cache.write(markdown._KIND, made_by, data)
    assert {text: parse_inline(text) for text in TEXTS} == TEXTS
    assert parsed == list(TEXTS)


def test_text_without_markup_needs_no_memory(parsed: list[str]) -> None:
    assert parse_inline("plain") == (Str("plain"),)
    assert not markdown._news
    assert not parsed
