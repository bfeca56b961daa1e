"""Select, fit and render: a variant as TeX."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cvbuild.diagnostics import Findings
from cvbuild.project import Origin, Project

if TYPE_CHECKING:
    from cvbuild.fitted import Fitted
    from cvbuild.model.cv import Cv
    from cvbuild.model.dates import Date
    from cvbuild.render.sourcemap import RenderedTex
    from cvbuild.typeset.formats import Formats
    from cvbuild.variant import Cut, SelectedCv

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What a call may choose over what cv.yaml says; None leaves it to that."""

    engine: str = "auto"
    theme: str | None = None
    language: str | None = None
    epoch: int = 0
    new_since: Date | None = None
    fit: int | None = None  # to so many pages
    every_translation: bool = False
    """Whether each text that is not there in a variant's language is told of, and not how many."""
    origin: Origin | None = None
    """What the PDF's metadata say of its origin, in variants that allow it."""
    force: bool = False
    """Whether an engine runs also where nothing changed."""


@dataclass
class Prepared:
    """A variant rendered to TeX."""

    selected: SelectedCv
    rendered: RenderedTex
    findings: Findings = field(default_factory=Findings)
    fitted: Fitted | None = None


def prepare(
    project: Project,
    cv: Cv,
    variant: str,
    options: Options,
    sections: Collection[str] = (),
    cut: Cut | None = None,
) -> Prepared:
    """Select and render a variant, or these sections of it, but for what is cut.

    Raises UsageProblem where it does not print one of them, ContentProblem where a
    template cannot be filled.
    """
    from cvbuild.render.document import render
    from cvbuild.render.traces import without_trace
    from cvbuild.render.translations import in_summary, main_language, one_by_one, untranslated
    from cvbuild.variant import Cut, select

    selected, findings = select(cv, variant, options.new_since, cut or Cut())
    if sections:
        selected = selected.with_sections(sections)
    origin = options.origin if options.origin and _says_its_origin(project, selected) else None
    rendered, found = render(selected, project.templates, options.theme, options.language, origin)
    findings.extend(found.items)
    findings.extend(without_trace(selected, rendered))
    texts, language, main = untranslated(selected, rendered), rendered.language, main_language(selected)
    if options.every_translation:
        findings.extend(one_by_one(texts, language, main))
    else:
        chosen = f"--lang {language}" if options.language else f"--variant {variant}"
        command = f"cvbuild check {chosen} --lint --format short"
        findings.extend(in_summary(texts, language, main, command, cv.settings.ignore))
    return Prepared(selected, rendered, findings)


def _says_its_origin(project: Project, selected: SelectedCv) -> bool:
    """Whether neither the variant nor its funder's profile keeps that out of the metadata."""
    from cvbuild.conformance.library import find_profile

    named = selected.variant.profile
    profile = find_profile(project, named)[0] if named is not None else None
    return selected.variant.origin and (profile is None or profile.may_say_origin)


def formats_of(project: Project, epoch: int) -> Formats:
    """The formats for a project's documents, whose date is `epoch`; none lie in the project itself."""
    from cvbuild.cache import folder_for
    from cvbuild.render.templates import has_own_preamble
    from cvbuild.typeset.formats import KIND, Formats

    folder = folder_for(KIND)
    if folder is not None and folder.resolve().is_relative_to(project.root.resolve()):
        folder = None
    is_own = project.templates is not None and has_own_preamble(project.templates)
    return Formats(folder, epoch if is_own else None, project.is_trusted)


def prepare_fitted(
    project: Project, cv: Cv, variant: str, options: Options, progress: Progress = lambda message: None
) -> Prepared:
    """As `prepare`; of a variant fitted to pages what fits. Raises EngineProblem without an engine."""
    asked = cv.variants[variant].fit
    most = options.fit or (asked.pages if asked is not None else None)
    if most is None:
        return prepare(project, cv, variant, options)
    from cvbuild.fitted import fit
    from cvbuild.measured import Setting

    setting = Setting(
        project,
        options.engine,
        options.theme,
        options.language,
        options.epoch,
        options.new_since,
        formats_of(project, options.epoch),
    )
    return with_cut(project, options, fit(cv, variant, most, setting, progress))


def with_cut(project: Project, options: Options, fitted: Fitted) -> Prepared:
    """A variant without what does not fit."""
    return replace(prepare(project, fitted.cv, fitted.variant, options, cut=fitted.cut), fitted=fitted)
