"""Which publications a variant prints, by category, and why not the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cvbuild.content.crossref import ENTRY_TYPES
from cvbuild.content.cv import Cv
from cvbuild.content.kinds import PublicationsSection
from cvbuild.content.publications import Category, Publication, category_of, newest_first
from cvbuild.content.reader import table_of
from cvbuild.content.settings import CategoryChoice, SectionChoice
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
    """The publications printed, newest first in each category; the others go to `left_out`."""
    categories = _chosen_categories(section, choice)
    by_category: dict[str, list[Publication]] = {str(item.id): [] for item in categories}
    uncategorised: list[Publication] = []
    left_out += never_printed(cv, str(choice.section))
    listed = [(item, category_of(item, categories)) for item in newest_first(cv.publications)]
    passed = [
        item for item, category in listed if _reason_against_publication(item, category, choice) is None
    ]
    ranked = sorted(passed, key=lambda publication: priority_of_publication(publication, choice))
    over = set() if choice.limit is None else {publication.span for publication in ranked[choice.limit :]}
    for publication, category in listed:
        reason = _reason_against_publication(publication, category, choice)
        if reason is None and publication.span in over:
            reason = f"over the limit of {choice.limit}"
        reason = reason or cut.left_out.get(publication.span)
        if reason is not None:
            left_out.append(LeftOut(str(choice.section), publication.summary, publication.span, reason))
            continue
        if choice.annotations:
            _read_annotation(publication, findings)
        if category is None:
            uncategorised.append(publication)
        else:
            by_category[str(category.id)].append(publication)
    _report_uncategorised(uncategorised, str(choice.section), findings)
    permanent = permanent_numbers(cv, findings) if section.numbering == "permanent" else None
    if permanent is not None:
        _report_unused_prefixes(section, choice, findings)

    def numbered(publications: list[Publication], prefix: str = "") -> tuple[Publication, ...]:
        if permanent is not None:
            return permanent.in_print(publications, section)
        return tuple(_numbered(publications, prefix, section.numbering))

    if not choice.grouped:
        together = newest_first([*(p for items in by_category.values() for p in items), *uncategorised])
        yield SelectedCategory("", None, None, numbered(together))
        return
    for item in categories:
        if publications := by_category[str(item.id)]:
            yield SelectedCategory(str(item.id), item.title, item.note, numbered(publications, item.prefix))
    if uncategorised:
        yield SelectedCategory("other", None, None, numbered(uncategorised))


def _chosen_categories(section: PublicationsSection, choice: SectionChoice) -> tuple[Category, ...]:
    """What entries are sorted into: the variant's own categories, then the section's, as it has them."""
    by_id = {item.id: item for item in section.categories}
    chosen = {item.id: _as_chosen(item, by_id.get(item.id)) for item in choice.categories}
    own = [chosen[item.id] for item in choice.categories if item.match is not None]
    own_ids = {item.id for item in own}
    return (*own, *(chosen.get(name, item) for name, item in by_id.items() if name not in own_ids))


def _as_chosen(choice: CategoryChoice, category: Category | None) -> Category:
    """A category with what the variant says of it; one of its own needs none of the section's."""
    said = {name: value for name in table_of(Category) if (value := getattr(choice, name)) is not None}
    return replace(category, **said) if category else Category(**said)


def _read_annotation(publication: Publication, findings: Findings) -> None:
    """Report what is odd in an annotation: nobody was told on loading, as it is seldom printed."""
    if shown := publication.text.get("annotation"):
        from cvbuild.read.latex import decode, without_html  # imports the reader of LaTeX: seldom

        decode(without_html(publication.raw["annotation"]), shown.span, findings)


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


def _reason_against_publication(
    publication: Publication, category: Category | None, choice: SectionChoice
) -> str | None:
    if choice.categories and (category is None or all(category.id != item.id for item in choice.categories)):
        return "in a category that the variant does not have"
    tags = set(publication.keywords)
    if choice.tags and not tags & set(choice.tags):
        return f"without the keyword {' or '.join(choice.tags)}"
    if unwanted := tags & set(choice.without):
        return f"with the keyword {', '.join(sorted(unwanted))}"
    if choice.since and publication.date and publication.date.year < choice.since.year:
        return f"older than {choice.since.year}"
    return None


def _numbered(publications: list[Publication], prefix: str, numbering: str) -> Iterator[Publication]:
    """The publications with their places in this list as numbers."""
    total = len(publications)
    for at, item in enumerate(publications):
        place = total - at if numbering == "down" else at + 1
        yield item if numbering == "none" else replace(item, number=f"{prefix}{place}")
