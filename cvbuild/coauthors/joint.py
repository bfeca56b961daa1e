"""Joint publications of the last months and with whom, and what `contacts.yaml` says of these people.

The columns of the table begin with those of table 4 of NSF's template for Collaborators and Other
Affiliations: name, organisation, e-mail, last active date.
"""

from __future__ import annotations

import calendar
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from cvbuild.coauthors.spelled import Key, Merged, Person, fullest, key_of, merged, people, spellings, written
from cvbuild.content.cv import Cv
from cvbuild.content.persons import is_same_person
from cvbuild.content.publications import Publication
from cvbuild.content.reader import read
from cvbuild.content.settings import Contact
from cvbuild.diagnostics import Findings, Label, did_you_mean
from cvbuild.project import Project, read_source
from cvbuild.read.library import Name
from cvbuild.read.names import parse_name
from cvbuild.read.tree import YamlSequence
from cvbuild.read.yaml import load_yaml
from cvbuild.record import Record
from cvbuild.report.lines import Json, harmless
from cvbuild.source import Scalar, Span
from cvbuild.words import counted, folded, shortened

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
    findings = Findings()
    source = read_source(project, path, findings)
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
    known = []
    for contact in contacts:
        spelled = (contact.name, *contact.also_published_as)
        names = tuple((typed, parse_name(typed, typed.span, findings)) for typed in spelled)
        known.append(KnownContact(contact, names))
    seen: dict[Key, tuple[KnownContact, Scalar]] = {}
    for one in known:
        for typed, name in one.names:
            first, first_typed = seen.setdefault(key_of(name), (one, typed))
            if first is not one:
                _report_duplicate(typed, written(name), first_typed, findings)
    return tuple(known), findings


def _report_duplicate(typed: Scalar, shown: str, first: Scalar, findings: Findings) -> None:
    findings.error(
        "duplicate-contact",
        f"there are two contacts for `{shown}`",
        typed.span,
        "make one of them; other spellings go into its `also_published_as`",
        labels=[Label(first.span, "first here")],
    )


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


_MOST_SHOWN = 3


class Window(Record):
    """The days from `first` to `until`; what is dated later counts only where `counts_later`."""

    months: int
    until: date
    counts_later: bool = True

    @property
    def first(self) -> date:
        """The first day; where its month is shorter, the month's last."""
        month = self.until.year * 12 + self.until.month - 1 - self.months
        year, month = max(month // 12, 1), month % 12 + 1
        return date(year, month, min(self.until.day, calendar.monthrange(year, month)[1]))

    def has(self, item: Publication) -> bool:
        """Whether any day of the publication's date lies within; one in press is of today."""
        if item.date is None:
            return item.year is not None
        return item.date.last_day >= self.first.timetuple()[:3] and not self.is_behind(item)

    def is_behind(self, item: Publication) -> bool:
        """Whether a publication is dated too late to count."""
        return (
            not self.counts_later
            and item.date is not None
            and item.date.first_day > self.until.timetuple()[:3]
        )


class CoAuthor(Record):
    """A person with whom the owner published within a window.

    `family` has particle and suffix, `last_active` the date of the last joint publication as
    precise as its entry has it; `publications` are those within the window, `in_all` all.
    """

    family: str
    given: str
    also_spelled: tuple[str, ...]
    affiliation: str
    email: str
    last_active: str
    last: Publication
    publications: int
    in_all: int

    @property
    def name(self) -> str:
        """`Family, Given`."""
        return ", ".join(part for part in (self.family, self.given) if part)


class CoAuthors(Record):
    """The co-authors of a window by name.

    `publications` of the window have them, `ownerless` of these have no name of the owner's.
    `later` and `undated` ones do not count.
    """

    window: Window
    listed: tuple[CoAuthor, ...]
    publications: int
    ownerless: int
    later: int
    undated: int


def coauthors(
    cv: Cv, window: Window, contacts: Sequence[KnownContact] = (), *, editors: bool = False
) -> tuple[CoAuthors, Findings]:
    """Who published with the owner within a window, from all that was read of the bibliography.

    Editors count only where `editors` says so.
    """
    found = spellings(cv.publications, editors=editors)
    merging = merged(found, [[name for _, name in known.names] for known in contacts])
    whose, findings = found_people(contacts, merging)
    counted = frozenset(at for at, item in enumerate(cv.publications) if window.has(item))
    _report_unclear(merging, counted, cv, findings)
    _report_unnamed([cv.publications[at] for at in sorted(counted)], findings)
    listed = []
    for person in merging.everyone:
        if not (recent := sorted(person.works & counted)):
            continue
        last = max((cv.publications[at] for at in recent), key=_recency)
        known = whose.get(person)
        shown = known.shown_for(person) if known else person.best
        contact = known.contact if known else None
        listed.append(
            CoAuthor(
                family=written(Name(shown.family, "", shown.particle, shown.suffix)),
                given=shown.given,
                also_spelled=tuple(person.spelled_otherwise(shown)),
                affiliation=str(contact.affiliation or "") if contact else "",
                email=str(contact.email or "") if contact else "",
                last_active=str(last.date or last.year or ""),
                last=last,
                publications=len(recent),
                in_all=len(person.works),
            )
        )
    listed.sort(key=lambda one: (folded(one.family), folded(one.given), one.name))
    joint = [cv.publications[at] for at in counted if any(people(cv.publications[at], editors=editors))]
    ownerless = sum(not (item.owner_positions or item.editor_positions) for item in joint)
    later = sum(window.is_behind(item) for item in cv.publications)
    undated = sum(item.date is None and item.year is None for item in cv.publications)
    return CoAuthors(window, tuple(listed), len(joint), ownerless, later, undated), findings


def _recency(item: Publication) -> tuple[bool, tuple[int, int, int], tuple[int, int, int]]:
    """For sorting: in press after all dates, a year alone as its last day."""
    if item.date is None:
        return True, (0, 0, 0), (0, 0, 0)
    return False, item.date.last_day, item.date.first_day


def _report_unclear(people: Merged, counted: frozenset[int], cv: Cv, findings: Findings) -> None:
    """Spellings that fit several people, and people of one name in one list."""
    for doubtful, fits in people.doubts.items():
        for at in sorted(doubtful.works & counted)[:1]:
            names = sorted(f"`{written(person.best)}`" for person in fits)
            several = f"{', '.join(names[:-1])} or {names[-1]}"
            name = doubtful.best
            findings.warning(
                "coauthor-doubtful",
                f"`{written(name)}` may be {several}; listed on its own",
                (name.span or cv.publications[at].key.span).part(name.family),
                "spell the given name out in the .bib file, or name the spelling in the"
                " `also_published_as` of a contact in contacts.yaml",
            )
    for spelling in (spelling for person in people.everyone for spelling in person.spellings):
        for at in sorted(at for at, _ in spelling.twice if at in counted)[:1]:
            findings.warning(
                "coauthor-doubtful",
                f"`{written(spelling.name)}` stands twice in `{cv.publications[at].key}`: two people"
                " of one name are listed as one",
                cv.publications[at].key.span,
                "give the second one a line of its own where you hand the list in",
            )


def _report_unnamed(items: Sequence[Publication], findings: Findings) -> None:
    """What a list of people cannot show: those behind `and others`, and the members of a body."""
    cut = [item for item in items if item.authors.others]
    if cut:
        findings.warning(
            "coauthor-unnamed",
            f"the authors of {_keys(cut)} end in `and others`: those not named are missing here",
            (cut[0].authors.span or cut[0].key.span).first_line(),
            "name all authors in the .bib file",
        )
    bodies = {name.family: item for item in reversed(items) for name in item.authors.names if name.corporate}
    for body, item in reversed(bodies.items()):
        findings.warning(
            "coauthor-unnamed",
            f"`{body}` is a body and no person: its members are missing here",
            (item.authors.span or item.key.span).first_line(),
            "add those you worked with by hand, where the reader asks for them",
        )


def _keys(items: Sequence[Publication]) -> str:
    shown = [f"`{item.key}`" for item in items[:_MOST_SHOWN]]
    shown += [f"{len(items) - _MOST_SHOWN} more"] if len(items) > _MOST_SHOWN else []
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if shown[1:] else shown)


HEADER = (
    "Name", "Organizational affiliation", "E-mail", "Last active date", "Last joint publication",
    "Citation key", "Joint publications", "Joint publications in all", "Also spelled",
)  # fmt: skip
WIDTHS = (30, 40, 30, 16, 60, 24, 18, 24, 40)
"""Of the columns, in characters."""

_SHORTEST_TITLE, _LONGEST_TITLE = 20, 60
"""In characters, as far as its line keeps within the terminal."""
_TERMINAL = 80


def rows(found: CoAuthors) -> list[tuple[str, ...]]:
    """The table with its header."""
    listed = [
        (
            one.name,
            one.affiliation,
            one.email,
            one.last_active,
            str(one.last.title),
            str(one.last.key),
            str(one.publications),
            str(one.in_all),
            "; ".join(one.also_spelled),
        )
        for one in found.listed
    ]
    return [HEADER, *listed]


def as_lines(found: CoAuthors) -> Iterator[str]:
    """A table for people, affiliations and other spellings under the names, and its sum."""
    names = max((_width(one.name) for one in found.listed), default=0)
    dates = max([len("last"), *(_width(one.last_active) for one in found.listed)])
    if found.listed:
        yield f"{'name':{names}}  {'last':{dates}}  joint  last joint publication"
    for one in found.listed:
        name = one.name + " " * (names - _width(one.name))
        when = one.last_active + " " * (dates - _width(one.last_active))
        start, end = f"{name}  {when}  {one.publications:>5}  ", f" ({one.last.key})"
        room = _TERMINAL - _width(start) - _width(end)
        title = shortened(str(one.last.title), min(max(room, _SHORTEST_TITLE), _LONGEST_TITLE))
        yield harmless(f"{start}{title}{end}")
        if where := ", ".join(part for part in (one.affiliation, one.email) if part):
            yield harmless(f"  {where}")
        if one.also_spelled:
            yield harmless(f"  also {'; '.join(one.also_spelled)}")
    if found.listed:
        yield ""
    yield summary(found)


def summary(found: CoAuthors) -> str:
    """How many there are, since when, and what did not count."""
    found_in = f"{counted(len(found.listed), 'co-author')} in {counted(found.publications, 'publication')}"
    since = f"from {found.window.first} to {found.window.until}"
    uncounted = [f"{found.later} dated later"] if found.later else []
    uncounted += [f"{found.undated} without a year"] if found.undated else []
    ownerless = "; `cvbuild check --lint` says where the owner is missing" if found.ownerless else ""
    return f"{found_in} {since}" + (f"; not counted: {', '.join(uncounted)}" if uncounted else "") + ownerless


def _width(text: str) -> int:
    """Columns on a terminal: ideographs take two, combining marks none (Unicode, annex 11)."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def for_programs(found: CoAuthors) -> dict[str, Json]:
    """The same as data."""
    return {
        "from": str(found.window.first),
        "until": str(found.window.until),
        "months": found.window.months,
        "publications": found.publications,
        "coauthors": [
            {
                "family": one.family,
                "given": one.given,
                "also_spelled": list(one.also_spelled),
                "affiliation": one.affiliation or None,
                "email": one.email or None,
                "last_active": one.last_active,
                "last_publication": {"key": str(one.last.key), "title": str(one.last.title)},
                "publications": one.publications,
                "publications_in_all": one.in_all,
            }
            for one in found.listed
        ],
    }
