"""Fill the theme's templates with a selected CV: first each section and entry alone, then the document.

A memo stage renders a section or entry from its value and its surroundings. If its template uses other
parts of the document, the template is filled together with the document instead.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import jinja2
from markupsafe import Markup

from cvbuild.content.kinds import PublicationsSection
from cvbuild.content.publications import Publication
from cvbuild.content.settings import PROFILE_ADDRESSES, Margins, Owner
from cvbuild.diagnostics import ContentProblem, Diagnostic, Findings, UsageProblem
from cvbuild.memo import Bundle, memo
from cvbuild.record import MutableRecord, Record, field
from cvbuild.render.checks import language_name, main_language
from cvbuild.render.labels import DEFAULT_LANGUAGE, hyphenations, labels_for, missing_labels
from cvbuild.render.printer import Printer
from cvbuild.render.sourcemap import MappedSpan, RenderedTex
from cvbuild.render.template_errors import NeedsDocumentError, filled_template
from cvbuild.render.templates import BASE_THEME, digest_of, environment, marking_environment, template_folders
from cvbuild.select.types import SelectedCv, SelectedSection
from cvbuild.source import Scalar

Alone: TypeAlias = tuple[RenderedTex, tuple[Diagnostic, ...]] | None
"""The TeX and diagnostics of a section or entry rendered alone; None if its template needs the document."""

_DOCUMENT_NAMES = "sections metadata owner layout section_tex entry_tex publication category heading".split()
"""Variables that templates get only from the document's or a section's template."""


class Contact(Record):
    """A way to reach the owner: the printed text, and the URL of its link."""

    text: object
    url: str


class PageLayout(Record):
    """The page layout of cv.yaml, sizes in points (1/72 inch); None leaves a value to the theme."""

    paper: str
    page_header: str = "later"
    font_size: float | None = None
    leading: float | None = None
    margins: Margins | None = None
    links: bool = True


class PrintedOwner(Record):
    """The owner as templates see it: `content` is cv.yaml's, `plain_name` is for the PDF's metadata."""

    content: Owner
    name: Markup
    plain_name: str
    contacts: tuple[Contact, ...]
    profiles: tuple[Scalar, ...]


class Surroundings(Record):
    """All that a section's template reads besides the section; `templates` is the digest of `folders`."""

    folders: tuple[Path, ...]
    templates: bytes
    language: str
    main: str
    labels: Mapping[str, str]
    hyphenations: Mapping[str, str]

    def begin(self) -> tuple[Printer, dict[str, Any]]:
        """Return a new printer, and the variables of every template."""
        printer = Printer(self.language, self.labels, main=self.main, hyphenations=self.hyphenations)
        known = {"printer": printer, "labels": self.labels, "label": printer.label}
        return printer, {**known, "language": self.language}


class _DocumentValue:
    """Placeholder for a value of the document: any use except of an attribute set on it is refused."""

    def _refuse(self, *arguments: object) -> NoReturn:
        raise NeedsDocumentError

    __getattr__ = __getitem__ = __iter__ = __len__ = __bool__ = __call__ = __contains__ = _refuse
    __str__ = __eq__ = __lt__ = __add__ = __hash__ = _refuse


def render_section(section: SelectedSection, around: Surroundings, cited: Mapping[str, Publication]) -> Alone:
    """Render a section alone, with the publications that it cites. A memo stage."""
    publication = defaultdict(_DocumentValue(), cited).__getitem__  # any other publication needs the document
    known = {"section": section, "publication": publication}
    return _alone(f"sections/{section.kind}.tex", known, around)


def render_entry(
    entry: Publication, around: Surroundings, is_brief: bool, annotated: bool, max_authors: int | None
) -> Alone:
    """Render an entry alone, with the properties of its section that the template reads. A memo stage."""
    section, publications = _DocumentValue(), _DocumentValue()
    vars(publications).update(max_authors=max_authors)
    vars(section).update(is_brief=is_brief, annotated=annotated, section=publications)
    return _alone("publications/_entry.tex", {"pub": entry, "section": section}, around)


def _alone(template: str, known: Mapping[str, Any], around: Surroundings) -> Alone:
    """Fill a template alone; None if it needs the document. Raises ContentProblem if it cannot be filled."""
    printer, context = around.begin()
    context |= {**dict.fromkeys(_DOCUMENT_NAMES, _DocumentValue()), **known}
    try:
        filled = filled_template(environment(around.folders, around.templates), context, template)
    except NeedsDocumentError:
        return None
    return RenderedTex(*filled, printer.language), tuple(printer.findings.items)


def render(
    cv: SelectedCv, own_templates: Path | None, heard: Callable[[str], None] | None = None
) -> tuple[RenderedTex, Findings]:
    """Render a variant to a TeX document.

    `heard` gets most of the text in pieces while it is rendered. Raises UsageProblem for an unknown theme
    or language in the request, ContentProblem for one in the content or for a template that fails.
    """
    around, findings = _surroundings(cv, own_templates)
    filling = _Filling(cv, around, *around.begin())
    filling.printer.findings = findings
    text, mapped = filling.filled(heard=heard)

    def trace() -> tuple[MappedSpan, ...]:
        """Map the lines of templates: fill the templates again, with each line in marks."""
        again = _Filling(cv, around, *around.begin())
        again.marking = marking_environment(around.folders, again.printer.marks)
        try:
            traced, found = again.filled()
        except ContentProblem:
            return ()  # the templates have changed since the first filling
        return tuple(item for item in found if item.kind in {"template", "theme"}) if traced == text else ()

    return RenderedTex(text, mapped, around.language, trace), findings


def render_sections(
    cv: SelectedCv, sections: Iterable[SelectedSection], own_templates: Path | None
) -> list[RenderedTex]:
    """Render sections as they appear in the variant's document. Raises the errors of `render`."""
    around, _ = _surroundings(cv, own_templates)
    filling = _Filling(cv, around, *around.begin())
    found = []
    for section in sections:
        if alone := filling.alone(section):
            filled = filling.printer.marks.split(alone)
        else:
            filled = filling.filled(f"sections/{section.kind}.tex", section=section)
        found.append(RenderedTex(*filled, around.language))
    return found


class _Filling(MutableRecord):
    """One filling of a variant's templates.

    Sections and entries come from the memo, unless this filling marks the templates' lines (`marking`).
    """

    cv: SelectedCv
    around: Surroundings
    printer: Printer
    known: dict[str, Any]
    marking: jinja2.Environment | None = None
    bundles: dict[tuple[object, ...], Bundle[Publication, Alone]] = field(default_factory=dict)

    @cached_property
    def by_key(self) -> Mapping[str, Publication]:
        """The publications by citation key; the first entry with a key wins, as in BibTeX."""
        return {str(publication.key): publication for publication in reversed(self.cv.publications)}

    @cached_property
    def context(self) -> dict[str, Any]:
        """The variables of the document's own templates."""
        settings, variant, plain = self.cv.settings, self.cv.variant, self.printer.plain
        owner, origin = self._owner(), self.cv.request.origin
        title = variant.title or settings.title
        metadata = {
            "title": plain(title) if title else owner.plain_name,
            "author": owner.plain_name,
            "subject": plain(settings.subject),
            "keywords": ", ".join(map(plain, settings.keywords)),
            "program": origin.program if origin else "",
            "revision": origin.revision if origin else "",
        }
        given = {
            name: value
            for layout in (settings.layout, variant.layout)
            for name in ("page_header", "font_size", "leading", "margins", "links")
            if (value := getattr(layout, name, None)) is not None
        }
        layout = PageLayout(variant.paper or settings.paper, **given)
        return {
            **self.known,
            "layout": layout,
            "owner": owner,
            "metadata": metadata,
            "sections": self.cv.sections,
            "section_tex": self.alone,
            "entry_tex": self.alone,
            "publication": self.by_key.__getitem__,
        }

    def _owner(self) -> PrintedOwner:
        """Return the owner as templates see it."""
        owner, name, printer = self.cv.settings.owner, self.cv.owner_names[0], self.printer
        printed = " ".join(part for part in (name.given, name.particle, name.family, name.suffix) if part)
        contacts = [Contact(owner.email, f"mailto:{owner.email}")] if owner.email else []
        mobile = Markup(f"{printer.tex(printer.labels['mobile'])} ") + printer.tex(owner.mobile)
        for shown, number in ((owner.phone, owner.phone), (mobile, owner.mobile)):
            if number:  # a tel: URL has only digits and the leading plus (RFC 3966)
                contacts.append(Contact(shown, "tel:" + re.sub(r"[^\d+]", "", number)))
        profiles = []
        for network, handle in owner.profiles.items():
            is_address = handle.startswith(("https://", "http://"))
            address = handle if is_address else PROFILE_ADDRESSES[network].format(handle)
            profiles.append(Scalar(address, handle.span))
        marked = Markup(printer.marks.wrap(printer.tex(printed), owner.name.span))
        return PrintedOwner(owner, marked, printed, tuple(contacts), tuple(profiles))

    def filled(
        self, template: str = "document.tex", heard: Callable[[str], None] | None = None, **known: object
    ) -> tuple[str, tuple[MappedSpan, ...]]:
        """Fill a template of the document, with the variables `known` added. Return the text and its map."""
        templates = self.marking or environment(self.around.folders, self.around.templates)
        filled = filled_template(templates, {**self.context, **known}, template, heard)
        for bundle in self.bundles.values():
            bundle.save()
        return filled

    def alone(self, section: SelectedSection, entry: Publication | None = None) -> Markup | None:
        """Return the mark of a section or entry rendered alone; None if its template needs the document.

        Publications are rendered entry by entry, so that an engine can read the first entry early.
        """
        publications = section.section if isinstance(section.section, PublicationsSection) else None
        if self.marking is not None or (publications is None) != (entry is None):
            return None
        if publications is not None and entry is not None:
            form = section.is_brief, section.annotated, publications.max_authors
            if form not in self.bundles:
                self.bundles[form] = Bundle(render_entry, self.around, *form)
            alone = self.bundles[form](entry, entry.choice)
        else:
            items = [item for group in section.groups for item in group.items]
            keys = [str(getattr(item, "publication", "")) for item in items]
            cited = {key: self.by_key[key] for key in keys if key in self.by_key}
            alone = memo(render_section, section, self.around, cited)
        if alone is None:
            return None
        rendered, found = alone
        findings = self.printer.findings.items
        findings += [item for item in found if item not in findings]
        return Markup(self.printer.marks.insert(rendered))


def _surroundings(cv: SelectedCv, own_templates: Path | None) -> tuple[Surroundings, Findings]:
    """Return the surroundings of a variant's sections, and a warning if its language lacks labels."""
    theme = cv.request.theme or cv.variant.theme or cv.settings.theme or BASE_THEME
    spoken = (
        cv.request.language or cv.variant.given_language or cv.settings.given_language or DEFAULT_LANGUAGE
    )
    code, named = "unknown-theme", theme
    try:
        folders = tuple(template_folders(theme, own_templates))
        code, named = "unknown-language", spoken
        labels = labels_for(spoken, folders)
    except UsageProblem as problem:
        if not isinstance(named, Scalar):
            raise  # the name is from the command line, and has no span
        raise ContentProblem(Diagnostic(code, problem.message, named.span, hints=problem.hints)) from None
    findings = Findings()
    if missing := missing_labels(spoken, folders):
        lacks = "lacks some of its labels" if len(missing) < len(labels) else "has no labels"
        message = f"the theme {lacks} in {language_name(spoken)}, and prints the English ones"
        first = f"what is missing: {', '.join(missing[:5])}{', …' if missing[5:] else ''}"
        cure = f"write yours under `{spoken}:` in latex_templates/labels.yaml"
        if "babel" in missing:
            cure += ", `babel` among them: without it words are broken as in English"
        place = spoken.span if isinstance(spoken, Scalar) else None
        findings.warning("missing-label", message, place, first, cure)
    main, names = str(main_language(cv)), hyphenations(folders)
    return Surroundings(folders, digest_of(folders), str(spoken), main, labels, names), findings
