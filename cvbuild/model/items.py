"""What several kinds of section list, or others ask for: the keys of these items."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from cvbuild.content.fields import Content
from cvbuild.model.base import Item, Url, WithText, Word
from cvbuild.model.dates import Date, Period
from cvbuild.model.text import Text


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


class Figure(Item, kw_only=True):
    """A row of the metrics table: counted here, or given with its two figures."""

    label: Text
    count: Literal["publications", "first-authored", "selected"] | None = None
    all: int | None = None
    since: int | None = None

    def __post_init__(self) -> None:
        if (self.count is None) == (self.all is None) or (self.count and self.since is not None):
            raise ValueError("a row has either `count`, which is computed, or `all` and `since`")
