"""What a variant's PDF is held against: its number of pages, and its funder's rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cvbuild.conformance.complaints import complaints, portal_note
from cvbuild.conformance.library import find_profile
from cvbuild.conformance.reading import content_alone, read_pdf
from cvbuild.conformance.registry import check
from cvbuild.conformance.subject import tally
from cvbuild.diagnostics import Diagnostic
from cvbuild.pdf.document import inspect
from cvbuild.pdf.space import section_space
from cvbuild.phrases import counted
from cvbuild.project import Project

if TYPE_CHECKING:
    from cvbuild.preparing import Prepared


def broken_limits(
    project: Project, prepared: Prepared, pdf: Path, name: str
) -> tuple[tuple[Diagnostic, ...], str]:
    """What of a PDF breaks the limits of its variant, and what the rules of its profile came to.

    `name` is the file name that the PDF is to have.
    """
    found, summary = _against_profile(project, prepared, pdf, name)
    return (*_too_many_pages(prepared, pdf), *found), summary


def _too_many_pages(prepared: Prepared, pdf: Path) -> Iterator[Diagnostic]:
    limit = prepared.max_pages
    if limit is None:
        return

    measured = inspect(pdf)
    if measured.pages <= limit:
        return
    space = section_space(measured)
    over = (
        f"{max(sum(item.pages for item in space) - limit, 0.01):.2f}"
        if space
        else str(measured.pages - limit)
    )
    listing = ", ".join(f"{item.title} {item.pages:.2f}" for item in space) or "not known: no outline"
    yield Diagnostic(
        "too-many-pages",
        f"the variant `{prepared.name}` has {measured.pages} pages, and `max_pages` allows"
        f" {counted(limit, 'page')}: {over} pages too many",
        prepared.selected.variant.span_of("max_pages"),
        hints=(
            f"space in pages: {listing}",
            "leave out items with `limit`, `since` or `tags`, or choose `detail: brief`;"
            f" `fit: {limit}` leaves out what matters least",
        ),
    )


def _against_profile(
    project: Project, prepared: Prepared, pdf: Path, name: str
) -> tuple[tuple[Diagnostic, ...], str]:
    named = prepared.profile
    if named is None:
        return (), ""

    selected, rendered = prepared.selected, prepared.rendered
    span = selected.variant.span_of("profile")
    profile, found = find_profile(project, named, named.span)
    if profile is None:
        return tuple(found), ""
    subject = (
        content_alone(selected, rendered) if profile.is_portals else read_pdf(pdf, name, selected, rendered)
    )
    verdicts = check(profile, subject)
    notes = [portal_note(profile, span)] if profile.is_portals else []
    summary = f"{profile.name}: {tally(verdicts)}" if verdicts else ""
    return (*notes, *complaints(profile, verdicts, span)), summary
