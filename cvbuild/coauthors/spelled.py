"""Names as they are spelled, and which spellings are one person's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, combinations, product
from typing import TypeAlias

from cvbuild.content.persons import family_letters, given_names, given_names_agree, suffixes_agree
from cvbuild.content.publications import Publication
from cvbuild.read.library import Name
from cvbuild.record import MutableRecord, Record, field
from cvbuild.words import letters, spelled_out

Key: TypeAlias = tuple[str, tuple[str, ...], str]
"""What spellings share that differ in accents, case and dots alone: family name, given names, suffix."""

ListedIn: TypeAlias = tuple[int, str]
"""A list of names: the place of its entry among the publications, and `author` or `editor`."""


class Spelling(MutableRecord):
    """A name as some entries have it, but for accents, case and dots."""

    name: Name
    forms: Counter[str] = field(default_factory=Counter)
    """`Family, Given` as typed, with how often it is."""
    lists: set[ListedIn] = field(default_factory=set)
    twice: set[ListedIn] = field(default_factory=set)
    """The lists that have it more than once: two people are called so."""


class Person(Record, eq=False):
    """The spellings that are taken for one person's."""

    spellings: tuple[Spelling, ...]
    is_claimed: bool = False
    """Whether the user says that they are one person's."""

    @property
    def best(self) -> Name:
        """The longest spelling, and of those as long one with its accents."""
        return fullest(*(spelling.name for spelling in self.spellings))

    def spelled_otherwise(self, shown: Name) -> list[str]:
        """The spellings beside the one that is shown, the most frequent first."""
        counted: Counter[str] = Counter()
        for spelling in self.spellings:
            counted += spelling.forms
        # `J.` and `J` are one spelling for whoever reads the list.
        forms: dict[str, str] = {}
        for form in sorted(counted, key=lambda form: (-counted[form], form)):
            forms.setdefault(form.replace(".", ""), form)
        forms.pop(written(shown).replace(".", ""), None)
        return list(forms.values())

    @property
    def works(self) -> frozenset[int]:
        """The places of the publications that list this person."""
        return frozenset(at for at, _ in self.lists)

    @property
    def lists(self) -> frozenset[ListedIn]:
        """The lists of names that have this person."""
        return frozenset().union(*(spelling.lists for spelling in self.spellings))


def key_of(name: Name) -> Key:
    """What a name's spellings have in common."""
    return family_letters(name), given_names(name.given), letters(name.suffix)


def written(name: Name) -> str:
    """`Family, Given` with particle and suffix, as BibTeX writes it."""
    family = " ".join(part for part in (name.particle, name.family) if part)
    return ", ".join(part for part in (family, name.suffix, name.given) if part)


def fullest(*names: Name) -> Name:
    """Of one person's names the longest, and of those as long one with its accents."""
    return max(names, key=_fullness)


def _fullness(name: Name) -> tuple[bool, int, int, str]:
    whole = written(name)
    letters_of_given = sum(map(len, given_names(name.given)))
    accents = sum(not char.isascii() for char in whole)
    return not name.family.isupper(), letters_of_given, accents, whole


def spellings(publications: Sequence[Publication], *, editors: bool) -> dict[Key, Spelling]:
    """All spellings of people in the bibliography but the owner's; corporate bodies are none."""
    found: dict[Key, Spelling] = {}
    for at, item in enumerate(publications):
        for kind, name in people(item, editors=editors):
            key = key_of(name)
            spelling = found.setdefault(key, Spelling(name))
            spelling.name = fullest(spelling.name, name)
            spelling.forms[written(name)] += 1
            if (at, kind) in spelling.lists:
                spelling.twice.add((at, kind))
            spelling.lists.add((at, kind))
    return found


def people(item: Publication, *, editors: bool) -> Iterator[tuple[str, Name]]:
    """The people of an entry beside the owner, each with the list that has them."""
    # The owner's places are among the editors where there are no authors.
    owners = item.owner_positions if item.authors else frozenset()
    for at, name in enumerate(item.authors.names):
        if at not in owners and not name.corporate:
            yield "author", name
    for at, name in enumerate(item.editors.names if editors else ()):
        if at not in item.editor_positions and not name.corporate:
            yield "editor", name


class Merged(Record):
    """The people behind spellings: all, and those claimed in the order of the claims.

    `doubts` are spellings that fit people who are not one another, with these; each is left a person
    of its own.
    """

    everyone: tuple[Person, ...]
    claimed: tuple[Person, ...]
    doubts: Mapping[Person, Iterable[Person]]


def merged(found: Mapping[Key, Spelling], claimed: Iterable[Sequence[Name]]) -> Merged:
    """The people behind spellings, and the spellings that fit more than one of them.

    Spellings are one person's where family names agree, given names and initials do, and
    no list has both: whoever stands beside the other is somebody else. `claimed` are
    names that the user says are one person's, and nobody else's; no entry needs to have them.
    """
    left = dict(found)
    claims = []
    for names in claimed:
        by_key = {key_of(name): name for name in reversed(names)}
        spelled = (left.pop(key, Spelling(name)) for key, name in by_key.items())
        claims.append(Person(tuple(spelled), is_claimed=True))
    known = [*claims, *(Person((spelling,)) for spelling in left.values())]
    near = _near(known)
    doubtful = dict.fromkeys(one for one in known if _any_differ(near[one]))
    person_of = {one: one for one in doubtful}
    for one in known:
        if one not in person_of:
            alike = _reached(one, near, person_of)
            if _any_differ(alike):
                # Two at the ends of a chain: nobody can say where it breaks.
                doubtful |= alike
                person_of |= {other: other for other in alike}
            else:
                person = Person(tuple(spelling for other in alike for spelling in other.spellings))
                person_of |= dict.fromkeys(alike, person)
    return Merged(
        tuple(dict.fromkeys(person_of[one] for one in known)),
        tuple(person_of[one] for one in claims),
        {one: dict.fromkeys(person_of[other] for other in near[one]) for one in doubtful},
    )


def _any_differ(alike: Iterable[Person]) -> bool:
    return any(_differ(one, other) for one, other in combinations(alike, 2))


def _reached(
    start: Person, near: Mapping[Person, Iterable[Person]], taken: Container[Person]
) -> dict[Person, None]:
    """Those that hang together with one, but for those that are taken."""
    reached: dict[Person, None] = {}
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached[node] = None
            waiting += (other for other in near[node] if other not in taken)
    return reached


def _near(known: Sequence[Person]) -> dict[Person, dict[Person, None]]:
    """For each one those that agree with it, in a fixed order.

    Only those of one family name whose given names begin alike are compared.
    """
    buckets: dict[tuple[str, str], dict[Person, None]] = defaultdict(dict)
    for person in known:
        for spelling in person.spellings:
            for bucket in _buckets(spelling.name):
                buckets[bucket][person] = None
    near: dict[Person, dict[Person, None]] = {person: {} for person in known}
    for alike in buckets.values():
        claims = [person for person in alike if person.is_claimed]  # which are different people
        others = [person for person in alike if not person.is_claimed]
        for one, other in chain(product(claims, others), combinations(others, 2)):
            if _of_one_family(one, other) and not _differ(one, other):
                near[one][other] = near[other][one] = None
    return near


def _buckets(name: Name) -> Iterator[tuple[str, str]]:
    given = given_names(name.given)
    if given:
        for family in _families(name.particle, name.family):
            yield family, given[0][0]
        yield letters(name.family), given[0]


@lru_cache(maxsize=10_000)
def _families(particle: str, family: str) -> frozenset[str]:
    """Particle and family name, also with `ü` as `ue`."""
    names = (Name(family, "", particle), Name(spelled_out(family), "", spelled_out(particle)))
    return frozenset(family_letters(name) for name in names)


def _differ(one: Person, other: Person) -> bool:
    """Whether something tells them apart."""
    if (one.is_claimed and other.is_claimed) or not one.lists.isdisjoint(other.lists):
        return True
    pairs = _of_one_family(one, other) or [(one.spellings[0].name, other.spellings[0].name)]
    return not all(
        given_names_agree(name.given, another.given) and suffixes_agree(name, another)
        for name, another in pairs
    )


def _of_one_family(one: Person, other: Person) -> list[tuple[Name, Name]]:
    """The names of both that have one family name."""
    return [
        (spelling.name, another.name)
        for spelling in one.spellings
        for another in other.spellings
        if _have_one_family(spelling.name, another.name)
    ]


def _have_one_family(name: Name, other: Name) -> bool:
    """Whether family names agree; where one lacks its particle, the given name is to be written out."""
    if not _families(name.particle, name.family).isdisjoint(_families(other.particle, other.family)):
        return True
    given = given_names(name.given)[:1]
    return (
        letters(name.family) == letters(other.family)
        and bool(name.particle) != bool(other.particle)
        and given == given_names(other.given)[:1]
        and len("".join(given)) > 1
    )
