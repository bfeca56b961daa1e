"""Filling the theme's templates with a selected CV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import jinja2
from markupsafe import Markup

from cvbuild.content.kinds import PublicationsSection
from cvbuild.content.publications import Publication
from cvbuild.diagnostics import ContentProblem, Diagnostic, Findings, UsageProblem
from cvbuild.memo import memo
from cvbuild.project import Origin
from cvbuild.record import MutableRecord, replace
from cvbuild.render.alone import Entries, inserted, render_section, template_of
from cvbuild.render.checks import DEFAULT_LANGUAGE, language_name, main_language
from cvbuild.render.labels import labels_for, missing_labels
from cvbuild.render.printer import Printer
from cvbuild.render.sourcemap import MappedSpan, RenderedTex
from cvbuild.render.surroundings import PageLayout, PrintedOwner, Surroundings, printed_owner
from cvbuild.render.template_errors import filled_template
from cvbuild.render.templates import digest_of, environment, marking_environment
from cvbuild.render.themes import template_folders
from cvbuild.select.types import SelectedCv, SelectedSection
from cvbuild.source import Scalar

DEFAULT_THEME = "classic"


R = TypeVar("R")


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
    around, findings = _surroundings(cv, own_templates, theme, language)
    printer = replace(around.printer(), findings=findings)
    filling = _Filling(cv, around, environment(around.folders, around.templates), printer, origin)
    told = None if heard is None else lambda piece: heard(printer.marks.text(piece))
    text, mapped = printer.marks.split(filling.document(told))

    def trace() -> tuple[MappedSpan, ...]:
        """The lines of templates, from a second filling in which each of them is marked."""
        again = around.printer()
        templates = marking_environment(around.folders, again.marks)
        try:
            marked = _Filling(cv, around, templates, again, origin, from_memo=False).document()
        except ContentProblem:
            return ()  # the templates were changed meanwhile
        traced, found = again.marks.split(marked)
        return tuple(item for item in found if item.kind in {"template", "theme"}) if traced == text else ()

    return RenderedTex(text, mapped, printer.language, trace), findings


def render_sections(
    cv: SelectedCv,
    sections: Iterable[SelectedSection],
    own_templates: Path | None,
    theme: str | None = None,
    language: str | None = None,
) -> list[RenderedTex]:
    """The TeX of sections, each by itself, as the variant's document has it; raises what `render` does."""
    around, _ = _surroundings(cv, own_templates, theme, language)
    printer = around.printer()
    filling = _Filling(cv, around, environment(around.folders, around.templates), printer, None)
    return [
        RenderedTex(*printer.marks.split(filling.section(section)), printer.language) for section in sections
    ]


class _Filling(MutableRecord):
    """One pass over the templates of a variant's document.

    Sections and entries come from the memo, unless the pass marks the templates' own lines.
    """

    cv: SelectedCv
    around: Surroundings
    templates: jinja2.Environment
    printer: Printer
    origin: Origin | None
    from_memo: bool = True

    @cached_property
    def entries(self) -> Entries:
        """The entries of publications, each rendered by itself."""
        return Entries(self.around, self.printer)

    @cached_property
    def by_key(self) -> Mapping[str, Publication]:
        """The publications by citation key: of two entries with one key, the first, as in BibTeX."""
        return {str(publication.key): publication for publication in reversed(self.cv.publications)}

    @cached_property
    def context(self) -> dict[str, Any]:
        """The names that the document's own templates may use."""
        owner = printed_owner(self.cv.settings.owner, self.cv.owner_names[0], self.printer)
        return {
            **self.around.context(self.printer),
            "layout": _layout(self.cv),
            "owner": owner,
            "metadata": _metadata(self.cv, owner, self.printer, self.origin),
            "sections": self.cv.sections,
            "section_tex": lambda section: self.alone(section) if self.from_memo else None,
            "entry_tex": self.entries.function() if self.from_memo else lambda section, entry: None,
            "publication": self.by_key.__getitem__,
        }

    def document(self, heard: Callable[[str], None] | None = None) -> str:
        """The whole document, with its marks."""
        filled = filled_template(self.templates, self.context, heard=heard)
        self.entries.save()
        return filled

    def section(self, section: SelectedSection) -> str:
        """The TeX of a section, with its marks."""
        alone = self.alone(section)
        if alone is not None:
            return alone
        return filled_template(self.templates, {**self.context, "section": section}, template_of(section))

    def alone(self, section: SelectedSection) -> Markup | None:
        """The mark of a section rendered by itself; None if its template needs the document.

        A section of publications is rendered entry by entry: an engine may read the first at once.
        """
        if isinstance(section.section, PublicationsSection):
            return None
        cited = {
            key: self.by_key[key]
            for group in section.groups
            for item in group.items
            if (key := str(getattr(item, "publication", ""))) in self.by_key
        }
        return inserted(memo(render_section, section, self.around, cited), self.printer)


def _surroundings(
    cv: SelectedCv, own_templates: Path | None, theme: str | None, language: str | None
) -> tuple[Surroundings, Findings]:
    """What a variant's sections are printed with, and the labels that its language lacks."""
    theme = theme or cv.variant.theme or cv.settings.theme or DEFAULT_THEME
    folders = tuple(_named_by(theme, lambda: template_folders(theme, own_templates), code="unknown-theme"))
    spoken = language_of(cv, language)
    _named_by(spoken, lambda: labels_for(spoken, folders), code="unknown-language")
    findings = Findings()
    _report_missing_labels(spoken, folders, findings)
    around = Surroundings(
        folders,
        digest_of(folders),
        str(spoken),
        str(main_language(cv)),
    )
    return around, findings


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


def _report_missing_labels(language: str, folders: Sequence[Path], findings: Findings) -> None:
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
