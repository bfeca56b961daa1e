"""What every part of the content has in common."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    model_validator,
)
from pydantic_core import PydanticCustomError

from cvbuild.load.tree import YamlMapping
from cvbuild.model.checked import Checked, OneOrMore
from cvbuild.model.dates import Date, Period
from cvbuild.model.text import Text
from cvbuild.source import Scalar, SourceFile, Span

NOWHERE = Span(SourceFile("", ""), 0, 0)
"""The span of a value made by a test or by the program itself."""

_LINK = re.compile(r"(https?://|mailto:|tel:)\S+")


def _word(value: object) -> Scalar:
    if isinstance(value, Scalar) and value.strip():
        return value
    raise PydanticCustomError("wrong-type", "a word is expected here")


def _link(value: object) -> Scalar:
    word = _word(value)
    if not _LINK.fullmatch(word):
        raise PydanticCustomError(
            "bad-url",
            "`{word}` is not a web address",
            {"word": str(word), "hint": "write the whole of it: `https://…`; also `mailto:` and `tel:`"},
        )
    return word


Word = Annotated[Scalar, Checked(_word, {"type": ["string", "number"]})]
"""A short name, such as an id or a tag."""

Words = Annotated[tuple[Word, ...], OneOrMore()]
"""Names; a single one needs no list around it."""

NameMeaning = Literal["students", "equal", "corresponding"]
"""What a mark behind a name can say: a supervised student, equal contribution, corresponding author."""

NameMeanings = Annotated[tuple[NameMeaning, ...], OneOrMore()]
"""Several of them; a single one needs no list around it."""

Url = Annotated[Scalar, Checked(_link, {"type": "string", "pattern": "^(https?://|mailto:|tel:)"})]
"""A whole web address."""

Texts = Annotated[tuple[Text, ...], OneOrMore()]
"""Texts; a single one needs no list around it."""


class Content(BaseModel):
    """A mapping of the content, with its place. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)

    names: ClassVar[frozenset[str]] = frozenset()
    """The keys whose texts are names and titles, which stay in every language unless they are given by it."""

    _place: YamlMapping | None = PrivateAttr(default=None)

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self._place.span if self._place is not None else NOWHERE

    @property
    def tree(self) -> YamlMapping | None:
        """What was loaded; None for what a test or the program itself made."""
        return self._place

    def span_of(self, key: str) -> Span:
        """Where one of its keys stands, with its value on the same line."""
        if self._place is None:
            return NOWHERE
        start = self._place.key_span(key)
        whole = start.source.span_of_line(start.line)
        value: Span | None = getattr(self._place.get(key), "span", None)
        if value is None or not (
            start.end <= value.start <= whole.end
        ):  # none, an alias, or on the next line
            return whole
        end = min(value.end, whole.end)
        is_quoted = start.source.text[end : end + 1] in {"'", '"'}
        return Span(start.source, start.start, end + is_quoted)

    @model_validator(mode="wrap")
    @classmethod
    def _with_place(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Keys without a value count as absent."""
        if not isinstance(value, YamlMapping):
            return handler(value)
        known = {info.alias or name for name, info in cls.model_fields.items()}
        model = handler({key: item for key, item in value.items() if item is not None or key not in known})
        model._place = value
        return model


class Item(Content):
    """What a section lists. All of these can be chosen by a variant."""

    id: Word | None = Field(None, description="A name by which other sections refer to this item.")
    tags: Words = Field((), description="Words by which a variant chooses items.")
    only: Words = Field((), description="The variants that print this item; all where it is missing.")
    except_: Words = Field((), alias="except", description="Variants that do not print this item.")
    priority: int | None = Field(
        None, ge=1, description="1 stays longest where a variant has a `limit` or is fitted to pages."
    )
    keep: bool = Field(False, description="Never left out where a variant is fitted to pages.")

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

    def inner_items(self) -> "tuple[Item, ...]":
        """The items within this one, if its kind has any."""
        return tuple(getattr(self, self.inner)) if self.inner else ()

    def leaves(self) -> "Iterator[Item]":
        """What counts as one entry: the inner items, or the item itself."""
        yield from self.inner_items() if self.inner else (self,)

    def shortened(self) -> Self | None:
        """Its short form, for a variant that is fitted to pages; None where it has none."""
        return None


class Shrinkable(Item):
    """An item with parts that a short form leaves out."""

    shrink_to: Literal["brief"] | None = Field(
        None, description="May be printed short where a variant is fitted to pages."
    )

    long_parts: ClassVar[tuple[str, ...]] = ()
    """The fields that the short form goes without."""

    def shortened(self) -> Self | None:
        """Without its long parts."""
        return self._with({name: type(self).model_fields[name].default for name in self.long_parts})

    def _with(self, changed: Mapping[str, Any]) -> Self | None:
        if all(getattr(self, name) == value for name, value in changed.items()):
            return None
        return self.model_copy(update=dict(changed))


class WithText(Shrinkable):
    """An item with a text, in whose place the short form has another one or none."""

    brief: Text | None = Field(None, description="A shorter text, printed where the item has to shrink.")

    def shortened(self) -> Self | None:
        """Without its long parts, and with `brief` for its text."""
        field = type(self).model_fields["text"]
        parts = {name: type(self).model_fields[name].default for name in self.long_parts}
        text = {} if field.is_required() and self.brief is None else {"text": self.brief}
        return self._with(parts | text)
