r"""What is kept or left out as one: an entry, or what a template prints of several in one box.

A template prints an entry between `\begin{cventry}` and `\end{cventry}`; the source map
tells whose it is. A section of which that cannot be said is one unit.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from cvbuild.fitting.rank import Entry
from cvbuild.record import Record, replace
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.render.traces import place_of, texts_by_entry
from cvbuild.source import Span
from cvbuild.variant.selection import with_entries
from cvbuild.variant.types import SelectedCategory, SelectedGroup, SelectedSection

_ENTRY = re.compile(r"\\begin\{cventry\}.*?\\end\{cventry\}", re.DOTALL)


class Unit(Record):
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


def stretches(entries: Sequence[Entry], section: SelectedSection, tex: RenderedTex) -> list[Stretch] | None:
    """The stretches of a section's TeX that print its entries; None where it cannot be taken apart."""
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
        return None
    return [
        Stretch(start, end, tuple(entries[at] for at in sorted(numbers))) for start, end, numbers in found
    ]


def restricted(
    section: SelectedSection, kept: frozenset[Span], short: frozenset[Span] = frozenset()
) -> SelectedSection:
    """The section with some of its entries alone, and some of them short."""
    groups = []
    for group in section.groups:
        items = []
        for item in group.items:
            if leaves := [leaf for leaf in item.leaves() if leaf.span in kept]:
                items.append(with_entries(item, leaves, short))
        if items:
            groups.append(SelectedGroup(group.title, group.note, tuple(items)))
    categories = [
        SelectedCategory(category.id, category.title, category.note, publications)
        for category in section.categories
        if (publications := tuple(item for item in category.publications if item.span in kept))
    ]
    return replace(section, groups=tuple(groups), categories=tuple(categories))
