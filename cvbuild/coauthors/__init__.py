"""Who published with the owner of late, as funders and panels ask for it."""

from cvbuild.coauthors.contacts import CONTACTS, read_contacts
from cvbuild.coauthors.joint import CoAuthor, CoAuthors, Window, coauthors

__all__ = ["CONTACTS", "CoAuthor", "CoAuthors", "Window", "coauthors", "read_contacts"]
