"""`contacts.yaml`: what the user knows of co-authors, beside the content and printed in no CV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cvbuild.coauthors.spelled import Key, Merged, Person, fullest, key_of, written
from cvbuild.content.reader import read
from cvbuild.diagnostics import Findings, Label, did_you_mean
from cvbuild.load.names import Name, parse_name
from cvbuild.load.tree import YamlSequence
from cvbuild.load.yaml import load_yaml
from cvbuild.model.persons import is_same_person
from cvbuild.model.settings import Contact
from cvbuild.project import Project, Reader
from cvbuild.record import Record
from cvbuild.source import Scalar, Span

CONTACTS = "contacts.yaml"
"""At the project's root, since every file of `content/` is a section."""


class KnownContact(Record):
    """A contact with all its names, each as typed and read."""

    contact: Contact
    names: tuple[tuple[Scalar, Name], ...]

    def shown_for(self, person: Person) -> Name:
        """The name to show: the longest spelling, unless that is a former or other name."""
        name = self.names[0][1]
        return fullest(person.best, name) if is_same_person(name, person.best) else name


def read_contacts(project: Project) -> tuple[tuple[KnownContact, ...], Findings]:
    """The contacts of a project, none where it has no such file."""
    path = project.root / CONTACTS
    if not path.exists() and not path.is_symlink():
        return (), Findings()
    reader = Reader(project)
    findings = reader.findings
    source = reader.read(path)
    if source is None:
        return (), findings
    tree, found = load_yaml(source)
    findings.extend(found.items)
    if tree is None:
        return (), findings
    whole = Span(source, 0, 0)
    if not isinstance(tree, YamlSequence):
        findings.error(
            "wrong-type",
            "a list is expected here: lines that begin with `- `",
            getattr(tree, "span", whole).first_line(),
            "each contact is `- name: Family, Given` with `affiliation: …` and `email: …` under it",
        )
        return (), findings
    contacts = [contact for item in tree if (contact := read(Contact, item, whole, findings))]
    known = tuple(_known(contact, findings) for contact in contacts)
    _check_unique(known, findings)
    return known, findings


def _check_unique(contacts: Iterable[KnownContact], findings: Findings) -> None:
    """No two contacts may have one name."""
    seen: dict[Key, tuple[KnownContact, Scalar]] = {}
    for known in contacts:
        for typed, name in known.names:
            first, first_typed = seen.setdefault(key_of(name), (known, typed))
            if first is not known:
                _report_duplicate(typed, written(name), first_typed, findings)


def _report_duplicate(typed: Scalar, shown: str, first: Scalar, findings: Findings) -> None:
    findings.error(
        "duplicate-contact",
        f"there are two contacts for `{shown}`",
        typed.span,
        "make one of them; other spellings go into its `also_published_as`",
        labels=[Label(first.span, "first here")],
    )


def _known(contact: Contact, findings: Findings) -> KnownContact:
    typed = (contact.name, *contact.also_published_as)
    return KnownContact(contact, tuple((name, parse_name(name, name.span, findings)) for name in typed))


def claimed(contacts: Iterable[KnownContact]) -> list[list[Name]]:
    """The names that each contact says are one person's."""
    return [[name for _, name in contact.names] for contact in contacts]


def found_people(
    contacts: Sequence[KnownContact], people: Merged
) -> tuple[dict[Person, KnownContact], Findings]:
    """Whose contact each is; a name that fits nobody, or several people, is reported.

    `people` are merged with what the contacts claim.
    """
    findings = Findings()
    listed = [person for person in people.everyone if person.works]
    by_family: dict[str, list[Person]] = {}
    for person in listed:
        for family in {key_of(spelling.name)[0] for spelling in person.spellings}:
            by_family.setdefault(family, []).append(person)
    whose = {person: known for person, known in zip(people.claimed, contacts, strict=True) if person.works}
    for person, known in zip(people.claimed, contacts, strict=True):
        for typed, name in known.names:
            fits = [
                other
                for other in ([person] if person.works else by_family.get(key_of(name)[0], ()))
                if any(spelling.lists and is_same_person(spelling.name, name) for spelling in other.spellings)
            ]
            if not fits:
                _report_unknown(typed, listed, findings)
            elif not person.works:
                _report_taken(typed, fits, whose, findings)
    return whose, findings


def _report_taken(
    typed: Scalar, fits: Sequence[Person], whose: Mapping[Person, KnownContact], findings: Findings
) -> None:
    """Report a contact that fits somebody without being this person's."""
    if len(fits) == 1 and (other := whose.get(fits[0])):
        _report_duplicate(typed, written(fits[0].best), other.contact.name, findings)
        return
    several = " or ".join(f"`{written(person.best)}`" for person in fits)
    findings.warning(
        "ambiguous-contact",
        f"the contact `{typed}` may be {several}" + ("" if fits[1:] else ", who may be others as well"),
        typed.span,
        "write the name as it stands in the .bib files, or that spelling into `also_published_as`",
    )


def _report_unknown(typed: Scalar, people: Sequence[Person], findings: Findings) -> None:
    names = [written(person.best) for person in people]
    # Whoever types a given name first means no other name.
    turned = {" ".join(reversed(name.split(", "))): name for name in names}
    findings.warning(
        "unknown-contact",
        f"no entry in the .bib files has `{typed}` among its people beside the owner",
        typed.span,
        *did_you_mean(typed, names if "," in typed else turned, cutoff=0.7),
    )
