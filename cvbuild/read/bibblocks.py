"""A bibliography file cut into blocks, each with its place, through bibtexparser."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bibtexparser.entrypoint import parse_string
from bibtexparser.model import (
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    ImplicitComment,
    ParsingFailedBlock,
)

from cvbuild.diagnostics import Findings
from cvbuild.read.bibtex_errors import TYPES
from cvbuild.record import Record
from cvbuild.source import Span

if TYPE_CHECKING:
    from bibtexparser.model import Block

_DOUBLED = re.compile(r"(?m)^@{2,}(?=\w)")
# BibTeX allows white space around the type (bibtex.web, "Get the entry type").
_SPACED = re.compile(
    r"(?m)^(?P<before>[ \t]*)@(?P<space>\s*)(?P<type>\w+)(?P<after>\s*)(?=[{(]\s*[^\s,={}()]+\s*[,=])"
)
_COMMENT = re.compile(r"(?im)^[ \t]*@comment\s*(?=\{)")
_BEGINNING = re.compile(r"@\w*[ \t]*")
_BRACE = re.compile(r"(?<!\\)[{}]")
# What bibtexparser takes for the beginning of a block, and what is one.
_SEEMING_BLOCK = r"^[ \t]*@(?=\w*[ \t]*[{(])"
_TRUE_BLOCK = (
    rf"^[ \t]*@\s*(?:(?:{'|'.join(TYPES)}|string|preamble|comment)\s*(?=[{{(])"
    r"|\w+\s*(?=[{(]\s*[^\s,={}()]+\s*,))"
)
_LINE_SIGN = re.compile(_SEEMING_BLOCK, re.MULTILINE)
_IS_BLOCK = re.compile(_TRUE_BLOCK, re.IGNORECASE | re.MULTILINE)
_DEPTH_TOKEN = re.compile(
    rf"(?P<block>{_TRUE_BLOCK})|(?P<odd>{_SEEMING_BLOCK})|{_BRACE.pattern}", re.IGNORECASE | re.MULTILINE
)

SIGN = "\U000f0040"
"""Stands for an `@` in a value that bibtexparser would take for a new block's; no file has it."""


class PlacedBlock(Record):
    """What bibtexparser made of a stretch of the file. `next` is where the next entry or macro begins."""

    content: Block | None
    span: Span
    next: int


def placed_blocks(piece: Span, findings: Findings) -> Iterator[PlacedBlock]:
    """The blocks of a piece in order; those marked as repetitions are unwrapped, which is found elsewhere."""
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # its findings are reported here
    typed, text = piece.text, _mended(piece, findings)
    placed: list[tuple[Block, int, int]] = []
    cursor = 0
    for block in parse_string(text, parse_stack=[]).blocks:
        raw = block.raw or ""
        start = max(text.find(raw, cursor), cursor)
        cursor = start + len(raw)
        if isinstance(block, ParsingFailedBlock):
            # Where the beginning of the next block broke it off, that is read as its end, too.
            sign = raw.rfind("@", 1)
            cursor = start + sign if sign > 0 and _BEGINNING.fullmatch(raw, sign) else cursor
        placed.append((block, start, cursor))
    following = piece.end
    blocks: list[PlacedBlock] = []
    for block, start, end in reversed(placed):
        # Where `@` was moved to its type, the block begins at the `@` as typed.
        begins = typed.rfind("@", 0, start + 1) if text.startswith("@", start) else start
        span = Span(piece.source, piece.start + begins, piece.start + end)
        blocks.append(PlacedBlock(_unwrapped(block), span, following))
        if not isinstance(block, ImplicitComment):
            following = span.start
    yield from reversed(blocks)


def _unwrapped(block: Block) -> Block | None:

    inner: Block | None = block
    if isinstance(inner, DuplicateBlockKeyBlock):
        inner = inner.ignore_error_block
    if isinstance(inner, DuplicateFieldKeyBlock):
        inner = inner.ignore_error_block
    return inner


def _mended(piece: Span, findings: Findings) -> str:
    """The text as bibtexparser can read it, of the same length so that places hold."""

    def single(match: re.Match[str]) -> str:
        findings.warning(
            "bib-doubled-sign",
            "`@@` before an entry; read as one `@`",
            Span(piece.source, piece.start + match.start(), piece.start + match.end()),
        )
        return " " * (len(match[0]) - 1) + "@"

    def together(match: re.Match[str]) -> str:
        return match["before"] + " " * len(match["space"]) + "@" + match["type"] + " " * len(match["after"])

    text = _DOUBLED.sub(single, piece.text)
    return _with_signs(_without_entries_in_comments(_SPACED.sub(together, text)))


def _with_signs(text: str) -> str:
    """`@{` or `@word{` that begins a line within braces begins nothing there."""
    tokens = (token for token in _LINE_SIGN.finditer(text) if not _IS_BLOCK.match(text, token.start()))
    if next(tokens, None) is None:
        return text
    pieces: list[str] = []
    at = depth = 0
    for token in _DEPTH_TOKEN.finditer(text):
        if token["block"]:
            depth = 0
        elif not token["odd"]:
            depth += 1 if token[0] == "{" else -1
        elif depth > 0:
            pieces += text[at : token.end() - 1], SIGN
            at = token.end()
    return "".join([*pieces, text[at:]])


def _without_entries_in_comments(text: str) -> str:
    """`@comment{…}` may hold whole entries, as JabRef and Mendeley write them: they are no entries there."""
    openings = {match.end() for match in _COMMENT.finditer(text)}
    if not openings:
        return text
    pieces: list[str] = []
    at = 0
    for opening, closing in sorted(_pairs(text, openings)):
        if opening >= at:
            pieces += text[at:opening], text[opening:closing].replace("@", " ")
            at = closing
    return "".join([*pieces, text[at:]])


def _pairs(text: str, openings: set[int]) -> Iterator[tuple[int, int]]:
    """Some opening braces with the place of the one that closes each, where there is one."""
    open_braces: list[int] = []
    for brace in _BRACE.finditer(text):
        if brace[0] == "{":
            open_braces.append(brace.start())
        elif open_braces and (opening := open_braces.pop()) in openings:
            yield opening, brace.end()
