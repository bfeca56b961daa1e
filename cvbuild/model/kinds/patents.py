"""Patent families and their filings."""

from typing import ClassVar, Literal

from pydantic import Field

from cvbuild.model.base import Item, Url, WithText
from cvbuild.model.dates import Date
from cvbuild.model.sections import ItemSection
from cvbuild.model.text import Text


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


class Patents(ItemSection[Patent]):
    """Patent families and their filings."""

    kind: Literal["patents"]
