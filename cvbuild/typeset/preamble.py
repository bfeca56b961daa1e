"""Braces in the user's own part of the preamble: TeX notices a missing one at the document's end only."""

from __future__ import annotations

import re

from cvbuild.diagnostics import Diagnostic
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.source import Span

_BRACE_OR_COMMENT = re.compile(r"\\.|%[^\n]*|[{}]", re.DOTALL)


def unpaired_braces(rendered: RenderedTex) -> list[Diagnostic]:
    """One `tex-error` for each file of the user's before `\\begin{document}` with a brace too many."""
    begin = rendered.text.find(r"\begin{document}")
    open_braces: dict[str, list[Span]] = {}
    closing: dict[str, Span] = {}
    for item in rendered.templates:
        if item.kind != "template" or item.start >= begin:
            continue
        name = item.span.source.name
        opened = open_braces.setdefault(name, [])
        for found in _BRACE_OR_COMMENT.finditer(rendered.text, item.start, item.end):
            at = item.span.start + found.start() - item.start
            here = Span(item.span.source, at, at + 1)
            if found[0] == "{":
                opened.append(here)
            elif found[0] == "}" and opened:
                opened.pop()
            elif found[0] == "}":
                closing.setdefault(name, here)
    places = [*closing.values(), *(spans[0] for spans in open_braces.values() if spans)]
    return [
        Diagnostic(
            "tex-error",
            f"a `{place.text}` in this file has no partner",
            place,
            hints=("count the braces of the definition that it belongs to",),
        )
        for place in places
    ]
