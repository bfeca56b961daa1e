"""What several kinds of section list, or others ask for: the keys of these items."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from cvbuild.model.base import Content, Item, Url, WithText, Word
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
