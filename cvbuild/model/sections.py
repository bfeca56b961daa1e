"""What every kind of section has in common, and the kinds that others ask for."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, model_validator

from cvbuild.load.tree import YamlMapping
from cvbuild.model.base import Content, Item, NameMeaning, NameMeanings, Url, Word, Words
from cvbuild.model.dates import Date, Period
from cvbuild.model.items import Figure
from cvbuild.model.text import Text, is_language
from cvbuild.source import Scalar


class FreeItem(Item):
    """An item of a kind that the project's own template prints: any keys."""

    model_config = ConfigDict(extra="allow")

    @model_validator(mode="after")
    def _typed(self) -> "FreeItem":
        return _with_free_keys(self)


C = TypeVar("C", bound=Content)


def _with_free_keys(content: C) -> C:
    """Types the keys that no model names: text, lists and mappings of it."""
    extra = content.__pydantic_extra__
    assert extra is not None
    for key, value in extra.items():
        is_typed = key in _FREE_TYPES and isinstance(value, Scalar)
        extra[key] = _adapter(key).validate_python(value) if is_typed else _free(value)
    return content


# Keys that mean the same in a kind of one's own as in those that ship.
_FREE_TYPES: dict[str, Any] = {"date": Date, "period": Period, "term": Date, "url": Url}


@cache
def _adapter(key: str) -> TypeAdapter[Any]:
    return TypeAdapter(_FREE_TYPES[key])


def _free(value: Any) -> Any:
    if isinstance(value, Scalar):
        return Text.of(value)
    if isinstance(value, YamlMapping):
        if value and all(is_language(key) and isinstance(value[key], Scalar) for key in value):
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


class Metrics(Section):
    """A table of figures, overall and since a year."""

    names: ClassVar[frozenset[str]] = frozenset({"source"})

    kind: Literal["metrics"]
    since: int = Field(description="The first year of the second column.")
    source: Text | None = Field(None, description="Who counted, e.g. Google Scholar.")
    retrieved: Date | None = Field(None, description="When.")
    rows: tuple[Figure, ...] = ()

    @property
    def listed(self) -> tuple[Group[Figure], ...]:
        """The rows."""
        return (Group[Any](items=self.rows),)


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


class Signs(Content):
    """The sign behind a name for each meaning: one character, which may have been typed in the .bib files."""

    students: Word | None = None
    equal: Word | None = None
    corresponding: Word | None = None

    @property
    def by_meaning(self) -> dict[NameMeaning, str]:
        """Those that are given."""
        signs: dict[NameMeaning, Scalar | None] = {
            "students": self.students, "equal": self.equal, "corresponding": self.corresponding,
        }  # fmt: skip
        return {meaning: str(sign) for meaning, sign in signs.items() if sign is not None}

    @model_validator(mode="after")
    def _one_character_each(self) -> "Signs":
        signs = list(self.by_meaning.values())
        if any(len(sign) != 1 for sign in signs) or len(set(signs)) < len(signs):
            raise ValueError("each sign is one character, another one for each meaning")
        return self


class PublicationsSection(Section):
    """The publications of `bib/`, by category."""

    kind: Literal["publications"]
    categories: tuple[Category, ...]
    numbering: Literal["up", "down", "permanent", "none"] = Field(
        "up", description="permanent: each entry keeps its number for ever; see `cvbuild number`."
    )
    max_authors: int | None = Field(None, ge=3, description="Longer lists are cut; the owner stays.")
    mark: NameMeanings = Field((), description="What signs behind names say: students, equal, corresponding.")
    signs: Signs | None = Field(None, description="The signs to use, also for those typed behind names.")
    student_grace: int = Field(
        2, ge=0, description="Years after a supervision ended in which a student still counts as one."
    )


class FreeSection(Section):
    """A section of the user's own kind: printed by `sections/KIND.tex` of the project."""

    model_config = ConfigDict(extra="allow")

    items: tuple[FreeItem, ...] = ()
    groups: tuple[Group[FreeItem], ...] = ()

    @model_validator(mode="after")
    def _typed(self) -> "FreeSection":
        return _with_free_keys(self)

    @property
    def listed(self) -> tuple[Group[FreeItem], ...]:
        """The items in groups."""
        alone = (Group[Any](items=self.items),) if self.items else ()
        return (*alone, *self.groups)


_SHIPPED: dict[str, type[Section] | str] = {
    "text": TextSection,
    "positions": "Positions",
    "education": "EducationSection",
    "courses": "Courses",
    "talks": "Talks",
    "grants": "Grants",
    "awards": "Awards",
    "patents": "Patents",
    "metrics": Metrics,
    "publications": PublicationsSection,
    "students": "Students",
    "service": "ServiceSection",
    "skills": "Skills",
    "list": "ListSection",
}
"""Each kind's class, or the name of it in the module of `kinds/` that is called as the kind is."""


class _Kinds(Mapping[str, type[Section]]):
    """The kinds that ship. Making a class takes so long that one is made when a CV has such a section."""

    def __getitem__(self, kind: str) -> type[Section]:
        found = _SHIPPED[kind]
        if isinstance(found, str):
            made: type[Section] = getattr(import_module(f"cvbuild.model.kinds.{kind}"), found)
            return made
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_SHIPPED)

    def __len__(self) -> int:
        return len(_SHIPPED)


KINDS = _Kinds()
