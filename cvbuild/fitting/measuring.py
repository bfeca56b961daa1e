r"""The document that is typeset to be measured: lists that TeX prints into its log, and no page.

Each list is packed into a box that is too low for it. TeX complains, and shows the box
with all that is in it (tex.web, section 675); that ends no run, as `\showbox` would.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cvbuild.fitting.pages import PageShape
from cvbuild.fitting.vertical import announcing
from cvbuild.record import replace
from cvbuild.render.sourcemap import MappedSpan, RenderedTex

FRAME = "frame"
"""The name of the list of what the document prints around its sections; a mark stands for each."""

_BEGIN, _END = r"\begin{document}", r"\end{document}"
_SHAPE = re.compile(r"^cvbuild-page (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)
_DONE = "\ncvbuild-measured"

_SET_UP = r"""
\vfuzz=0pt \vbadness=-1 \showboxdepth=1 \showboxbreadth=1000000
\wlog{cvbuild-page \number\textheight\space\number\maxdepth\space\number\topskip\space\number\baselineskip}%
"""
_OPEN = r"""
\wlog{%s}%%
\setbox0\vbox to-1pt{\vfuzz=\maxdimen \hfuzz=\maxdimen \vbadness=10000 \hbadness=10000
\showboxdepth=-1 \showboxbreadth=-1
"""
_CLOSE = "\n\\par}%\n"


def marked(tex: RenderedTex, marks: Iterable[tuple[int, str]]) -> RenderedTex:
    """TeX with marks at its offsets, which ascend; they are found again in the list."""
    return tex.with_inserted([(offset, rf"\special{{cvbuild:{name}}}") for offset, name in marks])


def measuring_document(
    document: RenderedTex, sections: Sequence[RenderedTex], lists: Sequence[tuple[str, RenderedTex]]
) -> RenderedTex:
    """The document that measures its own frame, without the sections that stand in it, and lists."""
    begin = document.text.index(_BEGIN) + len(_BEGIN)
    parts = [_part(document, 0, begin), RenderedTex(_SET_UP, ())]
    for name, tex in [(FRAME, _frame(document, begin, sections)), *lists]:
        parts += [RenderedTex(_OPEN % announcing(name), ()), tex, RenderedTex(_CLOSE, ())]
    parts.append(RenderedTex(f"\\wlog{{{_DONE.strip()}}}%\n{_END}\n", ()))
    return _joined(parts, document.language)


def mark_of_section(number: int) -> str:
    """The name of the mark that stands for a section, by its place among those printed."""
    return f"section {number}"


def _frame(document: RenderedTex, begin: int, sections: Sequence[RenderedTex]) -> RenderedTex:
    at = begin
    parts: list[RenderedTex] = []
    for number, section in enumerate(sections):
        start = document.text.find(section.text, at)
        if start >= 0:
            parts += [
                _part(document, at, start),
                RenderedTex(rf"\special{{cvbuild:{mark_of_section(number)}}}" + "\n", ()),
            ]
            at = start + len(section.text)
    return _joined([*parts, _part(document, at, document.text.rindex(_END))], document.language)


def _part(tex: RenderedTex, start: int, end: int) -> RenderedTex:
    mapped = tuple(
        replace(item, start=item.start - start, end=item.end - start)
        for item in tex.mapped
        if start <= item.start and item.end <= end
    )
    return RenderedTex(tex.text[start:end], mapped)


def _joined(parts: Iterable[RenderedTex], language: str) -> RenderedTex:
    texts: list[str] = []
    mapped: list[MappedSpan] = []
    length = 0
    for part in parts:
        texts.append(part.text)
        mapped += (replace(item, start=item.start + length, end=item.end + length) for item in part.mapped)
        length += len(part.text)
    return RenderedTex("".join(texts), tuple(mapped), language)


def page_shape(log: str) -> PageShape | None:
    """The theme's page as the log tells it; None where TeX did not come to the end."""
    found = _SHAPE.search(log)
    return PageShape(*map(int, found.groups())) if found and _DONE in log else None
