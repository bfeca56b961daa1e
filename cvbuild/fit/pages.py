"""Vertical lists as TeX prints them into its log, and where TeX ends its pages.

Lists are described in tex.web, sections 173 to 198, the page builder in sections 980 to 1010; here
it has no insertions and marks, as a CV has none. All sizes are in scaled points, 65536 to the
point, so that sums are TeX's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cvbuild.record import Record, field

BOX, GLUE, KERN, PENALTY, OTHER = range(5)
"""The kinds of element: a box or rule, glue, a kern, a penalty, and what has no size."""

_POINT = 65536


class Element(NamedTuple):
    """One element of a list. `size` is its height or width, or a penalty's value.

    `endless` says that a glue's stretch has no end (fil, fill, filll).
    """

    kind: int
    size: int = 0
    depth: int = 0
    stretch: int = 0
    shrink: int = 0
    endless: bool = False


class VerticalList(Record):
    """Elements, and the marks between them: how many elements stand before each."""

    elements: tuple[Element, ...] = ()
    marks: Mapping[str, int] = field(default_factory=dict)

    def between(self, first: str | None, last: str | None) -> tuple[Element, ...]:
        """What stands between two marks; None is the start or the end."""
        start = 0 if first is None else self.marks[first]
        end = len(self.elements) if last is None else self.marks[last]
        return self.elements[start:end]


def natural(elements: Sequence[Element]) -> int:
    """The height of elements set one under the other, no glue stretched, the last depth with it."""
    return sum(item.size + item.depth for item in elements if item.kind != PENALTY)


def boxes_in(elements: Iterable[Element]) -> int:
    """The height of the boxes alone."""
    return sum(item.size for item in elements if item.kind == BOX)


_NUMBER = r"(-?\d+\.\d+)"
_BOX = re.compile(rf"\\(?:[hv]box|rule|unset)\((?:{_NUMBER}|\*)\+(?:{_NUMBER}|\*)\)")
_GLUE = re.compile(
    rf"\\(?:glue|leaders|cleaders|xleaders)\s*(?:\([^)]*\))?\s*{_NUMBER}"
    rf"(?: plus {_NUMBER}(fil+)?)?(?: minus {_NUMBER}(fil+)?)?"
)
_KERN = re.compile(rf"\\kern\s*{_NUMBER}")
_PENALTY = re.compile(r"\\penalty\s*(-?\d+)")
_MARK = re.compile(r"\.\\special\s*\{cvbuild:([^}]*)\}")

LIST = "cvbuild-list "
"""Written into the log before a list, and its name behind it."""


def lists_in(log: str) -> dict[str, VerticalList]:
    """The lists that a log shows, by the names announced before them; one that holds nothing is empty."""
    found: dict[str, VerticalList] = {}
    for part in log.split(f"\n{LIST}")[1:]:
        name, _, shown = part.partition("\n")
        elements: list[Element] = []
        marks: dict[str, int] = {}
        # The box, each of its elements on a line that begins with a dot, and an empty line.
        for line in f"\n{shown}".partition("\n\\vbox(")[2].split("\n"):
            if not line.strip():
                break
            if mark := _MARK.match(line):
                marks[mark[1]] = len(elements)
            elif line.startswith("."):
                elements.append(_element(line[1:]))
        found[name.strip()] = VerticalList(tuple(elements), marks)
    return found


def _element(line: str) -> Element:
    if box := _BOX.match(line):
        return Element(BOX, _scaled(box[1]), _scaled(box[2]))
    if glue := _GLUE.match(line):
        stretch, shrink = _scaled(glue[2]), _scaled(glue[4])
        is_endless = glue[3] is not None and stretch != 0
        return Element(GLUE, _scaled(glue[1]), 0, 0 if is_endless else stretch, shrink, is_endless)
    if kern := _KERN.match(line):
        return Element(KERN, _scaled(kern[1]))
    if penalty := _PENALTY.match(line):
        return Element(PENALTY, int(penalty[1]))
    return Element(OTHER)


def _scaled(number: str | None) -> int:
    """Points as TeX prints them, with as many digits as give back the scaled points."""
    return round(float(number) * _POINT) if number else 0


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
        elif kind == OTHER or not has_box:
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
        return _AWFUL
    else:
        bad = badness(-room, shrink)
    if penalty <= -INFINITE:
        return penalty
    return bad + penalty if bad < INFINITE else _DEPLORABLE
