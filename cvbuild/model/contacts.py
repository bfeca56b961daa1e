"""The keys of `contacts.yaml`: where co-authors work, for lists of them."""

from __future__ import annotations

from typing import Annotated

from cvbuild.content.fields import Content
from cvbuild.model.base import Word, Words
from cvbuild.model.settings import Email
from cvbuild.model.text import Text


class Contact(Content, kw_only=True):
    """A co-author."""

    name: Annotated[Word, "As in BibTeX: Family, Given."]
    affiliation: Text | None = None
    email: Email | None = None
    also_published_as: Annotated[Words, "Other spellings and names that are this person's."] = ()
