"""The rules of `check --lint`, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from cvbuild.content.cv import Cv
from cvbuild.diagnostics import Diagnostic
from cvbuild.lint import Subject
from cvbuild.lint.dates import date_future, date_order, date_overlap
from cvbuild.lint.links import dead_references, tag_spelling, unread_files, url_scheme, url_shape
from cvbuild.lint.spelling import name_spelling, owner, venue_spelling
from cvbuild.lint.works import doi_shape, no_link, pages, same_work, title_case, year_mismatch
from cvbuild.project import Project, all_bibliographies, bibliography_files

RULES: tuple[Callable[[Subject], Iterator[Diagnostic]], ...] = (
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
    date_future,
    dead_references,
    unread_files,
    tag_spelling,
    url_scheme,
    url_shape,
)


def lint(subject: Subject) -> list[Diagnostic]:
    """What looks wrong in a CV that is sound: warnings, and notes where it is only a suggestion."""
    return [found for rule in RULES for found in rule(subject)]


def lint_cv(project: Project, cv: Cv, today: date) -> list[Diagnostic]:
    """What looks wrong in the CV of a project, on a day."""
    read, _ = bibliography_files(project, cv.settings.bibliography)
    unread = tuple(project.shown(path) for path in all_bibliographies(project) if path not in read)
    return lint(Subject(cv, today, unread))
