"""Lint rules on items and texts: dates, addresses, and names of categories, variants and tags."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import Award, Filing, Item, Metrics, Position, PublicationsSection
from cvbuild.content.publications import category_of
from cvbuild.content.reader import every_value
from cvbuild.content.values import Period, Text
from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.inline import Inlines, Str, Styled
from cvbuild.record import Record
from cvbuild.render.markup import parse_inline
from cvbuild.source import Scalar, Span
from cvbuild.words import folded, is_one_slip_apart

_FEWEST = 4
"""Minimum number of dated items in a list whose order is checked; fewer may be in order by chance."""

_MISPLACED = 5
"""Maximum of one misplaced item in this many; with more, assume that the list is not chronological."""

_ORDERS = (("newest", "start"), ("newest", "end"), ("oldest", "start"), ("oldest", "end"))
"""Chronological orders: the newest or oldest item first, by the start or end of its period."""


class _Dated(Record):
    """An item with its period, and the place of its date."""

    item: Item
    when: Period
    span: Span

    def day(self, end: str) -> tuple[int, int, int]:
        """Return the first day of the `start` or `end` of its period; an ongoing period ends after all."""
        if end == "start":
            return self.when.start.first_day
        return self.when.last_day if self.when.end is None else self.when.end.first_day


def date_order(cv: Cv) -> Iterator[Diagnostic]:
    """Report misplaced items in lists that are otherwise in chronological order."""
    groups = [group for section in cv.sections.values() for group in section.listed]
    lists = [group.items for group in groups]
    lists += [item.inner_items() for group in groups for item in group.items]
    for listed in lists:
        items = [found for item in listed if (found := _dated(item))]
        pairs = list(enumerate(pairwise(items)))
        breaks = {order: [at for at, pair in pairs if _breaks(order, *pair)] for order in _ORDERS}
        # Take the order that the list breaks least often.
        order = min(breaks, key=lambda order: len(breaks[order]))
        if len(items) < _FEWEST or len(breaks[order]) * _MISPLACED > len(items):
            continue
        for at in breaks[order]:
            # If the list is in order without the item before the break, that one is misplaced, else the next.
            stray = at if at > 0 and not _breaks(order, items[at - 1], items[at + 1]) else at + 1
            message = f"the list runs from the {order[0]} on, and this does not fit its place"
            label = Label(items[stray - 1].span, "this stands before it")
            hint = "items are printed in the order typed"
            yield Diagnostic("lint-date-order", message, items[stray].span, "warning", (label,), (hint,))


def _dated(item: Item) -> _Dated | None:
    """Return an item with its period, or that of all items within it; None if neither has dates."""
    if item.when is not None:
        key = next(name for name in ("period", "date", "term") if getattr(item, name, None) is not None)
        return _Dated(item, item.when, item.span_of(key))
    inner = [found for part in item.inner_items() if (found := _dated(part))]
    if not inner:
        return None
    first = min(inner, key=lambda found: found.when.start.first_day)
    last = max(inner, key=lambda found: found.when.last_day)
    return _Dated(item, Period(first.when.start, last.when.end), last.span)


def _breaks(order: tuple[str, str], one: _Dated, other: _Dated) -> bool:
    """Whether neighbours are certainly in the wrong order; a year alone may be any day of that year."""
    first, end = order
    earlier, later = (other, one) if first == "newest" else (one, other)
    dates = [earlier.when.start, later.when.start] if end == "start" else [earlier.when.end, later.when.end]
    precision = 2 if all(part is not None and part.month is not None for part in dates) else 1
    return earlier.day(end)[:precision] > later.day(end)[:precision]


def date_overlap(cv: Cv) -> Iterator[Diagnostic]:
    """Report overlapping periods of one role at one organisation; different roles may overlap."""
    for section in cv.sections.values():
        held: dict[tuple[str, str], list[_Dated]] = defaultdict(list)
        positions = (item for group in section.listed for item in group.items if isinstance(item, Position))
        for position in positions:
            for role in position.roles:
                key = folded(str(position.organisation)), folded(str(role.title))
                held[key].append(_Dated(role, role.period, role.span_of("period")))
        for terms in held.values():
            # Compare each term with the earlier term that ends last.
            terms.sort(key=lambda term: term.day("start"))
            longest = terms[0]
            for term in terms[1:]:
                if term.day("start") < longest.day("end"):
                    message = f"“{term.item.summary}” is held twice at the same time at one organisation"
                    hint = "correct one of the periods, or make one role of the two"
                    label = Label(longest.span, "and here")
                    yield Diagnostic("lint-date-overlap", message, term.span, "warning", (label,), (hint,))
                longest = max(longest, term, key=lambda held: held.day("end"))


def date_future(cv: Cv, today: date) -> Iterator[Diagnostic]:
    """Report dates in the future of awards, published works, filed patents and counted figures."""
    found = []
    hint = "for what is not out yet, add `pubstate = {inpress}` or another word for it"
    for work in cv.publications:
        if work.date and work.year and not work.raw.get("pubstate"):
            message = f"`{work.key}` is dated after today"
            found.append((work.date, message, work.year.span.first_line(), hint))
    hint = "correct the date"
    for section in cv.sections.values():
        if isinstance(section, Metrics) and section.retrieved:
            message = "figures cannot be retrieved after today"
            found.append((section.retrieved, message, section.span_of("retrieved"), hint))
        for item in section.all_items:
            is_done = isinstance(item, Award) or (isinstance(item, Filing) and item.status is not None)
            if is_done and (dated := _dated(item)):
                found.append((dated.when.start, "this is dated after today", dated.span, hint))
    for when, message, span, hint in found:
        if when.first_day > (today.year, today.month, today.day):
            yield Diagnostic("lint-date-future", message, span, "warning", hints=(hint,))


# `www.` and a name, or a name in a top-level domain common in academics' addresses and a path; but not
# `Node.js/React`.
_BARE = re.compile(
    r"(?<![\w@/.:-])(?:www\.[\w-]+(?:\.[\w-]+)+"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:org|com|net|edu|gov|int|info|io|ai|dev|app|eu|de|at|ch|uk|ie|fr|be|nl|lu|it|es|pt"
    r"|gr|dk|se|no|fi|is|pl|cz|hu|ca|us|br|au|nz|jp|kr|cn|il)(?=/\w))[^\s<>\"“”()\[\]]*[^\s<>\"“”()\[\].,;:!?'’]",
    re.ASCII,
)
_ROUNDABOUT = re.compile(r"https?://(?:dx\.)?doi\.org/(?P<doi>10\..+)|http://(?P<arxiv>arxiv\.org/.*)")
_TRAILING = re.compile(r"[.,;:!?]+$")

_SHORTEST_TAG = 4
"""Minimum length of tags, in characters, that are compared for one typing error."""


def addresses(cv: Cv) -> Iterator[Diagnostic]:
    """Report addresses in text that are not linked, end in punctuation, or only redirect to another one."""
    texts = [(text.inlines, text.span) for item in cv.publications for text in item.text.values()]
    urls = [(link.url, True) for item in cv.publications for link in item.links]
    for value in every_value((cv.settings, *cv.sections.values())):
        if isinstance(value, Text):
            typed = (text for text in value.by_language.values() if text.tag != "tex")
            texts += [(parse_inline(text), text.span) for text in typed]
        elif isinstance(value, Scalar) and value.startswith(("http://", "https://")):
            urls.append((value, False))
    for inlines, span in texts:
        for match in _BARE.finditer(_without_links(inlines)):
            message = f"`{match[0]}` becomes no link"
            hint = f"write the whole address: `https://{match[0]}`"
            yield Diagnostic("lint-url-scheme", message, span.part(match[0]), "warning", hints=(hint,))
    for url, is_in_bib in urls:
        span = url.span.part(str(url))
        if (found := _TRAILING.search(url)) is not None:
            message = f"this address ends in `{found[0]}`, which is hardly part of it"
            hint = f"delete the `{found[0]}`"
            yield Diagnostic("lint-url-shape", message, span, "warning", hints=(hint,))
        elif found := _ROUNDABOUT.match(url):
            cure = f"`https://{found['arxiv'] or 'doi.org/' + found['doi']}`"
            if found["doi"] and is_in_bib:
                cure = f"`doi = {{{found['doi']}}}` in place of the address"
            elif url.startswith("https://doi.org/"):
                continue
            message = "this address leads to its goal the long way round"
            yield Diagnostic("lint-url-shape", message, span, "note", hints=(f"write {cure}",))


def _without_links(inlines: Inlines) -> str:
    """Return a text with each link, formula and piece of code replaced by a space."""
    parts = []
    for inline in inlines:
        match inline:
            case Str(text):
                parts.append(text)
            case Styled(style, content) if style != "code":
                parts.append(_without_links(content))
            case _:
                parts.append(" ")
    return "".join(parts)


def dead_references(cv: Cv) -> Iterator[Diagnostic]:
    """Report categories without publications, and items that name variants without their section."""
    for name, section in cv.sections.items():
        if isinstance(section, PublicationsSection) and cv.publications:
            found = [category_of(item, section.categories) for item in cv.publications]
            filled = {category.id for category in found if category is not None}
            for category in section.categories:
                if category.id not in filled:
                    message = f"no publication falls into the category `{category.id}`"
                    hint = "correct its `match`; an entry goes to the first category that it matches"
                    yield Diagnostic("lint-dead-reference", message, category.id.span, "note", hints=(hint,))
        printing = set()
        for variant, settings in cv.variants.items():
            chosen: list[str] = [choice.section for choice in settings.sections or ()]
            if name in (cv.settings.sections or cv.sections if settings.sections is None else chosen):
                printing.add(variant)
        for named in (typed for item in section.all_items for typed in (*item.only, *item.except_)):
            if named not in printing:
                message = f"the variant `{named}` does not have the section `{name}`, so this means nothing"
                hint = f"delete it, or add `{name}` to the sections of `{named}` in cv.yaml"
                yield Diagnostic("lint-dead-reference", message, named.span, "warning", hints=(hint,))


def tag_spelling(cv: Cv) -> Iterator[Diagnostic]:
    """Report tags and keywords that select nothing and look like misspellings of others that do."""
    for name, section in cv.sections.items():
        every = [choice for variant in cv.variants.values() for choice in variant.sections or ()]
        choices = [choice for choice in every if choice.section == name]
        chosen = {str(tag) for choice in choices for tag in (*choice.tags, *choice.without)}
        if isinstance(section, PublicationsSection):
            rules = [category.match for category in section.categories]
            rules += [one.match for choice in choices for one in choice.categories if one.match]
            chosen |= {str(word) for rule in rules for word in rule.keyword}
            what = "keyword"
            used = [(word, item.key.span) for item in cv.publications for word in item.keywords]
        else:
            what = "tag"
            used = [(str(tag), tag.span) for item in section.all_items for tag in item.tags]
        first = {word: span for word, span in reversed(used) if word not in chosen}
        for word, span in first.items():
            for meant in sorted(chosen):
                one, other = folded(word), folded(meant)
                is_long = min(len(word), len(meant)) >= _SHORTEST_TAG
                if one == other or (is_long and is_one_slip_apart(one, other)):
                    looks = f"it looks like `{meant}`, by which a variant or a category chooses"
                    message = f"nothing is chosen by the {what} `{word}`; {looks}"
                    hint = f"write `{meant}`"
                    yield Diagnostic("lint-tag-spelling", message, span, "warning", hints=(hint,))
                    break
