"""Filling the theme's templates with a selected CV."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from cvbuild.diagnostics import ContentProblem, Diagnostic, Findings
from cvbuild.model.settings import PROFILE_ADDRESSES, Owner
from cvbuild.render.labels import filled, labels_for
from cvbuild.render.printer import Printer
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.render.templates import environment, template_folders
from cvbuild.source import Scalar, SourceFile, Span
from cvbuild.variant import SelectedCv

DEFAULT_THEME = "classic"
DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True)
class Contact:
    """A way to reach the owner: what is shown, and the address it leads to."""

    text: object
    url: str


@dataclass(frozen=True)
class PrintedOwner:
    """The owner as templates see it: `content` is the owner of cv.yaml."""

    content: Owner
    name: str
    contacts: tuple[Contact, ...]
    profiles: tuple[Scalar, ...]


def render(
    cv: SelectedCv, own_templates: Path | None, theme: str | None = None, language: str | None = None
) -> tuple[RenderedTex, Findings]:
    """The TeX document of a variant.

    Raises ContentProblem where a template cannot be filled.
    """
    theme = theme or str(cv.variant.theme or cv.settings.theme or DEFAULT_THEME)
    language = language or str(cv.variant.language or cv.settings.language or DEFAULT_LANGUAGE)
    folders = template_folders(theme, own_templates)
    printer = Printer(language, labels_for(language, folders))
    by_key = {str(publication.key): publication for publication in cv.publications}
    owner = _owner(cv, printer)
    context = {
        "printer": printer,
        "labels": printer.labels,
        "label": lambda name, **values: filled(printer, name, **values),
        "language": language,
        "paper": cv.settings.paper,
        "owner": owner,
        "metadata": _metadata(cv, owner, printer),
        "sections": cv.sections,
        "publication": by_key.__getitem__,
    }
    marked = _filled(folders, context)
    text, mapped = printer.marks.split(marked)
    return RenderedTex(re.sub(r"\n{3,}", "\n\n", text) if not mapped else text, mapped), printer.findings


def _owner(cv: SelectedCv, printer: Printer) -> PrintedOwner:
    content = cv.settings.owner
    name = cv.owner_names[0]
    printed = " ".join(part for part in (name.given, name.particle, name.family, name.suffix) if part)
    contacts: list[Contact] = []
    if content.email:
        contacts.append(Contact(content.email, f"mailto:{content.email}"))
    if content.phone:
        contacts.append(Contact(content.phone, _tel(content.phone)))
    if content.mobile:
        label = Markup(f"{printer.tex(printer.labels['mobile'])} ") + printer.tex(content.mobile)
        contacts.append(Contact(label, _tel(content.mobile)))
    profiles = tuple(
        Scalar(PROFILE_ADDRESSES.get(network, "{}").format(handle), handle.span)
        for network, handle in content.profiles.items()
    )
    return PrintedOwner(content, printed, tuple(contacts), profiles)


def _tel(number: str) -> str:
    """A telephone number as an address (RFC 3966): digits and the leading plus."""
    return "tel:" + re.sub(r"[^\d+]", "", number)


def _metadata(cv: SelectedCv, owner: PrintedOwner, printer: Printer) -> Mapping[str, str]:
    title = cv.variant.title or cv.settings.title
    return {
        "title": printer.plain(title) if title else owner.name,
        "author": owner.name,
        "subject": printer.plain(cv.settings.subject),
        "keywords": ", ".join(printer.plain(word) for word in cv.settings.keywords),
    }


def _filled(folders: list[Path], context: dict[str, Any]) -> str:
    import jinja2

    try:
        return environment(tuple(folders)).get_template("document.tex").render(context)
    except jinja2.TemplateSyntaxError as error:
        raise ContentProblem(_in_template(error.filename, error.lineno, str(error.message))) from None
    except jinja2.TemplateNotFound as error:
        raise ContentProblem(Diagnostic("missing-template", f"there is no template `{error.name}`")) from None
    except (jinja2.TemplateError, TypeError, KeyError, AttributeError, ValueError) as error:
        file, line = _template_place(error)
        if file is None:
            raise
        raise ContentProblem(_in_template(file, line, str(error))) from error


def _template_place(error: BaseException) -> tuple[str | None, int]:
    """The innermost line of a template in an error's traceback, as Jinja rewrites it."""
    found: tuple[str | None, int] = (None, 0)
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.endswith(".tex"):
            found = name, trace.tb_lineno
        trace = trace.tb_next
    return found


def _in_template(file: str | None, line: int, message: str) -> Diagnostic:
    span: Span | None = None
    if file is not None:
        path = Path(file)
        source = SourceFile(path.name, path.read_text(encoding="utf-8", errors="replace"))
        span = source.span_of_line(line - 1)
    return Diagnostic(
        "template",
        f"this template cannot be filled: {message}",
        span,
        hints=("a key that may be missing is asked for with `is defined`",),
    )
