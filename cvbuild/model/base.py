"""What every part of the content has in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from cvbuild.content.fields import AtLeast, Checked, Content, OneOrMore, Problem, table_of
from cvbuild.model.dates import Date, Period
from cvbuild.model.text import Text
from cvbuild.record import field, replace
from cvbuild.source import Scalar

_LINK = re.compile(r"(https?://|mailto:|tel:)\S+")


def _word(value: object) -> Scalar:
    if isinstance(value, Scalar) and value.strip():
        return value
    raise Problem("wrong-type", "a word is expected here")


def link(value: object) -> Scalar:
    """A whole web address. Raises Problem for another value."""
    word = _word(value)
    if not _LINK.fullmatch(word):
        hint = "write the whole of it: `https://…`; also `mailto:` and `tel:`"
        raise Problem("bad-url", f"`{word}` is not a web address", hint)
    return word


Word = Annotated[Scalar, Checked(_word, {"type": ["string", "number"]})]
"""A short name, such as an id or a tag."""

Words = Annotated[tuple[Word, ...], OneOrMore()]
"""Names; a single one needs no list around it."""

NameMeaning = Literal["students", "equal", "corresponding"]
"""What a mark behind a name can say: a supervised student, equal contribution, corresponding author."""

NameMeanings = Annotated[tuple[NameMeaning, ...], OneOrMore()]
"""Several of them; a single one needs no list around it."""

Url = Annotated[Scalar, Checked(link, {"pattern": "^(https?://|mailto:|tel:)", "type": "string"})]
"""A whole web address."""

Positive = Annotated[int, AtLeast(1)]
NotNegative = Annotated[int, AtLeast(0)]

Texts = Annotated[tuple[Text, ...], OneOrMore()]
"""Texts; a single one needs no list around it."""


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
