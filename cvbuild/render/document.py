"""Filling the theme's templates with a selected CV."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from markupsafe import Markup

from cvbuild.diagnostics import ContentProblem, Diagnostic, Findings, UsageProblem
from cvbuild.model.layout import Margins
from cvbuild.model.settings import PROFILE_ADDRESSES, Owner
from cvbuild.project import Origin
from cvbuild.record import Record, replace
from cvbuild.render.labels import filled, hyphenations, labels_for, missing_labels
from cvbuild.render.printer import Printer
from cvbuild.render.sourcemap import END, MappedSpan, RenderedTex, SpanMarks, without_marks
from cvbuild.render.template_errors import filled_template
from cvbuild.render.templates import environment, marking_environment
from cvbuild.render.themes import template_folders
from cvbuild.render.translations import DEFAULT_LANGUAGE, language_name, main_language
from cvbuild.source import Scalar
from cvbuild.variant import SelectedCv, SelectedSection

DEFAULT_THEME = "classic"


R = TypeVar("R")


class Contact(Record):
    """A way to reach the owner: what is shown, and the address it leads to."""

    text: object
    url: str


class PageLayout(Record):
    """What cv.yaml asks of the page; None leaves a measure to the theme."""

    paper: str
    page_header: str
    font_size: float | None
    leading: float | None
    margins: Margins | None
    links: bool


class PrintedOwner(Record):
    """The owner as templates see it: `content` is the owner of cv.yaml, `plain_name` is for metadata."""

    content: Owner
    name: Markup
    plain_name: str
    contacts: tuple[Contact, ...]
    profiles: tuple[Scalar, ...]


def language_of(cv: SelectedCv, language: str | None = None) -> str:
    """The language that a variant is printed in; the one given comes before what the content says."""
    return language or cv.variant.given_language or cv.settings.given_language or DEFAULT_LANGUAGE


def render(
    cv: SelectedCv,
    own_templates: Path | None,
    theme: str | None = None,
    language: str | None = None,
    origin: Origin | None = None,
    heard: Callable[[str], None] | None = None,
) -> tuple[RenderedTex, Findings]:
    """The TeX document of a variant.

    `theme` and `language` come before what the content says; `origin` goes into the PDF's
    metadata. Most of the text is `heard` in pieces before all of it is there. Raises UsageProblem
    where one of them does not exist, ContentProblem where the content names one
    that does not, or a template cannot be filled.
    """
    folders, printer = _set_up(cv, own_templates, theme, language)
    told = None if heard is None else lambda piece: heard(without_marks(piece))
    context = _context(cv, printer, origin)
    first = printer.marks.split(filled_template(environment(tuple(folders)), context, heard=told))
    values = tuple(item for item in first[1] if item.kind != "part")
    parts = tuple(item for item in first[1] if item.kind == "part")

    def trace() -> tuple[MappedSpan, ...]:
        marks = SpanMarks.empty()
        again = _context(cv, replace(printer, marks=marks, findings=Findings()), origin)
        try:
            marked = filled_template(marking_environment(tuple(folders), marks), again)
        except ContentProblem:
            return ()  # the templates were changed meanwhile
        text, mapped = marks.split(marked)
        lines = (item for item in mapped if item.kind in {"template", "theme"})
        return tuple(lines) if text == first[0] else ()

    looked_into = frozenset(printer.looked_into)
    return RenderedTex(first[0], values, printer.language, trace, parts, looked_into), printer.findings


def render_sections(
    cv: SelectedCv,
    sections: Iterable[SelectedSection],
    own_templates: Path | None,
    theme: str | None = None,
    language: str | None = None,
) -> list[RenderedTex]:
    """The TeX of sections, each by itself, as the variant's document has it; raises what `render` does."""
    fill, _ = _filling(cv, own_templates, theme, language)
    return [fill(f"sections/{section.kind}.tex", section) for section in sections]


def render_parts(
    cv: SelectedCv,
    own_templates: Path | None,
    theme: str | None = None,
    language: str | None = None,
    origin: Origin | None = None,
) -> tuple[list[RenderedTex], Findings]:
    """The parts of the variant's document, each by itself (`RenderedTex.parts`); raises as `render` does."""
    fill, findings = _filling(cv, own_templates, theme, language, origin)
    sections = [fill(f"sections/{section.kind}.tex", section) for section in cv.sections]
    return [fill("metadata.tex"), *sections], findings


def _filling(
    cv: SelectedCv,
    own_templates: Path | None,
    theme: str | None,
    language: str | None,
    origin: Origin | None = None,
) -> tuple[Callable[..., RenderedTex], Findings]:
    """What fills one template of a variant, for a section of it, and what is found then."""
    folders, printer = _set_up(cv, own_templates, theme, language)
    templates, context = environment(tuple(folders)), _context(cv, printer, origin)

    def fill(template: str, section: SelectedSection | None = None) -> RenderedTex:
        known = context if section is None else {**context, "section": section}
        return RenderedTex(
            *printer.marks.split(filled_template(templates, known, template)), printer.language
        )

    return fill, printer.findings


def _set_up(
    cv: SelectedCv, own_templates: Path | None, theme: str | None, language: str | None
) -> tuple[list[Path], Printer]:
    """The folders of templates, and the printer, as a variant asks for them."""
    theme = theme or cv.variant.theme or cv.settings.theme or DEFAULT_THEME
    folders = _named_by(theme, lambda: template_folders(theme, own_templates), code="unknown-theme")
    spoken = language_of(cv, language)
    labels = _named_by(spoken, lambda: labels_for(spoken, folders), code="unknown-language")
    printer = Printer(str(spoken), labels, main=main_language(cv), hyphenations=hyphenations(folders))
    _report_missing_labels(spoken, folders, printer.findings)
    return folders, printer


def _context(cv: SelectedCv, printer: Printer, origin: Origin | None) -> dict[str, Any]:
    """What templates may name."""
    # Of two entries with one key, the key means the first, as in BibTeX.
    by_key = {str(publication.key): publication for publication in reversed(cv.publications)}
    owner = _owner(cv, printer)
    return {
        "printer": printer,
        "labels": printer.labels,
        "label": lambda name, **values: filled(printer, name, **values),
        "language": printer.language,
        "layout": _layout(cv),
        "part_end": Markup(END),
        "owner": owner,
        "metadata": _metadata(cv, owner, printer, origin),
        "sections": cv.sections,
        "publication": by_key.__getitem__,
    }


def _layout(cv: SelectedCv) -> PageLayout:
    """The variant's layout, and the settings' where it names nothing."""
    asked = [layout for layout in (cv.variant.layout, cv.settings.layout) if layout is not None]

    def first(name: str) -> Any:
        return next((value for layout in asked if (value := getattr(layout, name)) is not None), None)

    return PageLayout(
        cv.variant.paper or cv.settings.paper,
        first("page_header") or "later",
        first("font_size"),
        first("leading"),
        first("margins"),
        first("links") is not False,
    )


def _named_by(name: str, find: Callable[[], R], *, code: str) -> R:
    """What a name stands for; where the content gave a wrong one, the problem is at its line."""
    try:
        return find()
    except UsageProblem as problem:
        if not isinstance(name, Scalar):
            raise
        raise ContentProblem(Diagnostic(code, problem.message, name.span, hints=problem.hints)) from None


def _report_missing_labels(language: str, folders: list[Path], findings: Findings) -> None:
    """Say that a theme does not have all of its labels in the language."""
    if missing := missing_labels(language, folders):
        lacks = (
            "lacks some of its labels"
            if len(missing) < len(labels_for(language, folders))
            else "has no labels"
        )
        findings.warning(
            "missing-label",
            f"the theme {lacks} in {language_name(language)}, and prints the English ones",
            language.span if isinstance(language, Scalar) else None,
            f"what is missing: {', '.join(missing[:5])}{', …' if missing[5:] else ''}",
            f"write yours under `{language}:` in latex_templates/labels.yaml"
            + (", `babel` among them: without it words are broken as in English" * ("babel" in missing)),
        )


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


def _metadata(
    cv: SelectedCv, owner: PrintedOwner, printer: Printer, origin: Origin | None
) -> Mapping[str, str]:
    title = cv.variant.title or cv.settings.title
    return {
        "title": printer.plain(title) if title else owner.plain_name,
        "author": owner.plain_name,
        "subject": printer.plain(cv.settings.subject),
        "keywords": ", ".join(printer.plain(word) for word in cv.settings.keywords),
        "program": origin.program if origin else "",
        "revision": origin.revision if origin else "",
    }
