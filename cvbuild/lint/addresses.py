"""Web addresses that lead nowhere, or the long way round."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cvbuild.content.fields import Content, values_of
from cvbuild.diagnostics import Diagnostic
from cvbuild.inline import Inlines, Str, Styled
from cvbuild.lint.places import within
from cvbuild.lint.subject import Subject
from cvbuild.model.values import Text
from cvbuild.render.markdown import parse_inline
from cvbuild.source import Scalar

# `www.` and a name, or a name in one of the top-level domains that academics' addresses have, and a
# path: `Node.js/React` is none.
_BARE = re.compile(
    r"(?<![\w@/.:-])(?:www\.[\w-]+(?:\.[\w-]+)+"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:org|com|net|edu|gov|int|info|io|ai|dev|app|eu|de|at|ch|uk|ie|fr|be|nl|lu|it|es|pt"
    r"|gr|dk|se|no|fi|is|pl|cz|hu|ca|us|br|au|nz|jp|kr|cn|il)(?=/\w))[^\s<>\"“”()\[\]]*[^\s<>\"“”()\[\].,;:!?'’]",
    re.ASCII,
)
_ROUNDABOUT = re.compile(r"https?://(?:dx\.)?doi\.org/(?P<doi>10\..+)|http://(?P<arxiv>arxiv\.org/.*)")
_TRAILING = re.compile(r"[.,;:!?]+$")


def url_scheme(subject: Subject) -> Iterator[Diagnostic]:
    """Addresses in running text that become no links: they begin with no `https://`."""
    texts = [(parse_inline(text), text.span) for text in _texts(subject) if text.tag != "tex"]
    texts += [(text.inlines, text.span) for item in subject.cv.publications for text in item.text.values()]
    for inlines, span in texts:
        for match in _BARE.finditer(_without_links(inlines)):
            yield Diagnostic(
                "lint-url-scheme",
                f"`{match[0]}` becomes no link",
                within(span, match[0]),
                "warning",
                hints=(f"write the whole address: `https://{match[0]}`",),
            )


def url_shape(subject: Subject) -> Iterator[Diagnostic]:
    """Addresses with the punctuation of the sentence they were copied from; DOIs as addresses."""
    for name, url in _urls(subject):
        if (found := _TRAILING.search(url)) is not None:
            yield Diagnostic(
                "lint-url-shape",
                f"this address ends in `{found[0]}`, which is hardly part of it",
                within(url.span, str(url)),
                "warning",
                hints=(f"delete the `{found[0]}`",),
            )
        elif found := _ROUNDABOUT.match(url):
            cure = f"`https://{found['arxiv'] or 'doi.org/' + found['doi']}`"
            if found["doi"] and name == "bib":
                cure = f"`doi = {{{found['doi']}}}` in place of the address"
            elif url.startswith("https://doi.org/"):
                continue
            yield Diagnostic(
                "lint-url-shape",
                "this address leads to its goal the long way round",
                within(url.span, str(url)),
                "note",
                hints=(f"write {cure}",),
            )


def _without_links(inlines: Inlines) -> str:
    """The text that leads nowhere; code and formulas are no addresses."""
    parts = []
    for inline in inlines:
        match inline:
            case Str(text):
                parts.append(text)
            case Styled(style, content) if style != "code":
                parts.append(_without_links(content))
            case _:
                parts.append(" ")
    return "".join(parts)


def _texts(subject: Subject) -> Iterator[Scalar]:
    for content in (subject.cv.settings, *subject.cv.sections.values()):
        for value in _values(content):
            if isinstance(value, Text):
                yield from value.by_language.values()


def _urls(subject: Subject) -> Iterator[tuple[str, Scalar]]:
    """The addresses that are values of their own, with the kind of file they stand in."""
    for item in subject.cv.publications:
        yield from (("bib", link.url) for link in item.links)
    for content in (subject.cv.settings, *subject.cv.sections.values()):
        for value in _values(content):
            if isinstance(value, Scalar) and value.startswith(("http://", "https://")):
                yield "yaml", value


def _values(value: object) -> Iterator[object]:
    """All values of the content, whatever nests them."""
    if isinstance(value, Content):
        for inner in values_of(value).values():
            yield from _values(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _values(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _values(inner)
    else:
        yield value
