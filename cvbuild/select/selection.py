"""Choosing what a variant prints, with a ledger of what it leaves out and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import Figure, Group, Item, Metrics, PublicationsSection, Section
from cvbuild.content.publications import Publication
from cvbuild.content.settings import SectionChoice
from cvbuild.content.values import Date
from cvbuild.diagnostics import Findings
from cvbuild.record import replace
from cvbuild.select.ledger import (
    Account,
    Entry,
    Ledger,
    LeftOut,
    account_of_bibliography,
    check,
    entries_of,
    is_one_text,
)
from cvbuild.select.marks import marked
from cvbuild.select.publications import select_publications
from cvbuild.select.types import (
    WHOLE,
    CountedFigure,
    Cut,
    SectionCut,
    SelectedCv,
    SelectedGroup,
    SelectedSection,
    priority_of,
)
from cvbuild.source import Scalar, Span


def choices_of(cv: Cv, name: str) -> tuple[SectionChoice, ...]:
    """The sections of the CV that a variant chooses, in their order; where it says nothing, all listed."""
    choices = cv.variants[name].sections
    if choices is not None:
        return tuple(choice for choice in choices if choice.section in cv.sections)
    listed = [item for item in map(str, cv.settings.sections or cv.sections) if item in cv.sections]
    return tuple(SectionChoice(section=Scalar(item, cv.sections[item].span)) for item in listed)


def select(cv: Cv, name: str, new_since: Date | None = None, cut: Cut = WHOLE) -> tuple[SelectedCv, Findings]:
    """What the variant prints of the CV, but for what is cut; the CV holds the variant.

    `new_since` comes before the date that the variant gives a section.
    """
    findings = Findings()
    variant = cv.variants[name]
    choices = choices_of(cv, name)
    sections: list[SelectedSection] = []
    dealt_with: dict[str, Account] = {}
    for at, choice in enumerate(choices):
        section = cv.sections[choice.section]
        left_out: list[LeftOut] = []
        reason = cut.of(at).left_out.get(section.span) if is_one_text(section) else None
        selected = _select_section(cv, name, section, choice, cut.of(at), left_out, findings)
        selected = marked(cv, replace(selected, at=at), choice, new_since or choice.new_since, findings)
        if reason is not None:
            left_out.append(LeftOut(str(choice.section), str(section.title), section.span, reason))
        printed = _printed(selected) if reason is None else ()
        read = entries_of(cv, section)
        account = Account(str(choice.section), str(section.title), read, printed, tuple(left_out))
        # A section may come several times, with other items of it.
        before = dealt_with.get(account.section)
        dealt_with[account.section] = account if before is None else before.along_with(account)
        if reason is not None or (selected.is_empty and cut.of(at).left_out):
            continue
        if selected.is_empty:
            findings.warning(
                "empty-section",
                f"nothing of the section `{choice.section}` is printed in `{name}`; its heading is left out",
                choice.section.span,
            )
        else:
            sections.append(selected)
    is_doubtful = any(item.code == "new-since-unknown" for item in findings.items)
    has_news = any(line.meaning == "new" for section in sections for line in section.legend)
    if new_since is not None and not is_doubtful and not has_news:
        findings.warning(
            "nothing-new",
            f"nothing that `{name}` prints is new since {new_since}; nothing is marked",
            None,
            "the date is that of the last report, as in `2025-06`",
        )
    accounts = list(dealt_with.values())
    for section_name, section in cv.sections.items():
        if section_name not in dealt_with:
            reason = f"the variant does not have the section `{section_name}`"
            read = entries_of(cv, section)
            unchosen = tuple(LeftOut(section_name, entry.summary, entry.span, reason) for entry in read)
            accounts.append(Account(section_name, str(section.title), read, (), unchosen))
    if not any(isinstance(section, PublicationsSection) for section in cv.sections.values()):
        accounts += account_of_bibliography(cv)
    ledger = Ledger(tuple(accounts))
    check(ledger, name, findings)
    return SelectedCv(
        name, variant, cv.settings, cv.owner_names, tuple(sections), cv.publications, ledger
    ), findings


def _printed(selected: SelectedSection) -> tuple[Entry, ...]:
    """What of a section goes to its template."""
    if is_one_text(selected.section):
        return (Entry(str(selected.section.title), selected.section.span),)
    leaves = (leaf for group in selected.groups for item in group.items for leaf in item.leaves())
    return tuple(Entry(item.summary, item.span) for item in (*selected.publications, *leaves))


def _select_section(
    cv: Cv,
    variant: str,
    section: Section,
    choice: SectionChoice,
    cut: SectionCut,
    left_out: list[LeftOut],
    findings: Findings,
) -> SelectedSection:
    selected = SelectedSection(
        name=str(choice.section),
        kind=section.kind,
        title=choice.title or section.title,
        note=choice.note or section.note,
        detail=choice.detail,
        section=section,
        grouped=choice.grouped,
        annotated=choice.annotations,
    )
    if isinstance(section, PublicationsSection):
        categories = tuple(select_publications(cv, section, choice, cut, left_out, findings))
        return replace(selected, categories=categories)
    groups = tuple(_select_items(variant, section, choice, cut, left_out))
    selected = replace(selected, groups=groups)
    if isinstance(section, Metrics):
        rows = (row for group in groups for row in group.items)
        return replace(selected, figures=tuple(_figure(cv, section, row) for row in rows))
    return selected


def _figure(cv: Cv, section: Metrics, row: Figure) -> CountedFigure:
    if row.count is None:
        assert row.all is not None  # the model demands one of the two
        return CountedFigure(row.label, row.all, row.since)
    counted = [publication for publication in cv.publications if _counts_as(publication, row.count)]
    recent = [item for item in counted if item.date is not None and item.date.year >= section.since]
    return CountedFigure(row.label, len(counted), len(recent))


def _counts_as(publication: Publication, what: str) -> bool:
    """Whether a publication belongs to what a metrics row counts."""
    if what == "first-authored":
        return 0 in publication.owner_positions
    if what == "selected":
        return "selected" in publication.keywords
    return True


def _select_items(
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
