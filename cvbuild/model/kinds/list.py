"""A plain list."""

from typing import Literal

from cvbuild.model.base import Url, WithText
from cvbuild.model.items import DatedItem
from cvbuild.model.sections import ItemSection
from cvbuild.model.text import Text


class ListItem(DatedItem, WithText):
    """An item of a plain list."""

    text: Text
    label: Text | None = None
    url: Url | None = None


class ListSection(ItemSection[ListItem]):
    """A plain list."""

    kind: Literal["list"]
