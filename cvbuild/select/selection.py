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
from cvbuild.select.marks import with_marked_names, with_news
from cvbuild.select.numbers import permanent_numbers
from cvbuild.select.request import Request
from cvbuild.select.types import (
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
)
from cvbuild.source import Scalar, Span

_Judged = tuple[Item, Item, str | None] | tuple[Publication, Publication, str | None]
"""An item, one of its entries (a publication is both), and why the variant excludes that entry, or None."""


def choices_of(cv: Cv, name: str) -> tuple[SectionChoice, ...]:
    """Return the sections that a variant chooses, in its order; if it has no `sections`, all listed ones."""
    choices = cv.variants[name].sections
    if choices is not None:
        return tuple(choice for choice in choices if choice.section in cv.sections)
    listed = [item for item in map(str, cv.settings.sections or cv.sections) if item in cv.sections]
    return tuple(SectionChoice(section=Scalar(item, cv.sections[item].span)) for item in listed)


def select(
    cv: Cv, name: str, request: Request | None = None, cut: Cut | None = None
) -> tuple[SelectedCv, Findings]:
    """Return a variant without what `cut` removes; the request's `new_since` overrides the sections' own."""
    request, cut, findings = request or Request(), cut or Cut(), Findings()
    sections: list[SelectedSection] = []
    accounts: dict[str, Account] = {}
    for at, choice in enumerate(choices_of(cv, name)):
        selected, account = _select_section(cv, name, at, choice, request.new_since, cut, findings)
        if selected is not None:
            sections.append(selected)
        # A variant may print a section several times, with other items each time.
        before = accounts.get(account.section)
        accounts[account.section] = account if before is None else before.merged_with(account)
    is_doubtful = any(item.code == "new-since-unknown" for item in findings.items)
    if request.new_since and not is_doubtful and not any(section.new for section in sections):
        message = f"nothing that `{name}` prints is new since {request.new_since}; nothing is marked"
        hint = "the date is that of the last report, as in `2025-06`"
        findings.warning("nothing-new", message, None, hint)
    ledger = Ledger((*accounts.values(), *_accounts_of_the_rest(cv, accounts)))
    for account in ledger.accounts:
        for entry in account.unaccounted:
            message = f"the ledger of `{name}` does not add up in `{account.section}`"
            message += f": `{entry.summary}` is not accounted for"
            hint = "this is a mistake in cvbuild, not in your CV: please report it"
            findings.error("ledger", message, entry.span.first_line(), hint)
    about = name, cv.variants[name], cv.settings, cv.owner_names
    return SelectedCv(*about, tuple(sections), cv.publications, ledger, request), findings


def _accounts_of_the_rest(cv: Cv, chosen: Container[str]) -> Iterator[Account]:
    """Yield accounts of the sections and .bib files that a variant leaves out as a whole."""
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
    new_since: Date | None,
    whole_cut: Cut,
    findings: Findings,
) -> tuple[SelectedSection | None, Account]:
    """Return the section that choice number `at` (0-based) selects, or None if it is empty; its account."""
    section, name = cv.sections[choice.section], str(choice.section)
    cut = whole_cut.sections.get(at, SectionCut())
    left_out: list[LeftOut] = []
    groups: tuple[SelectedGroup, ...] = ()
    categories: tuple[SelectedCategory, ...] = ()
    figures: tuple[CountedFigure, ...] = ()
    if isinstance(section, PublicationsSection):
        categories = tuple(_select_publications(cv, section, choice, cut, left_out, findings))
    else:
        groups = tuple(_select_items(variant, section, choice, cut, left_out))
    if isinstance(section, Metrics):
        figures = tuple(_figure(cv, section.since, row) for group in groups for row in group.items)
    title, note = choice.title or section.title, choice.note or section.note
    about = name, section.kind, title, note, choice.detail, section, choice.grouped, choice.annotations
    selected = SelectedSection(*about, groups, categories, figures, at)
    if isinstance(section, PublicationsSection):
        selected = with_marked_names(cv, selected, section, choice, findings)
    if since := new_since or choice.new_since:
        selected = with_news(cv, selected, since, findings)
    read = _entries_of(cv, section)
    leaves = (leaf for group in groups for item in group.items for leaf in item.leaves())
    printed = tuple(Entry(item.summary, item.span) for item in (*selected.publications, *leaves))
    # A section of a project's own kind may print other keys than `items`.
    is_empty = not (groups or categories or isinstance(section, TextSection | FreeSection))
    if isinstance(section, TextSection | FreeSection) and not section.listed:
        if reason := cut.left_out.get(section.span):
            is_empty = True
            left_out.append(LeftOut(name, str(section.title), section.span, reason))
        else:
            printed = read
    if is_empty and not cut.left_out:
        message = f"nothing of the section `{name}` is printed in `{variant}`; its heading is left out"
        findings.warning("empty-section", message, choice.section.span)
    account = Account(name, str(section.title), read, printed, tuple(left_out))
    return None if is_empty else selected, account


def _figure(cv: Cv, since: int, row: Figure) -> CountedFigure:
    """Return a row of the metrics table: its figures as given, or counted overall and from `since` on."""
    if row.count is None:
        assert row.all is not None  # `Figure` requires one of the two
        return CountedFigure(row.label, row.all, row.since)
    counted: Sequence[Publication] = cv.publications
    if row.count == "first-authored":
        counted = [item for item in counted if 0 in item.owner_positions]
    elif row.count != "publications":
        counted = [item for item in counted if "selected" in item.keywords]
    recent = [item for item in counted if item.date is not None and item.date.year >= since]
    return CountedFigure(row.label, len(counted), len(recent))


def _select_items(
    variant: str, section: Section, choice: SectionChoice, cut: SectionCut, left_out: list[LeftOut]
) -> Iterator[SelectedGroup]:
    """Yield the groups with the entries that are printed; add the others to `left_out` in the order read."""
    pairs = ((item, leaf) for group in section.listed for item in group.items for leaf in item.leaves())
    judged = [(item, leaf, _reason_against_item(variant, item, leaf, choice)) for item, leaf in pairs]
    printed = _printed(judged, choice, cut, left_out)
    for group in section.listed:
        kept = [(item, [leaf for leaf in item.leaves() if id(leaf) in printed]) for item in group.items]
        if items := [with_entries(item, leaves, cut.short) for item, leaves in kept if leaves]:
            title, note = (group.title, group.note) if choice.grouped else (None, None)
            yield SelectedGroup(title, note, tuple(items))


def _printed(
    judged: Sequence[_Judged], choice: SectionChoice, cut: SectionCut, left_out: list[LeftOut]
) -> set[int]:
    """Return the ids of the entries that are printed, and add the others to `left_out` in order.

    A limit keeps the entries of the best priority (1 before 2 before none), among equals the first ones.
    """
    passed = [(item, entry) for item, entry, reason in judged if reason is None]
    ranked = sorted(passed, key=lambda pair: priority_of(pair[0], pair[1], choice))
    over = set() if choice.limit is None else {id(entry) for _, entry in ranked[choice.limit :]}
    printed = set()
    for _, entry, against in judged:
        reason = f"over the limit of {choice.limit}" if id(entry) in over else against
        if reason := reason or cut.left_out.get(entry.span):
            left_out.append(LeftOut(str(choice.section), entry.summary, entry.span, reason))
        else:
            printed.add(id(entry))
    return printed


def with_entries(item: Item, kept: Sequence[Item], short: frozenset[Span]) -> Item:
    """Return an item with only the entries `kept`, at least one; entries with spans in `short` shortened."""
    leaves = tuple(leaf.shortened() or leaf if leaf.span in short else leaf for leaf in kept)
    if item.inner is None:
        return leaves[0]
    holder = item.shortened() or item if item.span in short else item
    return replace(holder, **{item.inner: leaves})


def _reason_against_item(variant: str, item: Item, leaf: Item, choice: SectionChoice) -> str | None:
    """Return why a variant excludes the entry `leaf` of an item; None if it does not."""
    for part in (item, leaf):
        if part.only and variant not in part.only:
            return f"only for {', '.join(part.only)}"
        if variant in part.except_:
            return f"not for {variant}"
    when = leaf.when or item.when
    return _reason_by_choice(choice, "tag", {*item.tags, *leaf.tags}, when.last_day if when else ())


def _reason_by_choice(choice: SectionChoice, word: str, tags: set[str], end: tuple[int, ...]) -> str | None:
    """Return why a choice excludes an entry, or None; `end` is its last day, its last year, or empty."""
    if choice.tags and not tags & set(choice.tags):
        return f"without the {word} {' or '.join(choice.tags)}"
    if unwanted := tags & set(choice.without):
        return f"with the {word} {', '.join(sorted(unwanted))}"
    if choice.since and end < choice.since.first_day[: len(end)]:
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
    """Yield the categories of publications printed, each newest first; add the others to `left_out`."""
    categories = _chosen_categories(section, choice)
    left_out += _never_printed(cv, str(choice.section))
    own = {category.id for category in choice.categories}
    sorted_in = [(item, category_of(item, categories)) for item in newest_first(cv.publications)]
    judged: list[_Judged] = []
    for item, category in sorted_in:
        end = (item.date.year,) if item.date else ()
        reason = _reason_by_choice(choice, "keyword", set(item.keywords), end)
        if own and (category is None or category.id not in own):
            reason = "in a category that the variant does not have"
        judged.append((item, item, reason))
    printed = _printed(judged, choice, cut, left_out)
    uncategorised: list[Publication] = []
    by_category = {**{str(category.id): list[Publication]() for category in categories}, "": uncategorised}
    for item, category in sorted_in:
        if id(item) not in printed:
            continue
        by_category[str(category.id) if category is not None else ""].append(item)
        if choice.annotations and (shown := item.text.get("annotation")):
            from cvbuild.read.latex import decode, without_html  # imports the LaTeX parser; seldom needed

            # Report problems now: loading does not, since this field is seldom printed.
            decode(without_html(item.raw["annotation"]), shown.span, findings)
    _report_uncategorised(uncategorised, str(choice.section), findings)
    permanent = permanent_numbers(cv, findings) if section.numbering == "permanent" else None
    prefixes = {str(item.id): item.prefix for item in section.categories}
    for chosen in choice.categories if permanent is not None else ():
        if chosen.prefix is not None and chosen.prefix != prefixes.get(str(chosen.id)):
            reason = f"`{choice.section}` has permanent numbers, which are the same in every variant"
            message = f"the prefix `{chosen.prefix}` is not printed: {reason}"
            hint = f"delete it, or choose another `numbering` in `{choice.section}.yaml`"
            findings.warning("unused-prefix", message, chosen.span_of("prefix"), hint)

    def numbered(items: list[Publication], prefix: str = "") -> tuple[Publication, ...]:
        if permanent is not None:
            return permanent.in_print(items, section)
        if section.numbering == "none":
            return tuple(items)
        places = range(len(items), 0, -1) if section.numbering == "down" else range(1, len(items) + 1)
        return tuple(replace(item, number=f"{prefix}{at}") for item, at in zip(items, places, strict=True))

    if not choice.grouped:
        together = newest_first(item for items in by_category.values() for item in items)
        yield SelectedCategory("", None, None, numbered(together))
        return
    for category in categories:
        if items := by_category[str(category.id)]:
            entries = numbered(items, category.prefix)
            yield SelectedCategory(str(category.id), category.title, category.note, entries)
    if uncategorised:
        yield SelectedCategory("other", None, None, numbered(uncategorised))


def _chosen_categories(section: PublicationsSection, choice: SectionChoice) -> tuple[Category, ...]:
    """Return the categories to sort entries into: the variant's own first, then the section's."""
    by_id = {item.id: item for item in section.categories}
    chosen: dict[str, Category] = {}
    for item in choice.categories:
        given = {name: value for name in table_of(Category) if (value := getattr(item, name)) is not None}
        chosen[item.id] = replace(by_id[item.id], **given) if item.id in by_id else Category(**given)
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
    """Yield the entries of the .bib files that are not publications, as left out of `section`."""
    for item in cv.unlisted:
        yield LeftOut(section, str(item.key), item.span, item.reason)
    for broken in cv.broken:
        if broken.is_entry:
            summary = broken.key or broken.span.first_line().text
            yield LeftOut(section, summary, broken.span, broken.reason)
