"""Co-authors whose names are spelled in more than one way, and entries without the owner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from cvbuild.comparing import folded, is_one_slip_apart, spelled_out, with_a_letter_less
from cvbuild.diagnostics import Diagnostic, did_you_mean
from cvbuild.lint.places import within
from cvbuild.lint.spellings import Spellings
from cvbuild.lint.subject import Subject
from cvbuild.load.names import Name
from cvbuild.model.persons import given_names_agree, is_initials, is_same_person
from cvbuild.model.publications import Publication
from cvbuild.record import MutableRecord, field

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
    near = [
        pair
        for pair in (*_reordered(people), *near)
        if _shared_coauthors(*pair, families) >= _SHARED_COAUTHORS
    ]
    for one, other in (*alike, *_wrong_way_round(people), *near):
        if one.works.isdisjoint(other.works):
            spellings.join(one.shown, other.shown)
    yield from spellings.diagnostics("the name", code="lint-name-spelling")


def _people(subject: Subject) -> tuple[list[_Person], Spellings[str]]:
    people: dict[str, _Person] = {}
    spellings = Spellings[str]()
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
                spellings.add(shown, within(name.span or item.key.span, name.family))
    return list(people.values()), spellings


def _families(item: Publication) -> frozenset[str]:
    """The family names of an entry."""
    return frozenset(folded(name.family) for name in (*item.authors.names, *item.editors.names))


def _given_names_agree(one: _Person, other: _Person) -> bool:
    """Whether given names of both can be one person's."""
    return any(given_names_agree(given, typed) for given in one.givens for typed in other.givens)


def _shared_coauthors(rarer: _Person, other: _Person, families: Sequence[frozenset[str]]) -> int:
    """How many families both have published with."""
    around = frozenset().union(*(families[at] for at in rarer.works))
    around -= {rarer.family, other.family}
    return len(frozenset().union(*(families[at] & around for at in other.works)))


def _as_printed(name: Name) -> tuple[str, str]:
    """Family name and initials. `KR`, all capitals without dots, is two initials."""
    initials = name.initials
    if is_initials(name.given):
        initials = name.given
    shown = " ".join(part for part in (name.particle, name.family, initials, name.suffix) if part)
    return shown.replace("’", "'"), initials


def _same_name(people: list[_Person]) -> Iterator[tuple[_Person, _Person]]:
    """The same name but for case, accents and hyphens."""
    together: dict[tuple[str, str], list[_Person]] = defaultdict(list)
    for person in people:
        for family in {person.family, person.spelled_out}:
            letters = family.replace("-", " ").replace("'", "")
            together[letters, person.letters].append(person)
    for alike in together.values():
        yield from pairwise(alike)


def _reordered(people: list[_Person]) -> Iterator[tuple[_Person, _Person]]:
    """The same initials in another order, as `M. M.-C.` and `M.-C. M.` are."""
    together: dict[tuple[str, str], list[_Person]] = defaultdict(list)
    for person in people:
        together[person.family, "".join(sorted(person.letters))].append(person)
    for alike in together.values():
        yield from ((one, other) for one, other in pairwise(alike) if one.letters != other.letters)


def _shortened(people: list[_Person]) -> Iterator[tuple[_Person, _Person]]:
    """A first initial alone, where one other name has it and more, as `K.` and `K.-R.` have."""
    together: dict[tuple[str, str], list[_Person]] = defaultdict(list)
    for person in people:
        together[person.family, person.letters[:1]].append(person)
    for alike in together.values():
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
    near: dict[tuple[str, str], list[_Person]] = defaultdict(list)
    for person in people:
        if len(person.family) >= _SHORTEST_MISSPELLED:
            for part in with_a_letter_less(person.family):
                near[part, person.letters].append(person)
    for group in near.values():
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
            yield Diagnostic(
                "lint-owner-missing",
                f"no entry in the .bib files has `{text}` among its authors or editors",
                text.span,
                "warning",
                hints=(
                    *did_you_mean(text, {f"{name.given} {name.family}".strip() for name in people}),
                    "a name that publications go by otherwise belongs into `also_published_as`",
                ),
            )
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
        yield Diagnostic(
            "lint-not-owner",
            f"the owner is neither author nor editor of `{item.key}`",
            (item.names.span or item.key.span).first_line(),
            "warning",
            hints=(hint,),
        )
