"""What a variant prints of the CV, and why not the rest."""

from cvbuild.variant.categories import category_of
from cvbuild.variant.cut import WHOLE, Cut, SectionCut
from cvbuild.variant.news import is_new, joined_days
from cvbuild.variant.numbering import Permanent, permanent_numbers
from cvbuild.variant.selected import SelectedCv, SelectedSection
from cvbuild.variant.selection import choices_of, select

__all__ = [
    "WHOLE",
    "Cut",
    "Permanent",
    "SectionCut",
    "SelectedCv",
    "SelectedSection",
    "category_of",
    "choices_of",
    "is_new",
    "joined_days",
    "permanent_numbers",
    "select",
]
