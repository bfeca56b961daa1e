"""Building on the last document: where only sections changed, they alone are checked and rendered anew.

A section's TeX depends on its own file, cv.yaml, the bibliography and the templates, and on no other
section. So where a variant was rendered before from files that are all as they were, but for
some sections, the new TeX of these takes the place of the old one, with its part of the source map.
What is made so is what rendering all of it would give. In doubt nothing is, and all is read: where
there is something to say of a section, where it has other ids, tags or variants than before,
where its kind prints publications, where a template looks at other sections.

Where nothing but words changed, not even templates and model are needed: see `rewording`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from cvbuild import cache
from cvbuild.diagnostics import ContentProblem, Diagnostic, Findings
from cvbuild.lastdocument import (
    KeptSection,
    LastDocument,
    digest,
    keep,
    last_document,
    state_of_program,
)
from cvbuild.loading import load_cv, tree_of
from cvbuild.preparing import Options, Overview, Prepared, judged, prepare_fitted, said_origin
from cvbuild.project import Project, Reader, bibliography_files, origin
from cvbuild.record import Record, replace
from cvbuild.rewording import Reworded, reworded, with_words
from cvbuild.silencing import SIGN
from cvbuild.source import SourceFile

if TYPE_CHECKING:
    from cvbuild.load.tree import Tree
    from cvbuild.model.cv import Cv
    from cvbuild.preparing import Heard, Progress
    from cvbuild.render.sourcemap import MappedSpan

MOST_CHANGED = 3
"""Sections; where more of them changed, all is read, and what is kept is of today."""

_OTHER_SECTIONS = re.compile(r"\bsections\b(?!/)")
_DOCUMENT = "document.tex"


class Begun(Record):
    """A CV of which only the sections that changed were read, with their files as they are now.

    `found` is what is to be said of the CV.
    """

    project: Project
    documents: Mapping[str, LastDocument]
    sources: Mapping[str, SourceFile]
    changed: Sequence[tuple[KeptSection, SourceFile]]
    found: Sequence[Diagnostic]

    @property
    def overview(self) -> Overview:
        """What a call has to know of the CV beside its documents."""
        return next(iter(self.documents.values())).overview

    @cached_property
    def trees(self) -> Sequence[Tree] | None:
        """What is in the files that changed; None where there is something to say of one of them."""
        from cvbuild.load.yaml import load_yaml  # what changed is nowhere kept

        sources = [source for _, source in self.changed]
        read = [load_yaml(source) for source in sources]
        is_silent = not any(found.items for _, found in read)
        is_plain = is_silent and not any(SIGN in source.text for source in sources)
        return [tree for tree, _ in read] if is_plain else None

    @cached_property
    def reworded(self) -> list[Reworded] | None:
        """The new words of the texts that changed; None where more than words did."""
        if self.trees is None:
            return None
        found = [reworded(*item, tree) for item, tree in zip(self.changed, self.trees, strict=True)]
        sections = [item for item in found if item is not None]
        return sections if len(sections) == len(found) else None

    @cached_property
    def cv(self) -> Cv | None:
        """A CV with the sections that changed alone; None where they cannot stand by themselves."""
        return None if self.trees is None else _with_sections(self, self.trees)

    def prepared(self, options: Options) -> dict[str, Prepared] | None:
        """The variants, rendered; None where the whole CV has to be read for one of them."""
        found = {}
        for name, document in self.documents.items():
            spliced = self._with_words(name, document, options) or self._spliced(name, document, options)
            if spliced is None:
                return None
            found[name] = spliced
        return found

    def _with_words(self, name: str, document: LastDocument, options: Options) -> Prepared | None:
        """The last document with other words; no model and no template is looked at."""
        sections = self.reworded
        if sections is None or _own_templates(self.project):
            return None
        if any((item.file, start) in document.looked_into for item in sections for start, _ in item.texts):
            return None
        said = options.origin if document.says_origin else None
        beside = document.with_origin(said)
        whole = None if beside is None else with_words(document.rendered(self.sources), sections, beside)
        if whole is None:
            return None
        rendered = replace(whole, trace=lambda: self._trace(name, options, whole.text))
        output = self.overview.outputs[name]
        return Prepared(
            name, output, rendered, lambda: self._anew(name, options).selected, document.max_pages
        )

    def _spliced(self, name: str, document: LastDocument, options: Options) -> Prepared | None:
        from cvbuild.render.document import render_parts
        from cvbuild.render.sourcemap import RenderedTex
        from cvbuild.variant import select

        cv = self.cv
        if cv is None:
            return None
        selected, findings = select(cv, name)
        stretches = [item for item in document.parts if not item[0] or item[0] in cv.sections]
        names = ["", *(item.name for item in selected.sections)]
        if findings.items or names != [item[0] for item in stretches]:
            return None
        said = said_origin(self.project, selected, options)
        try:
            parts, findings = render_parts(
                selected, self.project.templates, options.theme, options.language, said
            )
        except ContentProblem:
            return None
        values = tuple(chain.from_iterable(part.mapped for part in parts))
        if findings.items or judged(selected, RenderedTex("", values, document.language), options):
            return None
        whole = document.rendered(self.sources).with_replaced([item[1:] for item in stretches], parts)
        rendered = replace(whole, trace=lambda: self._trace(name, options, whole.text))
        return Prepared.of(cv, selected, rendered, findings)

    def _trace(self, name: str, options: Options, text: str) -> tuple[MappedSpan, ...]:
        """The lines of templates, which only rendering all of it finds."""
        try:
            rendered = self._anew(name, options).rendered
        except ContentProblem:
            return ()
        return rendered.templates if rendered.text == text else ()

    def _anew(self, name: str, options: Options) -> Prepared:
        """The variant from all there is. Raises ContentProblem where the files were changed meanwhile."""
        cv, found = load_cv(self.project)
        if cv is None:
            raise ContentProblem(*found)
        return prepare_fitted(self.project, cv, name, options)


class Loaded(Record):
    """What a build begins with, and what was found; without an overview where the CV has errors.

    `options` have the origin in them. `prepared` are the variants that are rendered already:
    all of them, or none where there is a CV to render them from.
    """

    overview: Overview | None
    found: Sequence[Diagnostic]
    options: Options
    prepared: Mapping[str, Prepared]
    cv: Cv | None = None


def load_for_build(project: Project, variants: Sequence[str], options: Options) -> Loaded:
    """The CV for building these variants, all without a name; no more of it than that takes."""
    begun = None if options.force else begin(project, variants, options)
    if begun is not None:
        complete = _with_origin(project, begun.overview, options)
        prepared = begun.prepared(complete)
        if prepared is not None:
            return Loaded(begun.overview, begun.found, complete, prepared)
    cv, found = load_cv(project)
    if cv is None:
        return Loaded(None, found, options, {})
    overview = Overview.of(cv)
    complete = replace(_with_origin(project, overview, options), keeps=tuple(found))
    return Loaded(overview, found, complete, {}, cv)


def _with_origin(project: Project, overview: Overview, options: Options) -> Options:
    bibliography, _ = bibliography_files(project, overview.bibliography)
    return replace(options, origin=origin(project, bibliography))


def begin(project: Project, variants: Sequence[str], options: Options) -> Begun | None:
    """The CV with only those sections that changed since all these variants were rendered.

    All variants without a name. None where the whole CV has to be read.
    """
    if not _may_build_on(project, options):
        return None
    reader = Reader(project)
    settings = reader.read(project.settings)
    names = list(variants) if settings is None or variants else _variants_in(settings)
    found = {name: last_document(project, name, options) for name in names}
    documents = {name: document for name, document in found.items() if document is not None}
    last = next(iter(documents.values()), None)
    if (
        settings is None
        or last is None
        or len(documents) < len(found)
        or last.others[0] != (settings.name, digest(settings))
        or last.state != state_of_program(project)
    ):
        return None
    files, unfound = bibliography_files(project, last.overview.bibliography)
    read = map(reader.read, [*files, *([project.numbers] if os.path.lexists(project.numbers) else [])])
    others = [settings, *(source for source in read if source is not None)]
    sections = {path.stem: source for path in project.sections if (source := reader.read(path)) is not None}
    is_whole = not reader.findings.items and not unfound and len(sections) == len(project.sections)
    if (
        not is_whole
        or not all(last.is_like(document) for document in documents.values())
        or last.others != [(source.name, digest(source)) for source in others]
        or [(item.name, item.file) for item in last.sections]
        != [(name, source.name) for name, source in sections.items()]
    ):
        return None
    changed = [item for item in last.sections if item.digest != digest(sections[item.name])]
    if len(changed) > MOST_CHANGED or not all(item.interface for item in changed):
        return None
    sources = {source.name: source for source in (*others, *sections.values())}
    said = last.findings(sources)
    spans = (span for item in said for span in (item.span, *(label.span for label in item.labels)))
    if {span.source.name for span in spans if span is not None} & {item.file for item in changed}:
        return None
    return Begun(project, documents, sources, [(item, sections[item.name]) for item in changed], said)


def _variants_in(settings: SourceFile) -> list[str]:
    """The names of all variants in cv.yaml; of none there, that of the one there always is."""
    tree, _ = tree_of(settings)
    named = tree.get("variants") if isinstance(tree, dict) else None
    return list(map(str, named)) if isinstance(named, dict) else ["full"]


def _with_sections(begun: Begun, trees: Sequence[Tree]) -> Cv | None:
    """A CV with the sections that changed; None where one of them is not sound, or not as the last one was.

    None also where one of the variants is more than its sections: fitted, or held against a profile.
    """
    from cvbuild.interface import interface_of
    from cvbuild.model.cv import Cv, make_section, make_settings, owner_names
    from cvbuild.model.settings import Variant

    findings = Findings()
    settings_source = begun.sources[begun.project.shown(begun.project.settings)]
    settings = make_settings(settings_source, tree_of(settings_source)[0], findings)
    if settings is None:
        return None
    sections = {}
    for (last, source), tree in zip(begun.changed, trees, strict=True):
        section = None if tree is None else make_section(source, tree, begun.project.own_kinds(), findings)
        if section is None or interface_of(section) != last.interface:
            return None
        sections[last.name] = section
    owners = owner_names(settings, findings)
    known = dict(settings.variants) or {"full": Variant()}
    if findings.items or any(known[name].profile or known[name].fit for name in begun.documents):
        return None
    return Cv(settings, owners, sections, (), known)


def prepare_anew(
    project: Project, cv: Cv, variant: str, options: Options, progress: Progress, heard: Heard | None = None
) -> Prepared:
    """As `prepare_fitted`; what can be built on is kept at leisure."""
    if options.keeps is None or not _may_build_on(project, options):
        return prepare_fitted(project, cv, variant, options, progress, heard)
    state = state_of_program(project)  # templates may be changed while they are filled
    prepared = prepare_fitted(project, cv, variant, options, progress, heard)
    if prepared.fitted is None and prepared.profile is None:
        prepared.at_leisure = partial(keep, project, cv, prepared, options, options.keeps, state)
    return prepared


def _may_build_on(project: Project, options: Options) -> bool:
    """Whether what is asked for goes by sections, and the project's own templates look at one at a time."""
    is_plain = options.new_since is None and options.fit is None and not options.every_translation
    if not is_plain or not project.is_trusted or project.revision or cache.cache_folder() is None:
        return False
    return not any(
        path.name == _DOCUMENT or _OTHER_SECTIONS.search(path.read_text(encoding="utf-8", errors="replace"))
        for path in _own_templates(project)
    )


def _own_templates(project: Project) -> list[Path]:
    """The templates that are the project's own."""
    if project.templates is None:
        return []
    from cvbuild.render.themes import is_shipped

    return [path for path in project.templates.rglob("*.tex") if path.is_file() and not is_shipped(path)]
