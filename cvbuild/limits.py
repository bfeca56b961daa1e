"""What a variant's PDF is held against: its number of pages, and its funder's rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cvbuild.diagnostics import Diagnostic
from cvbuild.pdf import inspect, section_space
from cvbuild.project import Project
from cvbuild.render.document import language_of
from cvbuild.variant import SelectedCv


def check_limits(
    project: Project, selected: SelectedCv, language: str | None, pdf: Path, name: str
) -> list[Diagnostic]:
    """What breaks a variant's limits, and what of its profile could not be measured.

    `language` is one in place of the variant's; `name` is the file name that the PDF is to have.
    """
    return [*_too_many_pages(selected, pdf), *_against_profile(project, selected, language, pdf, name)]


def _too_many_pages(selected: SelectedCv, pdf: Path) -> Iterator[Diagnostic]:
    limit = selected.variant.max_pages
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
    plural = "" if limit == 1 else "s"
    yield Diagnostic(
        "too-many-pages",
        f"the variant `{selected.name}` has {measured.pages} pages, and `max_pages` allows"
        f" {limit} page{plural}: {over} pages too many",
        selected.variant.span_of("max_pages"),
        hints=(
            f"space in pages: {listing}",
            "leave out items with `limit`, `since` or `tags`, or choose `detail: brief`",
        ),
    )


def _against_profile(
    project: Project, selected: SelectedCv, language: str | None, pdf: Path, name: str
) -> Iterator[Diagnostic]:
    named = selected.variant.profile
    if named is None:
        return
    from cvbuild.conformance.complaints import complaints, portal_note
    from cvbuild.conformance.library import find_profile
    from cvbuild.conformance.reading import read_pdf
    from cvbuild.conformance.registry import check

    span = selected.variant.span_of("profile")
    profile, found = find_profile(project, named, named.span)
    if profile is None:
        yield from found
    elif profile.is_portals:
        yield portal_note(profile, span)
    else:
        subject = read_pdf(pdf, name, selected, language_of(selected, language))
        yield from complaints(profile, check(profile, subject), span)
