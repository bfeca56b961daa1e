"""What the sections list, kind by kind: the keys of their items."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from cvbuild.model.base import Content, Item, Shrinkable, Texts, Url, WithText, Word, Words
from cvbuild.model.dates import Date, Period
from cvbuild.model.text import Text


class DatedItem(Item):
    """An item with a date or a period, not both."""

    date: Date | None = None
    period: Period | None = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if self.date is not None and self.period is not None:
            raise ValueError("an item has either `date` or `period`")
        return self


class WebLink(Content):
    """A labelled link."""

    label: Text
    url: Url


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


class Grant(WithText):
    """A funded project."""

    names: ClassVar[frozenset[str]] = frozenset({"acronym", "title", "funder", "number", "amount"})

    acronym: Text | None = None
    title: Text
    period: Period
    role: Text | None = None
    funder: Text | None = None
    number: Text | None = None
    amount: Text | None = None
    text: Text | None = None
    url: Url | None = None


class Award(DatedItem, WithText):
    """An award, prize or fellowship; `publication` names the work it was given for."""

    names: ClassVar[frozenset[str]] = frozenset({"title", "issuer"})
    long_parts: ClassVar[tuple[str, ...]] = ("note",)

    title: Text
    issuer: Text | None = None
    text: Text | None = None
    publication: Word | None = Field(None, description="The citation key of the work.")
    note: Text | None = None
    url: Url | None = None


class Filing(Item):
    """One application or grant of a patent family."""

    names: ClassVar[frozenset[str]] = frozenset({"number", "title"})

    number: Text
    title: Text | None = Field(None, description="Only where it differs from the family's.")
    status: Literal["filed", "published", "granted"] | None = None
    date: Date | None = None
    url: Url | None = None


class Patent(WithText):
    """A patent family and its filings."""

    names: ClassVar[frozenset[str]] = frozenset({"title", "inventors"})
    inner: ClassVar[str | None] = "filings"

    title: Text
    date: Date | None = None
    inventors: Text | None = None
    text: Text | None = None
    filings: tuple[Filing, ...] = Field(min_length=1)


class Figure(Item):
    """A row of the metrics table: counted here, or given with its two figures."""

    label: Text
    count: Literal["publications", "first-authored", "selected"] | None = None
    all: int | None = None
    since: int | None = None

    @model_validator(mode="after")
    def _counted_or_given(self) -> "Figure":
        if (self.count is None) == (self.all is None) or (self.count and self.since is not None):
            raise ValueError("a row has either `count`, which is computed, or `all` and `since`")
        return self


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


class Service(WithText):
    """Service to the community: reviewing, committees, organisation."""

    names: ClassVar[frozenset[str]] = frozenset({"organisation"})

    role: Text
    organisation: Text | None = None
    period: Period | None = None
    text: Text | None = None
    url: Url | None = None

    @property
    def summary(self) -> str:
        """The role."""
        return str(self.role)


class Skill(Item):
    """A group of skills under one label."""

    label: Text
    skills: Texts


class ListItem(DatedItem, WithText):
    """An item of a plain list."""

    text: Text
    label: Text | None = None
    url: Url | None = None
