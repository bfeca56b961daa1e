"""Supervised students."""

from typing import ClassVar, Literal

from pydantic import Field

from cvbuild.model.base import Item, Words
from cvbuild.model.dates import Period
from cvbuild.model.sections import ItemSection
from cvbuild.model.text import Text


class Student(Item):
    """A supervised student; by name and period also known as a co-author."""

    names: ClassVar[frozenset[str]] = frozenset({"name", "topic", "organisation"})

    name: Text
    also_published_as: Words = Field((), description="Former and other names, as in BibTeX: Family, Given.")
    degree: Text | None = Field(None, description="The level: PhD, Master, Bachelor.")
    topic: Text | None = None
    period: Period | None = None
    role: Text | None = Field(None, description="For example: main supervisor.")
    organisation: Text | None = None
    now: Text | None = Field(None, description="Where the student went.")


class Students(ItemSection[Student]):
    """Supervised students."""

    kind: Literal["students"]
