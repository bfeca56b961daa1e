"""What is left out beyond what a variant chooses, where it is fitted to pages."""

from __future__ import annotations

from collections.abc import Mapping

from cvbuild.model.base import Item
from cvbuild.model.publications import Publication
from cvbuild.model.settings import SectionChoice
from cvbuild.record import Record, field
from cvbuild.source import Span

LAST_PRIORITY = 1_000_000
"""What has no priority goes first."""


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
