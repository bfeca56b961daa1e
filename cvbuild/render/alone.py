"""Sections and entries rendered by themselves, from their value and surroundings alone: the memo's stages.

A template that looks at more of the document is filled with the document instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeAlias

from markupsafe import Markup

from cvbuild.content.kinds import PublicationsSection
from cvbuild.content.publications import Publication
from cvbuild.diagnostics import Diagnostic
from cvbuild.memo import Bundle
from cvbuild.record import MutableRecord, Record, field
from cvbuild.render.printer import Printer
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.render.surroundings import Surroundings
from cvbuild.render.template_errors import NeedsDocumentError, filled_template
from cvbuild.render.templates import environment
from cvbuild.select.types import SelectedSection

Alone: TypeAlias = tuple[RenderedTex, tuple[Diagnostic, ...]] | None
"""TeX that was rendered by itself, and its problems; None where its template needs the document."""


class EntryForm(Record):
    """What an entry's template sees of its section."""

    is_brief: bool
    annotated: bool
    max_authors: int | None


class Entries(MutableRecord):
    """The entries of a section, or of a document, each rendered by itself."""

    around: Surroundings
    printer: Printer
    bundles: dict[EntryForm, Bundle[Publication, Alone]] = field(default_factory=dict)

    def alone(self, section: SelectedSection, entry: Publication) -> Markup | None:
        """The mark of an entry rendered by itself; None where its template needs the section."""
        if not isinstance(section.section, PublicationsSection):
            return None
        form = EntryForm(section.is_brief, section.annotated, section.section.max_authors)
        if form not in self.bundles:
            self.bundles[form] = Bundle(render_entry, self.around, form)
        return inserted(self.bundles[form](entry, entry.choice), self.printer)

    def function(self) -> Callable[[SelectedSection, Publication], Markup | None]:
        """`alone` as a function: the sandbox lets templates call no methods."""

        def entry_tex(section: SelectedSection, entry: Publication) -> Markup | None:
            return self.alone(section, entry)

        return entry_tex

    def save(self) -> None:
        """Keep what was rendered."""
        for bundle in self.bundles.values():
            bundle.save()


def inserted(alone: Alone, printer: Printer) -> Markup | None:
    """The mark of something that was rendered by itself, its problems now the printer's."""
    if alone is None:
        return None
    rendered, found = alone
    findings = printer.findings.items
    findings += [item for item in found if item not in findings]
    return Markup(printer.marks.insert(rendered))


def render_section(section: SelectedSection, around: Surroundings, cited: Mapping[str, Publication]) -> Alone:
    """The TeX of a section and its problems: a stage for the memo.

    None where its template looks at more of the document. Raises ContentProblem where it cannot be filled.
    """

    def publication(key: str) -> Publication:
        if key not in cited:
            raise NeedsDocumentError
        return cited[key]

    known = {"section": section, "publication": publication}
    return _rendered_alone(template_of(section), known, around.printer(), around)


def render_entry(entry: Publication, around: Surroundings, form: EntryForm) -> Alone:
    """The TeX of an entry and its problems: a stage for the memo.

    None where its template looks at more of the section. Raises ContentProblem where it cannot be filled.
    """
    section = _Outside(
        is_brief=form.is_brief,
        annotated=form.annotated,
        section=_Outside(max_authors=form.max_authors),
    )
    known = {"pub": entry, "section": section}
    return _rendered_alone("publications/_entry.tex", known, around.printer(), around)


def _rendered_alone(template: str, known: Mapping[str, Any], printer: Printer, around: Surroundings) -> Alone:
    outside = dict.fromkeys(_NAMES_OUTSIDE, _Outside())
    try:
        marked = filled_template(
            environment(around.folders, around.templates),
            {**around.context(printer), **outside, **known},
            template,
        )
    except NeedsDocumentError:
        return None
    return RenderedTex(*printer.marks.split(marked), printer.language), tuple(printer.findings.items)


_NAMES_OUTSIDE = "sections metadata owner layout section_tex entry_tex publication category heading".split()
"""Names that the document's and the section's templates set for those that they include."""


class _Outside:
    """Stands for a value of the document in a template rendered by itself: any use needs the document.

    Some of its attributes may be known.
    """

    def __init__(self, **known: object) -> None:
        self.__dict__.update(known)

    def _refuse(self, *arguments: object) -> NoReturn:
        raise NeedsDocumentError

    __getattr__ = __getitem__ = __iter__ = __len__ = __bool__ = __call__ = __contains__ = _refuse
    __str__ = __eq__ = __lt__ = __add__ = __hash__ = _refuse


def template_of(section: SelectedSection) -> str:
    """The name of a section's template."""
    return f"sections/{section.kind}.tex"
