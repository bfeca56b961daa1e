"""Lint rules on names: co-authors and venues with several spellings, and entries without the owner."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import TypeAlias

from cvbuild.content.cv import Cv
from cvbuild.content.persons import given_names_agree, is_initials, is_same_person
from cvbuild.diagnostics import Diagnostic, Label, did_you_mean
from cvbuild.read.parsed import Name
from cvbuild.record import MutableRecord, Record, field
from cvbuild.source import Span
from cvbuild.words import counted, folded, is_one_slip_apart, neighbours, spelled_out, with_a_letter_less

Places: TypeAlias = dict[str, list[Span]]
"""The places of each spelling, in the order of the .bib files."""


def _add_place(places: Places, spelling: str, place: Span) -> None:
    """Add a place of a spelling, unless it equals the last one: entries share texts by `crossref`."""
    known = places.setdefault(spelling, [])
    if known[-1:] != [place]:
        known.append(place)


def _different_spellings(
    places: Places, pairs: Iterable[tuple[str, str]], what: str, code: str
) -> Iterator[Diagnostic]:
    """Yield a warning at the first place of each rarer spelling, labelled with the most frequent one.

    Each pair in `pairs` spells one thing. Pairs that have a spelling in common spell the same thing.
    """
    together = {spelling: [spelling] for spelling in places}
    for pair in pairs:
        small, large = sorted((together[spelling] for spelling in pair), key=len)
        if small is not large:
            large += small
            together.update(dict.fromkeys(small, large))
    order = {spelling: at for at, spelling in enumerate(places)}
    for cluster in {id(cluster): cluster for cluster in together.values()}.values():
        usual, *others = sorted(cluster, key=lambda spelling: (-len(places[spelling]), order[spelling]))
        entries = [counted(len(places[spelling]), "entry", "entries") for spelling in (usual, *others)]
        label = Label(places[usual][0], f"`{usual}` in {entries[0]}")
        for spelling, number in zip(others, entries[1:], strict=True):
            message = f"`{spelling}` ({number}) looks like {what} `{usual}`, spelled differently"
            hint = f"spell both alike, or write `% cvbuild: ignore {code}` above one of the entries"
            yield Diagnostic(code, message, places[spelling][0], "warning", (label,), (hint,))


_SHORTEST_MISSPELLED = 5
"""Minimum length of a family name, in letters, that is compared for one typing error."""

_SHARED_COAUTHORS = 2
"""Minimum number of co-authors, besides the owner, that two spellings of one name have in common."""

_RARE = 2
"""Maximum number of entries with a misspelling; more entries have the right spelling."""


class _Person(MutableRecord):
    """One printed spelling of a name, with its entries."""

    shown: str
    family: str
    """Particle and family name, folded."""
    spelled_out: str
    """Like `family`, but with `ü` as `ue`."""
    letters: str
    """The initials, folded, without hyphens and spaces."""
    givens: set[str] = field(default_factory=set)
    """The given names as typed; they are printed as initials."""
    works: set[int] = field(default_factory=set)
    """The positions of the entries."""


def name_spelling(cv: Cv) -> Iterator[Diagnostic]:
    """Report names that differ only in accents, case, hyphens, initials, order or one letter."""
    people: dict[str, _Person] = {}
    """All people but the owner, by printed name."""
    places: Places = {}
    families: list[set[str]] = []
    """The family names of each entry."""
    owners = {(name.particle, name.family) for name in cv.owner_names}
    for at, item in enumerate(cv.publications):
        names = (*item.authors.names, *item.editors.names)
        families.append({folded(name.family) for name in names})
        for name in names:
            # `KR`, in capitals without dots, stands for two initials.
            initials = name.given if is_initials(name.given) else name.initials
            is_owner = (name.particle, name.family) in owners
            if name.corporate or not name.family or not initials or is_owner:
                continue
            family = " ".join(part for part in (name.particle, name.family) if part)
            shown = " ".join(part for part in (family, initials, name.suffix) if part).replace("’", "'")
            if shown not in people:
                letters = folded(initials.replace("-", "").replace(" ", ""))
                people[shown] = _Person(shown, folded(family), spelled_out(family), letters)
            people[shown].givens.add(name.given)
            people[shown].works.add(at)
            _add_place(places, shown, (name.span or item.key.span).part(name.family))
    pairs = list(_spelled_alike(people.values()))
    owner_families = {folded(name.family) for name in cv.owner_names}
    for one, other in _nearly_alike(people.values()):
        coauthors = [set().union(*(families[at] for at in person.works)) for person in (one, other)]
        shared = (coauthors[0] & coauthors[1]) - owner_families - {one.family, other.family}
        if len(shared) >= _SHARED_COAUTHORS:
            pairs.append((one, other))
    # Two names in one entry are two people.
    apart = ((one.shown, other.shown) for one, other in pairs if one.works.isdisjoint(other.works))
    yield from _different_spellings(places, apart, "the name", code="lint-name-spelling")


def _grouped(keyed: Iterable[tuple[str, str, _Person]]) -> Iterable[list[_Person]]:
    """Group people by the given forms of family name and initials; return groups of two or more."""
    together: dict[tuple[str, str], list[_Person]] = defaultdict(list)
    for family, initials, person in keyed:
        together[family, initials].append(person)
    return [group for group in together.values() if len(group) > 1]


def _given_names_fit(one: _Person, other: _Person) -> bool:
    return any(given_names_agree(given, typed) for given in one.givens for typed in other.givens)


def _spelled_alike(people: Collection[_Person]) -> Iterator[tuple[_Person, _Person]]:
    """Yield pairs of spellings that differ in case, accents, hyphens, or by swapped names."""
    forms = ((family, one) for one in people for family in {one.family, one.spelled_out})
    for alike in _grouped(
        (family.replace("-", " ").replace("'", ""), one.letters, one) for family, one in forms
    ):
        yield from (pair for pair in pairwise(alike) if _given_names_fit(*pair))
    # Swapped names, `Ada, Grace` for `Grace, Ada`, are found if the given name is written out.
    whole: dict[tuple[str, str], _Person] = {}
    for person in people:
        for given in map(folded, person.givens):
            if len(given) > 2 and given.isalpha() and given != person.family:
                whole[person.family, given] = person
    for (family, given), person in whole.items():
        if family < given and (other := whole.get((given, family))):
            yield person, other


def _nearly_alike(people: Collection[_Person]) -> Iterator[tuple[_Person, _Person]]:
    """Yield pairs of spellings that may be one name, if both share co-authors.

    They differ in the order of initials, as `M. M.-C.` and `M.-C. M.`; in missing initials, as `K.` and
    `K.-R.`, if no other name fits; or in one letter of the family name.
    """
    for alike in _grouped((one.family, "".join(sorted(one.letters)), one) for one in people):
        yield from (pair for pair in pairwise(alike) if pair[0].letters != pair[1].letters)
    pairs: list[tuple[_Person, _Person]] = []
    for alike in _grouped((one.family, one.letters[:1], one) for one in people):
        long = [person for person in alike if len(person.letters) > 1]
        if len({"".join(sorted(person.letters)) for person in long}) == 1:
            pairs += [(person, long[0]) for person in alike if len(person.letters) == 1]
    long_names = [person for person in people if len(person.family) >= _SHORTEST_MISSPELLED]
    for alike in _grouped(
        (less, one.letters, one) for one in long_names for less in with_a_letter_less(one.family)
    ):
        usual = max(alike, key=lambda person: len(person.works))
        rare = [person for person in alike if len(person.works) <= min(_RARE, len(usual.works) - 1)]
        pairs += [(person, usual) for person in rare if is_one_slip_apart(person.family, usual.family)]
    yield from (pair for pair in pairs if _given_names_fit(*pair))


def owner(cv: Cv) -> Iterator[Diagnostic]:
    """Report names of the owner that are in no entry, and entries without the owner."""
    typed = (cv.settings.owner.name, *cv.settings.owner.also_published_as)
    people = [[name for listed in item.people.values() for name in listed.names] for item in cv.publications]
    families: dict[str, list[Name]] = defaultdict(list)
    for name in (name for names in people for name in names):
        families[folded(name.family)].append(name)
    has_owner = [bool(item.owner_positions or item.editor_positions) for item in cv.publications]
    is_anywhere = any(has_owner)
    for text, one in zip(typed, cv.owner_names, strict=True) if cv.publications else ():
        is_found = any(is_same_person(name, one) for name in families[folded(one.family)])
        if not is_found and (text is not typed[0] or not is_anywhere):
            full = {f"{name.given} {name.family}".strip() for names in people for name in names}
            message = f"no entry in the .bib files has `{text}` among its authors or editors"
            hint = "a name that publications go by otherwise belongs into `also_published_as`"
            hints = (*did_you_mean(text, full), hint)
            yield Diagnostic("lint-owner-missing", message, text.span, "warning", hints=hints)
    for item, names, is_owners in zip(cv.publications, people, has_owner, strict=True):
        if is_owners or not names or not is_anywhere:
            continue
        if not any(is_same_person(name, one) for name in names for one in cv.owner_names):
            message = f"the owner is neither author nor editor of `{item.key}`"
            marking = "mark the author: `author+an = {1=highlight}`"
            hint = f"add the spelling to `also_published_as` in cv.yaml, or {marking}"
            if item.names.others:
                hint = "name the owner before `and others`"
            span = (item.names.span or item.key.span).first_line()
            yield Diagnostic("lint-not-owner", message, span, "warning", hints=(hint,))


_REACH = 8
"""Number of neighbours on each side, sorted by initials and words, that a venue is compared with."""

_IGNORED_WORDS = frozenset(
    """a an and at de der des die du et for für fur in la le of on the und
    proceedings proc""".split()
)
"""Words to ignore in venues, since some spellings omit them."""

_WORD = re.compile(r"[^\W_]+\.?")
_ACRONYM_BEHIND = re.compile(r"\s*\(([^()\d]{3,})\)\s*$")
_WITH_CAPITALS = re.compile(r"\b[A-Z][A-Za-z]*\b")
_SHORTEST_ABBREVIATION = 3
"""Minimum length of an abbreviation without a dot, in letters."""
_SHORTEST_MISSPELLED_WORD = 6
"""Minimum length in letters of a word compared for one typing error; the venue needs twice as many."""


class _Venue(Record):
    """A venue's name as typed, its folded words with and without final dots, and their initials."""

    typed: str
    dotted: tuple[str, ...]
    words: tuple[str, ...]
    initials: str


def venue_spelling(cv: Cv) -> Iterator[Diagnostic]:
    """Report venues that differ only in case, punctuation, small words, abbreviations or one letter."""
    places: Places = {}
    for item in cv.publications:
        for name in ("journaltitle", "booktitle"):
            if text := item.text.get(name):
                _add_place(places, str(text), text.span.first_line())
    pairs: list[tuple[str, str]] = []
    first: dict[tuple[str, ...], _Venue] = {}
    for typed in places:
        bare = _ACRONYM_BEHIND.sub("", typed) or typed
        found = tuple(_WORD.findall(folded(bare.replace("’", "").replace("'", ""))))
        dotted = tuple(word for word in found if word.rstrip(".") not in _IGNORED_WORDS) or found
        if dotted:
            words = tuple(word.rstrip(".") for word in dotted)
            venue = _Venue(typed, dotted, words, "".join(word[0] for word in words))
            pairs.append((typed, first.setdefault(words, venue).typed))
    venues = list(first.values())
    pairs += [(one.typed, other.typed) for one, other in _similar_venues(venues)]
    # Pair an acronym such as JMLR with the name that has these initials, unless several names have them.
    by_initials: dict[str, list[str]] = defaultdict(list)
    for venue in venues:
        if len(venue.words) >= 4 and venue.dotted == venue.words:
            by_initials[venue.initials].append(venue.typed)
    for venue in venues:
        if len(venue.words) == 1 and len(full := by_initials[venue.words[0]]) == 1:
            pairs.append((venue.typed, full[0]))
    yield from _different_spellings(places, pairs, "the venue", code="lint-venue-spelling")
    reported = {spelling for pair in pairs if pair[0] != pair[1] for spelling in pair}
    # Acronyms within names, such as NeurIPS, whose capitals differ between venues.
    acronyms: Places = {}
    for typed, spans in places.items():
        for word in sorted(set(_WITH_CAPITALS.findall(typed))) if typed not in reported else ():
            if sum(char.isupper() for char in word) >= 2 and not word.isupper():
                for span in spans:
                    _add_place(acronyms, word, span.part(word))
    by_case: dict[str, str] = {}
    alike = [(word, by_case.setdefault(word.casefold(), word)) for word in acronyms]
    yield from _different_spellings(acronyms, alike, "the name", code="lint-venue-spelling")


def _similar_venues(venues: list[_Venue]) -> Iterator[tuple[_Venue, _Venue]]:
    """Yield pairs of venues with equal initials if one abbreviates or misspells the other.

    An abbreviation that fits several different names is paired with none of them.
    """
    full_names: dict[_Venue, list[_Venue]] = defaultdict(list)
    keys = (lambda venue: (venue.initials, venue.words), lambda venue: (venue.initials, venue.words[::-1]))
    for one, other in neighbours(venues, keys, _REACH):
        if one.initials != other.initials:
            continue
        if _is_misspelling(one.words, other.words):
            yield one, other
        elif _is_abbreviation(one, other):
            full_names[one].append(other)
        elif _is_abbreviation(other, one):
            full_names[other].append(one)
    for short, full in full_names.items():
        longest = max(full, key=lambda venue: len("".join(venue.words)))
        if all(venue is longest or _is_abbreviation(venue, longest) for venue in full):
            yield short, longest


def _is_abbreviation(short: _Venue, full: _Venue) -> bool:
    """Whether each word equals the full word, or begins it (ISO 4); words of 1 or 2 letters need a dot."""
    for word, bare, whole, bare_whole in zip(short.dotted, short.words, full.dotted, full.words, strict=True):
        is_beginning = not whole.endswith(".") and bare.isalpha() and whole.startswith(bare)
        is_plain = word.endswith(".") or len(word) >= _SHORTEST_ABBREVIATION
        if bare != bare_whole and not (is_beginning and is_plain):
            return False
    return True


def _is_misspelling(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether names differ by one typing error in one long word of letters only."""
    differing = [(word, wrong) for word, wrong in zip(one, other, strict=True) if word != wrong]
    if len(differing) != 1 or sum(map(len, one)) < 2 * _SHORTEST_MISSPELLED_WORD:
        return False
    is_long = all(len(word) >= _SHORTEST_MISSPELLED_WORD and word.isalpha() for word in differing[0])
    return is_long and is_one_slip_apart(*differing[0])
