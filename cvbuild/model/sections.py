"""The kinds of section and the keys of their items."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import ConfigDict, Field, model_validator

from cvbuild.load.yaml import YamlMapping
from cvbuild.model.base import Content, Item, Texts, Url, Word, Words
from cvbuild.model.dates import Date, Period
from cvbuild.model.text import Text
from cvbuild.source import Scalar


class WebLink(Content):
    """A labelled link."""

    label: Text
    url: Url


class Detail(Content):
    """A paragraph with a run-in label, such as Research or Teaching."""

    label: Text
    text: Text


class Role(Item):
    """A role held at an organisation."""

    title: Text
    period: Period
    text: Text | None = None
    details: tuple[Detail, ...] = ()
    links: tuple[WebLink, ...] = ()


class Position(Item):
    """An organisation and the roles held there."""

    inner: ClassVar[str | None] = "roles"

    organisation: Text
    place: Text | None = None
    url: Url | None = None
    roles: tuple[Role, ...]


class Thesis(Content):
    """A thesis with its supervisor."""

    title: Text
    supervisor: Text | None = None
    url: Url | None = None
    note: Text | None = None


class Degree(Item):
    """A degree, or another certificate of education."""

    degree: Text
    period: Period | None = None
    date: Date | None = None
    distinction: Text | None = None
    field: Text | None = Field(None, description="A short phrase on the focus of the studies.")
    text: Text | None = None
    thesis: Thesis | None = None
    notes: Texts = ()


class Education(Item):
    """A place of education and the degrees earned there."""

    inner: ClassVar[str | None] = "degrees"

    organisation: Text
    place: Text | None = None
    url: Url | None = None
    degrees: tuple[Degree, ...]


class Course(Item):
    """A course taught."""

    title: Text
    organisation: Text | None = None
    role: Text | None = None
    text: Text | None = None
    url: Url | None = None


class Term(Item):
    """A term and the courses taught in it."""

    inner: ClassVar[str | None] = "courses"

    term: Date
    courses: tuple[Course, ...]


class Talk(Item):
    """A talk, lecture or poster."""

    title: Text
    event: Text | None = None
    place: Text | None = None
    date: Date
    role: Text | None = Field(None, description="For example: invited talk, keynote.")
    links: tuple[WebLink, ...] = ()


class Grant(Item):
    """A funded project."""

    acronym: Text | None = None
    title: Text
    period: Period
    role: Text | None = None
    funder: Text | None = None
    number: Text | None = None
    amount: Text | None = None
    text: Text | None = None
    url: Url | None = None


class Award(Item):
    """An award, prize or fellowship; `publication` names the work it was given for."""

    title: Text
    date: Date | None = None
    period: Period | None = None
    issuer: Text | None = None
    text: Text | None = None
    publication: Word | None = Field(None, description="The citation key of the work.")
    note: Text | None = None
    url: Url | None = None


class Filing(Item):
    """One application or grant of a patent family."""

    number: Text
    title: Text | None = Field(None, description="Only where it differs from the family's.")
    status: Literal["filed", "published", "granted"] | None = None
    date: Date | None = None
    url: Url | None = None


class Patent(Item):
    """A patent family and its filings."""

    inner: ClassVar[str | None] = "filings"

    title: Text
    date: Date | None = None
    inventors: Text | None = None
    text: Text | None = None
    filings: tuple[Filing, ...]


class Figure(Item):
    """A row of the metrics table: counted here, or given with its two figures."""

    label: Text
    count: Literal["publications", "first-authored", "selected"] | None = None
    all: int | None = None
    since: int | None = None

    @model_validator(mode="after")
    def _counted_or_given(self) -> Figure:
        if (self.count is None) == (self.all is None):
            raise ValueError("a row has either `count`, which is computed, or `all` and `since`")
        return self


class Student(Item):
    """A supervised student."""

    name: Text
    degree: Text | None = Field(None, description="The level: PhD, Master, Bachelor.")
    topic: Text | None = None
    period: Period | None = None
    role: Text | None = Field(None, description="For example: main supervisor.")
    organisation: Text | None = None
    now: Text | None = Field(None, description="Where the student went.")


class Service(Item):
    """Service to the community: reviewing, committees, organisation."""

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


class ListItem(Item):
    """An item of a plain list."""

    text: Text
    label: Text | None = None
    date: Date | None = None
    period: Period | None = None
    url: Url | None = None


class FreeItem(Item):
    """An item of a kind that the project's own template prints: any keys."""

    model_config = ConfigDict(extra="allow")

    @model_validator(mode="after")
    def _typed(self) -> FreeItem:
        return _with_free_keys(self)


C = TypeVar("C", bound=Content)


def _with_free_keys(content: C) -> C:
    """Types the keys that no model names: text, lists and mappings of it."""
    extra = content.__pydantic_extra__
    assert extra is not None
    for key, value in extra.items():
        extra[key] = _free(value)
    return content


def _free(value: Any) -> Any:
    if isinstance(value, Scalar):
        return Text.of(value)
    if isinstance(value, YamlMapping):
        if value and all(len(key) == 2 and isinstance(value[key], Scalar) for key in value):
            return Text({key: text for key, text in value.items() if isinstance(text, Scalar)})
        return {str(key): _free(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(_free(item) for item in value)
    return value


I = TypeVar("I", bound=Item)  # noqa: E741 - one letter, as type variables are


class Group(Content, Generic[I]):
    """Items under a heading of their own within a section."""

    title: Text | None = None
    note: Text | None = None
    items: tuple[I, ...] = ()


class Section(Content):
    """A section of the CV; `kind` says how it is read and printed."""

    kind: str
    title: Text
    note: Text | None = Field(None, description="A line under the heading.")

    @property
    def listed(self) -> tuple[Group[Any], ...]:
        """The items in groups; items without a group stand in one without a title."""
        return ()


class ItemSection(Section, Generic[I]):
    """A section that lists items, in one go or in groups."""

    items: tuple[I, ...] = ()
    groups: tuple[Group[I], ...] = ()

    @property
    def listed(self) -> tuple[Group[I], ...]:
        """The items in groups; items without a group stand in one without a title."""
        alone = (Group[Any](items=self.items),) if self.items else ()
        return (*alone, *self.groups)


class TextSection(Section):
    """Paragraphs, separated by blank lines."""

    kind: Literal["text"]
    text: Text


class Positions(ItemSection[Position]):
    """Organisations and the roles held there."""

    kind: Literal["positions"]


class EducationSection(ItemSection[Education]):
    """Degrees."""

    kind: Literal["education"]


class Courses(ItemSection[Term]):
    """Courses taught, by term."""

    kind: Literal["courses"]


class Talks(ItemSection[Talk]):
    """Talks and lectures, numbered."""

    kind: Literal["talks"]


class Grants(ItemSection[Grant]):
    """Funded projects."""

    kind: Literal["grants"]


class Awards(ItemSection[Award]):
    """Awards and honours."""

    kind: Literal["awards"]


class Patents(ItemSection[Patent]):
    """Patent families and their filings."""

    kind: Literal["patents"]


class Metrics(ItemSection[Figure]):
    """A table of figures, overall and since a year."""

    kind: Literal["metrics"]
    since: int = Field(description="The first year of the second column.")
    source: Text | None = Field(None, description="Who counted, e.g. Google Scholar.")
    retrieved: Date | None = Field(None, description="When.")
    rows: tuple[Figure, ...] = ()

    @property
    def listed(self) -> tuple[Group[Figure], ...]:
        """The rows."""
        return (Group[Any](items=self.rows),)


class Students(ItemSection[Student]):
    """Supervised students."""

    kind: Literal["students"]


class ServiceSection(ItemSection[Service]):
    """Service to the community."""

    kind: Literal["service"]


class Skills(ItemSection[Skill]):
    """Skills by group."""

    kind: Literal["skills"]


class ListSection(ItemSection[ListItem]):
    """A plain list."""

    kind: Literal["list"]


class Match(Content):
    """The rule of a category: an entry matches when every key given does."""

    type: Words = Field((), description="Entry types, e.g. article.")
    keyword: Words = Field((), description="Words of the field `keywords`.")
    file: Words = Field((), description="Names of .bib files.")
    field: Words = Field((), description="Fields that the entry has, e.g. doi.")


class Category(Content):
    """Publications under one heading, numbered on their own."""

    id: Word
    title: Text
    match: Match
    prefix: str = Field("", description="Stands before each number: J gives J1, J2, …")
    note: Text | None = None


class PublicationsSection(Section):
    """The publications of `bib/`, by category."""

    kind: Literal["publications"]
    categories: tuple[Category, ...]
    numbering: Literal["up", "down", "none"] = "up"
    max_authors: int | None = Field(None, ge=3, description="Longer lists are cut; the owner stays.")


class FreeSection(Section):
    """A section of the user's own kind: printed by `sections/KIND.tex` of the project."""

    model_config = ConfigDict(extra="allow")

    items: tuple[FreeItem, ...] = ()
    groups: tuple[Group[FreeItem], ...] = ()

    @model_validator(mode="after")
    def _typed(self) -> FreeSection:
        return _with_free_keys(self)

    @property
    def listed(self) -> tuple[Group[FreeItem], ...]:
        """The items in groups."""
        alone = (Group[Any](items=self.items),) if self.items else ()
        return (*alone, *self.groups)


KINDS: dict[str, type[Section]] = {
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
