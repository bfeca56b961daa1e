"""Lint rules on publications: works entered twice, and errors within one entry."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher

from cvbuild.content.cv import Cv
from cvbuild.content.publications import Publication
from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.inline import Inlines, Link, Styled
from cvbuild.record import Record
from cvbuild.words import folded, neighbours, words

_REACH = 8
"""Number of neighbours on each side, in each sorted order, that a title is compared with."""

_ALIKE = 0.9
"""Minimum similarity of two titles, as `difflib` measures it, from 0 to 1."""

_YEARS = 2
"""Maximum number of years between a preprint and its publication."""

_STOP_WORDS = frozenset("a an and at by for from in is of on or the to via with".split())
_PREPRINT = re.compile(
    r"arxiv|\bcorr\b|preprint|biorxiv|medrxiv|chemrxiv|psyarxiv|ssrn|research square|openreview"
)
# First words of a title that mark a reply to, or a correction of, another work of the same title.
_ABOUT = re.compile(
    r"(reply|response|answer|comments?|remarks?|errat|corrigend|correction|addend|retract|supplement)"
)
_NUMBER = re.compile(r"\d+\w*|[ivx]+|one|two|three|four|first|second|third")

# Works are compared within one kind. A type that is not listed is a kind by itself.
_KIND_OF_TYPE = dict.fromkeys(
    "article inproceedings incollection inbook online unpublished misc report".split(), "paper"
) | dict.fromkeys("book collection proceedings mvbook mvcollection mvproceedings".split(), "book")


class _Work(Record):
    """A publication with the values to compare."""

    publication: Publication
    title: tuple[str, ...]
    """The words of its title, folded, without stop words."""
    letters: str
    kind: str
    people: tuple[str, ...]
    rarest: tuple[str, ...]
    """The words of its title, beginning with the one that the fewest titles have."""
    numbers: list[str]
    """The numbers in its title, which distinguish the parts of a series."""
    about: str
    """The first word of its title if that marks a reply, an erratum or the like; else empty."""
    year: int
    """0 if unknown."""
    venue: str
    is_preprint: bool


def same_work(cv: Cv) -> Iterator[Diagnostic]:
    """Report entries with similar titles, authors and years, or with the same DOI or eprint."""
    works: list[_Work] = []
    titles = [
        tuple(word for word in words(str(item.title)) if word not in _STOP_WORDS) for item in cv.publications
    ]
    frequency = Counter(word for title in titles for word in set(title))
    for item, title in zip(cv.publications, titles, strict=True):
        typed = item.text.get("journaltitle") or item.text.get("booktitle")
        venue = folded(str(typed or ""))
        is_unplaced = typed is None and (item.type in {"online", "unpublished"} or item.eprint is not None)
        about = _ABOUT.match(" ".join(title))
        work = _Work(
            publication=item,
            title=title,
            letters="".join(title),
            kind=_KIND_OF_TYPE.get(item.type, item.type),
            people=tuple(folded(name.family) for name in item.names.names),
            rarest=tuple(sorted(set(title), key=lambda word: (frequency[word], word))),
            numbers=sorted(word for word in title if _NUMBER.fullmatch(word)),
            about=about[1] if about else "",
            year=item.date.year if item.date else 0,
            venue=venue,
            is_preprint=is_unplaced or _PREPRINT.search(venue) is not None,
        )
        works.append(work)
    titled = [work for work in works if work.title]
    keys = (
        lambda work: (work.letters, work.year),
        lambda work: (work.letters[::-1], work.year),
        lambda work: (work.rarest, work.year),
    )
    near = [(one, other, "") for one, other in neighbours(titled, keys, _REACH) if _are_one_work(one, other)]
    position = {id(work): at for at, work in enumerate(works)}
    found: dict[int, Diagnostic] = {}
    for one, other, number in (*_with_one_number(works), *near):
        at = position[id(other)]
        if at not in found and one.publication.key != other.publication.key:
            found[at] = _diagnostic(one, other, number)
    yield from (found[at] for at in sorted(found))


def _with_one_number(works: list[_Work]) -> Iterator[tuple[_Work, _Work, str]]:
    """Yield pairs of works with the same DOI or eprint, the earlier first, and `DOI` or `eprint`."""
    first: dict[tuple[str, str], _Work] = {}
    for work in works:
        item = work.publication
        numbers = [("DOI", str(item.doi).casefold())] if item.doi else []
        if item.eprint is not None:
            archive = folded(item.raw.get("eprinttype") or "arxiv")
            unversioned = re.sub(r"v\d+$", "", item.eprint.number.casefold())
            numbers.append(("eprint", f"{archive} {unversioned}"))
        for name, number in numbers:
            earlier = first.setdefault((name, number), work)
            # Chapters may state the DOI of their book.
            are_chapters = {earlier.publication.type, item.type} <= {"inbook", "incollection"}
            if earlier is work or earlier.kind != work.kind:
                continue
            if not are_chapters or _titles_agree(earlier, work):
                yield earlier, work, name


def _are_one_work(one: _Work, other: _Work) -> bool:
    """Whether the kinds, years, authors and titles of two works agree."""
    if one.kind != other.kind:
        return False
    if one.year and other.year:
        # Works of two years in one venue are parts of a series, such as annual reports.
        is_series = one.venue == other.venue and not one.is_preprint
        if abs(one.year - other.year) > (0 if is_series else _YEARS):
            return False
    if one.people and other.people:
        shared = len(set(one.people) & set(other.people))
        is_one_team = 2 * shared >= min(len(one.people), len(other.people))
    else:
        is_one_team = one.people == other.people
    return (is_one_team or one.people[:1] == other.people[:1]) and _titles_agree(one, other)


def _titles_agree(one: _Work, other: _Work) -> bool:
    shorter = min(len(one.title), len(other.title))
    if 2 * len({*one.title} & {*other.title}) < shorter:
        return False
    if one.numbers != other.numbers or one.about != other.about:
        return False
    if one.letters == other.letters:
        # Titles such as Editorial or Preface are common: the venue has to agree as well.
        is_one_venue = one.venue == other.venue and not one.is_preprint
        return len(one.title) > 2 or is_one_venue or one.is_preprint != other.is_preprint
    matcher = SequenceMatcher(None, one.letters, other.letters, autojunk=False)
    # The quick ratios are upper bounds of the slow one.
    return all(ratio() >= _ALIKE for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))


def _diagnostic(one: _Work, other: _Work, number: str) -> Diagnostic:
    """Return a warning at the preprint if only one of the works is one, else at the later one, `other`."""
    here, there = other.publication, one.publication
    label = "the other one"
    hints: tuple[str, ...]
    if one.is_preprint != other.is_preprint:
        here, there = (there, here) if one.is_preprint else (here, there)
        label = "published here"
        message = f"`{here.key}` looks like the preprint of `{there.key}`: one work is listed twice"
        typed = f"eprint = {{{here.eprint.number}}}" if here.eprint else "eprint = {…}"
        hints = ("delete this entry: the published one names its eprint",)
        if not there.eprint:
            added = f"add `{typed}` to the published one so that the preprint stays linked"
            hints = (f"delete this entry, and {added}",)
    elif number and not _titles_agree(one, other):
        message = f"`{here.key}` has the {number} of `{there.key}`, and another title"
        hints = (f"delete one of the entries if they are one work, else correct its {number}",)
    else:
        message = f"`{here.key}` looks like the same work as `{there.key}`"
        silencing = "write `% cvbuild: ignore lint-same-work` above one of them"
        hints = ("delete one of the two", f"if they are two works, or one extends the other, {silencing}")
    labels = (Label(there.key.span, label),)
    return Diagnostic("lint-same-work", message, here.key.span, "warning", labels, hints)


_WITH_LINK = frozenset("article inproceedings incollection inbook book".split())
"""Types of entries that should have a link. Theses and talks are often not online."""

# A prefix is `10.` and a registrant's number (DOI Handbook, 2.2). Registrants so far have four to
# nine digits, with subdivisions after dots.
_DOI = re.compile(r"10\.\d{4,9}(\.\d+)*/\S*[^\s.,;]")
_MOST_PAGES = 60
"""Maximum number of pages in a range with a shortened end: `100--90` hardly means `100--190`."""
_PAGE_RANGE = re.compile(r"([A-Za-z]*)(\d+)\s*[-–—]+\s*([A-Za-z]*)(\d+)")


def entry_slips(cv: Cv) -> Iterator[Diagnostic]:
    """Report missing links, malformed DOIs, reversed pages, titles in capitals and conflicting years."""
    for item in cv.publications:
        has_number = item.doi or item.eprint or item.raw.get("url") or item.raw.get("pubstate")
        is_linked = has_number or (item.type == "book" and item.raw.get("isbn"))
        texts = [text.inlines for text in item.text.values()]
        if item.type in _WITH_LINK and not is_linked and not any(map(_holds_link, texts)):
            message = f"`{item.key}` has neither DOI, URL nor eprint"
            hint = "add `doi = {10.…}`, so that readers get to the work"
            yield Diagnostic("lint-no-link", message, item.key.span, "note", hints=(hint,))
        if item.doi and not _DOI.fullmatch(item.doi):
            message, span = f"`{item.doi}` is not a DOI", item.doi.span.first_line()
            hint = "a DOI is `10.`, four digits or more, `/` and what the publisher chose"
            yield Diagnostic("lint-doi-shape", message, span, "warning", hints=(hint,))
        text = item.text.get("pages")
        ranges = [found.groups() for found in _PAGE_RANGE.finditer(str(text or ""))]
        wrong = next((found for found in ranges if _runs_backwards(*found)), None)
        if text and wrong:
            start, end = "".join(wrong[:2]), "".join(wrong[2:])
            message = f"the pages of `{item.key}` run backwards: {start} to {end}"
            hint = "the first page comes first: `pages = {90--100}`"
            yield Diagnostic("lint-pages", message, text.span.first_line(), "warning", hints=(hint,))
        title = str(item.title)
        if title.isupper() and len(re.findall(r"[^\W\d_]{3,}", title)) >= 3:  # as databases export them
            message = f"the title of `{item.key}` is in capital letters throughout"
            hint = "type it as the work itself has it; it is printed as typed"
            span = item.title.span.first_line()
            yield Diagnostic("lint-title-caps", message, span, "warning", hints=(hint,))
        date, year = item.raw.get("date"), (item.raw.get("year") or "").strip()
        if date and item.year and re.fullmatch(r"\d{4}", year) and not date.strip().startswith(year):
            message = f"the `year` of `{item.key}` is {year}, and its `date` says {date}"
            hint = "`date` is what counts; delete `year`, or correct the wrong one"
            span = item.year.span.first_line()
            yield Diagnostic("lint-year-mismatch", message, span, "warning", hints=(hint,))


def _holds_link(inlines: Inlines) -> bool:
    return any(
        isinstance(part, Link) or (isinstance(part, Styled) and _holds_link(part.content)) for part in inlines
    )


def _runs_backwards(letters: str, first: str, letters_after: str, last: str) -> bool:
    """Whether the last page is before the first; `1123--32` is not, being short for `1123--1132`."""
    if letters_after not in {letters, ""} or int(last) >= int(first):
        return False
    if letters_after or len(last) >= len(first):
        return True
    pages = int(first[: -len(last)] + last) - int(first)
    return not 0 < pages <= _MOST_PAGES
