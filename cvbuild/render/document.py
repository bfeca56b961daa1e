"""Filling the theme's templates with a selected CV."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from markupsafe import Markup

from cvbuild.diagnostics import ContentProblem, Diagnostic, Findings, UsageProblem
from cvbuild.model.settings import PROFILE_ADDRESSES, Owner
from cvbuild.render.labels import filled, labels_for
from cvbuild.render.printer import Printer
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.render.templates import environment, shown_template, template_folders
from cvbuild.source import Scalar, SourceFile, Span
from cvbuild.variant import SelectedCv

DEFAULT_THEME = "classic"
DEFAULT_LANGUAGE = "en"

R = TypeVar("R")


@dataclass(frozen=True)
class Contact:
    """A way to reach the owner: what is shown, and the address it leads to."""

    text: object
    url: str


@dataclass(frozen=True)
class PrintedOwner:
    """The owner as templates see it: `content` is the owner of cv.yaml, `plain_name` is for metadata."""

    content: Owner
    name: Markup
    plain_name: str
    contacts: tuple[Contact, ...]
    profiles: tuple[Scalar, ...]


def render(
    cv: SelectedCv, own_templates: Path | None, theme: str | None = None, language: str | None = None
) -> tuple[RenderedTex, Findings]:
    """The TeX document of a variant.

    `theme` and `language` come before what the content says. Raises UsageProblem
    where one of them does not exist, ContentProblem where the content names one
    that does not, or a template cannot be filled.
    """
    theme = theme or cv.variant.theme or cv.settings.theme or DEFAULT_THEME
    folders = _named_by(theme, lambda: template_folders(theme, own_templates), code="unknown-theme")
    language = language or cv.variant.language or cv.settings.language or DEFAULT_LANGUAGE
    labels = _named_by(language, lambda: labels_for(language, folders), code="unknown-language")
    printer = Printer(str(language), labels)
    by_key = {str(publication.key): publication for publication in cv.publications}
    owner = _owner(cv, printer)
    context = {
        "printer": printer,
        "labels": printer.labels,
        "label": lambda name, **values: filled(printer, name, **values),
        "language": str(language),
        "paper": cv.settings.paper,
        "owner": owner,
        "metadata": _metadata(cv, owner, printer),
        "sections": cv.sections,
        "publication": by_key.__getitem__,
    }
    marked = _filled(folders, context)
    text, mapped = printer.marks.split(marked)
    return RenderedTex(text, mapped, str(language)), printer.findings


def _named_by(name: str, find: Callable[[], R], *, code: str) -> R:
    """What a name stands for; where the content gave a wrong one, the problem is at its line."""
    try:
        return find()
    except UsageProblem as problem:
        if not isinstance(name, Scalar):
            raise
        raise ContentProblem(Diagnostic(code, problem.message, name.span, hints=problem.hints)) from None


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
        Scalar(_address(network, handle), handle.span) for network, handle in content.profiles.items()
    )
    shown = Markup(printer.marks.wrap(printer.tex(printed), content.name.span))
    return PrintedOwner(content, shown, printed, tuple(contacts), profiles)


def _address(network: str, handle: str) -> str:
    if handle.startswith(("https://", "http://")):
        return handle
    return PROFILE_ADDRESSES[network].format(handle)


def _tel(number: str) -> str:
    """A telephone number as an address (RFC 3966): digits and the leading plus."""
    return "tel:" + re.sub(r"[^\d+]", "", number)


def _metadata(cv: SelectedCv, owner: PrintedOwner, printer: Printer) -> Mapping[str, str]:
    title = cv.variant.title or cv.settings.title
    return {
        "title": printer.plain(title) if title else owner.plain_name,
        "author": owner.plain_name,
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
        file, line = _template_place(error)
        found = _in_template(file, line, f"there is no template `{error.name}`")
        raise ContentProblem(replace(found, code="missing-template", hints=())) from None
    except Exception as error:  # whatever a template's own expressions can raise
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
        source = SourceFile(shown_template(path), path.read_text(encoding="utf-8", errors="replace"))
        span = source.span_of_line(line - 1)
    # Jinja names the class of what lacks the key; here it is an item, or a value of one.
    message = re.sub(r"'[\w. ]+ object' has no attribute '(\w+)'", r"there is no `\1` here", message)
    return Diagnostic(
        "template",
        f"this template cannot be filled: {message}",
        span,
        hints=("a key that may be missing is asked for with `is defined`",),
    )
