"""Which items of a section a variant prints, and why not the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cvbuild.ledger import LeftOut
from cvbuild.model.base import Item
from cvbuild.model.sections import Group, Section
from cvbuild.model.settings import SectionChoice
from cvbuild.variant.selected import SelectedGroup

_NO_PRIORITY = 1_000_000


def select_items(
    variant: str, section: Section, choice: SectionChoice, left_out: list[LeftOut]
) -> Iterator[SelectedGroup]:
    """The groups with what of them is printed; what is not goes to `left_out`, in the order read."""
    reasons = _reasons(variant, section, choice)
    for group in section.listed:
        items = tuple(_kept_items(group, reasons, str(choice.section), left_out))
        if items:
            heading = choice.grouped
            yield SelectedGroup(group.title if heading else None, group.note if heading else None, items)


def _reasons(variant: str, section: Section, choice: SectionChoice) -> dict[int, str | None]:
    """Why each entry of a section is left out, by its identity; None for what is printed.

    A limit keeps the entries of the best priority (1 before 2 before none), and
    among equals the first ones.
    """
    pairs = [(item, leaf) for group in section.listed for item in group.items for leaf in item.leaves()]
    reasons = {id(leaf): _reason_against(variant, item, leaf, choice) for item, leaf in pairs}
    if choice.limit is not None:
        passed = [(item, leaf) for item, leaf in pairs if reasons[id(leaf)] is None]
        ranked = sorted(passed, key=lambda pair: pair[1].priority or pair[0].priority or _NO_PRIORITY)
        reasons |= {id(leaf): f"over the limit of {choice.limit}" for _, leaf in ranked[choice.limit :]}
    return reasons


def _kept_items(
    group: Group[Any], reasons: dict[int, str | None], section: str, left_out: list[LeftOut]
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
            yield item if item.inner is None else item.model_copy(update={item.inner: tuple(kept)})


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
