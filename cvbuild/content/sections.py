"""What sections and their items have in common, and the kinds of both that others ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar, get_args

from cvbuild.content.fields import AtLeast, Content, table_of
from cvbuild.content.values import (
    Date,
    NameMeaning,
    NameMeanings,
    NotNegative,
    Period,
    Positive,
    Text,
    Word,
    Words,
    is_language,
    link,
)
from cvbuild.read.tree import YamlMapping
from cvbuild.record import field, replace
from cvbuild.source import Scalar


class Item(Content, kw_only=True):
    """What a section lists. All of these can be chosen by a variant."""

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

    @property
    def summary(self) -> str:
        """A few words that tell which item this is."""
        for name in ("title", "name", "degree", "organisation", "acronym", "label", "text", "term", "number"):
            value = getattr(self, name, None)
            if value is not None:
                return str(value)
        return type(self).__name__.lower()

    @property
    def when(self) -> Period | None:
        """When it was, for a variant's `since`."""
        for name in ("period", "date", "term"):
            value = getattr(self, name, None)
            if isinstance(value, Period):
                return value
            if isinstance(value, Date):
                return Period(value, value)
        return None

    def inner_items(self) -> tuple[Item, ...]:
        """The items within this one, if its kind has any."""
        return tuple(getattr(self, self.inner)) if self.inner else ()

    def leaves(self) -> Iterator[Item]:
        """What counts as one entry: the inner items, or the item itself."""
        yield from self.inner_items() if self.inner else (self,)

    def shortened(self) -> Self | None:
        """Its short form, for a variant that is fitted to pages; None where it has none."""
        return None


class Shrinkable(Item, kw_only=True):
    """An item with parts that a short form leaves out."""

    shrink_to: Annotated[
        Literal["brief"] | None, "May be printed short where a variant is fitted to pages."
    ] = None

    long_parts: ClassVar[tuple[str, ...]] = ()
    """The fields that the short form goes without."""

    def shortened(self) -> Self | None:
        """Without its long parts."""
        return self._with(self._defaults(self.long_parts))

    def _defaults(self, names: Iterable[str]) -> dict[str, Any]:
        fields = table_of(type(self))
        return {name: fields[name].default for name in names}

    def _with(self, changed: Mapping[str, Any]) -> Self | None:
        if all(getattr(self, name) == value for name, value in changed.items()):
            return None
        return replace(self, **changed)


class WithText(Shrinkable, kw_only=True):
    """An item with a text, in whose place the short form has another one or none."""

    brief: Annotated[Text | None, "A shorter text, printed where the item has to shrink."] = None

    def shortened(self) -> Self | None:
        """Without its long parts, and with `brief` for its text."""
        is_required = table_of(type(self))["text"].is_required
        text = {} if is_required and self.brief is None else {"text": self.brief}
        return self._with(self._defaults(self.long_parts) | text)


class Figure(Item, kw_only=True):
    """A row of the metrics table: counted here, or given with its two figures."""

    label: Text
    count: Literal["publications", "first-authored", "selected"] | None = None
    all: int | None = None
    since: int | None = None

    def __post_init__(self) -> None:
        if (self.count is None) == (self.all is None) or (self.count and self.since is not None):
            raise ValueError("a row has either `count`, which is computed, or `all` and `since`")


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


# Keys that mean the same in a kind of one's own as in those that ship.
_FREE_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "date": Date._checked.function,
    "period": Period._checked.function,
    "term": Date._checked.function,
    "url": link,
}


def _free_key(key: str, value: Any) -> Any:
    """The value of a key that no field has: text, and lists and mappings of it."""
    is_typed = key in _FREE_TYPES and isinstance(value, Scalar)
    return _FREE_TYPES[key](value) if is_typed else _free(value)


class _WithAnyKeys:
    """Gives the keys that no field has as attributes."""

    __slots__ = ()

    _more: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._more:
            return self._more[name]
        raise AttributeError(name)


class FreeItem(_WithAnyKeys, Item, kw_only=True):
    """An item of a kind that the project's own template prints: any keys."""

    _reads_more = _free_key


I = TypeVar("I", bound=Item)  # noqa: E741 - one letter, as type variables are


class Group(Content, Generic[I], kw_only=True):
    """Items under a heading of their own within a section."""

    title: Text | None = None
    note: Text | None = None
    items: tuple[I, ...] = ()


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
    def all_items(self) -> Iterator[Item]:
        """All items, each before those within it."""
        for group in self.listed:
            for item in group.items:
                yield item
                yield from item.inner_items()


class ItemSection(Section, Generic[I], kw_only=True):
    """A section that lists items, in one go or in groups."""

    items: tuple[I, ...] = ()
    groups: tuple[Group[I], ...] = ()

    @property
    def listed(self) -> tuple[Group[I], ...]:
        """The items in groups; items without a group stand in one without a title."""
        alone = (Group(items=self.items),) if self.items else ()
        return (*alone, *self.groups)


class TextSection(Section, kw_only=True):
    """Paragraphs, separated by blank lines."""

    kind: Literal["text"]
    text: Text


class Metrics(Section, kw_only=True):
    """A table of figures, overall and since a year."""

    names: ClassVar[frozenset[str]] = frozenset({"source"})

    kind: Literal["metrics"]
    since: Annotated[int, "The first year of the second column."]
    source: Annotated[Text | None, "Who counted, e.g. Google Scholar."] = None
    retrieved: Annotated[Date | None, "When."] = None
    rows: tuple[Figure, ...] = ()

    @property
    def listed(self) -> tuple[Group[Figure], ...]:
        """The rows."""
        return (Group(items=self.rows),)


class Match(Content, kw_only=True):
    """The rule of a category: an entry matches when every key given does."""

    type: Annotated[Words, "Entry types, e.g. article."] = ()
    keyword: Annotated[Words, "Words of the field `keywords`."] = ()
    file: Annotated[Words, "Names of .bib files."] = ()
    field: Annotated[Words, "Fields that the entry has, e.g. doi."] = ()


class Category(Content, kw_only=True):
    """Publications under one heading, numbered on their own."""

    id: Word
    title: Text
    match: Match
    prefix: Annotated[str, "Stands before each number: J gives J1, J2, …"] = ""
    note: Text | None = None


class Signs(Content, kw_only=True):
    """The sign behind a name for each meaning: one character, which may have been typed in the .bib files."""

    students: Word | None = None
    equal: Word | None = None
    corresponding: Word | None = None

    @property
    def by_meaning(self) -> dict[NameMeaning, str]:
        """Those that are given."""
        meanings: tuple[NameMeaning, ...] = get_args(NameMeaning)
        return {name: str(sign) for name in meanings if (sign := getattr(self, name)) is not None}

    def __post_init__(self) -> None:
        signs = list(self.by_meaning.values())
        if any(len(sign) != 1 for sign in signs) or len(set(signs)) < len(signs):
            raise ValueError("each sign is one character, another one for each meaning")


class PublicationsSection(Section, kw_only=True):
    """The publications of `bib/`, by category."""

    kind: Literal["publications"]
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


class FreeSection(_WithAnyKeys, ItemSection[FreeItem], kw_only=True):
    """A section of the user's own kind: printed by `sections/KIND.tex` of the project."""

    _reads_more = _free_key
