"""Which entry of one side is which of the other."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from difflib import SequenceMatcher

from cvbuild.changes.subjects import Entry

_ALIKE = 0.6
"""How much of two names is the same where one is the other renamed, as difflib counts it."""

_MOST_COMPARED = 2_500
"""Pairs of names that are compared within one group; in a larger one nothing is taken for renamed."""

Pair = tuple[Entry, Entry]


def paired(old: Sequence[Entry], new: Sequence[Entry]) -> list[Pair]:
    """The entries that both sides have, in the order of the new side.

    What is surest comes first: an id or a citation key, then the same content, then what
    agrees in fewer and fewer of name, place and dates; at last, with the same place and dates,
    a name much like the other.
    """
    left_old, left_new = dict.fromkeys(old), dict.fromkeys(new)
    found: dict[Entry, Entry] = {}
    levels = max((len(entry.keys) for entry in (*old, *new)), default=0)

    def join(one: Entry, other: Entry) -> None:
        found[other] = one
        del left_old[one], left_new[other]

    for level in range(levels):
        waiting = _by_key(left_old, level)
        for entry in list(left_new):
            if (key := entry.keys[level]) is not None and waiting[key]:
                join(waiting[key].pop(0), entry)
    for one, other in _renamed(left_old, left_new):
        join(one, other)
    return [(found[entry], entry) for entry in new if entry in found]


def _by_key(entries: Iterable[Entry], level: int) -> defaultdict[Hashable, list[Entry]]:
    by_key: defaultdict[Hashable, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.keys[level] is not None:
            by_key[entry.keys[level]].append(entry)
    return by_key


def _renamed(old: Iterable[Entry], new: Iterable[Entry]) -> list[Pair]:
    """Of the entries with one place and one date, those that are most alike."""
    groups: defaultdict[Hashable, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    for side, entries in enumerate((old, new)):
        for entry in entries:
            if entry.near is not None:
                groups[entry.near][side].append(entry)
    pairs: list[Pair] = []
    for before, after in groups.values():
        if not 0 < len(before) * len(after) <= _MOST_COMPARED:
            continue
        alike = sorted(
            (-_likeness(one.label, other.label), at, to)
            for at, one in enumerate(before)
            for to, other in enumerate(after)
        )
        taken: set[tuple[int, int]] = set()
        for ratio, at, to in alike:
            if -ratio >= _ALIKE and (0, at) not in taken and (1, to) not in taken:
                taken |= {(0, at), (1, to)}
                pairs.append((before[at], after[to]))
    return pairs


def _likeness(one: str, other: str) -> float:
    """How much of two names is the same, from 0 to 1; 0 where it is less than counts."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # These are upper bounds, the first of them nearly free.
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()


def moved(pairs: Sequence[Pair], old: Sequence[Entry]) -> list[Entry]:
    """The fewest entries that stand elsewhere among those that both sides have.

    The others are a longest increasing subsequence of their old places.
    """
    place = {entry: at for at, entry in enumerate(old)}
    places = [place[one] for one, _ in pairs]
    ends: list[int] = []  # the least old place that ends a run of each length
    at_end: list[int] = []
    before: list[int | None] = []
    for at, old_place in enumerate(places):
        length = bisect_left(ends, old_place)
        before.append(at_end[length - 1] if length else None)
        ends[length:] = [old_place, *ends[length + 1 :]]
        at_end[length:] = [at, *at_end[length + 1 :]]
    kept: set[int] = set()
    step = at_end[-1] if at_end else None
    while step is not None:
        kept.add(step)
        step = before[step]
    return [entry for at, (_, entry) in enumerate(pairs) if at not in kept]
