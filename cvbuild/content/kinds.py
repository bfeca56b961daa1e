"""The kinds of section and their items. To add one, see "Add a section kind" in CONTRIBUTING.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

from cvbuild.content.persons import Signs
from cvbuild.content.publications import Category
from cvbuild.content.reader import AtLeast, Content, NotEmpty, table_of
from cvbuild.content.values import (
    Date,
    NameMeanings,
    NotNegative,
    Period,
    Positive,
    Text,
    Texts,
    Url,
    Word,
    Words,
    free_value,
)
from cvbuild.record import Record, field, replace


class Item(Content, kw_only=True):
    """An entry of a section. All of these keys serve a variant's choice."""

    id: Annotated[Word | None, "A name by which other sections refer to this item."] = None
    tags: Annotated[Words, "Words by which a variant chooses items."] = ()
    only: Annotated[Words, "The variants that print this item; all where it is missing."] = ()
    except_: Annotated[Words, "Variants that do not print this item."] = field(default=(), name="except")
    priority: Annotated[
        Positive | None, "1 stays longest where a variant has a `limit` or is fitted to pages."
    ] = None
    keep: Annotated[bool, "Never left out where a variant is fitted to pages."] = False

    inner: ClassVar[str | None] = None
    """The field that holds the items within this one (the roles of an organisation)."""

    long_parts: ClassVar[tuple[str, ...]] = ()
    """The fields that the short form leaves out."""

    @property
    def summary(self) -> str:
        """A few words that identify the item in messages."""
        names = ("title", "name", "degree", "organisation", "acronym", "label", "text", "term", "number")
        values = (getattr(self, name, None) for name in names)
        return str(next((value for value in values if value is not None), type(self).__name__.lower()))

    @property
    def when(self) -> Period | None:
        """The item's period or date as a period, for a variant's `since`."""
        values = (getattr(self, name, None) for name in ("period", "date", "term"))
        found = next((value for value in values if isinstance(value, Period | Date)), None)
        return Period(found, found) if isinstance(found, Date) else found

    def inner_items(self) -> tuple[Item, ...]:
        """Return the items within this one."""
        return tuple(getattr(self, self.inner)) if self.inner else ()

    def leaves(self) -> Iterator[Item]:
        """Yield the inner items, or the item itself if its class has none: each counts as one entry."""
        yield from self.inner_items() if self.inner else (self,)

    def shortened(self) -> Self | None:
        """Return the item without its long parts and with `brief` for its text; None if nothing changes."""
        table = table_of(type(self))
        changed = {name: table[name].default for name in self.long_parts}
        if isinstance(self, WithText) and (self.brief is not None or not table["text"].required):
            changed["text"] = self.brief
        if all(getattr(self, name) == value for name, value in changed.items()):
            return None
        return replace(self, **changed)


ShrinkTo = Annotated[Literal["brief"] | None, "May be printed short where a variant is fitted to pages."]


class WithText(Item, kw_only=True):
    """An item with a text; its short form prints `brief` instead, or no text."""

    shrink_to: ShrinkTo = None
    brief: Annotated[Text | None, "A shorter text, printed where the item has to shrink."] = None


class DatedItem(WithText, kw_only=True):
    """An item with a text, and with a date or a period, not both."""

    date: Date | None = None
    period: Period | None = None

    def __post_init__(self) -> None:
        if self.date is not None and self.period is not None:
            raise ValueError("an item has either `date` or `period`")


C = TypeVar("C", bound=Content)
ListedItem = TypeVar("ListedItem", bound=Item)


class Group(Content, Generic[ListedItem], kw_only=True):
    """Items under a heading of their own within a section."""

    title: Text | None = None
    note: Text | None = None
    items: tuple[ListedItem, ...] = ()


class Section(Content, kw_only=True):
    """A section of the CV; `kind` says how it is read and printed."""

    kind: str
    title: Text
    note: Annotated[Text | None, "A line under the heading."] = None

    @property
    def listed(self) -> tuple[Group[Any], ...]:
        """The items in groups; items without a group stand in one without a title."""
        return ()

    @property
    def all_items(self) -> list[Item]:
        """All items, each followed by its inner items."""
        items = [item for group in self.listed for item in group.items]
        return [one for item in items for one in (item, *item.inner_items())]


class ItemSection(Section, Generic[ListedItem], kw_only=True):
    """A section that lists items, in groups or without."""

    items: tuple[ListedItem, ...] = ()
    groups: tuple[Group[ListedItem], ...] = ()

    @property
    def listed(self) -> tuple[Group[ListedItem], ...]:
        """The items in groups; items without a group stand in one without a title."""
        alone = (Group(items=self.items),) if self.items else ()
        return (*alone, *self.groups)


class Kind(Record):
    """A kind of section: its class, and the name and the description of its JSON Schema."""

    section: Any
    schema: str
    about: str


KINDS: dict[str, Kind] = {}
"""The kinds of section by the word after `kind:`, in the order of messages and of the schema."""


def kind(name: str, about: str, schema: str = "") -> Callable[[type[C]], type[C]]:
    """Register the decorated class, of items or of a section; its schema uses `schema` and `about`."""

    def enter(made: type[C]) -> type[C]:
        generic: Any = ItemSection
        section = made if issubclass(made, Section) else generic[made]
        KINDS[name] = Kind(section, schema or name.capitalize(), about)
        return made

    return enter


def _value_of_any_key(self: Content, name: str) -> Any:
    """Return the value of a key without a field: the `__getattr__` of the free classes."""
    if not name.startswith("_") and name in self._more:
        return self._more[name]
    raise AttributeError(name)


class FreeItem(Item, kw_only=True):
    """An item of a project's own kind, with any keys; the project's template prints it."""

    _reads_more = free_value
    __getattr__ = _value_of_any_key


class FreeSection(ItemSection[FreeItem], kw_only=True):
    """A section of a project's own kind, printed by the project's `sections/KIND.tex`."""

    _reads_more = free_value
    __getattr__ = _value_of_any_key


@kind("text", "Paragraphs, separated by blank lines.", "TextSection")
class TextSection(Section, kw_only=True):
    """Paragraphs, separated by blank lines."""

    text: Text


class WebLink(Content, kw_only=True):
    """A labelled link."""

    label: Text
    url: Url


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


@kind("positions", "Organisations and the roles held there.")
class Position(Item, kw_only=True):
    """An organisation and the roles held there."""

    names: ClassVar[frozenset[str]] = frozenset({"organisation"})
    inner: ClassVar[str | None] = "roles"
    organisation: Text
    place: Text | None = None
    url: Url | None = None
    roles: Annotated[tuple[Role, ...], NotEmpty()]


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


@kind("education", "Degrees.", "EducationSection")
class Education(Item, kw_only=True):
    """A place of education and the degrees earned there."""

    names: ClassVar[frozenset[str]] = frozenset({"organisation"})
    inner: ClassVar[str | None] = "degrees"
    organisation: Text
    place: Text | None = None
    url: Url | None = None
    degrees: Annotated[tuple[Degree, ...], NotEmpty()]


class Course(WithText, kw_only=True):
    """A course taught."""

    names: ClassVar[frozenset[str]] = frozenset({"title", "organisation"})
    title: Text
    organisation: Text | None = None
    role: Text | None = None
    text: Text | None = None
    url: Url | None = None


@kind("courses", "Courses taught, by term.")
class Term(Item, kw_only=True):
    """A term and the courses taught in it."""

    inner: ClassVar[str | None] = "courses"
    term: Date
    courses: Annotated[tuple[Course, ...], NotEmpty()]


@kind("talks", "Talks and lectures, numbered.")
class Talk(Item, kw_only=True):
    """A talk, lecture or poster."""

    names: ClassVar[frozenset[str]] = frozenset({"title", "event"})
    long_parts: ClassVar[tuple[str, ...]] = ("links",)
    shrink_to: ShrinkTo = None
    title: Text
    event: Text | None = None
    place: Text | None = None
    date: Date
    role: Annotated[Text | None, "For example: invited talk, keynote."] = None
    links: tuple[WebLink, ...] = ()


@kind("grants", "Funded projects.")
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


@kind("awards", "Awards and honours.")
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


class Filing(Item, kw_only=True):
    """One application or grant of a patent family."""

    names: ClassVar[frozenset[str]] = frozenset({"number", "title"})
    number: Text
    title: Annotated[Text | None, "Only where it differs from the family's."] = None
    status: Literal["filed", "published", "granted"] | None = None
    date: Date | None = None
    url: Url | None = None


@kind("patents", "Patent families and their filings.")
class Patent(WithText, kw_only=True):
    """A patent family and its filings."""

    names: ClassVar[frozenset[str]] = frozenset({"title", "inventors"})
    inner: ClassVar[str | None] = "filings"
    title: Text
    date: Date | None = None
    inventors: Text | None = None
    text: Text | None = None
    filings: Annotated[tuple[Filing, ...], NotEmpty()]


class Figure(Item, kw_only=True):
    """A row of the metrics table: counted here, or given with its two figures."""

    label: Text
    count: Literal["publications", "first-authored", "selected"] | None = None
    all: int | None = None
    since: int | None = None

    def __post_init__(self) -> None:
        if (self.count is None) == (self.all is None) or (self.count and self.since is not None):
            raise ValueError("a row has either `count`, which is computed, or `all` and `since`")


@kind("metrics", "A table of figures, overall and since a year.")
class Metrics(Section, kw_only=True):
    """A table of figures, overall and since a year."""

    names: ClassVar[frozenset[str]] = frozenset({"source"})
    since: Annotated[int, "The first year of the second column."]
    source: Annotated[Text | None, "Who counted, e.g. Google Scholar."] = None
    retrieved: Annotated[Date | None, "When."] = None
    rows: tuple[Figure, ...] = ()

    @property
    def listed(self) -> tuple[Group[Figure], ...]:
        """The rows."""
        return (Group(items=self.rows),)


@kind("publications", "The publications of `bib/`, by category.", "PublicationsSection")
class PublicationsSection(Section, kw_only=True):
    """The publications of `bib/`, by category."""

    categories: tuple[Category, ...]
    numbering: Annotated[
        Literal["up", "down", "permanent", "none"],
        "permanent: each entry keeps its number for ever; see `cvbuild number`.",
    ] = "up"
    max_authors: Annotated[Annotated[int, AtLeast(3)] | None, "Longer lists are cut; the owner stays."] = None
    mark: Annotated[NameMeanings, "What signs behind names say: students, equal, corresponding."] = ()
    signs: Annotated[Signs | None, "The signs to use, also for those typed behind names."] = None
    student_grace: Annotated[
        NotNegative, "Years after a supervision ended in which a student still counts as one."
    ] = 2


@kind("students", "Supervised students.")
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


@kind("service", "Service to the community.", "ServiceSection")
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


@kind("skills", "Skills by group.")
class Skill(Item, kw_only=True):
    """A group of skills under one label."""

    label: Text
    skills: Texts


@kind("list", "A plain list.", "ListSection")
class ListItem(DatedItem, kw_only=True):
    """An item of a plain list."""

    text: Text
    label: Text | None = None
    url: Url | None = None
