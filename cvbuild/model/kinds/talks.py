"""Talks and lectures."""

from typing import ClassVar, Literal

from pydantic import Field

from cvbuild.model.base import Shrinkable
from cvbuild.model.dates import Date
from cvbuild.model.items import WebLink
from cvbuild.model.sections import ItemSection
from cvbuild.model.text import Text


class Talk(Shrinkable):
    """A talk, lecture or poster."""

    names: ClassVar[frozenset[str]] = frozenset({"title", "event"})
    long_parts: ClassVar[tuple[str, ...]] = ("links",)

    title: Text
    event: Text | None = None
    place: Text | None = None
    date: Date
    role: Text | None = Field(None, description="For example: invited talk, keynote.")
    links: tuple[WebLink, ...] = ()


class Talks(ItemSection[Talk]):
    """Talks and lectures, numbered."""

    kind: Literal["talks"]
