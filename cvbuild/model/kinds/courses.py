"""Courses taught, by term."""

from typing import ClassVar, Literal

from pydantic import Field

from cvbuild.model.base import Item, Url, WithText
from cvbuild.model.dates import Date
from cvbuild.model.sections import ItemSection
from cvbuild.model.text import Text


class Course(WithText):
    """A course taught."""

    names: ClassVar[frozenset[str]] = frozenset({"title", "organisation"})

    title: Text
    organisation: Text | None = None
    role: Text | None = None
    text: Text | None = None
    url: Url | None = None


class Term(Item):
    """A term and the courses taught in it."""

    inner: ClassVar[str | None] = "courses"

    term: Date
    courses: tuple[Course, ...] = Field(min_length=1)


class Courses(ItemSection[Term]):
    """Courses taught, by term."""

    kind: Literal["courses"]
