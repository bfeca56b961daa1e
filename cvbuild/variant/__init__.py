"""What a variant prints of the CV, and why not the rest."""

from cvbuild.variant.publications import category_of
from cvbuild.variant.selected import SelectedCv, SelectedSection
from cvbuild.variant.selection import select

__all__ = ["SelectedCv", "SelectedSection", "category_of", "select"]
