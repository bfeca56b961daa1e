"""Where TeX ends its pages: the page builder of tex.web, sections 980 to 1010, in Python.

Without insertions and marks, as a CV has none. Sizes are scaled points.
"""

from __future__ import annotations

from collections.abc import Sequence

from cvbuild.fitting.vertical import BOX, GLUE, KERN, OTHER, PENALTY, Element
from cvbuild.record import Record

INFINITE = 10_000
"""A penalty that forbids a page's end; below its negative one forces it. Also the worst badness."""
_AWFUL = (1 << 30) - 1
_DEPLORABLE = 100_000

# \clearpage at the end of the document (LaTeX, ltoutput.dtx).
_END = (Element(GLUE, endless=True), Element(PENALTY, -INFINITE))


class PageShape(Record):
    """The theme's page: the height of its text, the depth of its last line, \\topskip and \\baselineskip."""

    height: int
    max_depth: int
    top_skip: int
    line: int


class Page(Record):
    """A page: its first element and the one behind its last, and the height of what stands on it."""

    start: int
    end: int
    used: int


def badness(amount: int, available: int) -> int:
    """How bad it is to stretch or shrink by an amount, from 0 to 10,000 (tex.web, section 108)."""
    if amount == 0:
        return 0
    if available <= 0:
        return INFINITE
    if amount <= 7_230_584:
        ratio = amount * 297 // available
    elif available >= 1_663_497:
        ratio = amount // (available // 297)
    else:
        ratio = amount
    return INFINITE if ratio > 1290 else (ratio * ratio * ratio + 0o400000) // 0o1000000


def paginate(elements: Sequence[Element], shape: PageShape, most: int | None = None) -> list[Page]:
    """The pages of a document's vertical list; where there are more than `most`, one more than that."""
    whole = (*elements, *_END)
    pages: list[Page] = []
    start = 0
    while start < len(whole) and (most is None or len(pages) <= most):
        page = _next_page(whole, start, shape)
        if page is None:
            break
        pages.append(Page(page.start, min(page.end, len(elements)), page.used))
        start = page.end
    return pages


def _next_page(elements: Sequence[Element], start: int, shape: PageShape) -> Page | None:
    """The page that begins at an element; None where nothing is left to print."""
    goal = shape.height
    total = depth = stretch = shrink = 0
    endless = has_box = False
    least, best, used = _AWFUL, -1, 0
    for at in range(start, len(elements)):
        kind, size, below, more, less, is_endless = elements[at]
        if kind == BOX:
            if not has_box:
                has_box = True
                total = max(shape.top_skip - size, 0)
            total += depth + size
            depth = below
        elif kind == OTHER:
            continue
        elif not has_box:
            continue  # glue, kerns and penalties go at the top of a page
        else:
            if kind == GLUE:
                penalty = 0 if elements[at - 1].kind in (BOX, OTHER) else None
            elif kind == KERN:
                penalty = 0 if elements[at + 1].kind == GLUE else None
            else:
                penalty = size
            if penalty is not None and penalty < INFINITE:
                cost = _cost(goal - total, stretch, shrink, endless, penalty)
                if cost <= least:
                    least, best, used = cost, at, total + depth
                if cost == _AWFUL or penalty <= -INFINITE:
                    return Page(start, best, used)
            if kind == GLUE:
                stretch += more
                shrink += less
                endless = endless or is_endless
            if kind != PENALTY:
                total += depth + size
                depth = 0
        if depth > shape.max_depth:
            total += depth - shape.max_depth
            depth = shape.max_depth
    return None


def _cost(room: int, stretch: int, shrink: int, endless: bool, penalty: int) -> int:
    """What it costs to end a page with so much room left, or so much too little (section 1005)."""
    if room > 0:
        bad = 0 if endless else badness(room, stretch)
    elif -room > shrink:
        bad = _AWFUL
    else:
        bad = badness(-room, shrink)
    if bad == _AWFUL:
        return _AWFUL
    if penalty <= -INFINITE:
        return penalty
    return bad + penalty if bad < INFINITE else _DEPLORABLE
