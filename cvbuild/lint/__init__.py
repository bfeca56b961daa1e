"""Rules of `check --lint`: what is valid and yet looks wrong.

A rule is a pure function that finds one kind of oddity, or a family of them, in time proportional to
the size of the CV. It returns warnings, or notes if it only suggests something better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from cvbuild.content.cv import Cv
from cvbuild.diagnostics import Diagnostic
from cvbuild.lint.dates import date_future, date_order, date_overlap
from cvbuild.lint.links import dead_references, tag_spelling, unread_files, url_scheme, url_shape
from cvbuild.lint.spelling import name_spelling, owner, venue_spelling
from cvbuild.lint.works import doi_shape, no_link, pages, same_work, title_case, year_mismatch
from cvbuild.project import Project, all_bibliographies, bibliography_files

RULES: tuple[Callable[[Cv], Iterator[Diagnostic]], ...] = (
    same_work,
    owner,
    name_spelling,
    venue_spelling,
    no_link,
    doi_shape,
    pages,
    title_case,
    year_mismatch,
    date_order,
    date_overlap,
    dead_references,
    tag_spelling,
    url_scheme,
    url_shape,
)
"""The rules that need nothing but the CV."""


def lint_cv(project: Project, cv: Cv, today: date) -> list[Diagnostic]:
    """Return what looks wrong in a CV without errors, on a given day."""
    read, _ = bibliography_files(project, cv.settings.bibliography)
    unread = [project.shown(path) for path in all_bibliographies(project) if path not in read]
    found = [item for rule in RULES for item in rule(cv)]
    return [*found, *date_future(cv, today), *unread_files(cv, unread)]
