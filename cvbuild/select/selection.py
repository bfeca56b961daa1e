"""Select what a variant prints, and record in a ledger what it leaves out and why."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence

from cvbuild.content.crossref import ENTRY_TYPES
from cvbuild.content.cv import Cv
from cvbuild.content.kinds import (
    Figure,
    FreeSection,
    Item,
    Metrics,
    PublicationsSection,
    Section,
    TextSection,
)
from cvbuild.content.publications import Category, Publication, category_of, newest_first
from cvbuild.content.reader import table_of
from cvbuild.content.settings import SectionChoice
from cvbuild.content.values import Date
from cvbuild.diagnostics import Findings, did_you_mean
from cvbuild.record import replace
from cvbuild.request import Request
from cvbuild.select.marks import marked
from cvbuild.select.numbers import permanent_numbers
from cvbuild.select.types import (
    WHOLE,
    Account,
    CountedFigure,
    Cut,
    Entry,
    Ledger,
    LeftOut,
    SectionCut,
    SelectedCategory,
    SelectedCv,
    SelectedGroup,
    SelectedSection,
    priority_of,
    priority_of_publication,
)
from cvbuild.source import Scalar, Span


def choices_of(cv: Cv, name: str) -> tuple[SectionChoice, ...]:
    """Return the sections that a variant chooses, in its order; without a choice, all listed sections."""
    choices = cv.variants[name].sections
    if choices is not None:
        return tuple(choice for choice in choices if choice.section in cv.sections)
    listed = [item for item in map(str, cv.settings.sections or cv.sections) if item in cv.sections]
    return tuple(SectionChoice(section=Scalar(item, cv.sections[item].span)) for item in listed)


def select(
    cv: Cv, name: str, request: Request | None = None, cut: Cut = WHOLE
) -> tuple[SelectedCv, Findings]:
    """Return what a variant of the CV prints, without what `cut` leaves out.

    The request's `new_since` overrides the date that the variant gives a section.
    """
    request = request or Request()
    new_since = request.new_since
    findings = Findings()
    sections: list[SelectedSection] = []
    accounts: dict[str, Account] = {}
    for at, choice in enumerate(choices_of(cv, name)):
        since = new_since or choice.new_since
        section_cut = cut.sections.get(at, SectionCut())
        selected, account = _select_section(cv, name, at, choice, section_cut, since, findings)
        if selected is not None:
            sections.append(selected)
        # A variant may print a section several times, each time other items of it.
        before = accounts.get(account.section)
        accounts[account.section] = account if before is None else before.merged_with(account)
    is_doubtful = any(item.code == "new-since-unknown" for item in findings.items)
    has_news = any(line.meaning == "new" for section in sections for line in section.legend)
    if new_since is not None and not is_doubtful and not has_news:
        message = f"nothing that `{name}` prints is new since {new_since}; nothing is marked"
        hint = "the date is that of the last report, as in `2025-06`"
        findings.warning("nothing-new", message, None, hint)
    ledger = Ledger((*accounts.values(), *_accounts_of_the_rest(cv, accounts)))
    for account in ledger.accounts:
        for entry in account.unaccounted:
            where = f"the ledger of `{name}` does not add up in `{account.section}`"
            message = f"{where}: `{entry.summary}` is not accounted for"
            hint = "this is a mistake in cvbuild, not in your CV: please report it"
            findings.error("ledger", message, entry.span.first_line(), hint)
    owner, printed = cv.owner_names, tuple(sections)
    whole = SelectedCv(name, cv.variants[name], cv.settings, owner, printed, cv.publications, ledger, request)
    return whole, findings


def _accounts_of_the_rest(cv: Cv, chosen: Container[str]) -> Iterator[Account]:
    """Yield accounts of what no section of a variant can print: all of it is left out."""
    rest = [
        (name, str(part.title), _entries_of(cv, part), f"the variant does not have the section `{name}`")
        for name, part in cv.sections.items()
        if name not in chosen
    ]
    if not any(isinstance(section, PublicationsSection) for section in cv.sections.values()):
        reason = "no section prints publications: give one the kind `publications`"
        rest += [("bib", "Bibliography", read, reason) for read in [_entries_of(cv, None)] if read]
    for name, title, read, reason in rest:
        left_out = tuple(LeftOut(name, entry.summary, entry.span, reason) for entry in read)
        yield Account(name, title, read, (), left_out)


def _select_section(
    cv: Cv,
    variant: str,
    at: int,
    choice: SectionChoice,
    cut: SectionCut,
    since: Date | None,
    findings: Findings,
) -> tuple[SelectedSection | None, Account]:
    """Return a section as a variant's choice number `at` prints it, or None if empty, and its account."""
    section, name = cv.sections[choice.section], str(choice.section)
    left_out: list[LeftOut] = []
    selected = SelectedSection(
        name=name,
        kind=section.kind,
        title=choice.title or section.title,
        note=choice.note or section.note,
        detail=choice.detail,
        section=section,
        grouped=choice.grouped,
        annotated=choice.annotations,
        at=at,
    )
    if isinstance(section, PublicationsSection):
        categories = _select_publications(cv, section, choice, cut, left_out, findings)
        selected = replace(selected, categories=tuple(categories))
    else:
        selected = replace(selected, groups=tuple(_select_items(variant, section, choice, cut, left_out)))
    if isinstance(section, Metrics):
        rows = (row for group in selected.groups for row in group.items)
        selected = replace(selected, figures=tuple(_figure(cv, section.since, row) for row in rows))
    selected = marked(cv, selected, choice, since, findings)
    read = _entries_of(cv, section)
    leaves = (leaf for group in selected.groups for item in group.items for leaf in item.leaves())
    printed = tuple(Entry(item.summary, item.span) for item in (*selected.publications, *leaves))
    is_empty = not (selected.groups or selected.categories)
    if isinstance(section, TextSection | FreeSection):
        is_empty = False  # a project's own kind may have other keys than items
        if not section.listed:
            printed = read
            if (reason := cut.left_out.get(section.span)) is not None:
                is_empty, printed = True, ()
                left_out.append(LeftOut(name, str(section.title), section.span, reason))
    if is_empty and not cut.left_out:
        message = f"nothing of the section `{name}` is printed in `{variant}`; its heading is left out"
        findings.warning("empty-section", message, choice.section.span)
    account = Account(name, str(section.title), read, printed, tuple(left_out))
    return None if is_empty else selected, account


def _figure(cv: Cv, since: int, row: Figure) -> CountedFigure:
    """Count what a row of the metrics table asks for, overall and from the year `since` on."""
    if row.count is None:
        assert row.all is not None  # the model demands one of the two
        return CountedFigure(row.label, row.all, row.since)
    counted = [
        item
        for item in cv.publications
        if row.count == "publications"
        or (0 in item.owner_positions if row.count == "first-authored" else "selected" in item.keywords)
    ]
    recent = [item for item in counted if item.date is not None and item.date.year >= since]
    return CountedFigure(row.label, len(counted), len(recent))


def _select_items(
    variant: str, section: Section, choice: SectionChoice, cut: SectionCut, left_out: list[LeftOut]
) -> Iterator[SelectedGroup]:
    """Yield the groups with the entries that are printed; add the others to `left_out` in the order read.

    A limit keeps the entries of the best priority (1 before 2 before none), among equals the first ones.
    """
    pairs = [(item, leaf) for group in section.listed for item in group.items for leaf in item.leaves()]
    reasons = {id(leaf): _reason_against_item(variant, item, leaf, choice) for item, leaf in pairs}
    if choice.limit is not None:
        passed = [(item, leaf) for item, leaf in pairs if reasons[id(leaf)] is None]
        ranked = sorted(passed, key=lambda pair: priority_of(pair[0], pair[1], choice))
        reasons |= {id(leaf): f"over the limit of {choice.limit}" for _, leaf in ranked[choice.limit :]}
    for group in section.listed:
        items = []
        for item in group.items:
            kept = []
            for leaf in item.leaves():
                reason = reasons[id(leaf)] or cut.left_out.get(leaf.span)
                if reason is None:
                    kept.append(leaf)
                else:
                    left_out.append(LeftOut(str(choice.section), leaf.summary, leaf.span, reason))
            if kept:
                items.append(with_entries(item, kept, cut.short))
        if items:
            title, note = (group.title, group.note) if choice.grouped else (None, None)
            yield SelectedGroup(title, note, tuple(items))


def with_entries(item: Item, kept: Sequence[Item], short: frozenset[Span]) -> Item:
    """Return an item with some of its entries, at least one; those whose spans are in `short` shortened."""
    leaves = tuple(leaf.shortened() or leaf if leaf.span in short else leaf for leaf in kept)
    if item.inner is None:
        return leaves[0]
    holder = item.shortened() or item if item.span in short else item
    return replace(holder, **{item.inner: leaves})


def _reason_against_item(variant: str, item: Item, leaf: Item, choice: SectionChoice) -> str | None:
    """Return why a variant does not print an entry, `leaf`, of an item; None if it does."""
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


def _select_publications(
    cv: Cv,
    section: PublicationsSection,
    choice: SectionChoice,
    cut: SectionCut,
    left_out: list[LeftOut],
    findings: Findings,
) -> Iterator[SelectedCategory]:
    """Yield the publications printed, newest first in each category; add the others to `left_out`."""
    categories = _chosen_categories(section, choice)
    left_out += _never_printed(cv, str(choice.section))
    judged = []
    for item in newest_first(cv.publications):
        category = category_of(item, categories)
        judged.append((item, category, _reason_against_publication(item, category, choice)))
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
        hints = slip or (f"add a category with `match: {{type: {kind}}}` to `{section}.yaml`",)
        message = f"`{first.key}` ({kind}) fits none of the categories{more}; printed at the end"
        findings.warning("uncategorised", message, first.key.span, *hints)


def _report_unused_prefixes(section: PublicationsSection, choice: SectionChoice, findings: Findings) -> None:
    """Warn of prefixes of a variant's own: permanent numbers are the same in every variant."""
    prefixes = {str(item.id): item.prefix for item in section.categories}
    for item in choice.categories:
        if item.prefix is not None and item.prefix != prefixes.get(str(item.id)):
            reason = f"`{choice.section}` has permanent numbers, which are the same in every variant"
            message = f"the prefix `{item.prefix}` is not printed: {reason}"
            hint = f"delete it, or choose another `numbering` in `{choice.section}.yaml`"
            findings.warning("unused-prefix", message, item.span_of("prefix"), hint)


def _reason_against_publication(
    item: Publication, category: Category | None, choice: SectionChoice
) -> str | None:
    """Return why a variant does not print a publication; None if it does."""
    if choice.categories and (category is None or all(category.id != own.id for own in choice.categories)):
        return "in a category that the variant does not have"
    tags = set(item.keywords)
    if choice.tags and not tags & set(choice.tags):
        return f"without the keyword {' or '.join(choice.tags)}"
    if unwanted := tags & set(choice.without):
        return f"with the keyword {', '.join(sorted(unwanted))}"
    if choice.since and item.date and item.date.year < choice.since.year:
        return f"older than {choice.since.year}"
    return None


def _entries_of(cv: Cv, section: Section | None) -> tuple[Entry, ...]:
    """Return the entries of a section, or of the .bib files; a section without items is one entry."""
    if section is None or isinstance(section, PublicationsSection):
        publications = (Entry(item.summary, item.span) for item in cv.publications)
        return (*publications, *(Entry(item.summary, item.span) for item in _never_printed(cv, "")))
    if isinstance(section, TextSection | FreeSection) and not section.listed:
        return (Entry(str(section.title), section.span),)
    leaves = (leaf for group in section.listed for item in group.items for leaf in item.leaves())
    return tuple(Entry(leaf.summary, leaf.span) for leaf in leaves)


def _never_printed(cv: Cv, section: str) -> Iterator[LeftOut]:
    """Yield the entries of the .bib files that are no publications, as left out of a section."""
    for item in cv.unlisted:
        yield LeftOut(section, str(item.key), item.span, item.reason)
    for broken in cv.broken:
        if broken.is_entry:
            summary = broken.key or broken.span.first_line().text
            yield LeftOut(section, summary, broken.span, broken.reason)
