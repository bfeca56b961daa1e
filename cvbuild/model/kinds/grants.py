"""Funded projects."""

from typing import ClassVar, Literal

from cvbuild.model.base import Url, WithText
from cvbuild.model.dates import Period
from cvbuild.model.sections import ItemSection
from cvbuild.model.text import Text


class Grant(WithText):
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


class Grants(ItemSection[Grant]):
    """Funded projects."""

    kind: Literal["grants"]
