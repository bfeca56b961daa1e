"""Choosing what a variant prints, with a ledger of what it leaves out and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from cvbuild.accounts import (
    account_of,
    account_of_bibliography,
    check,
    entries_of,
    is_one_text,
    never_printed,
)
from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.ledger import Entry, Ledger, LeftOut
from cvbuild.load.names import Name
from cvbuild.model.base import Item
from cvbuild.model.cv import Cv
from cvbuild.model.inheritance import ENTRY_TYPES, TYPE_ALIASES
from cvbuild.model.items import Figure
from cvbuild.model.publications import Publication, newest_first
from cvbuild.model.sections import (
    Category,
    FreeSection,
    Group,
    Match,
    Metrics,
    PublicationsSection,
    Section,
    TextSection,
)
from cvbuild.model.settings import SectionChoice, Settings, Variant
from cvbuild.model.text import Text
from cvbuild.source import Scalar

_NO_PRIORITY = 1_000_000


@dataclass(frozen=True)
class SelectedGroup:
    """Items to print under one heading, which may be missing."""

    title: Text | None
    note: Text | None
    items: tuple[Any, ...]


@dataclass(frozen=True)
class SelectedCategory:
    """Publications to print under one heading; a title of None is named by the theme."""

    id: str
    title: Text | None
    note: Text | None
    publications: tuple[Publication, ...]


@dataclass(frozen=True)
class CountedFigure:
    """A row of the metrics table with its two figures; None is left blank."""

    label: Text
    all: int
    since: int | None


@dataclass(frozen=True)
class SelectedSection:
    """A section as a variant prints it."""

    name: str
    kind: str
    title: Text
    note: Text | None
    detail: str
    section: Section
    grouped: bool = True
    groups: tuple[SelectedGroup, ...] = ()
    categories: tuple[SelectedCategory, ...] = ()
    figures: tuple[CountedFigure, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing under its heading. A kind of one's own may have other keys than items."""
        if isinstance(self.section, TextSection | FreeSection):
            return False
        return not (self.groups or self.categories or self.figures)

    @property
    def is_brief(self) -> bool:
        """Whether the variant asks for the short form of its items."""
        return self.detail == "brief"


@dataclass(frozen=True)
class SelectedCv:
    """A variant of the CV, ready to be rendered."""

    name: str
    variant: Variant
    settings: Settings
    owner_names: tuple[Name, ...]
    sections: tuple[SelectedSection, ...]
    publications: tuple[Publication, ...]
    ledger: Ledger


def select(cv: Cv, name: str) -> tuple[SelectedCv, Findings]:
    """What the variant prints of the CV; the CV holds the variant."""
    findings = Findings()
    variant = cv.variants[name]
    choices = variant.sections
    if choices is None:
        names = [str(item) for item in cv.settings.sections] or list(cv.sections)
        choices = tuple(_whole(cv, item) for item in names)
    sections, accounts = [], []
    for choice in choices:
        section = cv.sections[choice.section]
        left_out: list[LeftOut] = []
        selected = _select_section(cv, name, section, choice, left_out, findings)
        accounts.append(account_of(cv, str(choice.section), section, _printed(selected), left_out))
        if selected.is_empty:
            findings.warning(
                "empty-section",
                f"nothing of the section `{choice.section}` is printed in `{name}`; its heading is left out",
                choice.section.span,
            )
        else:
            sections.append(selected)
    chosen = {str(choice.section) for choice in choices}
    for section_name, section in cv.sections.items():
        if section_name not in chosen:
            reason = f"the variant does not have the section `{section_name}`"
            left_out = [
                LeftOut(section_name, entry.summary, entry.span, reason) for entry in entries_of(cv, section)
            ]
            accounts.append(account_of(cv, section_name, section, (), left_out))
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
    publications = (item for category in selected.categories for item in category.publications)
    leaves = (leaf for group in selected.groups for item in group.items for leaf in item.leaves())
    return tuple(Entry(item.summary, item.span) for item in (*publications, *leaves))


def _whole(cv: Cv, name: str) -> SectionChoice:
    """A section as it is, where a variant chooses none."""
    return SectionChoice(section=Scalar(name, cv.sections[name].span))


def _select_section(
    cv: Cv, variant: str, section: Section, choice: SectionChoice, left_out: list[LeftOut], findings: Findings
) -> SelectedSection:
    selected = SelectedSection(
        name=str(choice.section),
        kind=section.kind,
        title=choice.title or section.title,
        note=choice.note or section.note,
        detail=choice.detail,
        section=section,
        grouped=choice.grouped,
    )
    if isinstance(section, PublicationsSection):
        categories = tuple(_select_publications(cv, section, choice, left_out, findings))
        return replace(selected, categories=categories)
    groups = tuple(_select_items(variant, section, choice, left_out))
    selected = replace(selected, groups=groups)
    if isinstance(section, Metrics):
        rows = (row for group in groups for row in group.items)
        return replace(selected, figures=tuple(_figure(cv, section, row) for row in rows))
    return selected


def _figure(cv: Cv, section: Metrics, row: Figure) -> CountedFigure:
    if row.count is None:
        assert row.all is not None  # the model demands one of the two
        return CountedFigure(row.label, row.all, row.since)
    counted = [publication for publication in cv.publications if counts_as(publication, row.count)]
    recent = [item for item in counted if item.date is not None and item.date.year >= section.since]
    return CountedFigure(row.label, len(counted), len(recent))


def counts_as(publication: Publication, what: str) -> bool:
    """Whether a publication belongs to what a metrics row counts."""
    if what == "first-authored":
        return publication.is_first_authored
    if what == "selected":
        return "selected" in publication.keywords
    return True


def _select_items(
    variant: str, section: Section, choice: SectionChoice, left_out: list[LeftOut]
) -> Iterator[SelectedGroup]:
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


def _matches(publication: Publication, match: Match) -> bool:
    return (
        (not match.type or publication.type in {TYPE_ALIASES.get(kind, (kind, ""))[0] for kind in match.type})
        and (not match.keyword or bool(set(match.keyword) & set(publication.keywords)))
        and (not match.file or publication.file in match.file)
        and (not match.field or any(publication.raw.get(name) for name in match.field))
    )


def category_of(publication: Publication, section: PublicationsSection) -> Category | None:
    """The first category whose rule it matches."""
    return next((item for item in section.categories if _matches(publication, item.match)), None)


def _select_publications(
    cv: Cv, section: PublicationsSection, choice: SectionChoice, left_out: list[LeftOut], findings: Findings
) -> Iterator[SelectedCategory]:
    by_category: dict[str, list[Publication]] = {str(item.id): [] for item in section.categories}
    uncategorised: list[Publication] = []
    room = choice.limit
    left_out += never_printed(cv, str(choice.section))
    for publication in newest_first(cv.publications):
        category = category_of(publication, section)
        reason = _reason_against_publication(publication, category, choice)
        if reason is None and room == 0:
            reason = f"over the limit of {choice.limit}"
        if reason is not None:
            left_out.append(LeftOut(str(choice.section), publication.summary, publication.span, reason))
            continue
        room = None if room is None else room - 1
        if category is None:
            uncategorised.append(publication)
        else:
            by_category[str(category.id)].append(publication)
    _report_uncategorised(uncategorised, str(choice.section), findings)
    if not choice.grouped:
        together = newest_first([*(p for items in by_category.values() for p in items), *uncategorised])
        yield SelectedCategory("", None, None, _numbered(together, "", section.numbering))
        return
    for item in section.categories:
        if publications := by_category[str(item.id)]:
            numbered = _numbered(publications, item.prefix, section.numbering)
            yield SelectedCategory(str(item.id), item.title, item.note, numbered)
    if uncategorised:
        yield SelectedCategory("other", None, None, _numbered(uncategorised, "", section.numbering))


def _report_uncategorised(entries: Iterable[Publication], section: str, findings: Findings) -> None:
    """Warn of what no category takes, once for each type of entry."""
    by_type: dict[str, list[Publication]] = {}
    for publication in entries:
        by_type.setdefault(publication.type, []).append(publication)
    for kind, alike in by_type.items():
        first = min(alike, key=lambda publication: (publication.file, publication.span.start))
        others = len(alike) - 1
        more = f", nor {'does' if others == 1 else 'do'} {others} more of its type" if others else ""
        slip = () if kind in ENTRY_TYPES else did_you_mean(kind, ENTRY_TYPES)
        findings.warning(
            "uncategorised",
            f"`{first.key}` ({kind}) fits none of the categories{more}; printed at the end",
            first.key.span,
            *(slip or (f"add a category with `match: {{type: {kind}}}` to `{section}.yaml`",)),
        )


def _reason_against_publication(
    publication: Publication, category: Category | None, choice: SectionChoice
) -> str | None:
    if choice.categories and (category is None or category.id not in choice.categories):
        return "in a category that the variant does not have"
    tags = set(publication.tags)
    if choice.tags and not tags & set(choice.tags):
        return f"without the keyword {' or '.join(choice.tags)}"
    if unwanted := tags & set(choice.without):
        return f"with the keyword {', '.join(sorted(unwanted))}"
    if choice.since and publication.date and publication.date.year < choice.since.year:
        return f"older than {choice.since.year}"
    return None


def _numbered(publications: list[Publication], prefix: str, numbering: str) -> tuple[Publication, ...]:
    if numbering == "none":
        return tuple(publications)
    total = len(publications)
    return tuple(
        replace(item, number=f"{prefix}{total - at if numbering == 'down' else at + 1}")
        for at, item in enumerate(publications)
    )
