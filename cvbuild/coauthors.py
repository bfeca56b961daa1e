"""List the owner's co-authors of the last months, with their contacts from `contacts.yaml`, as a table.

The first columns are those of table 4 in NSF's template for Collaborators and Other Affiliations: name,
organisation, e-mail, last active date.
"""

from __future__ import annotations

import calendar
import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from unicodedata import combining, east_asian_width

from cvbuild.content.cv import Cv
from cvbuild.content.persons import is_same_person
from cvbuild.content.publications import Publication
from cvbuild.content.reader import read
from cvbuild.content.settings import Contact
from cvbuild.content.values import Date
from cvbuild.diagnostics import Findings, Label, did_you_mean
from cvbuild.name_matching import Key, Merged, Person, fullest, key_of, merged, people, written
from cvbuild.project import Project, read_source
from cvbuild.read.names import parse_name
from cvbuild.read.parsed import Name, YamlSequence
from cvbuild.read.yaml import load_yaml
from cvbuild.record import Record, as_builtins
from cvbuild.report import Json, harmless
from cvbuild.source import Scalar, Span
from cvbuild.words import counted, folded, shortened

CONTACTS = "contacts.yaml"
"""File at the project's root, not in `content/`, where every file is a section."""

_MOST_SHOWN = 3
"""Maximum number of publications that a warning names."""

_SHORTEST_TITLE, _LONGEST_TITLE, _LONGEST_LINE = 20, 60, 80
"""Lengths in the table for people, in characters: a title fills its line, within its two limits."""

BYTE_ORDER_MARK = "\ufeff"
"""Without it at the beginning, Excel does not read a CSV file as UTF-8."""
_FORMULA = re.compile(r"^[=+\-@＝＋－＠]")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 forbids (section 2.2)."""
_MOST_CHARACTERS = 32_767
"""Maximum length of a cell in Excel, in characters."""
_TEXT = 49
"""Number format `@`: a cell stays text after editing (ECMA-376, Part 1, 18.8.30)."""


class KnownContact(Record):
    """A contact with all its names, each as typed and parsed."""

    contact: Contact
    names: tuple[tuple[Scalar, Name], ...]


def read_contacts(project: Project) -> tuple[tuple[KnownContact, ...], Findings]:
    """Return the contacts in the project's `contacts.yaml`; without the file, none."""
    path, findings = project.root / CONTACTS, Findings()
    source = read_source(project, path, findings) if path.exists() or path.is_symlink() else None
    tree, found = load_yaml(source) if source is not None else (None, Findings())
    findings.extend(found.items)
    if source is None or tree is None:
        return (), findings
    whole = Span(source, 0, 0)
    if not isinstance(tree, YamlSequence):
        place = getattr(tree, "span", whole).first_line()
        hint = "each contact is `- name: Family, Given` with `affiliation: …` and `email: …` under it"
        findings.error("wrong-type", "a list is expected here: lines that begin with `- `", place, hint)
        return (), findings
    known = []
    seen: dict[Key, tuple[Contact, Scalar]] = {}
    for contact in [contact for item in tree if (contact := read(Contact, item, whole, findings))]:
        spelled = (contact.name, *contact.also_published_as)
        names = tuple((typed, parse_name(typed, typed.span, findings)) for typed in spelled)
        known.append(KnownContact(contact, names))
        for typed, name in names:
            first, first_typed = seen.setdefault(key_of(name), (contact, typed))
            if first is not contact:
                _report_duplicate(typed, written(name), first_typed, findings)
    return tuple(known), findings


def _report_duplicate(typed: Scalar, shown: str, first: Scalar, findings: Findings) -> None:
    hint = "make one of them; other spellings go into its `also_published_as`"
    message, labels = f"there are two contacts for `{shown}`", [Label(first.span, "first here")]
    findings.error("duplicate-contact", message, typed.span, hint, labels=labels)


class Window(Record):
    """The days from `first` to `until`, both included; later days count as well if `counts_later`."""

    months: int
    until: date
    counts_later: bool = True

    @property
    def first(self) -> date:
        """The day `months` before `until`; in a shorter month, its last day."""
        month = self.until.year * 12 + self.until.month - 1 - self.months
        year, month = max(month // 12, 1), month % 12 + 1
        return date(year, month, min(self.until.day, calendar.monthrange(year, month)[1]))

    def has(self, item: Publication) -> bool:
        """Return whether any day of a publication's date is in the window; work in press always is."""
        if item.date is None:
            return item.year is not None
        return item.date.last_day >= self.first.timetuple()[:3] and not self.is_behind(item)

    def is_behind(self, item: Publication) -> bool:
        """Return whether a publication does not count because its date is after the window."""
        is_later = item.date is not None and item.date.first_day > self.until.timetuple()[:3]
        return is_later and not self.counts_later


class Work(Record):
    """A publication's citation key and title."""

    key: str
    title: str


class CoAuthor(Record):
    """A person who published with the owner within a window; `family` includes particle and suffix."""

    family: str
    given: str
    also_spelled: tuple[str, ...]
    affiliation: str | None
    email: str | None
    last_active: str
    """The date of the last joint publication, with the precision of its entry: `2024` or `2024-05`."""
    last_publication: Work
    publications: int
    """Number of joint publications within the window."""
    publications_in_all: int

    @property
    def name(self) -> str:
        """`Family, Given`."""
        return ", ".join(part for part in (self.family, self.given) if part)


class CoAuthors(Record):
    """The co-authors of a window, sorted by name; `publications` counts its works with co-authors."""

    window: Window
    listed: tuple[CoAuthor, ...]
    publications: int
    ownerless: int
    """Number of these publications that do not name the owner."""
    later: int
    undated: int


def coauthors(
    cv: Cv, window: Window, contacts: Sequence[KnownContact] = (), *, editors: bool = False
) -> tuple[CoAuthors, Findings]:
    """Return the people who published with the owner within a window; `editors` counts editors too."""
    claimed = [[name for _, name in known.names] for known in contacts]
    merging = merged(cv.publications, claimed, editors=editors)
    findings = Findings()
    whose = _match_contacts(contacts, merging, findings)
    recent = {at: item for at, item in enumerate(cv.publications) if window.has(item)}
    _report_doubts(merging, recent, findings)
    listed = []
    for person in merging.everyone:
        works = person.works
        joint = [item for at, item in recent.items() if at in works]
        if not joint:
            continue
        # Dates compare by their last day: a year alone sorts after its months, work in press after all.
        dates = [item.date or Date(9999, 12, 31) for item in joint]
        last = joint[max(range(len(joint)), key=lambda at: (dates[at].last_day, dates[at].first_day))]
        shown, affiliation, email = person.best, None, None
        if (known := whose.get(person)) is not None:
            affiliation, email = known.contact.affiliation, known.contact.email
            # Show the fullest spelling that agrees with the contact's name: others may be former names.
            name = known.names[0][1]
            shown = fullest(shown, name) if is_same_person(name, shown) else name
        listed.append(
            CoAuthor(
                written(Name(shown.family, "", shown.particle, shown.suffix)),
                shown.given,
                also_spelled=tuple(person.spelled_otherwise(shown)),
                affiliation=str(affiliation) if affiliation else None,
                email=str(email) if email else None,
                last_active=str(last.date or last.year or ""),
                last_publication=Work(str(last.key), str(last.title)),
                publications=len(joint),
                publications_in_all=len(works),
            )
        )
    listed.sort(key=lambda one: (folded(one.family), folded(one.given), one.name))
    shared = [item for item in recent.values() if any(people(item, editors=editors))]
    ownerless = sum(not (item.owner_positions or item.editor_positions) for item in shared)
    later = sum(window.is_behind(item) for item in cv.publications)
    undated = sum(item.date is None and item.year is None for item in cv.publications)
    return CoAuthors(window, tuple(listed), len(shared), ownerless, later, undated), findings


def _match_contacts(
    contacts: Sequence[KnownContact], people: Merged, findings: Findings
) -> dict[Person, KnownContact]:
    """Return the contact of each person. Report contacts' names that fit nobody, or several people."""
    listed = [person for person in people.everyone if person.works]
    claims = list(zip(people.claimed, contacts, strict=True))
    whose = {person: known for person, known in claims if person.works}
    for person, known in claims:
        for typed, name in known.names:
            fits = [
                other
                for other in ([person] if person.works else listed)
                if any(spelling.lists and is_same_person(spelling.name, name) for spelling in other.spellings)
            ]
            if not fits:
                # Without a comma the given name comes first: compare with names in that order.
                shown = [written(person.best) for person in listed]
                turned = {" ".join(reversed(name.split(", "))): name for name in shown}
                hints = did_you_mean(typed, shown if "," in typed else turned, cutoff=0.7)
                message = f"no entry in the .bib files has `{typed}` among its people beside the owner"
                findings.warning("unknown-contact", message, typed.span, *hints)
            elif not person.works and len(fits) == 1 and (other := whose.get(fits[0])):
                _report_duplicate(typed, written(fits[0].best), other.contact.name, findings)
            elif not person.works:
                several = " or ".join(f"`{written(person.best)}`" for person in fits)
                others = "" if fits[1:] else ", who may be others as well"
                message = f"the contact `{typed}` may be {several}{others}"
                cure = "write the name as it stands in the .bib files, or that spelling into"
                findings.warning("ambiguous-contact", message, typed.span, f"{cure} `also_published_as`")
    return whose


def _report_doubts(people: Merged, counting: Mapping[int, Publication], findings: Findings) -> None:
    """Report spellings that fit several people, namesakes in one entry, and people whom entries omit."""
    for doubtful, fits in people.doubts.items():
        for item in [item for at, item in counting.items() if at in doubtful.works][:1]:
            names = sorted(f"`{written(person.best)}`" for person in fits)
            name = doubtful.best
            message = f"`{written(name)}` may be {', '.join(names[:-1])} or {names[-1]}; listed on its own"
            span = (name.span or item.key.span).part(name.family)
            cure = "spell the given name out in the .bib file, or name the spelling in the"
            hint = f"{cure} `also_published_as` of a contact in contacts.yaml"
            findings.warning("coauthor-doubtful", message, span, hint)
    for spelling in (spelling for person in people.everyone for spelling in person.spellings):
        twice = {at for (at, _), times in spelling.lists.items() if times > 1}
        for item in [item for at, item in counting.items() if at in twice][:1]:
            said = f"`{written(spelling.name)}` stands twice in `{item.key}`"
            message = f"{said}: two people of one name are listed as one"
            hint = "give the second one a line of its own where you hand the list in"
            findings.warning("coauthor-doubtful", message, item.key.span, hint)
    if cut := [item for item in counting.values() if item.authors.others]:
        shown = [f"`{item.key}`" for item in cut[:_MOST_SHOWN]]
        shown += [f"{len(cut) - _MOST_SHOWN} more"] if len(cut) > _MOST_SHOWN else []
        keys = " and ".join([", ".join(shown[:-1]), shown[-1]] if shown[1:] else shown)
        message = f"the authors of {keys} end in `and others`: those not named are missing here"
        span = (cut[0].authors.span or cut[0].key.span).first_line()
        findings.warning("coauthor-unnamed", message, span, "name all authors in the .bib file")
    bodies: dict[str, Publication] = {}
    for item in counting.values():
        for body in (name.family for name in item.authors.names if name.corporate):
            bodies.setdefault(body, item)
    for body, item in bodies.items():
        message = f"`{body}` is a body and no person: its members are missing here"
        hint = "add those you worked with by hand, where the reader asks for them"
        span = (item.authors.span or item.key.span).first_line()
        findings.warning("coauthor-unnamed", message, span, hint)


def as_lines(found: CoAuthors) -> Iterator[str]:
    """Yield the table for people, affiliations and other spellings below each name, then the summary."""
    names = max((_width(one.name) for one in found.listed), default=0)
    dates = max([len("last"), *(_width(one.last_active) for one in found.listed)])
    if found.listed:
        yield f"{'name':{names}}  {'last':{dates}}  joint  last joint publication"
    for one in found.listed:
        name = one.name + " " * (names - _width(one.name))
        when = one.last_active + " " * (dates - _width(one.last_active))
        start, end = f"{name}  {when}  {one.publications:>5}  ", f" ({one.last_publication.key})"
        room = _LONGEST_LINE - _width(start) - _width(end)
        title = shortened(one.last_publication.title, min(max(room, _SHORTEST_TITLE), _LONGEST_TITLE))
        yield harmless(f"{start}{title}{end}")
        if where := ", ".join(part for part in (one.affiliation, one.email) if part):
            yield harmless(f"  {where}")
        if one.also_spelled:
            yield harmless(f"  also {'; '.join(one.also_spelled)}")
    if found.listed:
        yield ""
    yield summary(found)


def _width(text: str) -> int:
    """Return a text's width in terminal columns: 2 for wide characters, 0 for combining marks (UAX 11)."""
    return sum(1 + (east_asian_width(char) in "WF") for char in text if not combining(char))


def summary(found: CoAuthors) -> str:
    """Return one line: the number of co-authors, the window, and the publications that do not count."""
    found_in = f"{counted(len(found.listed), 'co-author')} in {counted(found.publications, 'publication')}"
    since = f"from {found.window.first} to {found.window.until}"
    uncounted = [f"{found.later} dated later"] if found.later else []
    uncounted += [f"{found.undated} without a year"] if found.undated else []
    ownerless = "; `cvbuild check --lint` says where the owner is missing" if found.ownerless else ""
    return f"{found_in} {since}" + (f"; not counted: {', '.join(uncounted)}" if uncounted else "") + ownerless


def for_programs(found: CoAuthors) -> dict[str, Json]:
    """Return the table as data."""
    window = found.window
    about = {"from": str(window.first), "until": str(window.until), "months": window.months}
    return {**about, "publications": found.publications, "coauthors": as_builtins(found.listed)}


_COLUMNS: Mapping[str, tuple[int, Callable[[CoAuthor], object]]] = {
    "Name": (30, lambda one: one.name),
    "Organizational affiliation": (40, lambda one: one.affiliation or ""),
    "E-mail": (30, lambda one: one.email or ""),
    "Last active date": (16, lambda one: one.last_active),
    "Last joint publication": (60, lambda one: one.last_publication.title),
    "Citation key": (24, lambda one: one.last_publication.key),
    "Joint publications": (18, lambda one: one.publications),
    "Joint publications in all": (24, lambda one: one.publications_in_all),
    "Also spelled": (40, lambda one: "; ".join(one.also_spelled)),
}
"""Columns for spreadsheet programs: the width in characters, and the function that gives the cell."""


def rows(found: CoAuthors) -> list[list[str]]:
    """Return the table for spreadsheet programs; the first row is the header."""
    return [list(_COLUMNS), *([str(cell(one)) for _, cell in _COLUMNS.values()] for one in found.listed)]


def as_csv(table: Sequence[Sequence[str]]) -> str:
    """Return the table as CSV (RFC 4180: lines end with CR LF)."""
    text = io.StringIO()
    # An apostrophe before a cell keeps spreadsheets from running it as a formula (OWASP, CSV injection).
    harmless_rows = ([_FORMULA.sub(r"'\g<0>", _cell(cell)) for cell in row] for row in table)
    csv.writer(text, lineterminator="\r\n").writerows(harmless_rows)
    return text.getvalue()


def as_xlsx(table: Sequence[Sequence[str]]) -> bytes:
    """Return the table as a workbook (Office Open XML) of text cells; the same rows give the same bytes."""
    from xlsxwriter import Workbook  # imported late: heavy, and used by one of four formats

    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(1980, 1, 1)})
        sheet = book.add_worksheet("Co-authors")
        sheet.freeze_panes(1, 0)  # the header stays visible
        plain = book.add_format({"num_format": _TEXT})
        bold = book.add_format({"num_format": _TEXT, "bold": True})
        for column, width in enumerate(width for width, _ in _COLUMNS.values()):
            sheet.set_column(column, column, width)
        for number, row in enumerate(table):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, _cell(cell), plain if number else bold)
    return content.getvalue()


def _cell(text: str) -> str:
    """Return text on one line, without characters that XML forbids, cut to Excel's maximum."""
    return " ".join(_NO_XML.sub("", text).split())[:_MOST_CHARACTERS]
