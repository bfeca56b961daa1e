"""What a variant prints, and what is cut from it to fit it to pages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from cvbuild.content.kinds import FreeSection, Item, Section, TextSection
from cvbuild.content.publications import Publication
from cvbuild.content.settings import SectionChoice, Settings, Variant
from cvbuild.content.values import Date, Text
from cvbuild.diagnostics import UsageProblem, did_you_mean
from cvbuild.read.library import Name
from cvbuild.record import Record, field, replace
from cvbuild.select.ledger import Ledger
from cvbuild.source import Span

LAST_PRIORITY = 1_000_000
"""What has no priority goes first."""


class SelectedGroup(Record):
    """Items to print under one heading, which may be missing."""

    title: Text | None
    note: Text | None
    items: tuple[Any, ...]


class SelectedCategory(Record):
    """Publications to print under one heading; a title of None is named by the theme."""

    id: str
    title: Text | None
    note: Text | None
    publications: tuple[Publication, ...]


class CountedFigure(Record):
    """A row of the metrics table with its two figures; None is left blank."""

    label: Text
    all: int
    since: int | None


class LegendLine(Record):
    """What a mark in a section means: `new` or a meaning of marks behind names, and their `sign`.

    `count` of the `total` entries printed have it.
    """

    meaning: str
    count: int
    total: int
    since: Date | None = None
    sign: str = ""


class SelectedSection(Record):
    """A section as a variant prints it."""

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
    """Its place among the variant's choices."""
    legend: tuple[LegendLine, ...] = ()
    new: frozenset[Span] = frozenset()
    """The places of the items that are new since the last review."""

    @property
    def publications(self) -> Iterator[Publication]:
        """The publications of all its categories, in the order printed."""
        return (item for category in self.categories for item in category.publications)

    def with_publications(self, change: Callable[[Publication], Publication]) -> SelectedSection:
        """The section with each publication changed."""
        categories = (
            replace(category, publications=tuple(map(change, category.publications)))
            for category in self.categories
        )
        return replace(self, categories=tuple(categories))

    def explained(self, line: LegendLine) -> SelectedSection:
        """The section with a line more in its legend."""
        return replace(self, legend=(*self.legend, line))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing under its heading. A kind of one's own may have other keys than items."""
        if isinstance(self.section, TextSection | FreeSection):
            return False
        return not (self.groups or self.categories or self.figures)

    @property
    def is_brief(self) -> bool:
        """Whether the variant asks for the short form of its items."""
        return self.detail == "brief"


class SelectedCv(Record):
    """A variant of the CV, ready to be rendered."""

    name: str
    variant: Variant
    settings: Settings
    owner_names: tuple[Name, ...]
    sections: tuple[SelectedSection, ...]
    publications: tuple[Publication, ...]
    ledger: Ledger

    def with_sections(self, names: Collection[str]) -> SelectedCv:
        """The same with some of its sections alone. Raises UsageProblem for one that is not printed."""
        printed = [section.name for section in self.sections]
        left_out = {account.section for account in self.ledger.accounts} - set(printed)
        for name in names:
            if name not in printed:
                raise UsageProblem(
                    f"`{self.name}` prints no section `{name}`",
                    *(
                        ["the CV has it, and this variant leaves it out"]
                        if name in left_out
                        else did_you_mean(name, printed)
                    ),
                    f"its sections are {', '.join(printed)}",
                )
        return replace(self, sections=tuple(item for item in self.sections if item.name in names))


class SectionCut(Record):
    """A section's entries, by their places: why they are left out, and which are printed short."""

    left_out: Mapping[Span, str] = field(default_factory=dict)
    short: frozenset[Span] = frozenset()


class Cut(Record):
    """The sections' cuts by their places among the variant's choices; what is not named is whole."""

    sections: Mapping[int, SectionCut] = field(default_factory=dict)

    def of(self, at: int) -> SectionCut:
        """The cut of the choice at a place."""
        return self.sections.get(at, _NONE)


_NONE = SectionCut()
WHOLE = Cut()
"""Nothing is left out."""


def priority_of(item: Item, leaf: Item, choice: SectionChoice) -> int:
    """How long an entry stays: 1 longest. Its own priority, that of what holds it, then its section's."""
    return leaf.priority or item.priority or choice.priority or LAST_PRIORITY


def priority_of_publication(publication: Publication, choice: SectionChoice) -> int:
    """The same for a publication: its field `priority`, then its section's."""
    return publication.priority or choice.priority or LAST_PRIORITY
