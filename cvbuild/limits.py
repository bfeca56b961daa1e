"""Reading documents for their funder's rules, and holding a variant's PDF against its limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cvbuild.diagnostics import Diagnostic, UsageProblem
from cvbuild.funders.profile import check, complaints, find_profile, portal_note, tally
from cvbuild.funders.rule import Subject
from cvbuild.pdf.read import LockedPdf, inspect, measure
from cvbuild.pdf.types import Measured, PdfReport
from cvbuild.preparing import Prepared
from cvbuild.project import Project
from cvbuild.render.checks import place_of
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.select.types import SelectedCv
from cvbuild.words import counted


def content_alone(selected: SelectedCv, rendered: RenderedTex) -> Subject:
    """What a variant prints, where no PDF is made of it."""
    measured = Measured("", 0.0, 0, False, rendered.language, ())
    return Subject(measured, selected, rendered.language, printed=_printed(rendered))


def read_pdf(
    path: Path, name: str = "", selected: SelectedCv | None = None, rendered: RenderedTex | None = None
) -> Subject:
    """A PDF, measured, with the content and the TeX it was made from where these are known.

    `name` is the file name that it is to have. Raises UsageProblem for a file that is
    not there, or is no PDF.
    """
    language = rendered.language if rendered else ""
    printed = _printed(rendered) if rendered else frozenset()
    if path.is_dir():
        raise UsageProblem(f"{path} is a folder, not a PDF")
    try:
        measured = measure(path, name)
    except FileNotFoundError:
        raise UsageProblem(
            f"there is no file {path}", "build a PDF first with `cvbuild pdf`, or name another"
        ) from None
    except LockedPdf:
        measured = Measured(name or path.name, 0.0, path.stat().st_size, True, "", ())
        return Subject(measured, selected, language, True, printed)
    except ValueError:
        raise UsageProblem(
            f"{path} is no PDF, or a broken one", "name the PDF that is to be sent in"
        ) from None
    if not measured.pages:
        raise UsageProblem(f"{path} has no pages")
    return Subject(measured, selected, language, printed=printed)


def _printed(rendered: RenderedTex) -> frozenset[tuple[str, int, int]]:
    return frozenset(place_of(item.span) for item in rendered.mapped)


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
    taken = sum(pages for _, pages in space)
    over = f"{max(taken - limit, 0.01):.2f}" if space else str(measured.pages - limit)
    listing = ", ".join(f"{title} {pages:.2f}" for title, pages in space) or "not known: no outline"
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


def section_space(report: PdfReport) -> list[tuple[str, float]]:
    """How many pages each section takes, from its heading to the next one's.

    Measured on the outline's destinations; the space before the first heading is
    the document's header.
    """
    tops = [entry for entry in report.outline if entry.level == 0]
    if not tops:
        return []
    # The text block is taken to leave as much room at the top as the lowest text leaves below it.
    usable = report.sizes[0][1] - 2 * min(report.lowest_text)

    def position(page: int, y: float) -> float:
        height = report.sizes[page][1]
        top = height - (height - usable) / 2
        return page + min(max((top - y) / usable, 0.0), 1.0)

    starts = [0.0, *(position(entry.page, entry.y) for entry in tops)]
    ends = [*starts[1:], position(report.pages - 1, report.lowest_text[-1])]
    names = ["(header)", *(entry.title for entry in tops)]
    return [(name, max(end - start, 0.0)) for name, start, end in zip(names, starts, ends, strict=True)]


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
