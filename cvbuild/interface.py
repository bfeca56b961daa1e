"""What the rest of a CV sees of a section, and which of its texts nothing but itself prints."""

from __future__ import annotations

from collections.abc import Iterator

from cvbuild.content.fields import Content, table_of
from cvbuild.load.plain import Plain
from cvbuild.model.base import Item
from cvbuild.model.items import Award
from cvbuild.model.sections import FreeSection, Metrics, PublicationsSection, Section
from cvbuild.model.text import Text
from cvbuild.source import Scalar


def interface_of(section: Section) -> Plain:
    """What the rest of a CV sees of a section: its kind, ids, tags, the variants named in it, and more.

    None where it sees more, or the section sees the rest.
    """
    if isinstance(section, FreeSection | Metrics | PublicationsSection):
        return None
    items = list(_items(section))
    if any(isinstance(item, Award) and item.publication is not None for item in items):
        return None
    ids = sorted(str(item.id) for item in items if item.id is not None)
    tags = sorted({str(tag) for item in items for tag in item.tags})
    variants = sorted({str(name) for item in items for name in (*item.only, *item.except_)})
    more = [_typed(getattr(item, name)) for item in items for name in item.seen_elsewhere]
    return section.kind, ids, tags, variants, more


def texts_of(content: Content) -> Iterator[Scalar]:
    """The texts of a mapping and of those in it that nothing else goes by."""
    apart = content.seen_elsewhere if isinstance(content, Item) else ()
    for name in table_of(type(content)):
        if name not in apart:
            yield from _texts_in(getattr(content, name))


def _texts_in(value: object) -> Iterator[Scalar]:
    if isinstance(value, Text):
        yield from value.by_language.values()
    elif isinstance(value, Content):
        yield from texts_of(value)
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts_in(item)


def _typed(value: object) -> Plain:
    """A value without its place."""
    if isinstance(value, Text):
        return [(key, str(text), text.tag) for key, text in value.by_language.items()]
    return list(map(str, value)) if isinstance(value, tuple) else str(value)


def _items(section: Section) -> Iterator[Item]:
    for group in section.listed:
        for item in group.items:
            yield item
            yield from item.inner_items()
