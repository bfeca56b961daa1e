"""Which category of its section a publication belongs to."""

from __future__ import annotations

from cvbuild.model.inheritance import TYPE_ALIASES
from cvbuild.model.publications import Publication
from cvbuild.model.sections import Category, Match, PublicationsSection


def category_of(publication: Publication, section: PublicationsSection) -> Category | None:
    """The first category whose rule it matches."""
    return next((item for item in section.categories if _matches(publication, item.match)), None)


def _matches(publication: Publication, match: Match) -> bool:
    return (
        (not match.type or publication.type in {TYPE_ALIASES.get(kind, (kind, ""))[0] for kind in match.type})
        and (not match.keyword or bool(set(match.keyword) & set(publication.keywords)))
        and (not match.file or publication.file in match.file)
        and (not match.field or any(publication.raw.get(name) for name in match.field))
    )
