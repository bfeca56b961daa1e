"""Co-authors and venues that are spelled in more than one way, and entries without the owner."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from cvbuild.content.persons import given_names_agree, is_initials, is_same_person
from cvbuild.content.publications import Publication
from cvbuild.diagnostics import Diagnostic, Label, did_you_mean
from cvbuild.lint import Subject, warning
from cvbuild.read.library import Name
from cvbuild.record import MutableRecord, Record, field
from cvbuild.source import Span
from cvbuild.words import counted, folded, is_one_slip_apart, neighbours, spelled_out, with_a_letter_less


class Spellings:
    """Where each spelling stands, and which spellings are one thing's."""

    def __init__(self) -> None:
        self.places: dict[str, list[Span]] = {}
        self._above: dict[str, str] = {}

    def add(self, spelling: str, place: Span) -> None:
        """A spelling was found; a place that several entries share counts once."""
        places = self.places.setdefault(spelling, [])
        if not places or places[-1] != place:
            places.append(place)

    def join(self, one: str, other: str) -> None:
        """Two spellings are one thing's."""
        self._above[self._top(one)] = self._top(other)

    def _top(self, spelling: str) -> str:
        while (above := self._above.get(spelling, spelling)) != spelling:
            # Halving the way keeps chains short.
            self._above[spelling] = self._above.get(above, above)
            spelling = above
        return spelling

    def clusters(self) -> Iterable[list[str]]:
        """Spellings that belong together, the commonest first."""
        together: dict[str, list[str]] = {}
        for spelling in self.places:
            together.setdefault(self._top(spelling), []).append(spelling)
        for cluster in together.values():
            if len(cluster) > 1:
                yield sorted(cluster, key=lambda item: -len(self.places[item]))

    def diagnostics(self, what: str, code: str) -> Iterator[Diagnostic]:
        """Each rarer spelling, at its first place, with the commonest beside it."""
        for usual, *others in self.clusters():
            label = Label(self.places[usual][0], f"`{usual}` in {_entries(self.places[usual])}")
            for spelling in others:
                rarer = self.places[spelling]
                message = f"`{spelling}` ({_entries(rarer)}) looks like {what} `{usual}`, spelled differently"
                hint = f"spell both alike, or write `% cvbuild: ignore {code}` above one of the entries"
                yield warning(code, message, rarer[0], hint, labels=(label,))


def _entries(places: Sequence[Span]) -> str:
    return counted(len(places), "entry", "entries")


_SHORTEST_MISSPELLED = 5
_SHARED_COAUTHORS = 2
"""How many others, besides the owner, two spellings of a name have to have published with."""

_RARE = 2
"""A misspelling stands in so many entries at most, and in fewer than the right spelling."""


class _Person(MutableRecord):
    """One spelling of a name as it is printed, and where it stands."""

    shown: str
    family: str
    """Particle and family name, folded."""
    spelled_out: str
    """The same, with `ü` as `ue`."""
    letters: str
    """The initials, folded, without hyphens and spaces."""
    givens: set[str] = field(default_factory=set)
    """The given names as typed, all of which are printed as these initials."""
    works: set[int] = field(default_factory=set)


def name_spelling(subject: Subject) -> Iterator[Diagnostic]:
    """Accents, case of particles, hyphens, order and number of initials, names the wrong way round, slips.

    Whoever stands beside the other in one list of authors is somebody else.
    """
    people, spellings = _people(subject)
    owners = frozenset(folded(name.family) for name in subject.cv.owner_names)
    families = [_families(item) - owners for item in subject.cv.publications]
    alike = [pair for pair in _same_name(people) if _given_names_agree(*pair)]
    near = [pair for pair in (*_shortened(people), *_misspelled(people)) if _given_names_agree(*pair)]
    near = [pair for pair in (*_reordered(people), *near) if _share_coauthors(*pair, families)]
    for one, other in (*alike, *_wrong_way_round(people), *near):
        if one.works.isdisjoint(other.works):
            spellings.join(one.shown, other.shown)
    yield from spellings.diagnostics("the name", code="lint-name-spelling")


def _people(subject: Subject) -> tuple[list[_Person], Spellings]:
    people: dict[str, _Person] = {}
    spellings = Spellings()
    owners = {(name.particle, name.family) for name in subject.cv.owner_names}
    for at, item in enumerate(subject.cv.publications):
        for listed in (item.authors, item.editors):
            for name in listed.names:
                if name.corporate or not name.family or (name.particle, name.family) in owners:
                    continue
                shown, initials = _as_printed(name)
                if not initials:
                    continue
                if shown not in people:
                    family = " ".join(part for part in (name.particle, name.family) if part)
                    letters = folded(initials.replace("-", "").replace(" ", ""))
                    people[shown] = _Person(shown, folded(family), spelled_out(family), letters)
                people[shown].givens.add(name.given)
                people[shown].works.add(at)
                spellings.add(shown, (name.span or item.key.span).part(name.family))
    return list(people.values()), spellings


def _families(item: Publication) -> frozenset[str]:
    """The family names of an entry."""
    return frozenset(folded(name.family) for name in (*item.authors.names, *item.editors.names))


def _given_names_agree(one: _Person, other: _Person) -> bool:
    """Whether given names of both can be one person's."""
    return any(given_names_agree(given, typed) for given in one.givens for typed in other.givens)


def _share_coauthors(rarer: _Person, other: _Person, families: Sequence[frozenset[str]]) -> bool:
    """Whether both have published with the same families."""
    around = frozenset().union(*(families[at] for at in rarer.works))
    around -= {rarer.family, other.family}
    shared = frozenset().union(*(families[at] & around for at in other.works))
    return len(shared) >= _SHARED_COAUTHORS


def _as_printed(name: Name) -> tuple[str, str]:
    """Family name and initials. `KR`, all capitals without dots, is two initials."""
    initials = name.given if is_initials(name.given) else name.initials
    shown = " ".join(part for part in (name.particle, name.family, initials, name.suffix) if part)
    return shown.replace("’", "'"), initials


def _grouped(
    people: list[_Person], keys: Callable[[_Person], Iterable[tuple[str, str]]]
) -> Iterable[list[_Person]]:
    """People who share a key."""
    together: dict[tuple[str, str], list[_Person]] = defaultdict(list)
    for person in people:
        for key in keys(person):
            together[key].append(person)
    return together.values()


def _same_name(people: list[_Person]) -> Iterator[tuple[_Person, _Person]]:
    """The same name but for case, accents and hyphens."""

    def keys(person: _Person) -> Iterator[tuple[str, str]]:
        for family in {person.family, person.spelled_out}:
            yield family.replace("-", " ").replace("'", ""), person.letters

    for alike in _grouped(people, keys):
        yield from pairwise(alike)


def _reordered(people: list[_Person]) -> Iterator[tuple[_Person, _Person]]:
    """The same initials in another order, as `M. M.-C.` and `M.-C. M.` are."""
    for alike in _grouped(people, lambda one: [(one.family, "".join(sorted(one.letters)))]):
        yield from ((one, other) for one, other in pairwise(alike) if one.letters != other.letters)


def _shortened(people: list[_Person]) -> Iterator[tuple[_Person, _Person]]:
    """A first initial alone, where one other name has it and more, as `K.` and `K.-R.` have."""
    for alike in _grouped(people, lambda one: [(one.family, one.letters[:1])]):
        short = [person for person in alike if len(person.letters) == 1]
        long = [person for person in alike if len(person.letters) > 1]
        if len({"".join(sorted(person.letters)) for person in long}) == 1:
            yield from ((one, long[0]) for one in short)


def _wrong_way_round(people: list[_Person]) -> Iterator[tuple[_Person, _Person]]:
    """`Grace, Ada` for `Ada Grace`: given and family name in each other's place, both written out."""
    by_whole_name: dict[tuple[str, str], _Person] = {}
    for person in people:
        for given in map(folded, person.givens):
            if len(given) > 2 and given.isalpha() and given != person.family:
                by_whole_name[person.family, given] = person
    for (family, given), person in by_whole_name.items():
        if family < given and (other := by_whole_name.get((given, family))):
            yield person, other


def _misspelled(people: list[_Person]) -> Iterator[tuple[_Person, _Person]]:
    """Family names one slip apart, with the same initials and the same co-authors."""
    long = [person for person in people if len(person.family) >= _SHORTEST_MISSPELLED]
    for group in _grouped(long, lambda one: [(part, one.letters) for part in with_a_letter_less(one.family)]):
        if len(group) == 1:
            continue
        usual = max(group, key=lambda person: len(person.works))
        for person in group:
            if (
                len(person.works) <= _RARE
                and len(person.works) < len(usual.works)
                and is_one_slip_apart(person.family, usual.family)
            ):
                yield person, usual


def owner(subject: Subject) -> Iterator[Diagnostic]:
    """Names of the owner found in no entry, and entries in which no name is the owner's."""
    cv = subject.cv
    if not cv.publications:
        return
    typed = (cv.settings.owner.name, *cv.settings.owner.also_published_as)
    people = [name for item in cv.publications for listed in item.people.values() for name in listed.names]
    families: dict[str, list[Name]] = defaultdict(list)
    for name in people:
        families[folded(name.family)].append(name)
    found = [
        any(is_same_person(name, one) for name in families[folded(one.family)]) for one in cv.owner_names
    ]
    everywhere = [bool(item.owner_positions or item.editor_positions) for item in cv.publications]
    for text, is_found in zip(typed, found, strict=True):
        if not is_found and (text is not typed[0] or not any(everywhere)):
            message = f"no entry in the .bib files has `{text}` among its authors or editors"
            meant = did_you_mean(text, {f"{name.given} {name.family}".strip() for name in people})
            hint = "a name that publications go by otherwise belongs into `also_published_as`"
            yield warning("lint-owner-missing", message, text.span, *meant, hint)
    if any(everywhere):
        yield from _without_owner(subject)


def _without_owner(subject: Subject) -> Iterator[Diagnostic]:
    owners = subject.cv.owner_names
    for item in subject.cv.publications:
        people = [name for listed in item.people.values() for name in listed.names]
        if item.owner_positions or item.editor_positions or not people:
            continue
        if any(is_same_person(name, one) for name in people for one in owners):
            continue
        hint = (
            "name the owner before `and others`"
            if item.names.others
            else "add the spelling to `also_published_as` in cv.yaml, or mark the author:"
            " `author+an = {1=highlight}`"
        )
        message = f"the owner is neither author nor editor of `{item.key}`"
        yield warning("lint-not-owner", message, (item.names.span or item.key.span).first_line(), hint)


REACH = 8
"""How many names of the same initials, before and after one in alphabetical order, are compared with it."""

_UNSAID = frozenset(
    """a an and at de der des die du et for für fur in la le of on the und
    proceedings proc""".split()
)
"""Words that one spelling has and another leaves out."""

_WORD = re.compile(r"[^\W_]+\.?")
_ACRONYM_BEHIND = re.compile(r"\s*\(([^()\d]{3,})\)\s*$")
_WITH_CAPITALS = re.compile(r"\b[A-Z][A-Za-z]*\b")
_SHORTEST_ABBREVIATION = 3
_SHORTEST_MISSPELLED_WORD = 6


class _Venue(Record):
    """A name as it is compared: its words in small letters, each with a dot where one was typed."""

    typed: str
    dotted: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word.rstrip(".") for word in self.dotted)

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.dotted)


def venue_spelling(subject: Subject) -> Iterator[Diagnostic]:
    """Case, punctuation and small words; abbreviations; acronyms; slips of one letter in a long word."""
    spellings = Spellings()
    for item in subject.cv.publications:
        for name in ("journaltitle", "booktitle"):
            if text := item.text.get(name):
                spellings.add(str(text), text.span.first_line())
    venues = [venue for typed in spellings.places if (venue := _venue(typed)).dotted]
    first: dict[tuple[str, ...], _Venue] = {}
    for venue in venues:
        earlier = first.setdefault(venue.words, venue)
        if earlier is not venue:
            spellings.join(venue.typed, earlier.typed)
    distinct = list(first.values())
    for one, other in (*_alike(distinct), *_acronyms(distinct)):
        spellings.join(one.typed, other.typed)
    yield from spellings.diagnostics("the venue", code="lint-venue-spelling")
    yield from _inner_capitals(spellings)


def _venue(typed: str) -> _Venue:
    name = _ACRONYM_BEHIND.sub("", typed) or typed
    found = tuple(_WORD.findall(folded(name.replace("’", "").replace("'", ""))))
    said = tuple(word for word in found if word.rstrip(".") not in _UNSAID)
    return _Venue(typed, said or found)


def _alike(venues: list[_Venue]) -> Iterator[tuple[_Venue, _Venue]]:
    """Names of as many words with the same initials, one the abbreviation or a misspelling of the other.

    An abbreviation that fits several names says nothing of any of them.
    """
    full_names: dict[_Venue, list[_Venue]] = defaultdict(list)
    keys = (lambda venue: (venue.initials, venue.words), lambda venue: (venue.initials, venue.words[::-1]))
    for one, other in neighbours(venues, keys, REACH):
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
    """Whether each word is the other's or its beginning, as ISO 4 abbreviates; single letters need a dot."""
    return all(
        word.rstrip(".") == whole.rstrip(".")
        or (
            not whole.endswith(".")
            and word.rstrip(".").isalpha()
            and whole.startswith(word.rstrip("."))
            and (word.endswith(".") or len(word) >= _SHORTEST_ABBREVIATION)
        )
        for word, whole in zip(short.dotted, full.dotted, strict=True)
    )


def _is_misspelling(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one slip in one long word tells them apart; numbers and letters of parts are no slips."""
    differing = [(word, wrong) for word, wrong in zip(one, other, strict=True) if word != wrong]
    if len(differing) != 1 or sum(map(len, one)) < 2 * _SHORTEST_MISSPELLED_WORD:
        return False
    word, wrong = differing[0]
    return (
        min(len(word), len(wrong)) >= _SHORTEST_MISSPELLED_WORD
        and word.isalpha()
        and wrong.isalpha()
        and is_one_slip_apart(word, wrong)
    )


def _acronyms(venues: list[_Venue]) -> Iterator[tuple[_Venue, _Venue]]:
    """Names that consist of another one's initials, as JMLR does; two names with those initials are none."""
    by_initials: dict[str, list[_Venue]] = defaultdict(list)
    for venue in venues:
        if len(venue.dotted) >= 4 and not any(word.endswith(".") for word in venue.dotted):
            by_initials[venue.initials].append(venue)
    for venue in venues:
        if len(venue.dotted) == 1 and len(full := by_initials[venue.words[0]]) == 1:
            yield venue, full[0]


def _inner_capitals(spellings: Spellings) -> Iterator[Diagnostic]:
    """Acronyms with capitals inside, such as NeurIPS, that have them elsewhere in another venue's name."""
    reported = {spelling for cluster in spellings.clusters() for spelling in cluster}
    acronyms = Spellings()
    for typed, places in spellings.places.items():
        if typed in reported:
            continue
        for word in sorted(set(_WITH_CAPITALS.findall(typed))):
            if sum(char.isupper() for char in word) >= 2 and not word.isupper():
                for place in places:
                    acronyms.add(word, place.part(word))
    first: dict[str, str] = {}
    for word in acronyms.places:
        usual = first.setdefault(word.casefold(), word)
        if usual != word:
            acronyms.join(word, usual)
    yield from acronyms.diagnostics("the name", code="lint-venue-spelling")
