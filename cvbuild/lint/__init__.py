"""Rules of `check --lint` for content that is valid but looks wrong.

A rule is a pure function that takes linear time. It yields warnings, or notes for suggestions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from cvbuild.content.cv import Cv
from cvbuild.diagnostics import Diagnostic
from cvbuild.lint import items, spelling, works
from cvbuild.project import Project, all_bibliographies, bibliography_files
from cvbuild.source import SourceFile, Span

RULES: tuple[Callable[[Cv], Iterator[Diagnostic]], ...] = (
    works.same_work,
    spelling.owner,
    spelling.name_spelling,
    spelling.venue_spelling,
    works.entry_slips,
    items.date_order,
    items.date_overlap,
    items.dead_references,
    items.tag_spelling,
    items.addresses,
)
"""The rules that need nothing but the CV."""


def lint_cv(project: Project, cv: Cv, today: date) -> list[Diagnostic]:
    """Return the findings of all rules on a CV without errors, and a note on each unread .bib file."""
    found = [item for rule in RULES for item in rule(cv)]
    found += items.date_future(cv, today)
    read, _ = bibliography_files(project, cv.settings.bibliography)
    for name in (project.shown(path) for path in all_bibliographies(project) if path not in read):
        if cv.settings.bibliography:
            span, cure = cv.settings.span_of("bibliography"), "add it to `bibliography`"
        else:
            span, cure = Span(SourceFile(name, ""), 0, 0), "move it to bib/, or name it in `bibliography`"
        hints = (f"{cure} in content/cv.yaml",)
        found.append(Diagnostic("lint-unread-file", f"{name} is not read", span, "note", hints=hints))
    return found
