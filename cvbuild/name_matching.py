"""Merge the spellings of names in a bibliography into people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, combinations, product, starmap
from typing import TypeAlias

from cvbuild.content.persons import family_letters, given_names, given_names_agree, suffixes_agree
from cvbuild.content.publications import Publication
from cvbuild.read.parsed import Name
from cvbuild.record import MutableRecord, Record, field
from cvbuild.words import letters, spelled_out

Key: TypeAlias = tuple[str, tuple[str, ...], str]
"""Family name, given names and suffix, without accents, case or dots."""


class Spelling(MutableRecord):
    """All names with one key. `forms` counts typed forms `Family, Given`; `lists` counts uses in lists."""

    name: Name
    forms: Counter[str] = field(default_factory=Counter)
    lists: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Keys are the index of the publication, and `author` or `editor`."""


class Person(Record, eq=False):
    """The spellings that count as one person's; `is_claimed` if a contact of the user lists them."""

    spellings: tuple[Spelling, ...]
    is_claimed: bool = False

    @property
    def best(self) -> Name:
        """The fullest spelling."""
        return fullest(*(spelling.name for spelling in self.spellings))

    @property
    def lists(self) -> frozenset[tuple[int, str]]:
        """The lists of names with this person: the publication's index, and `author` or `editor`."""
        return frozenset().union(*(spelling.lists for spelling in self.spellings))

    @property
    def works(self) -> frozenset[int]:
        """The indices of the publications that list this person."""
        return frozenset(at for at, _ in self.lists)

    def spelled_otherwise(self, shown: Name) -> list[str]:
        """Return all typed spellings except `shown`, the most frequent first."""
        counted = Counter(form for spelling in self.spellings for form in spelling.forms.elements())
        # `J.` and `J` count as one spelling.
        forms: dict[str, str] = {}
        for form in sorted(counted, key=lambda form: (-counted[form], form)):
            forms.setdefault(form.replace(".", ""), form)
        forms.pop(written(shown).replace(".", ""), None)
        return list(forms.values())


class Merged(Record):
    """The people that spellings were merged into; `claimed` has those of the claims, in their order."""

    everyone: tuple[Person, ...]
    claimed: tuple[Person, ...]
    doubts: Mapping[Person, Iterable[Person]]
    """Spellings that fit several different people, with these people. Each stays a person of its own."""


def key_of(name: Name) -> Key:
    """Return the key of a name: equal for names that differ only in accents, case or dots."""
    return family_letters(name), given_names(name.given), letters(name.suffix)


def written(name: Name) -> str:
    """Return `Family, Given` with particle and suffix, in BibTeX's form."""
    family = " ".join(part for part in (name.particle, name.family) if part)
    return ", ".join(part for part in (family, name.suffix, name.given) if part)


def fullest(*names: Name) -> Name:
    """Return the fullest name: not in capitals, then with the longest given names, then the most accents."""

    def fullness(name: Name) -> tuple[bool, int, int, str]:
        whole = written(name)
        accents = sum(not char.isascii() for char in whole)
        return not name.family.isupper(), sum(map(len, given_names(name.given))), accents, whole

    return max(names, key=fullness)


def people(item: Publication, *, editors: bool) -> Iterator[tuple[str, Name]]:
    """Yield each person of an entry, after `author` or `editor`. Skip the owner and corporate bodies."""
    # In an entry without authors, `owner_positions` refers to the editors.
    owner = item.owner_positions if item.authors else frozenset()
    lists = [("author", item.authors, owner)]
    lists += [("editor", item.editors, item.editor_positions)] if editors else []
    for kind, listed, owners in lists:
        for at, name in enumerate(listed.names):
            if at not in owners and not name.corporate:
                yield kind, name


def merged(
    publications: Sequence[Publication], claimed: Iterable[Sequence[Name]], *, editors: bool
) -> Merged:
    """Merge spellings into people, without the owner; `doubts` has the spellings that fit several people.

    Two spellings are one person's if family names, given names and initials agree, and no list has both.
    Each item of `claimed` holds all names of one person, given by the user; they may occur in no entry.
    """
    left: dict[Key, Spelling] = {}
    for at, item in enumerate(publications):
        for kind, name in people(item, editors=editors):
            spelling = left.setdefault(key_of(name), Spelling(name))
            spelling.name = fullest(spelling.name, name)
            spelling.forms[written(name)] += 1
            spelling.lists[at, kind] += 1
    claims = []
    for names in claimed:
        by_key = {key_of(name): name for name in reversed(names)}
        spelled = (left.pop(key, Spelling(name)) for key, name in by_key.items())
        claims.append(Person(tuple(spelled), is_claimed=True))
    known = [*claims, *(Person((spelling,)) for spelling in left.values())]
    near = _near(known)
    doubtful = dict.fromkeys(one for one in known if any(starmap(_differ, combinations(near[one], 2))))
    person_of = {one: one for one in doubtful}
    for start in known:
        if start in person_of:
            continue
        alike: dict[Person, None] = {}
        waiting = [start]
        while waiting:
            one = waiting.pop()
            if one not in alike:
                alike[one] = None
                waiting += (other for other in near[one] if other not in person_of)
        if any(starmap(_differ, combinations(alike, 2))):
            # Neighbours in the chain agree but its ends differ: nothing shows where to divide it.
            doubtful |= alike
            person_of |= {one: one for one in alike}
        else:
            person = Person(tuple(spelling for one in alike for spelling in one.spellings))
            person_of |= dict.fromkeys(alike, person)
    everyone = tuple(dict.fromkeys(person_of[one] for one in known))
    doubts = {one: dict.fromkeys(person_of[other] for other in near[one]) for one in doubtful}
    return Merged(everyone, tuple(person_of[one] for one in claims), doubts)


def _near(known: Sequence[Person]) -> dict[Person, dict[Person, None]]:
    """Return for each person the people who may be the same, in a fixed order.

    For speed, only people with equal family names and first initials are compared. Claimed people differ.
    """
    buckets: defaultdict[tuple[str, str], dict[Person, None]] = defaultdict(dict)
    for person in known:
        for name in (spelling.name for spelling in person.spellings):
            if given := given_names(name.given):
                for family in _families(name.particle, name.family):
                    buckets[family, given[0][0]][person] = None
                buckets[letters(name.family), given[0]][person] = None
    near: dict[Person, dict[Person, None]] = {person: {} for person in known}
    for alike in buckets.values():
        claims = [person for person in alike if person.is_claimed]
        others = [person for person in alike if not person.is_claimed]
        for one, other in chain(product(claims, others), combinations(others, 2)):
            if _of_one_family(one, other) and not _differ(one, other):
                near[one][other] = near[other][one] = None
    return near


@lru_cache(maxsize=10_000)
def _families(particle: str, family: str) -> frozenset[str]:
    """Return particle and family name in two folded forms: with `ü` as `u` and as `ue`."""
    spelled = Name(spelled_out(family), "", spelled_out(particle))
    return frozenset({family_letters(Name(family, "", particle)), family_letters(spelled)})


def _differ(one: Person, other: Person) -> bool:
    """Return whether two people cannot be the same person."""
    if (one.is_claimed and other.is_claimed) or not one.lists.isdisjoint(other.lists):
        return True
    pairs = _of_one_family(one, other) or [(one.spellings[0].name, other.spellings[0].name)]
    return not all(
        given_names_agree(mine.given, their.given) and suffixes_agree(mine, their) for mine, their in pairs
    )


def _of_one_family(one: Person, other: Person) -> list[tuple[Name, Name]]:
    """Return all pairs of the two people's names that agree in the family name."""
    pairs = [(mine.name, their.name) for mine, their in product(one.spellings, other.spellings)]
    return [(name, another) for name, another in pairs if _have_one_family(name, another)]


def _have_one_family(name: Name, other: Name) -> bool:
    """Return whether family names agree. One may lack its particle if full first given names are equal."""
    if not _families(name.particle, name.family).isdisjoint(_families(other.particle, other.family)):
        return True
    given, others = given_names(name.given)[:1], given_names(other.given)[:1]
    agree = letters(name.family) == letters(other.family) and given == others and len("".join(given)) > 1
    return agree and bool(name.particle) != bool(other.particle)
