r"""A section in pieces, and its vertical list with any of its units, put together from what was measured.

A unit is an entry, or several that a template prints in one box. A template prints an entry between
`\begin{cventry}` and `\end{cventry}`; the source map tells whose it is. A section of which that
cannot be said is one unit.

A template prints a heading, then entries with space between them. What stands before the
first entry depends on its group; the space on whether the next entry begins a group, an
item or neither, and on its place there; and an entry may say more where it is its item's
first (an organisation's name). Each of these is typeset once in a sample, and taken from there.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Container, Iterator, Sequence

from cvbuild.fit.pages import Element, VerticalList, boxes_in, natural
from cvbuild.fit.rank import Entry
from cvbuild.record import MutableRecord, Record, field, replace
from cvbuild.render.checks import place_of, texts_by_entry
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.select.selection import with_entries
from cvbuild.select.types import SelectedSection
from cvbuild.source import Span

_ENTRY = re.compile(r"\\begin\{cventry\}.*?\\end\{cventry\}", re.DOTALL)


class Unit(Record, eq=False):
    """Entries that are printed together; `number` is its place among the units of its section."""

    number: int
    entries: tuple[Entry, ...]

    @property
    def at(self) -> int:
        """Its section's place among the variant's choices."""
        return self.entries[0].at

    @property
    def group(self) -> int:
        """The group it stands in."""
        return self.entries[0].group

    @property
    def parent(self) -> int:
        """The item that holds it."""
        return self.entries[0].parent

    @property
    def priority(self) -> int:
        """How long it stays: as long as the best of its entries."""
        return min(entry.priority for entry in self.entries)

    @property
    def keep(self) -> bool:
        """Whether it is never left out."""
        return any(entry.keep for entry in self.entries)

    @property
    def shrinking(self) -> frozenset[Span]:
        """The places of what may be printed short in it, with what holds it where that is all in it."""
        shrinking = {entry.span for entry in self.entries if entry.shrinks}
        first = self.entries[0]
        if first.holder is not None and len(self.entries) == first.siblings:
            shrinking.add(first.holder)
        return frozenset(shrinking)


class Stretch(Record):
    """Where a unit stands in its section's TeX: offsets, half-open."""

    start: int
    end: int
    entries: tuple[Entry, ...]


def stretches(entries: Sequence[Entry], section: SelectedSection, tex: RenderedTex) -> list[Stretch]:
    """The stretches of a section's TeX that print its entries; none where it cannot be taken apart."""
    whose: dict[tuple[str, int, int], int | None] = {}
    for number, (_, _, spans) in enumerate(texts_by_entry(section)):
        for span in spans:
            # What several have in common, by an alias or a cross-reference, tells nothing.
            place = place_of(span)
            whose[place] = number if whose.get(place, number) == number else None
    starts = [item.start for item in tex.mapped]
    found: list[tuple[int, int, set[int]]] = []
    for match in _ENTRY.finditer(tex.text):
        numbers = set()
        for item in tex.mapped[bisect_left(starts, match.start()) : bisect_left(starts, match.end())]:
            if (owner := whose.get(place_of(item.span))) is not None:
                numbers.add(owner)
        if not numbers:
            continue
        if found and found[-1][2] & numbers:
            start, _, before = found.pop()
            found.append((start, match.end(), before | numbers))
        else:
            found.append((match.start(), match.end(), numbers))
    printed = [number for _, _, numbers in found for number in numbers]
    if sorted(printed) != list(range(len(entries))):
        return []
    return [
        Stretch(start, end, tuple(entries[at] for at in sorted(numbers))) for start, end, numbers in found
    ]


_Elements = tuple[Element, ...]


class Sample(Record):
    """Units of a section that are printed together to be measured, all of them short where they may be."""

    units: tuple[Unit, ...]
    is_short: bool = False

    @property
    def kept(self) -> frozenset[Span]:
        """The places of its entries."""
        return frozenset(entry.span for unit in self.units for entry in unit.entries)


def samples(units: Sequence[Unit], *, spaces_vary: bool) -> list[Sample]:
    """What has to be printed of a section to know it: the whole first.

    `spaces_vary` says that the space between entries of a kind is not the same everywhere.
    """
    found = [Sample(tuple(units))]
    if any(unit.shrinking for unit in units):
        found.append(Sample(tuple(units), is_short=True))
    if spaces_vary:  # as in a list of rows, where the first and the last two stay together
        found += [Sample(tuple(units[:number])) for number in (2, 3, 4) if number < len(units)]
    groups, parents = {units[0].group}, {units[0].parent}
    for unit in units[1:]:
        if unit.group not in groups or unit.parent in parents:
            found.append(Sample((unit,)))
        if unit.parent in parents and unit.shrinking:
            found.append(Sample((unit,), is_short=True))
        groups.add(unit.group)
        parents.add(unit.parent)
    return found


def restricted(section: SelectedSection, sample: Sample) -> SelectedSection:
    """The section with the entries of a sample alone."""
    kept = sample.kept
    short = frozenset(span for unit in sample.units for span in unit.shrinking if sample.is_short)
    groups = []
    for group in section.groups:
        leaves = [(item, [leaf for leaf in item.leaves() if leaf.span in kept]) for item in group.items]
        if items := tuple(with_entries(item, some, short) for item, some in leaves if some):
            groups.append(replace(group, items=items))
    categories = [
        replace(category, publications=publications)
        for category in section.categories
        if (publications := tuple(item for item in category.publications if item.span in kept))
    ]
    return replace(section, groups=tuple(groups), categories=tuple(categories))


def marks_of(unit: Unit) -> tuple[str, str]:
    """The names of the marks before and behind a unit."""
    return f"begin {unit.number}", f"end {unit.number}"


class _Gap(Record):
    """How an entry follows another: `begins` is nothing, an item or a group (its number)."""

    begins: str | int
    place: int
    is_last: bool


class SectionLayout(MutableRecord):
    """A section's pieces. Built from samples with `learn`, the whole section first."""

    name: str
    units: tuple[Unit, ...]
    _openings: dict[int, _Elements] = field(default_factory=dict)
    _gaps: dict[_Gap, _Elements] = field(default_factory=dict)
    _usual_gaps: dict[str | int, _Elements] = field(default_factory=dict)
    _bodies: dict[tuple[int, bool, bool], _Elements] = field(default_factory=dict)
    _closing: _Elements = ()

    def learn(self, sample: Sample, measured: VerticalList) -> None:
        """Take the pieces out of a sample that was typeset."""
        first = sample.units[0]
        if len(self.units) == 1 and marks_of(first)[0] not in measured.marks:
            self._openings[first.group] = ()
            self._bodies[first.number, True, sample.is_short] = measured.elements
            return
        before = None
        for unit, gap in _following(sample.units):
            begin, end = marks_of(unit)
            space = measured.between(before, begin)
            if gap is None:
                self._openings.setdefault(unit.group, space)
            else:
                self._gaps.setdefault(gap, space)
                self._usual_gaps.setdefault(gap.begins, space)
            body = unit.number, gap is None or gap.begins != "", sample.is_short
            self._bodies.setdefault(body, measured.between(begin, end))
            before = end
        self._closing = self._closing or measured.between(before, None)

    def composed(self, kept: Container[Unit], short: Container[Unit] = ()) -> _Elements:
        """The list with some of its units; nothing without any."""
        units = [unit for unit in self.units if unit in kept]
        elements: list[Element] = []
        for unit, gap in _following(units):
            if gap is None:
                elements += self._openings.get(unit.group, ())
            else:
                elements += self._gaps.get(gap, self._usual_gaps.get(gap.begins, ()))
            elements += self._body(unit, gap is None or gap.begins != "", unit in short)
        return (*elements, *self._closing) if units else ()

    def size(self, unit: Unit, *, is_short: bool = False) -> int:
        """The height of a unit by itself, without heading or space (sp)."""
        return natural(self._body(unit, True, is_short))

    def least(self, unit: Unit) -> int:
        """The height of its boxes where it says least: short, behind another entry of its item (sp)."""
        return min(boxes_in(self._body(unit, begins, bool(unit.shrinking))) for begins in (False, True))

    def _body(self, unit: Unit, begins: bool, is_short: bool) -> _Elements:
        """The unit's own lines; what was printed in one place alone is taken from there."""
        for key in ((begins, is_short), (not begins, is_short), (begins, False), (not begins, False)):
            if (found := self._bodies.get((unit.number, *key))) is not None:
                return found
        return ()


def _following(units: Sequence[Unit]) -> Iterator[tuple[Unit, _Gap | None]]:
    """The units that are printed, and how each follows the one before it; None for the first."""
    pairs = list(zip((None, *units), units, strict=False))
    in_parent = Counter(unit.parent for unit in units)
    in_group = Counter(unit.group for before, unit in pairs if before is None or before.parent != unit.parent)
    place = parents = 1
    for before, unit in pairs:
        if before is None:
            yield unit, None
        elif before.group != unit.group:
            place = parents = 1
            yield unit, _Gap(unit.group, 1, False)
        elif before.parent != unit.parent:
            place, parents = 1, parents + 1
            yield unit, _Gap("item", min(parents, 3), parents == in_group[unit.group])
        else:
            place += 1
            yield unit, _Gap("", min(place, 3), place == in_parent[unit.parent])
