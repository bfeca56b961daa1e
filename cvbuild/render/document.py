"""Filling the theme's templates with a selected CV."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeAlias, TypeVar

import jinja2
from markupsafe import Markup

from cvbuild.diagnostics import ContentProblem, Diagnostic, Findings, UsageProblem
from cvbuild.lazily import cached_property
from cvbuild.load.names import Name
from cvbuild.memo import Bundle, Keyed, key_of, memo
from cvbuild.model.layout import Margins
from cvbuild.model.publications import Publication
from cvbuild.model.sections import PublicationsSection
from cvbuild.model.settings import PROFILE_ADDRESSES, Owner
from cvbuild.project import Origin
from cvbuild.record import MutableRecord, Record, field, replace
from cvbuild.render.labels import filled, hyphenations, labels_for, missing_labels
from cvbuild.render.printer import Printer
from cvbuild.render.sourcemap import MappedSpan, RenderedTex
from cvbuild.render.template_errors import NeedsDocumentError, filled_template
from cvbuild.render.templates import digest_of, environment, marking_environment
from cvbuild.render.themes import template_folders
from cvbuild.render.translations import DEFAULT_LANGUAGE, language_name, main_language
from cvbuild.source import Scalar
from cvbuild.variant import SelectedCv, SelectedSection

DEFAULT_THEME = "classic"


R = TypeVar("R")
Alone: TypeAlias = tuple[RenderedTex, tuple[Diagnostic, ...]] | None
"""TeX that was rendered by itself, and its problems; None where its template needs the document."""


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


class Surroundings(Record):
    """All that a section's template sees beside its section, of one document.

    `templates` is the digest of the templates in `folders`. `main` is the language of texts without one.
    """

    folders: tuple[Path, ...]
    templates: bytes
    language: str
    main: str
    layout: PageLayout
    owner: Owner
    owner_name: Name

    def printer(self) -> Printer:
        """A printer without marks and findings."""
        labels = labels_for(self.language, self.folders)
        return Printer(self.language, labels, main=self.main, hyphenations=hyphenations(self.folders))

    def context(self, printer: Printer) -> dict[str, Any]:
        """The names that every template may use."""
        return {
            "printer": printer,
            "labels": printer.labels,
            "label": lambda name, **values: filled(printer, name, **values),
            "language": printer.language,
            "layout": self.layout,
            "owner": _owner(self.owner, self.owner_name, printer),
        }


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
    def by_key(self) -> Mapping[str, Publication]:
        """The publications by citation key: of two entries with one key, the first, as in BibTeX."""
        return {str(publication.key): publication for publication in reversed(self.cv.publications)}

    @cached_property
    def context(self) -> dict[str, Any]:
        """The names that the document's own templates may use."""
        known = self.around.context(self.printer)
        entries = _Entries(self.around, self.printer)
        return {
            **known,
            "metadata": _metadata(self.cv, known["owner"], self.printer, self.origin),
            "sections": self.cv.sections,
            "section_tex": lambda section: self.alone(section) if self.from_memo else None,
            "entry_tex": entries.function() if self.from_memo else lambda section, entry: None,
            "publication": self.by_key.__getitem__,
        }

    def document(self, heard: Callable[[str], None] | None = None) -> str:
        """The whole document, with its marks."""
        return filled_template(self.templates, self.context, heard=heard)

    def section(self, section: SelectedSection) -> str:
        """The TeX of a section, with its marks."""
        alone = self.alone(section)
        if alone is not None:
            return alone
        return filled_template(self.templates, {**self.context, "section": section}, _template_of(section))

    def alone(self, section: SelectedSection) -> Markup | None:
        """The mark of a section rendered by itself; None where its template needs the document."""
        cited = {
            key: self.by_key[key]
            for group in section.groups
            for item in group.items
            if (key := str(getattr(item, "publication", ""))) in self.by_key
        }
        return _inserted(memo(render_section, _keyed(section), self.around, cited), self.printer)


class EntryForm(Record):
    """What an entry's template sees of its section."""

    is_brief: bool
    annotated: bool
    max_authors: int | None


class _Entries(MutableRecord):
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
        return _inserted(self.bundles[form](entry), self.printer)

    def function(self) -> Callable[[SelectedSection, Publication], Markup | None]:
        """`alone` as a function: the sandbox lets templates call no methods."""

        def entry_tex(section: SelectedSection, entry: Publication) -> Markup | None:
            return self.alone(section, entry)

        return entry_tex

    def save(self) -> None:
        """Keep what was rendered."""
        for bundle in self.bundles.values():
            bundle.save()


def _inserted(alone: Alone, printer: Printer) -> Markup | None:
    """The mark of something that was rendered by itself, its problems now the printer's."""
    if alone is None:
        return None
    rendered, found = alone
    findings = printer.findings.items
    findings += [item for item in found if item not in findings]
    return Markup(printer.marks.insert(rendered))


def _keyed(section: SelectedSection) -> Keyed[SelectedSection]:
    """A section for a key, its publications by the keys of their entries."""
    bare = tuple(replace(category, publications=()) for category in section.categories)
    publications = [
        [(key_of(entry), entry.span) for entry in category.publications] for category in section.categories
    ]
    return Keyed(section, (replace(section, categories=bare), publications))


def render_section(
    keyed: Keyed[SelectedSection], around: Surroundings, cited: Mapping[str, Publication]
) -> Alone:
    """The TeX of a section and its problems: a stage for the memo.

    None where its template looks at more of the document. Raises ContentProblem where it cannot be filled.
    """

    def publication(key: str) -> Publication:
        if key not in cited:
            raise NeedsDocumentError
        return cited[key]

    section = keyed.value
    printer = around.printer()
    entries = _Entries(around, printer)
    known = {
        "section": section,
        "publication": publication,
        "entry_tex": entries.function(),
    }
    rendered = _rendered_alone(_template_of(section), known, printer, around)
    entries.save()
    return rendered


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


_NAMES_OUTSIDE = "sections metadata section_tex entry_tex publication category heading".split()
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


def _template_of(section: SelectedSection) -> str:
    return f"sections/{section.kind}.tex"


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
        _layout(cv),
        cv.settings.owner,
        cv.owner_names[0],
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


def _owner(content: Owner, name: Name, printer: Printer) -> PrintedOwner:
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
