"""The keys of `contacts.yaml`: where co-authors work, for lists of them."""

from pydantic import Field

from cvbuild.model.base import Content, Word, Words
from cvbuild.model.settings import Email
from cvbuild.model.text import Text


class Contact(Content):
    """A co-author."""

    name: Word = Field(description="As in BibTeX: Family, Given.")
    affiliation: Text | None = None
    email: Email | None = None
    also_published_as: Words = Field((), description="Other spellings and names that are this person's.")
