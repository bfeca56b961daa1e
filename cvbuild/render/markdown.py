"""CommonMark inline markup to inline text, through markdown-it-py.

Emphasis, strong, links, code and `$math$`; all else is text, HTML included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from cvbuild.inline import Inline, Inlines, Link, Math, Str, Styled
from cvbuild.memo import memo

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_MARKUP = re.compile(r"[*_`\[\\$]")
_ADDRESS = re.compile(r"https?://[^\s<>\"“”]*[^\s<>\"“”.,;:!?'’)\]}]")
_ALLOWED = re.compile(r"https?://|mailto:|tel:", re.IGNORECASE)
_REFUSED = re.compile(
    r"\]\(\s*<?(?!https?://|mailto:|tel:)([a-z][a-z0-9+.-]*:(?:[^\s<>()]|\([^\s<>()]*\))+)>?\s*\)",
    re.IGNORECASE,
)


def is_allowed(url: str) -> bool:
    """Whether an address may become a link (RFC 3986, 3.1: schemes in any case)."""
    return _ALLOWED.match(url) is not None


def refused_addresses(text: str) -> list[str]:
    """The addresses of what is written as a link and stays text, as its scheme may run something."""
    return _REFUSED.findall(text) if "](" in text else []


def parse_inline(text: str) -> Inlines:
    """The inline text of one paragraph; line breaks count as spaces."""
    if not _MARKUP.search(text):
        return _linked(text)
    # Importing the parser takes longer than reading the results of a whole section.
    return memo(_parsed, str(text))


def _parsed(text: str) -> Inlines:
    return _until(iter(_parser().parseInline(text)[0].children or []), "")


def _linked(text: str) -> Inlines:
    """Text with the addresses in it as links, the punctuation after them apart."""
    result: list[Inline] = []
    at = 0
    for match in _ADDRESS.finditer(text):
        if match.start() > at:
            result.append(Str(text[at : match.start()]))
        result.append(Link(match[0], (Str(match[0]),)))
        at = match.end()
    if at < len(text):
        result.append(Str(text[at:]))
    return tuple(result)


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, which blank lines separate."""
    return [part.strip() for part in re.split(r"\n[ \t]*\n", text) if part.strip()]


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("zero").enable(["emphasis", "link", "backticks", "escape"])
    parser.validateLink = is_allowed  # type: ignore[method-assign]  # its documented hook
    parser.inline.ruler.before("escape", "math", _math_rule)
    parser.parseInline("")  # it compiles its rules at first use, in steps that another thread could see
    return parser


def _math_rule(state: StateInline, silent: bool) -> bool:
    """`$…$` as Pandoc reads it: no space inside the dollars, no digit after the last one."""
    source, start = state.src, state.pos
    if source[start] != "$" or start + 1 >= state.posMax or source[start + 1].isspace():
        return False
    end = start + 1
    while (end := source.find("$", end)) > 0:
        if source[end - 1] != "\\":
            break
        end += 1
    if end <= start + 1 or end >= state.posMax or source[end - 1].isspace():
        return False
    if end + 1 < state.posMax and source[end + 1].isdigit():
        return False
    if not silent:
        token = state.push("math", "", 0)
        token.content = source[start + 1 : end]
    state.pos = end + 1
    return True


def _until(tokens: Iterator[Token], closing: str) -> Inlines:
    """The inlines up to a closing token."""
    result: list[Inline] = []
    for token in tokens:
        match token.type:
            case "text" | "text_special" | "html_inline":
                result.extend(_linked(token.content))
            case "softbreak" | "hardbreak":
                result.append(Str(" "))
            case "code_inline":
                result.append(Styled("code", (Str(token.content),)))
            case "math":
                result.append(Math(token.content))
            case "em_open":
                result.append(Styled("emph", _until(tokens, "em_close")))
            case "strong_open":
                result.append(Styled("strong", _until(tokens, "strong_close")))
            case "link_open":
                result.append(Link(str(token.attrs["href"]), _until(tokens, "link_close")))
            case name if name == closing:
                break
    return tuple(result)
