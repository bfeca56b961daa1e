"""The kinds of section that list items, and all kinds by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from cvbuild.content.fields import Content, NotEmpty
from cvbuild.content.sections import (
    Item,
    ItemSection,
    Metrics,
    PublicationsSection,
    Section,
    Shrinkable,
    TextSection,
    WithText,
)
from cvbuild.content.values import Date, Period, Text, Texts, Url, Word, Words


class DatedItem(WithText, kw_only=True):
    """An item with a text, and with a date or a period, not both."""

    date: Date | None = None
    period: Period | None = None

    def __post_init__(self) -> None:
        if self.date is not None and self.period is not None:
            raise ValueError("an item has either `date` or `period`")


class WebLink(Content, kw_only=True):
    """A labelled link."""

    label: Text
    url: Url


class Award(DatedItem, kw_only=True):
    """An award, prize or fellowship; `publication` names the work it was given for."""

    names: ClassVar[frozenset[str]] = frozenset({"title", "issuer"})
    long_parts: ClassVar[tuple[str, ...]] = ("note",)

    title: Text
    issuer: Text | None = None
    text: Text | None = None
    publication: Annotated[Word | None, "The citation key of the work."] = None
    note: Text | None = None
    url: Url | None = None


class Detail(Content, kw_only=True):
    """A paragraph with a run-in label, such as Research or Teaching."""

    label: Text
    text: Text


class Role(WithText, kw_only=True):
    """A role held at an organisation."""

    long_parts: ClassVar[tuple[str, ...]] = ("details", "links")

    title: Text
    period: Period
    text: Text | None = None
    details: tuple[Detail, ...] = ()
    links: tuple[WebLink, ...] = ()


class Position(Item, kw_only=True):
    """An organisation and the roles held there."""

    names: ClassVar[frozenset[str]] = frozenset({"organisation"})
    inner: ClassVar[str | None] = "roles"

    organisation: Text
    place: Text | None = None
    url: Url | None = None
    roles: Annotated[tuple[Role, ...], NotEmpty()]


class Positions(ItemSection[Position], kw_only=True):
    """Organisations and the roles held there."""

    kind: Literal["positions"]


class Thesis(Content, kw_only=True):
    """A thesis with its supervisor."""

    names: ClassVar[frozenset[str]] = frozenset({"title", "supervisor"})

    title: Text
    supervisor: Text | None = None
    url: Url | None = None
    note: Text | None = None


class Degree(DatedItem, kw_only=True):
    """A degree, or another certificate of education."""

    long_parts: ClassVar[tuple[str, ...]] = ("thesis", "notes")

    degree: Text
    distinction: Text | None = None
    field: Annotated[Text | None, "A short phrase on the focus of the studies."] = None
    text: Text | None = None
    thesis: Thesis | None = None
    notes: Texts = ()


class Education(Item, kw_only=True):
    """A place of education and the degrees earned there."""

    names: ClassVar[frozenset[str]] = frozenset({"organisation"})
    inner: ClassVar[str | None] = "degrees"

    organisation: Text
    place: Text | None = None
    url: Url | None = None
    degrees: Annotated[tuple[Degree, ...], NotEmpty()]


class EducationSection(ItemSection[Education], kw_only=True):
    """Degrees."""

    kind: Literal["education"]


class Course(WithText, kw_only=True):
    """A course taught."""

    names: ClassVar[frozenset[str]] = frozenset({"title", "organisation"})

    title: Text
    organisation: Text | None = None
    role: Text | None = None
    text: Text | None = None
    url: Url | None = None


class Term(Item, kw_only=True):
    """A term and the courses taught in it."""

    inner: ClassVar[str | None] = "courses"

    term: Date
    courses: Annotated[tuple[Course, ...], NotEmpty()]


class Courses(ItemSection[Term], kw_only=True):
    """Courses taught, by term."""

    kind: Literal["courses"]


class Talk(Shrinkable, kw_only=True):
    """A talk, lecture or poster."""

    names: ClassVar[frozenset[str]] = frozenset({"title", "event"})
    long_parts: ClassVar[tuple[str, ...]] = ("links",)

    title: Text
    event: Text | None = None
    place: Text | None = None
    date: Date
    role: Annotated[Text | None, "For example: invited talk, keynote."] = None
    links: tuple[WebLink, ...] = ()


class Talks(ItemSection[Talk], kw_only=True):
    """Talks and lectures, numbered."""

    kind: Literal["talks"]


class Grant(WithText, kw_only=True):
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


class Grants(ItemSection[Grant], kw_only=True):
    """Funded projects."""

    kind: Literal["grants"]


class Awards(ItemSection[Award], kw_only=True):
    """Awards and honours."""

    kind: Literal["awards"]


class Filing(Item, kw_only=True):
    """One application or grant of a patent family."""

    names: ClassVar[frozenset[str]] = frozenset({"number", "title"})

    number: Text
    title: Annotated[Text | None, "Only where it differs from the family's."] = None
    status: Literal["filed", "published", "granted"] | None = None
    date: Date | None = None
    url: Url | None = None


class Patent(WithText, kw_only=True):
    """A patent family and its filings."""

    names: ClassVar[frozenset[str]] = frozenset({"title", "inventors"})
    inner: ClassVar[str | None] = "filings"

    title: Text
    date: Date | None = None
    inventors: Text | None = None
    text: Text | None = None
    filings: Annotated[tuple[Filing, ...], NotEmpty()]


class Patents(ItemSection[Patent], kw_only=True):
    """Patent families and their filings."""

    kind: Literal["patents"]


class Student(Item, kw_only=True):
    """A supervised student; by name and period also known as a co-author."""

    names: ClassVar[frozenset[str]] = frozenset({"name", "topic", "organisation"})

    name: Text
    also_published_as: Annotated[Words, "Former and other names, as in BibTeX: Family, Given."] = ()
    degree: Annotated[Text | None, "The level: PhD, Master, Bachelor."] = None
    topic: Text | None = None
    period: Period | None = None
    role: Annotated[Text | None, "For example: main supervisor."] = None
    organisation: Text | None = None
    now: Annotated[Text | None, "Where the student went."] = None


class Students(ItemSection[Student], kw_only=True):
    """Supervised students."""

    kind: Literal["students"]


class Service(WithText, kw_only=True):
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


class ServiceSection(ItemSection[Service], kw_only=True):
    """Service to the community."""

    kind: Literal["service"]


class Skill(Item, kw_only=True):
    """A group of skills under one label."""

    label: Text
    skills: Texts


class Skills(ItemSection[Skill], kw_only=True):
    """Skills by group."""

    kind: Literal["skills"]


class ListItem(DatedItem, kw_only=True):
    """An item of a plain list."""

    text: Text
    label: Text | None = None
    url: Url | None = None


class ListSection(ItemSection[ListItem], kw_only=True):
    """A plain list."""

    kind: Literal["list"]


KINDS: Mapping[str, type[Section]] = {
    "text": TextSection,
    "positions": Positions,
    "education": EducationSection,
    "courses": Courses,
    "talks": Talks,
    "grants": Grants,
    "awards": Awards,
    "patents": Patents,
    "metrics": Metrics,
    "publications": PublicationsSection,
    "students": Students,
    "service": ServiceSection,
    "skills": Skills,
    "list": ListSection,
}
"""The kinds that ship, by the word after `kind:`."""
