"""Places of education and degrees."""

from typing import ClassVar, Literal

from pydantic import Field

from cvbuild.model.base import Content, Item, Texts, Url, WithText
from cvbuild.model.items import DatedItem
from cvbuild.model.sections import ItemSection
from cvbuild.model.text import Text


class Thesis(Content):
    """A thesis with its supervisor."""

    names: ClassVar[frozenset[str]] = frozenset({"title", "supervisor"})

    title: Text
    supervisor: Text | None = None
    url: Url | None = None
    note: Text | None = None


class Degree(DatedItem, WithText):
    """A degree, or another certificate of education."""

    long_parts: ClassVar[tuple[str, ...]] = ("thesis", "notes")

    degree: Text
    distinction: Text | None = None
    field: Text | None = Field(None, description="A short phrase on the focus of the studies.")
    text: Text | None = None
    thesis: Thesis | None = None
    notes: Texts = ()


class Education(Item):
    """A place of education and the degrees earned there."""

    names: ClassVar[frozenset[str]] = frozenset({"organisation"})
    inner: ClassVar[str | None] = "degrees"

    organisation: Text
    place: Text | None = None
    url: Url | None = None
    degrees: tuple[Degree, ...] = Field(min_length=1)


class EducationSection(ItemSection[Education]):
    """Degrees."""

    kind: Literal["education"]
