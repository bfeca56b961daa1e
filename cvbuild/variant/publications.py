"""Which publications a variant prints, by category, and why not the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cvbuild.accounts import never_printed
from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.ledger import LeftOut
from cvbuild.model.cv import Cv
from cvbuild.model.inheritance import ENTRY_TYPES, TYPE_ALIASES
from cvbuild.model.publications import Publication, newest_first
from cvbuild.model.sections import Category, Match, PublicationsSection
from cvbuild.model.settings import SectionChoice
from cvbuild.variant.selected import SelectedCategory


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


def select_publications(
    cv: Cv, section: PublicationsSection, choice: SectionChoice, left_out: list[LeftOut], findings: Findings
) -> Iterator[SelectedCategory]:
    """The publications printed, newest first in each category; the others go to `left_out`."""
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
