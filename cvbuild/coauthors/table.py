"""Co-authors as people, spreadsheets and programs read them.

The columns begin with those of table 4 of NSF's template for Collaborators and Other
Affiliations: name, organisation, e-mail, last active date.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from cvbuild.coauthors.joint import CoAuthors
from cvbuild.phrases import counted, shortened
from cvbuild.report.json import Json
from cvbuild.report.text import harmless

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
