"""Inline text: the form into which Markdown in YAML and LaTeX in BibTeX are parsed."""

from __future__ import annotations

from typing import Literal, TypeAlias

from cvbuild.record import Record
from cvbuild.source import Span


class Str(Record):
    """Plain characters."""

    text: str


class Styled(Record):
    """Text in emphasis, strong, code, small capitals, sub- or superscript, or quotation marks."""

    style: Literal["emph", "strong", "code", "smallcaps", "sub", "sup"]
    content: Inlines


class Link(Record):
    """Text that leads to an address."""

    url: str
    content: Inlines


class Math(Record):
    """A formula in TeX's notation, without its dollar signs."""

    tex: str


class RawTex(Record):
    """TeX that the user marks with `!tex`, passed on unchanged."""

    tex: str


class Placed(Record):
    """Text from another place in the file than the text around it, such as a subtitle."""

    content: Inlines
    span: Span


Inline: TypeAlias = Str | Styled | Link | Math | RawTex | Placed
Inlines: TypeAlias = tuple[Inline, ...]


def plain(inlines: Inlines) -> str:
    """Return the characters without markup, for sorting, metadata and messages."""
    parts: list[str] = []
    for inline in inlines:
        match inline:
            case Str(text):
                parts.append(text)
            case Styled(_, content) | Link(_, content) | Placed(content, _):
                parts.append(plain(content))
            case Math(tex) | RawTex(tex):
                parts.append(tex)
    return "".join(parts)


class RichText(Record):
    """Inline text with its span."""

    inlines: Inlines
    span: Span

    def __str__(self) -> str:
        return plain(self.inlines)

    def __bool__(self) -> bool:
        return bool(self.inlines)
