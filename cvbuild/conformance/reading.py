"""A PDF file, or content alone, as a subject of rules."""

from __future__ import annotations

from pathlib import Path

from cvbuild.conformance.subject import Subject
from cvbuild.diagnostics import UsageProblem
from cvbuild.pdf.read import LockedPdf, measure
from cvbuild.pdf.types import Measured
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.render.traces import place_of
from cvbuild.variant import SelectedCv


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
