r"""Parse vertical lists from TeX's log, compose sections from their pieces, and break lists into pages.

tex.web describes lists in sections 173 to 198, and the page builder in sections 980 to 1010; insertions
and marks are omitted here, since no CV has them. All sizes are in scaled points (sp), 65536 to the
point, so that sums equal TeX's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import NamedTuple

from cvbuild.record import MutableRecord, Record, field
from cvbuild.select.types import LAST_PRIORITY
from cvbuild.source import Span

BOX, GLUE, KERN, PENALTY, OTHER = range(5)
"""Kinds of element: a box or rule, glue, a kern, a penalty, and anything without size."""

_NUMBER = r"(-?\d+\.\d+)"
_BOX = re.compile(rf"\\(?:[hv]box|rule|unset)\((?:{_NUMBER}|\*)\+(?:{_NUMBER}|\*)\)")
_GLUE = re.compile(
    rf"\\(?:glue|leaders|cleaders|xleaders)\s*(?:\([^)]*\))?\s*{_NUMBER}"
    rf"(?: plus {_NUMBER}(fil+)?)?(?: minus {_NUMBER}(fil+)?)?"
)
_KERN = re.compile(rf"\\kern\s*{_NUMBER}")
_PENALTY = re.compile(r"\\penalty\s*(-?\d+)")
_MARK = re.compile(r"\.\\special\s*\{cvbuild:([^}]*)\}")
_MOST_TRIED = 300
"""Number of refused units after which `Document.add` tries only smaller units."""
LIST = "cvbuild-list"
"""Line written into the log before each list."""
INFINITE = 10_000
"""A penalty that forbids a page break; its negative forces one. Also the worst badness (section 108)."""
_AWFUL, _DEPLORABLE = (1 << 30) - 1, 100_000
"""Costs of a page break: on an overfull page, and on one with infinite badness (sections 833, 974)."""
ENDLESS = 1 << 60
"""Stands for infinite stretch (fil, fill, filll): so large that the badness is 0."""


class Element(NamedTuple):
    """One element of a list. `size` is the height of a box, glue or kern, or the value of a penalty."""

    kind: int
    size: int = 0
    depth: int = 0
    stretch: int = 0
    shrink: int = 0


Elements = tuple[Element, ...]


class VerticalList(Record):
    """A list's elements, and the number of elements before each mark, by the name of the mark."""

    elements: Elements
    marks: Mapping[str, int]

    def between(self, first: str | None, last: str | None) -> Elements:
        """Return the elements between two marks; None is the start or the end."""
        start = 0 if first is None else self.marks[first]
        return self.elements[start : None if last is None else self.marks[last]]


def natural(elements: Iterable[Element]) -> int:
    """Return the natural height of elements in a vertical list, including the depth of the last one."""
    return sum(item.size + item.depth for item in elements if item.kind != PENALTY)


def lists_in(log: str) -> list[VerticalList]:
    """Return the lists shown in a log. TeX shows nothing of an empty list."""
    found: list[VerticalList] = []
    for shown in log.split(f"\n{LIST}\n")[1:]:
        elements: list[Element] = []
        marks: dict[str, int] = {}
        # TeX shows the box, then each element on a line that begins with a dot, then an empty line.
        for line in f"\n{shown}".partition("\n\\vbox(")[2].split("\n"):
            if not line.strip():
                break
            if mark := _MARK.match(line):
                marks[mark[1]] = len(elements)
            elif line.startswith("."):
                elements.append(_element(line[1:]))
        found.append(VerticalList(tuple(elements), marks))
    return found


def _element(line: str) -> Element:
    """Parse an element as TeX shows it."""

    def scaled(points: str | None) -> int:
        # TeX prints enough digits to restore the exact scaled points (section 103).
        return round(float(points) * 65536) if points else 0

    if box := _BOX.match(line):
        return Element(BOX, scaled(box[1]), scaled(box[2]))
    if glue := _GLUE.match(line):
        stretch = scaled(glue[2])
        stretch = ENDLESS if glue[3] and stretch else stretch
        return Element(GLUE, scaled(glue[1]), 0, stretch, scaled(glue[4]))
    if kern := _KERN.match(line):
        return Element(KERN, scaled(kern[1]))
    if penalty := _PENALTY.match(line):
        return Element(PENALTY, int(penalty[1]))
    return Element(OTHER)


class PageShape(Record):
    r"""The theme's page: \textheight, \maxdepth, \topskip and \baselineskip, in sp."""

    height: int
    max_depth: int
    top_skip: int
    line: int


class Page(NamedTuple):
    """A page: the range of its elements (half-open), and the height that they use."""

    start: int
    end: int
    used: int


def paginate(elements: Iterable[Element], shape: PageShape, most: int | None = None) -> list[Page]:
    """Break a document's vertical list into pages; with `most`, stop at `most` + 1 pages."""
    # \clearpage at the end of the document adds this glue and penalty (LaTeX, ltoutput.dtx).
    whole = (*elements, Element(GLUE, stretch=ENDLESS), Element(PENALTY, -INFINITE))
    pages: list[Page] = []
    start = 0
    while (most is None or len(pages) <= most) and (page := _next_page(whole, start, shape)):
        pages.append(page)
        start = page.end
    return pages


def _next_page(elements: Elements, start: int, shape: PageShape) -> Page | None:
    """Return the page that begins at element `start`; None if nothing is left to print (section 994)."""
    total = depth = stretch = shrink = used = 0
    has_box = False
    least, best = _AWFUL, -1
    for at in range(start, len(elements)):
        kind, size, below, more, less = elements[at]
        if kind == BOX:
            if not has_box:  # \topskip goes before the first box (section 1001)
                has_box, total = True, max(shape.top_skip - size, 0)
            total, depth = total + depth + size, below
        elif has_box and kind != OTHER:  # before the first box, TeX discards it (section 1000)
            penalty = size
            if kind == GLUE:
                penalty = 0 if elements[at - 1].kind in (BOX, OTHER) else INFINITE
            elif kind == KERN:
                penalty = 0 if elements[at + 1].kind == GLUE else INFINITE
            if penalty < INFINITE:
                cost = _cost(shape.height - total, stretch, shrink, penalty)
                if cost <= least:
                    least, best, used = cost, at, total + depth
                if cost == _AWFUL or penalty <= -INFINITE:
                    return Page(start, best, used)
            if kind != PENALTY:  # section 1004
                stretch, shrink = stretch + more, shrink + less
                total, depth = total + depth + size, 0
        if depth > shape.max_depth:  # section 1003
            total, depth = total + depth - shape.max_depth, shape.max_depth
    return None


def _cost(room: int, stretch: int, shrink: int, penalty: int) -> int:
    """Return the cost of a page break; `room` is negative on an overfull page (sections 1005, 1007)."""
    if room <= 0 and -room > shrink:
        return _AWFUL
    bad = badness(room, stretch) if room > 0 else badness(-room, shrink)
    if penalty <= -INFINITE:
        return penalty
    return bad + penalty if bad < INFINITE else _DEPLORABLE


def badness(amount: int, available: int) -> int:
    """Return the badness of stretching or shrinking by an amount, from 0 to 10,000 (section 108)."""
    if amount == 0 or available <= 0:
        return INFINITE if amount else 0
    if amount <= 7_230_584:
        ratio = amount * 297 // available
    elif available >= 1_663_497:
        ratio = amount // (available // 297)
    else:
        ratio = amount
    return INFINITE if ratio > 1290 else (ratio * ratio * ratio + 0o400000) // 0o1000000


ALWAYS = (9999, 12, 31), (9999, 12, 31)
"""`Entry.days` of an ongoing entry: later than all others."""


class Entry(Record):
    """One entry of the ledger, with the values by which it ranks and shrinks.

    `at` is the index of its section among the variant's choices. `parent` and `group` number the item
    and the group that contain it within the section, in the order written. `shrinks` allows its short
    form. `holder` is the place of the item that contains it if that item has a short form too, and
    `siblings` is the number of entries in the item. `days` are its last and its first day.
    """

    at: int
    span: Span
    summary: str
    priority: int = LAST_PRIORITY
    keep: bool = False
    group: int = 0
    parent: int = 0
    shrinks: bool = False
    holder: Span | None = None
    siblings: int = 1
    days: tuple[tuple[int, int, int], tuple[int, int, int]] = ALWAYS


class Unit(Record, eq=False):
    """Entries that are printed together: in one box, or all entries of a section without boxes.

    `number` is its index among the units of its section. `at`, `group` and `parent` are those of its
    first entry. `priority` is the best priority of its entries, and `keep` is set if any of them must
    stay. `shrinking` holds the places of its entries and items that have a short form.
    """

    number: int
    entries: tuple[Entry, ...]
    at: int
    group: int
    parent: int
    priority: int
    keep: bool
    shrinking: frozenset[Span]
    summary: str

    @classmethod
    def of(cls, number: int, entries: Sequence[Entry]) -> Unit:
        """Combine entries, at least one, into a unit."""
        first, others = entries[0], len(entries) - 1
        shrinking = {entry.span for entry in entries if entry.shrinks}
        if first.holder is not None and len(entries) == first.siblings:
            shrinking.add(first.holder)  # the unit contains the whole item
        priority, keep = min(entry.priority for entry in entries), any(entry.keep for entry in entries)
        summary = first.summary + (f" and {others} more" if others else "")
        place = number, tuple(entries), first.at, first.group, first.parent
        return cls(*place, priority, keep, frozenset(shrinking), summary)


class SectionLayout(MutableRecord):
    r"""The measured pieces of a section, from which the vertical list of any of its units is composed.

    A template prints a heading, then entries with space between them. The part before the first entry
    depends on the entry's group. The space before another entry depends on whether it begins a group,
    an item or neither, and on its position there. The first entry of an item may print more (an
    organisation's name). Each piece is measured in the first sample that shows it.
    """

    name: str
    units: tuple[Unit, ...]
    before: Elements = ()
    """Elements that the document prints between the previous section and this one."""
    _pieces: dict[object, Elements] = field(default_factory=dict)
    """Spaces by `_following`'s key or its first part; bodies by (number, begins, is short); "closing"."""

    def learn(self, units: Sequence[Unit], shown: VerticalList, is_short: bool = False) -> None:
        """Store the pieces of a typeset sample. The first sample must be the whole section.

        Marks enclose each unit. If marks are missing because they are within a paragraph, the template
        prints no vertical list of boxes, and the section becomes one unit.
        """
        if not set(units) <= set(self.units):
            return
        if not shown.marks.keys() >= {f"{edge} {unit.number}" for unit in units for edge in ("begin", "end")}:
            if len(self.units) > 1 and not self._pieces:
                self.units = (Unit.of(0, [entry for unit in units for entry in unit.entries]),)
            if len(self.units) == 1:
                self._pieces[0, True, is_short] = shown.elements
            return
        before = None
        for unit, follows in _following(units):
            space = shown.between(before, f"begin {unit.number}")
            body = shown.between(f"begin {unit.number}", before := f"end {unit.number}")
            self._pieces.setdefault(follows, space)
            self._pieces.setdefault(follows[0], space)
            self._pieces.setdefault((unit.number, follows[0] != "entry", is_short), body)
        self._pieces.setdefault("closing", shown.between(before, None))

    def composed(self, printed: Mapping[Unit, bool]) -> Elements:
        """Return the vertical list of the section's units in `printed` (True: short form); () without any."""
        units = [unit for unit in self.units if unit in printed]
        elements = list(self.before)
        for unit, follows in _following(units):
            elements += self._pieces.get(follows, self._pieces.get(follows[0], ()))
            elements += self.body(unit, follows[0] != "entry", printed[unit])
        return (*elements, *self._pieces.get("closing", ())) if units else ()

    def body(self, unit: Unit, begins: bool = True, is_short: bool = False) -> Elements:
        """Return a unit's elements; fall back to those for the other `begins`, then to the full form."""
        keys = [(unit.number, place, form) for form in (is_short, False) for place in (begins, not begins)]
        return next((self._pieces[key] for key in keys if key in self._pieces), ())


def _following(units: Sequence[Unit]) -> Iterator[tuple[Unit, tuple[str, int, bool]]]:
    """Yield each unit with a key: what it begins, its position there (at most 3), whether it is last."""
    for group, in_group in groupby(units, key=lambda unit: unit.group):
        begins = "section" if group == units[0].group else "group"
        items = [tuple(item) for _, item in groupby(in_group, key=lambda unit: unit.parent)]
        for place, item in enumerate(items, start=1):
            is_last = place == len(items)
            yield item[0], ("item", min(place, 3), is_last) if place > 1 else (f"{begins} {group}", 1, False)
            for number, unit in enumerate(item[1:], start=2):
                yield unit, ("entry", min(number, 3), number == len(item))


class Document(MutableRecord):
    """A measured variant, the units chosen to print, and the pages that TeX is expected to make of them.

    `ranked` lists all units in order of rank. `required` units must stay. `required` and `printed` map
    units to whether they are in short form. `footer` is printed by the document after the last section;
    the shipped theme's is empty. `sections` holds the sections' vertical lists by `Entry.at`. `most` is
    the maximum number of pages; `pages` may be more if required units do not fit.
    """

    shape: PageShape
    header: Elements
    layouts: Mapping[int, SectionLayout]
    ranked: Sequence[Unit]
    footer: Elements = ()
    most: int = 0
    required: Mapping[Unit, bool] = field(default_factory=dict)
    printed: Mapping[Unit, bool] = field(default_factory=dict)
    sections: Mapping[int, Elements] = field(default_factory=dict)
    pages: Sequence[Page] = ()

    def size(self, unit: Unit, is_short: bool = False) -> int:
        """Return the height of a unit in sp, without heading and space."""
        return natural(self.layouts[unit.at].body(unit, is_short=is_short))

    def change(self, printed: Mapping[Unit, bool], *, always: bool = False) -> bool:
        """Set the printed units if they fit on `most` pages, or if `always`; return whether they fit."""
        sections = dict(self.sections or dict.fromkeys(self.layouts, ()))
        for at in {unit.at for unit, _ in printed.items() ^ self.printed.items()}:
            sections[at] = self.layouts[at].composed(printed)
        document = [*self.header, *chain.from_iterable(sections.values()), *self.footer]
        pages = paginate(document, self.shape, None if always else self.most)
        # `paginate` counts an overfull page as one, though its end is cut off: compare heights as well.
        boxes = sum(item.size for item in document if item.kind == BOX)
        fits = len(pages) <= self.most and boxes <= self.most * self.shape.height
        if fits or always:
            self.printed, self.pages, self.sections = printed, pages, sections
        return fits

    def add(self, units: Sequence[Unit], sizes: Mapping[Unit, int] = {}, *, is_short: bool = True) -> None:
        """Add the units that fit, in their order; in short form if `is_short` and the unit has one.

        Twice as many units are tried at once after a success, half as many after a refusal. With `sizes`
        (sp), only units smaller than all refused ones are tried after `_MOST_TRIED` refusals.
        """
        at, number = 0, 1
        refused: list[int] = []
        while at < len(units):
            part = units[at : at + number]
            added = {unit: is_short and bool(unit.shrinking) for unit in part}
            if self.change({**self.printed, **added}):
                at, number = at + len(part), 2 * number
            elif len(part) > 1:
                number = len(part) // 2
            else:
                at += 1
                refused += [sizes[part[0]]] if sizes else []
                if len(refused) == _MOST_TRIED:
                    at, units = 0, [unit for unit in units[at:] if sizes[unit] < min(refused)]
