"""Which category a publication belongs to: of its section, or of a variant."""

from __future__ import annotations

from collections.abc import Iterable

from cvbuild.content.fields import table_of
from cvbuild.model.inheritance import TYPE_ALIASES
from cvbuild.model.publications import Publication
from cvbuild.model.sections import Category, Match, PublicationsSection
from cvbuild.model.settings import CategoryChoice, SectionChoice
from cvbuild.record import replace


def category_of(publication: Publication, section: PublicationsSection) -> Category | None:
    """The first category of the section whose rule it matches."""
    return first_match(publication, section.categories)


def first_match(publication: Publication, categories: Iterable[Category]) -> Category | None:
    """The first category whose rule it matches."""
    return next((item for item in categories if _matches(publication, item.match)), None)


def chosen_categories(section: PublicationsSection, choice: SectionChoice) -> tuple[Category, ...]:
    """What entries are sorted into: the variant's own categories, then the section's, as it has them."""
    by_id = {item.id: item for item in section.categories}
    chosen = {item.id: _as_chosen(item, by_id.get(item.id)) for item in choice.categories}
    own = [chosen[item.id] for item in choice.categories if item.match is not None]
    own_ids = {item.id for item in own}
    return (*own, *(chosen.get(name, item) for name, item in by_id.items() if name not in own_ids))


def _as_chosen(choice: CategoryChoice, category: Category | None) -> Category:
    """A category with what the variant says of it; one of its own needs none of the section's."""
    said = {name: value for name in table_of(Category) if (value := getattr(choice, name)) is not None}
    return replace(category, **said) if category else Category(**said)


def _matches(publication: Publication, match: Match) -> bool:
    return (
        (not match.type or publication.type in {TYPE_ALIASES.get(kind, (kind, ""))[0] for kind in match.type})
        and (not match.keyword or bool(set(match.keyword) & set(publication.keywords)))
        and (not match.file or publication.file in match.file)
        and (not match.field or any(publication.raw.get(name) for name in match.field))
    )
