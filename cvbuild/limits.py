"""Subjects for funders' rules, and the check of a variant's PDF against its limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cvbuild.diagnostics import Diagnostic, UsageProblem
from cvbuild.funders.profile import check, complaints, find_profile, portal_note, tally
from cvbuild.funders.rule import Subject
from cvbuild.pdf.read import LockedPdf, inspect, measure
from cvbuild.pdf.types import Measured, PdfReport
from cvbuild.project import Project
from cvbuild.render.checks import place_of
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.select.types import SelectedCv
from cvbuild.words import counted


def content_alone(selected: SelectedCv, rendered: RenderedTex) -> Subject:
    """The subject for rules that look at a variant's content: no PDF is made of it."""
    measured = Measured("", 0.0, 0, False, rendered.language, ())
    return Subject(measured, selected, rendered.language, printed=_printed(rendered))


def read_pdf(
    path: Path, name: str = "", selected: SelectedCv | None = None, rendered: RenderedTex | None = None
) -> Subject:
    """Measure a PDF for a funder's rules; the content and the TeX it was made from go with it if known.

    `name` is the file name that it is to have. Raises UsageProblem for a missing file and for one
    that is no PDF.
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
    project: Project, selected: SelectedCv, rendered: RenderedTex, pdf: Path, name: str
) -> tuple[list[Diagnostic], str]:
    """The limits of its variant that a PDF breaks, and the tally of the rules of its profile.

    `name` is the file name that the PDF is to have.
    """
    found = list(_too_many_pages(selected, pdf))
    named, span = selected.variant.profile, selected.variant.span_of("profile")
    if named is None:
        return found, ""
    profile, problems = find_profile(project, named, named.span)
    if profile is None:
        return [*found, *problems], ""
    if profile.is_portals:
        subject = content_alone(selected, rendered)
        found.append(portal_note(profile, span))
    else:
        subject = read_pdf(pdf, name, selected, rendered)
    verdicts = check(profile, subject)
    found += complaints(profile, verdicts, span)
    return found, f"{profile.name}: {tally(verdicts)}" if verdicts else ""


def _too_many_pages(selected: SelectedCv, pdf: Path) -> Iterator[Diagnostic]:
    limit = selected.variant.max_pages
    measured = inspect(pdf) if limit is not None else None
    if limit is None or measured is None or measured.pages <= limit:
        return
    space = section_space(measured)
    taken = sum(pages for _, pages in space)
    over = f"{max(taken - limit, 0.01):.2f}" if space else str(measured.pages - limit)
    listing = ", ".join(f"{title} {pages:.2f}" for title, pages in space) or "not known: no outline"
    yield Diagnostic(
        "too-many-pages",
        f"the variant `{selected.name}` has {measured.pages} pages, and `max_pages` allows"
        f" {counted(limit, 'page')}: {over} pages too many",
        selected.variant.span_of("max_pages"),
        hints=(
            f"space in pages: {listing}",
            "leave out items with `limit`, `since` or `tags`, or choose `detail: brief`;"
            f" `fit: {limit}` leaves out what matters least",
        ),
    )


def section_space(report: PdfReport) -> list[tuple[str, float]]:
    """The space of each section in pages, from its heading to the next one's.

    It is measured on the outline's destinations; the space before the first heading is
    the document's header.
    """
    tops = [entry for entry in report.outline if entry.level == 0]
    if not tops:
        return []
    # Assume a top margin as large as the space below the lowest text.
    usable = report.sizes[0][1] - 2 * min(report.lowest_text)

    def position(page: int, y: float) -> float:
        height = report.sizes[page][1]
        top = height - (height - usable) / 2
        return page + min(max((top - y) / usable, 0.0), 1.0)

    starts = [0.0, *(position(entry.page, entry.y) for entry in tops)]
    ends = [*starts[1:], position(report.pages - 1, report.lowest_text[-1])]
    names = ["(header)", *(entry.title for entry in tops)]
    return [(name, max(end - start, 0.0)) for name, start, end in zip(names, starts, ends, strict=True)]
