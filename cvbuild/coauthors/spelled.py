"""Names as they are spelled, and which spellings are one person's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, combinations, product
from typing import TypeAlias

from cvbuild.comparing import letters, spelled_out
from cvbuild.load.names import Name
from cvbuild.model.persons import (
    family_letters,
    given_names,
    given_names_agree,
    suffixes_agree,
)
from cvbuild.model.publications import Publication
from cvbuild.record import MutableRecord, Record, field

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
        seen = {written(shown).replace(".", "")}
        others = []
        for form in sorted(counted, key=lambda form: (-counted[form], form)):
            if form.replace(".", "") not in seen:
                seen.add(form.replace(".", ""))
                others.append(form)
        return others

    @property
    def works(self) -> frozenset[int]:
        """The places of the publications that list this person."""
        return frozenset(at for spelling in self.spellings for at, _ in spelling.lists)


class Doubt(Record, eq=False):
    """A spelling that fits people who are not one another, and is left a person of its own."""

    person: Person
    fits: tuple[Person, ...]


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


class _Node(Record, eq=False):
    """Spellings that are one person's for sure: a single one, or what the user claims."""

    spellings: tuple[Spelling, ...]
    is_claimed: bool = False

    @property
    def lists(self) -> frozenset[ListedIn]:
        return frozenset().union(*(spelling.lists for spelling in self.spellings))


class Merged(Record):
    """The people behind spellings: all, those claimed in the order of the claims, and the doubts."""

    everyone: tuple[Person, ...]
    claimed: tuple[Person, ...]
    doubts: tuple[Doubt, ...]


def merged(found: Mapping[Key, Spelling], claimed: Iterable[Sequence[Name]]) -> Merged:
    """The people behind spellings, and the spellings that fit more than one of them.

    Spellings are one person's where family names agree, given names and initials do, and
    no list has both: whoever stands beside the other is somebody else. `claimed` are
    names that the user says are one person's, and nobody else's; no entry needs to have them.
    """
    claims, others = _nodes(found, claimed)
    nodes = [*claims, *others]
    near = _near(nodes)
    doubtful = dict.fromkeys(
        node for node in nodes if any(_differ(one, two) for one, two in combinations(near[node], 2))
    )
    person_of: dict[_Node, Person] = {node: Person(node.spellings) for node in doubtful}
    for node in nodes:
        if node not in person_of:
            alike = _reached(node, near, person_of)
            if any(_differ(one, two) for one, two in combinations(alike, 2)):
                # Two at the ends of a chain: nobody can say where it breaks.
                doubtful |= alike
                person_of |= {one: Person(one.spellings) for one in alike}
                continue
            person = Person(tuple(spelling for one in alike for spelling in one.spellings))
            person_of |= dict.fromkeys(alike, person)
    doubts = (
        Doubt(person_of[node], tuple(dict.fromkeys(person_of[other] for other in near[node])))
        for node in doubtful
    )
    everyone = dict.fromkeys(person_of[node] for node in nodes)
    return Merged(tuple(everyone), tuple(person_of[node] for node in claims), tuple(doubts))


def _reached(
    start: _Node, near: Mapping[_Node, Iterable[_Node]], taken: Container[_Node]
) -> dict[_Node, None]:
    """The nodes that hang together with one, but for those that are taken."""
    reached: dict[_Node, None] = {}
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached[node] = None
            waiting += (other for other in near[node] if other not in taken)
    return reached


def _nodes(
    found: Mapping[Key, Spelling], claimed: Iterable[Sequence[Name]]
) -> tuple[list[_Node], list[_Node]]:
    """A node for each claim, and one for each spelling that none claims."""
    left = dict(found)
    claims = []
    for names in claimed:
        by_key = {key_of(name): name for name in reversed(names)}
        spelled = (left.pop(key) if key in left else Spelling(name) for key, name in by_key.items())
        claims.append(_Node(tuple(spelled), is_claimed=True))
    return claims, [_Node((spelling,)) for spelling in left.values()]


def _near(nodes: Sequence[_Node]) -> dict[_Node, dict[_Node, None]]:
    """For each node those that agree with it, in a fixed order.

    Only nodes of one family name whose given names begin alike are compared.
    """
    buckets: dict[tuple[str, str], dict[_Node, None]] = defaultdict(dict)
    for node in nodes:
        for spelling in node.spellings:
            for bucket in _buckets(spelling.name):
                buckets[bucket][node] = None
    near: dict[_Node, dict[_Node, None]] = {node: {} for node in nodes}
    for bucket_nodes in buckets.values():
        claims = [node for node in bucket_nodes if node.is_claimed]  # which are different people
        others = [node for node in bucket_nodes if not node.is_claimed]
        for one, other in chain(product(claims, others), combinations(others, 2)):
            if _agree(one, other):
                near[one][other] = near[other][one] = None
    return near


def _buckets(name: Name) -> Iterator[tuple[str, str]]:
    given = given_names(name.given)
    if given:
        for family in _families(name):
            yield family, given[0][0]
        yield letters(name.family), given[0]


def _families(name: Name) -> frozenset[str]:
    return _family_forms(name.particle, name.family)


@lru_cache(maxsize=10_000)
def _family_forms(particle: str, family: str) -> frozenset[str]:
    """Particle and family name, also with `ü` as `ue`."""
    names = (Name(family, "", particle), Name(spelled_out(family), "", spelled_out(particle)))
    return frozenset(family_letters(name) for name in names)


def _agree(one: _Node, other: _Node) -> bool:
    return bool(_of_one_family(one, other)) and not _differ(one, other)


def _differ(one: _Node, other: _Node) -> bool:
    """Whether something tells them apart."""
    if (one.is_claimed and other.is_claimed) or not one.lists.isdisjoint(other.lists):
        return True
    pairs = _of_one_family(one, other) or [(one.spellings[0].name, other.spellings[0].name)]
    return not all(
        given_names_agree(name.given, another.given) and suffixes_agree(name, another)
        for name, another in pairs
    )


def _of_one_family(one: _Node, other: _Node) -> list[tuple[Name, Name]]:
    """The names of both that have one family name."""
    return [
        (spelling.name, another.name)
        for spelling in one.spellings
        for another in other.spellings
        if _have_one_family(spelling.name, another.name)
    ]


def _have_one_family(name: Name, other: Name) -> bool:
    """Whether family names agree; where one lacks its particle, the given name is to be written out."""
    if not _families(name).isdisjoint(_families(other)):
        return True
    given = given_names(name.given)[:1]
    return (
        letters(name.family) == letters(other.family)
        and bool(name.particle) != bool(other.particle)
        and given == given_names(other.given)[:1]
        and len("".join(given)) > 1
    )
