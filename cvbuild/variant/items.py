"""Which items of a section a variant prints, and why not the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cvbuild.ledger import LeftOut
from cvbuild.model.base import Item
from cvbuild.model.sections import Group, Section
from cvbuild.model.settings import SectionChoice
from cvbuild.record import replace
from cvbuild.source import Span
from cvbuild.variant.cut import SectionCut, priority_of
from cvbuild.variant.selected import SelectedGroup


def select_items(
    variant: str, section: Section, choice: SectionChoice, cut: SectionCut, left_out: list[LeftOut]
) -> Iterator[SelectedGroup]:
    """The groups with what of them is printed; what is not goes to `left_out`, in the order read."""
    reasons = _reasons(variant, section, choice, cut)
    for group in section.listed:
        items = tuple(_kept_items(group, reasons, cut.short, str(choice.section), left_out))
        if items:
            heading = choice.grouped
            yield SelectedGroup(group.title if heading else None, group.note if heading else None, items)


def _reasons(variant: str, section: Section, choice: SectionChoice, cut: SectionCut) -> dict[int, str | None]:
    """Why each entry of a section is left out, by its identity; None for what is printed.

    A limit keeps the entries of the best priority (1 before 2 before none), and
    among equals the first ones.
    """
    pairs = [(item, leaf) for group in section.listed for item in group.items for leaf in item.leaves()]
    reasons = {id(leaf): _reason_against(variant, item, leaf, choice) for item, leaf in pairs}
    if choice.limit is not None:
        passed = [(item, leaf) for item, leaf in pairs if reasons[id(leaf)] is None]
        ranked = sorted(passed, key=lambda pair: priority_of(pair[0], pair[1], choice))
        reasons |= {id(leaf): f"over the limit of {choice.limit}" for _, leaf in ranked[choice.limit :]}
    return {id(leaf): reasons[id(leaf)] or cut.left_out.get(leaf.span) for _, leaf in pairs}


def _kept_items(
    group: Group[Any],
    reasons: dict[int, str | None],
    short: frozenset[Span],
    section: str,
    left_out: list[LeftOut],
) -> Iterator[Item]:
    """The items of a group with those of their entries that have no reason against them."""
    for item in group.items:
        kept = []
        for leaf in item.leaves():
            reason = reasons[id(leaf)]
            if reason is None:
                kept.append(leaf)
            else:
                left_out.append(LeftOut(section, leaf.summary, leaf.span, reason))
        if kept:
            yield with_entries(item, kept, short)


def with_entries(item: Item, kept: Sequence[Item], short: frozenset[Span]) -> Item:
    """An item with some of its entries, at least one, in short forms where their places are in `short`."""
    leaves = tuple(_as_printed(leaf, short) for leaf in kept)
    if item.inner is None:
        return leaves[0]
    return replace(_as_printed(item, short), **{item.inner: leaves})


def _as_printed(item: Item, short: frozenset[Span]) -> Item:
    return item.shortened() or item if item.span in short else item


def _reason_against(variant: str, item: Item, leaf: Item, choice: SectionChoice) -> str | None:
    for part in (item, leaf):
        if part.only and variant not in part.only:
            return f"only for {', '.join(part.only)}"
        if variant in part.except_:
            return f"not for {variant}"
    tags = {*item.tags, *leaf.tags}
    if choice.tags and not tags & set(choice.tags):
        return f"without the tag {' or '.join(choice.tags)}"
    if unwanted := tags & set(choice.without):
        return f"with the tag {', '.join(sorted(unwanted))}"
    when = leaf.when or item.when
    if choice.since and when and when.last_day < choice.since.first_day:
        return f"older than {choice.since.year}"
    return None
