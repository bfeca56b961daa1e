"""A selected variant: its sections, its ledger, and the cuts that fit it to pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from cvbuild.content.kinds import Item, Section
from cvbuild.content.publications import Publication
from cvbuild.content.settings import SectionChoice, Settings, Variant
from cvbuild.content.values import Date, Text
from cvbuild.diagnostics import UsageProblem, did_you_mean
from cvbuild.read.parsed import Name
from cvbuild.record import Record, field, replace
from cvbuild.select.request import Request
from cvbuild.source import Span

LAST_PRIORITY = 1_000_000
"""The priority of an entry without one; it is left out first."""


class SelectedGroup(Record):
    """Items to print under one heading, which may be missing."""

    title: Text | None
    note: Text | None
    items: tuple[Any, ...]


class SelectedCategory(Record):
    """Publications to print under one heading; the theme supplies a `title` of None."""

    id: str
    title: Text | None
    note: Text | None
    publications: tuple[Publication, ...]


class CountedFigure(Record):
    """A row of the metrics table with its two figures; None prints a blank."""

    label: Text
    all: int
    since: int | None


class LegendLine(Record):
    """The meaning of a mark, `new` or a `sign` after names; `count` of `total` entries have the mark."""

    meaning: str
    count: int
    total: int
    since: Date | None = None
    sign: str = ""


class SelectedSection(Record):
    """A section as a variant prints it; `at` is its position (0-based) among the variant's choices."""

    name: str
    kind: str
    title: Text
    note: Text | None
    detail: str
    section: Section
    grouped: bool = True
    annotated: bool = False
    groups: tuple[SelectedGroup, ...] = ()
    categories: tuple[SelectedCategory, ...] = ()
    figures: tuple[CountedFigure, ...] = ()
    at: int = 0
    legend: tuple[LegendLine, ...] = ()
    new: frozenset[Span] = frozenset()
    """The spans of entries that are marked as new."""

    @property
    def publications(self) -> Iterator[Publication]:
        """The publications of all categories, in the order printed."""
        return (item for category in self.categories for item in category.publications)

    def with_publications(self, change: Callable[[Publication], Publication]) -> SelectedSection:
        """Return the section with each publication changed."""
        changed = [tuple(map(change, category.publications)) for category in self.categories]
        pairs = zip(self.categories, changed, strict=True)
        return replace(self, categories=tuple(replace(one, publications=items) for one, items in pairs))

    @property
    def is_brief(self) -> bool:
        """Whether the variant asks for the short form of its items."""
        return self.detail == "brief"


class Entry(Record):
    """The unit of counting in the ledger: a publication, an item of a section, or a text."""

    summary: str
    span: Span


class LeftOut(Record):
    """An entry that was read but is not printed."""

    section: str
    summary: str
    span: Span
    reason: str


class Account(Record):
    """A section's part of the ledger: the entries `read` from the content, and those `printed`."""

    section: str
    title: str
    read: tuple[Entry, ...]
    printed: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]

    def merged_with(self, other: Account) -> Account:
        """Return one account of a section printed twice; entries that neither prints have both reasons."""
        printed = Counter(self.printed) | Counter(other.printed)
        reasons = {item.span: item.reason for item in other.left_out}
        left_out = []
        for item in (item for item in self.left_out if item.span in reasons):
            both = dict.fromkeys([*item.reason.split("; "), reasons[item.span]])
            left_out.append(replace(item, reason="; ".join(both)))
        return replace(self, printed=tuple(printed.elements()), left_out=tuple(left_out))

    @property
    def unaccounted(self) -> list[Entry]:
        """The entries that were not printed or left out exactly as often as they were read."""
        read = Counter(self.read)
        dealt_with = Counter([*self.printed, *(Entry(item.summary, item.span) for item in self.left_out)])
        return [*(read - dealt_with).elements(), *(dealt_with - read).elements()]


class Ledger(Record):
    """The accounts of all sections under one variant: every entry is printed, or left out for a reason."""

    accounts: tuple[Account, ...]

    @property
    def read(self) -> int:
        """The number of entries read."""
        return sum(len(account.read) for account in self.accounts)

    @property
    def printed(self) -> int:
        """The number of entries printed."""
        return sum(len(account.printed) for account in self.accounts)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """The entries that are not printed, in the order read."""
        return tuple(item for account in self.accounts for item in account.left_out)


class SelectedCv(Record):
    """A variant of the CV, ready to be rendered."""

    name: str
    variant: Variant
    settings: Settings
    owner_names: tuple[Name, ...]
    sections: tuple[SelectedSection, ...]
    publications: tuple[Publication, ...]
    ledger: Ledger
    request: Request = Request()

    def with_sections(self, names: Collection[str]) -> SelectedCv:
        """Return the variant with these sections alone. Raises UsageProblem if it does not print one."""
        printed = [section.name for section in self.sections]
        for name in (name for name in names if name not in printed):
            hints = did_you_mean(name, printed)
            if any(account.section == name for account in self.ledger.accounts):
                hints = ("the CV has it, and this variant leaves it out",)
            known = f"its sections are {', '.join(printed)}"
            raise UsageProblem(f"`{self.name}` prints no section `{name}`", *hints, known)
        return replace(self, sections=tuple(item for item in self.sections if item.name in names))


class SectionCut(Record):
    """Cuts in a section by the entries' spans: `left_out` with reasons, `short` for those printed short."""

    left_out: Mapping[Span, str] = field(default_factory=dict)
    short: frozenset[Span] = frozenset()


class Cut(Record):
    """Cuts by a section's position (0-based) among the variant's choices; other sections are not cut."""

    sections: Mapping[int, SectionCut] = field(default_factory=dict)


def priority_of(item: Item | Publication, entry: Item | Publication, choice: SectionChoice) -> int:
    """Return the priority of an entry, 1 being the highest: its own, else its item's, else its section's."""
    return entry.priority or item.priority or choice.priority or LAST_PRIORITY
