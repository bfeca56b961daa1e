"""Marks for readers who compare: what is new since a day, and who is who among the authors."""

from __future__ import annotations

from cvbuild.diagnostics import Findings
from cvbuild.model.cv import Cv
from cvbuild.model.dates import Date
from cvbuild.model.sections import PublicationsSection
from cvbuild.model.settings import SectionChoice
from cvbuild.variant.news import with_new_items, with_new_publications
from cvbuild.variant.selected import SelectedSection
from cvbuild.variant.signs import with_marked_names


def marked(
    cv: Cv, selected: SelectedSection, choice: SectionChoice, since: Date | None, findings: Findings
) -> SelectedSection:
    """The section with the marks that it and the variant ask for, and a legend of those that occur."""
    section = selected.section
    if not isinstance(section, PublicationsSection):
        return selected if since is None else with_new_items(selected, since, findings)
    wanted = section.mark if choice.mark is None else choice.mark
    if wanted:
        selected = with_marked_names(cv, selected, section, wanted, findings)
    return selected if since is None else with_new_publications(cv, selected, section, since, findings)
