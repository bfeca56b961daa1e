"""What a variant prints of the CV, and why not the rest."""

from cvbuild.select.marks import is_new, joined_days
from cvbuild.select.numbers import Permanent, numbered_sections, permanent_numbers
from cvbuild.select.selection import choices_of, select
from cvbuild.select.types import WHOLE, Cut, SectionCut, SelectedCv, SelectedSection

__all__ = [
    "WHOLE",
    "Cut",
    "Permanent",
    "SectionCut",
    "SelectedCv",
    "SelectedSection",
    "choices_of",
    "is_new",
    "joined_days",
    "numbered_sections",
    "permanent_numbers",
    "select",
]
