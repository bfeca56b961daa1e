r"""Vertical lists as TeX sees them, read from what it prints of a box (tex.web, sections 173 to 198).

All sizes are in scaled points, 65536 to the point, so that sums are TeX's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
_MARK = re.compile(r"\\special\s*\{cvbuild:([^}]*)\}")

_LIST = "cvbuild-list "


def lists_in(log: str) -> dict[str, VerticalList]:
    """The lists that a log shows, by the names announced before them; one that holds nothing is empty."""
    found: dict[str, VerticalList] = {}
    announced = log.split(f"\n{_LIST}")[1:]
    for part in announced:
        name, _, rest = part.partition("\n")
        found[name.strip()] = _read(rest.split("\n"))
    return found


def announcing(name: str) -> str:
    """What is to be written into the log before a list."""
    return f"{_LIST}{name}"


def _read(lines: Sequence[str]) -> VerticalList:
    elements: list[Element] = []
    marks: dict[str, int] = {}
    for line in _dumped(lines):
        if mark := _MARK.match(line):
            marks[mark[1]] = len(elements)
        else:
            elements.append(_element(line))
    return VerticalList(tuple(elements), marks)


def _dumped(lines: Sequence[str]) -> Iterator[str]:
    """The lines for the elements of the box that is shown: each begins with a dot."""
    inside = False
    for line in lines:
        if line.startswith("\\vbox("):
            inside = True
        elif inside and not line.strip():
            return
        elif inside and line.startswith("."):
            yield line[1:]


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
