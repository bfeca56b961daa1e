"""`contacts.yaml`: what the user knows of co-authors, beside the content and printed in no CV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cvbuild.coauthors.spelled import Key, Person, Spelling, key_of, written
from cvbuild.diagnostics import Findings, Label, did_you_mean
from cvbuild.load.names import Name, parse_name
from cvbuild.load.yaml import YamlSequence, load_yaml
from cvbuild.model.contacts import Contact
from cvbuild.model.same_person import is_same_person
from cvbuild.model.validate import validate
from cvbuild.project import Project, Reader
from cvbuild.source import Scalar, Span

CONTACTS = "contacts.yaml"
"""At the project's root, since every file of `content/` is a section."""


@dataclass(frozen=True)
class KnownContact:
    """A contact with all its names, each as typed and read."""

    contact: Contact
    names: tuple[tuple[Scalar, Name], ...]


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
    contacts = [contact for item in tree if (contact := validate(Contact, item, whole, findings))]
    return tuple(_known(contact, findings) for contact in contacts), findings


def _known(contact: Contact, findings: Findings) -> KnownContact:
    typed = (contact.name, *contact.also_published_as)
    return KnownContact(contact, tuple((name, parse_name(name, name.span, findings)) for name in typed))


def claimed(contacts: Iterable[KnownContact]) -> list[list[Key]]:
    """The spellings that each contact says are this person's."""
    return [[key_of(name) for _, name in contact.names] for contact in contacts]


def found_people(
    contacts: Sequence[KnownContact], people: Sequence[Person], found: Mapping[Key, Spelling]
) -> tuple[dict[Person, Contact], Findings]:
    """Whose contact each is; what fits nobody, or several people, is reported."""
    findings = Findings()
    of_spelling = {id(spelling): person for person in people for spelling in person.spellings}
    by_family: dict[str, list[Person]] = {}
    for person in people:
        for family in {key_of(spelling.name)[0] for spelling in person.spellings}:
            by_family.setdefault(family, []).append(person)
    whose: dict[Person, Contact] = {}
    for known in contacts:
        for typed, name in known.names:
            key = key_of(name)
            if key in found:
                fits = [of_spelling[id(found[key])]]
            else:
                fits = [
                    person
                    for person in by_family.get(key[0], ())
                    if all(is_same_person(spelling.name, name) for spelling in person.spellings)
                ]
            if not fits:
                _report_unknown(typed, people, findings)
            elif len(fits) > 1:
                several = " or ".join(f"`{written(person.best)}`" for person in fits)
                findings.warning(
                    "ambiguous-contact",
                    f"the contact `{typed}` may be {several}",
                    typed.span,
                    "write the name as it stands in the .bib files",
                )
            elif (other := whose.setdefault(fits[0], known.contact)) is not known.contact:
                findings.error(
                    "duplicate-contact",
                    f"there are two contacts for `{written(fits[0].best)}`",
                    typed.span,
                    "make one of them; other spellings go into its `also_published_as`",
                    labels=[Label(other.name.span, "first here")],
                )
    return whose, findings


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
