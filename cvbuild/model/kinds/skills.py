"""Skills by group."""

from typing import Literal

from cvbuild.model.base import Item, Texts
from cvbuild.model.sections import ItemSection
from cvbuild.model.text import Text


class Skill(Item):
    """A group of skills under one label."""

    label: Text
    skills: Texts


class Skills(ItemSection[Skill]):
    """Skills by group."""

    kind: Literal["skills"]
