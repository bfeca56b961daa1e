"""Publications that are probably one work entered twice, and slips within one entry."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from functools import cached_property

from cvbuild.content.publications import Publication
from cvbuild.diagnostics import Diagnostic, Label
from cvbuild.inline import Inlines, Link, Styled
from cvbuild.lint import Subject, suggestion, warning
from cvbuild.record import Record
from cvbuild.words import folded, neighbours, words

REACH = 8
"""How many titles before and after one, in alphabetical order, are compared with it."""

_ALIKE = 0.9
"""Of two titles' letters, the share that has to agree."""

_YEARS = 2
"""Between a preprint and its publication."""

_STOP_WORDS = frozenset("a an and at by for from in is of on or the to via with".split())
_PREPRINT = re.compile(
    r"arxiv|\bcorr\b|preprint|biorxiv|medrxiv|chemrxiv|psyarxiv|ssrn|research square|openreview"
)
_PREPRINT_TYPES = frozenset({"online", "unpublished"})
# What tells a work from the one that it is about.
_ABOUT = re.compile(
    r"(reply|response|answer|comments?|remarks?|errat|corrigend|correction|addend|retract|supplement)"
)
_NUMBER = re.compile(r"\d+\w*|[ivx]+|one|two|three|four|first|second|third")

# Types that may hold the same work; any other type is alone with itself.
_KIND_OF_TYPE = dict.fromkeys(
    "article inproceedings incollection inbook online unpublished misc report".split(), "paper"
) | dict.fromkeys("book collection proceedings mvbook mvcollection mvproceedings".split(), "book")


class _Work(Record):
    """A publication as it is compared."""

    publication: Publication
    title: tuple[str, ...]
    letters: str
    kind: str
    people: tuple[str, ...]
    rarest: tuple[str, ...]
    year: int | None

    @cached_property
    def numbers(self) -> list[str]:
        """The numbers in the title: they tell the parts of a series apart."""
        return sorted(word for word in self.title if _NUMBER.fullmatch(word))

    @cached_property
    def about(self) -> str | None:
        """What the work is to another one: a reply, an erratum."""
        found = _ABOUT.match(" ".join(self.title))
        return found[1] if found else None

    @cached_property
    def is_preprint(self) -> bool:
        venue = self.publication.text.get("journaltitle") or self.publication.text.get("booktitle")
        if venue is not None:
            return _PREPRINT.search(folded(str(venue))) is not None
        return self.publication.type in _PREPRINT_TYPES or self.publication.eprint is not None


def same_work(subject: Subject) -> Iterator[Diagnostic]:
    """Titles, authors and years that agree, or one DOI or eprint in two entries."""
    works = list(_works(subject.cv.publications))
    position = {id(work): at for at, work in enumerate(works)}
    found: dict[int, Diagnostic] = {}
    for one, other, reason in (*_with_one_number(works), *_alike(works)):
        at = position[id(other)]
        if at not in found and one.publication.key != other.publication.key:
            found[at] = _diagnostic(one, other, reason)
    yield from (found[at] for at in sorted(found))


def _works(publications: Iterable[Publication]) -> Iterator[_Work]:
    titles = [
        (item, tuple(word for word in words(str(item.title)) if word not in _STOP_WORDS))
        for item in publications
    ]
    frequency = Counter(word for _, title in titles for word in set(title))
    for item, title in titles:
        rarest = tuple(sorted(set(title), key=lambda word: (frequency[word], word)))
        people = tuple(folded(name.family) for name in item.names.names)
        kind = _KIND_OF_TYPE.get(item.type, item.type)
        yield _Work(item, title, "".join(title), kind, people, rarest, item.date.year if item.date else None)


def _with_one_number(works: list[_Work]) -> Iterator[tuple[_Work, _Work, str]]:
    """Works with the DOI or the eprint of an earlier one. Chapters may go by the DOI of their book."""
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
            are_chapters = {earlier.publication.type, item.type} <= {"inbook", "incollection"}
            if earlier is work or earlier.kind != work.kind:
                continue
            if not are_chapters or _titles_agree(earlier, work):
                yield earlier, work, name


def _alike(works: list[_Work]) -> Iterator[tuple[_Work, _Work, str]]:
    """Works whose titles begin or end alike, or share their rarest words, and that are the same."""
    titled = [work for work in works if work.title]
    keys = (
        lambda work: (work.letters, work.year or 0),
        lambda work: (work.letters[::-1], work.year or 0),
        lambda work: (work.rarest, work.year or 0),
    )
    for one, other in neighbours(titled, keys, REACH):
        if _is_same(one, other):
            yield one, other, ""


def _is_same(one: _Work, other: _Work) -> bool:
    if one.kind != other.kind:
        return False
    if one.year is not None and other.year is not None:
        apart = abs(one.year - other.year)
        if apart > _YEARS or (apart and _are_in_a_series(one, other)):
            return False
    return _authors_agree(one, other) and _titles_agree(one, other)


def _are_in_a_series(one: _Work, other: _Work) -> bool:
    """Whether both are published at the same place, as the reports of two years are."""
    venues = [
        folded(str(work.publication.text.get("journaltitle") or work.publication.text.get("booktitle") or ""))
        for work in (one, other)
    ]
    return venues[0] == venues[1] and not one.is_preprint


def _authors_agree(one: _Work, other: _Work) -> bool:
    """Whether they share the first author or half of the authors of the shorter list."""
    if not one.people or not other.people:
        return one.people == other.people
    shared = len(set(one.people) & set(other.people))
    return one.people[0] == other.people[0] or 2 * shared >= min(len(one.people), len(other.people))


def _titles_agree(one: _Work, other: _Work) -> bool:
    shorter = min(len(one.title), len(other.title))
    if 2 * len({*one.title} & {*other.title}) < shorter:
        return False
    if one.numbers != other.numbers or one.about != other.about:
        return False
    if one.letters == other.letters:
        # Titles such as Editorial or Preface say nothing: they have to stand at one place.
        return len(one.title) > 2 or _are_in_a_series(one, other) or one.is_preprint != other.is_preprint
    matcher = SequenceMatcher(None, one.letters, other.letters, autojunk=False)
    return (
        matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE
    )


def _diagnostic(one: _Work, other: _Work, reason: str) -> Diagnostic:
    """`other` stands later; of a preprint and its publication, the preprint is pointed at."""
    if one.is_preprint != other.is_preprint:
        preprint, published = (one, other) if one.is_preprint else (other, one)
        return _as_preprint(preprint.publication, published.publication)
    here, there = other.publication, one.publication
    label = (Label(there.key.span, "the other one"),)
    if reason and not _titles_agree(one, other):
        message = f"`{here.key}` has the {reason} of `{there.key}`, and another title"
        hint = f"delete one of the entries if they are one work, else correct its {reason}"
        return warning("lint-same-work", message, here.key.span, hint, labels=label)
    message = f"`{here.key}` looks like the same work as `{there.key}`"
    silencing = "write `% cvbuild: ignore lint-same-work` above one of them"
    hints = ("delete one of the two", f"if they are two works, or one extends the other, {silencing}")
    return warning("lint-same-work", message, here.key.span, *hints, labels=label)


def _as_preprint(preprint: Publication, published: Publication) -> Diagnostic:
    number = f"eprint = {{{preprint.eprint.number}}}" if preprint.eprint else "eprint = {…}"
    cure = (
        "delete this entry: the published one names its eprint"
        if published.eprint
        else f"delete this entry, and add `{number}` to the published one so that the preprint stays linked"
    )
    message = f"`{preprint.key}` looks like the preprint of `{published.key}`: one work is listed twice"
    label = Label(published.key.span, "published here")
    return warning("lint-same-work", message, preprint.key.span, cure, labels=(label,))


_WITH_LINK = frozenset("article inproceedings incollection inbook book".split())
"""Types of what readers expect to be able to open; a thesis or a talk often lies nowhere."""

# A prefix is `10.` and a registrant's number (DOI Handbook, 2.2); registrants so far have four to
# nine digits, with subdivisions after dots.
_DOI = re.compile(r"10\.\d{4,9}(\.\d+)*/\S*[^\s.,;]")
_MOST_PAGES = 60
"""Of a work whose last page is shortened: `100--90` is hardly meant as `100--190`."""
_PAGE_RANGE = re.compile(r"([A-Za-z]*)(\d+)\s*[-–—]+\s*([A-Za-z]*)(\d+)")


def no_link(subject: Subject) -> Iterator[Diagnostic]:
    """Articles, papers, chapters and books that readers have to search for themselves."""
    for item in subject.cv.publications:
        if item.type in _WITH_LINK and not _has_link(item):
            message = f"`{item.key}` has neither DOI, URL nor eprint"
            hint = "add `doi = {10.…}`, so that readers get to the work"
            yield suggestion("lint-no-link", message, item.key.span, hint)


def _has_link(item: Publication) -> bool:
    if item.doi or item.eprint or item.raw.get("url") or item.raw.get("pubstate"):
        return True
    if item.type == "book" and item.raw.get("isbn"):
        return True
    return any(_holds_link(text.inlines) for text in item.text.values())


def _holds_link(inlines: Inlines) -> bool:
    return any(
        isinstance(part, Link) or (isinstance(part, Styled) and _holds_link(part.content)) for part in inlines
    )


def doi_shape(subject: Subject) -> Iterator[Diagnostic]:
    """DOIs that cannot lead anywhere."""
    for item in subject.cv.publications:
        if item.doi and not _DOI.fullmatch(item.doi):
            hint = "a DOI is `10.`, four digits or more, `/` and what the publisher chose"
            yield warning("lint-doi-shape", f"`{item.doi}` is not a DOI", item.doi.span.first_line(), hint)


def pages(subject: Subject) -> Iterator[Diagnostic]:
    """Pages that run backwards."""
    for item in subject.cv.publications:
        text = item.text.get("pages")
        ranges = _PAGE_RANGE.finditer(str(text)) if text else ()
        wrong = next((pair for pair in ranges if _runs_backwards(*pair.groups())), None)
        if text and wrong:
            message = f"the pages of `{item.key}` run backwards: {wrong[1]}{wrong[2]} to {wrong[3]}{wrong[4]}"
            hint = "the first page comes first: `pages = {90--100}`"
            yield warning("lint-pages", message, text.span.first_line(), hint)


def _runs_backwards(letters: str, first: str, letters_after: str, last: str) -> bool:
    """Whether the last page is before the first. `1123--32` is short for `1123--1132`."""
    if letters_after not in {letters, ""} or int(last) >= int(first):
        return False
    if letters_after or len(last) >= len(first):
        return True
    pages = int(first[: -len(last)] + last) - int(first)
    return not 0 < pages <= _MOST_PAGES


def title_case(subject: Subject) -> Iterator[Diagnostic]:
    """Titles in capital letters throughout, as databases export them."""
    for item in subject.cv.publications:
        title = str(item.title)
        long_words = re.findall(r"[^\W\d_]{3,}", title)
        if len(long_words) >= 3 and title.isupper():
            message = f"the title of `{item.key}` is in capital letters throughout"
            hint = "type it as the work itself has it; it is printed as typed"
            yield warning("lint-title-caps", message, item.title.span.first_line(), hint)


def year_mismatch(subject: Subject) -> Iterator[Diagnostic]:
    """Entries whose `date` and `year` say different things."""
    for item in subject.cv.publications:
        date, year = item.raw.get("date"), (item.raw.get("year") or "").strip()
        if date and item.year and re.fullmatch(r"\d{4}", year) and not date.strip().startswith(year):
            message = f"the `year` of `{item.key}` is {year}, and its `date` says {date}"
            hint = "`date` is what counts; delete `year`, or correct the wrong one"
            yield warning("lint-year-mismatch", message, item.year.span.first_line(), hint)
