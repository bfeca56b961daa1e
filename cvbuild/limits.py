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
from cvbuild.record import Record

if TYPE_CHECKING:
    from cvbuild.preparing import Prepared


class Held(Record):
    """A PDF held against its variant's limits: what breaks them, and what could not be measured.

    `summary` says what the profile's rules came to, where it has one.
    """

    diagnostics: tuple[Diagnostic, ...]
    summary: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether the PDF is not to be put in place."""
        return any(item.severity == "error" for item in self.diagnostics)


def check_limits(project: Project, prepared: Prepared, pdf: Path, name: str) -> Held:
    """Hold a PDF against the limits of its variant; `name` is the file name that the PDF is to have."""
    pages = tuple(_too_many_pages(prepared, pdf))
    held = _against_profile(project, prepared, pdf, name)
    return Held((*pages, *held.diagnostics), held.summary)


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


def _against_profile(project: Project, prepared: Prepared, pdf: Path, name: str) -> Held:
    named = prepared.profile
    if named is None:
        return Held(())

    selected, rendered = prepared.selected, prepared.rendered
    span = selected.variant.span_of("profile")
    profile, found = find_profile(project, named, named.span)
    if profile is None:
        return Held(tuple(found))
    subject = (
        content_alone(selected, rendered) if profile.is_portals else read_pdf(pdf, name, selected, rendered)
    )
    verdicts = check(profile, subject)
    notes = [portal_note(profile, span)] if profile.is_portals else []
    return Held(
        (*notes, *complaints(profile, verdicts, span)),
        f"{profile.name}: {tally(verdicts)}" if verdicts else "",
    )
