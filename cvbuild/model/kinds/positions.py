"""Organisations and the roles held there."""

from typing import ClassVar, Literal

from pydantic import Field

from cvbuild.model.base import Content, Item, Url, WithText
from cvbuild.model.dates import Period
from cvbuild.model.items import WebLink
from cvbuild.model.sections import ItemSection
from cvbuild.model.text import Text


class Detail(Content):
    """A paragraph with a run-in label, such as Research or Teaching."""

    label: Text
    text: Text


class Role(WithText):
    """A role held at an organisation."""

    long_parts: ClassVar[tuple[str, ...]] = ("details", "links")

    title: Text
    period: Period
    text: Text | None = None
    details: tuple[Detail, ...] = ()
    links: tuple[WebLink, ...] = ()


class Position(Item):
    """An organisation and the roles held there."""

    names: ClassVar[frozenset[str]] = frozenset({"organisation"})
    inner: ClassVar[str | None] = "roles"

    organisation: Text
    place: Text | None = None
    url: Url | None = None
    roles: tuple[Role, ...] = Field(min_length=1)


class Positions(ItemSection[Position]):
    """Organisations and the roles held there."""

    kind: Literal["positions"]
