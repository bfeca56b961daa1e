"""What a variant prints of the CV, and why not the rest."""

from cvbuild.variant.categories import category_of
from cvbuild.variant.news import is_new, joined_days
from cvbuild.variant.numbering import Permanent, permanent_numbers
from cvbuild.variant.selected import SelectedCv, SelectedSection
from cvbuild.variant.selection import select

__all__ = [
    "Permanent",
    "SelectedCv",
    "SelectedSection",
    "category_of",
    "is_new",
    "joined_days",
    "permanent_numbers",
    "select",
]
