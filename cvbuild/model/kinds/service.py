"""Service to the community."""

from typing import ClassVar, Literal

from cvbuild.model.base import Url, WithText
from cvbuild.model.dates import Period
from cvbuild.model.sections import ItemSection
from cvbuild.model.text import Text


class Service(WithText):
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


class ServiceSection(ItemSection[Service]):
    """Service to the community."""

    kind: Literal["service"]
