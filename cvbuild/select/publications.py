"""Select the publications that a variant prints, by category, and record why not the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cvbuild.content.crossref import ENTRY_TYPES
from cvbuild.content.cv import Cv
from cvbuild.content.fields import table_of
from cvbuild.content.publications import Publication, category_of, newest_first
from cvbuild.content.sections import Category, PublicationsSection
from cvbuild.content.settings import SectionChoice
from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.record import replace
from cvbuild.select.ledger import LeftOut, never_printed
from cvbuild.select.numbers import permanent_numbers
from cvbuild.select.types import SectionCut, SelectedCategory, priority_of_publication


def select_publications(
    cv: Cv,
    section: PublicationsSection,
    choice: SectionChoice,
    cut: SectionCut,
    left_out: list[LeftOut],
    findings: Findings,
) -> Iterator[SelectedCategory]:
    """Yield the publications printed, newest first in each category; add the others to `left_out`."""
    categories = _chosen_categories(section, choice)
    left_out += never_printed(cv, str(choice.section))
    judged = []
    for item in newest_first(cv.publications):
        category = category_of(item, categories)
        judged.append((item, category, _reason_against(item, category, choice)))
    passed = [item for item, _, reason in judged if reason is None]
    ranked = sorted(passed, key=lambda item: priority_of_publication(item, choice))
    over = set() if choice.limit is None else {item.span for item in ranked[choice.limit :]}
    by_category: dict[str, list[Publication]] = {str(category.id): [] for category in categories}
    uncategorised: list[Publication] = []
    for item, category, against in judged:
        reason = f"over the limit of {choice.limit}" if item.span in over else against
        reason = reason or cut.left_out.get(item.span)
        if reason is not None:
            left_out.append(LeftOut(str(choice.section), item.summary, item.span, reason))
            continue
        (uncategorised if category is None else by_category[str(category.id)]).append(item)
        if choice.annotations and (shown := item.text.get("annotation")):
            from cvbuild.read.latex import decode, without_html  # imports the reader of LaTeX: seldom

            # Loading reports nothing on this field, as it is seldom printed.
            decode(without_html(item.raw["annotation"]), shown.span, findings)
    _report_uncategorised(uncategorised, str(choice.section), findings)
    permanent = permanent_numbers(cv, findings) if section.numbering == "permanent" else None
    if permanent is not None:
        _report_unused_prefixes(section, choice, findings)

    def numbered(items: list[Publication], prefix: str = "") -> tuple[Publication, ...]:
        if permanent is not None:
            return permanent.in_print(items, section)
        if section.numbering == "none":
            return tuple(items)
        places = range(len(items), 0, -1) if section.numbering == "down" else range(1, len(items) + 1)
        return tuple(
            replace(item, number=f"{prefix}{place}") for item, place in zip(items, places, strict=True)
        )

    if not choice.grouped:
        together = newest_first([*(item for items in by_category.values() for item in items), *uncategorised])
        yield SelectedCategory("", None, None, numbered(together))
        return
    for category in categories:
        if items := by_category[str(category.id)]:
            yield SelectedCategory(
                str(category.id), category.title, category.note, numbered(items, category.prefix)
            )
    if uncategorised:
        yield SelectedCategory("other", None, None, numbered(uncategorised))


def _chosen_categories(section: PublicationsSection, choice: SectionChoice) -> tuple[Category, ...]:
    """Return the categories that entries are sorted into: the variant's own first, then the section's."""
    by_id = {item.id: item for item in section.categories}
    chosen: dict[str, Category] = {}
    for item in choice.categories:
        said = {name: value for name in table_of(Category) if (value := getattr(item, name)) is not None}
        chosen[item.id] = replace(by_id[item.id], **said) if item.id in by_id else Category(**said)
    own = {item.id: chosen[item.id] for item in choice.categories if item.match is not None}
    return (*own.values(), *(chosen.get(name, item) for name, item in by_id.items() if name not in own))


def _report_uncategorised(entries: Iterable[Publication], section: str, findings: Findings) -> None:
    """Warn of entries without a category, once for each type of entry."""
    by_type: dict[str, list[Publication]] = {}
    for item in entries:
        by_type.setdefault(item.type, []).append(item)
    for kind, alike in by_type.items():
        first = min(alike, key=lambda item: (item.file, item.span.start))
        others = len(alike) - 1
        more = f", nor {'does' if others == 1 else 'do'} {others} more of its type" if others else ""
        slip = () if kind in ENTRY_TYPES else did_you_mean(kind, ENTRY_TYPES)
        findings.warning(
            "uncategorised",
            f"`{first.key}` ({kind}) fits none of the categories{more}; printed at the end",
            first.key.span,
            *(slip or (f"add a category with `match: {{type: {kind}}}` to `{section}.yaml`",)),
        )


def _report_unused_prefixes(section: PublicationsSection, choice: SectionChoice, findings: Findings) -> None:
    """Warn of prefixes of a variant's own: permanent numbers are the same in every variant."""
    prefixes = {str(item.id): item.prefix for item in section.categories}
    for item in choice.categories:
        if item.prefix is not None and item.prefix != prefixes.get(str(item.id)):
            findings.warning(
                "unused-prefix",
                f"the prefix `{item.prefix}` is not printed: `{choice.section}` has permanent numbers,"
                " which are the same in every variant",
                item.span_of("prefix"),
                f"delete it, or choose another `numbering` in `{choice.section}.yaml`",
            )


def _reason_against(item: Publication, category: Category | None, choice: SectionChoice) -> str | None:
    """Return why a variant does not print a publication; None if it does."""
    if choice.categories and (category is None or all(category.id != own.id for own in choice.categories)):
        return "in a category that the variant does not have"
    tags = set(item.tags)
    if choice.tags and not tags & set(choice.tags):
        return f"without the keyword {' or '.join(choice.tags)}"
    if unwanted := tags & set(choice.without):
        return f"with the keyword {', '.join(sorted(unwanted))}"
    if choice.since and item.date and item.date.year < choice.since.year:
        return f"older than {choice.since.year}"
    return None
