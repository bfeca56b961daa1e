"""Select, fit and render: a variant as TeX."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from cvbuild.cache import folder_for
from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.project import Origin, Project
from cvbuild.record import MutableRecord, Record, field, replace
from cvbuild.render.checks import missing_translations, without_trace
from cvbuild.render.document import render
from cvbuild.render.themes import is_shipped
from cvbuild.select import Cut, select
from cvbuild.typeset.format import KIND, Formats

if TYPE_CHECKING:
    from cvbuild.content.cv import Cv
    from cvbuild.content.values import Date
    from cvbuild.fit.fit import Fitted
    from cvbuild.render.sourcemap import RenderedTex
    from cvbuild.select import SelectedCv
    from cvbuild.source import Scalar

Progress = Callable[[str], None]
Heard = Callable[[str], None]
"""Told each piece of a document as it is made, from the first on; not the last one."""


class Options(Record):
    """What a call may choose over what cv.yaml says; None leaves it to that."""

    engine: str = "auto"
    theme: str | None = None
    language: str | None = None
    epoch: int = 0
    new_since: Date | None = None
    fit: int | None = None  # to so many pages
    every_translation: bool = False
    """Report every missing translation instead of one summary."""
    origin: Origin | None = None
    """What the PDF's metadata say of its origin, in variants that allow it."""
    force: bool = False
    """Whether an engine runs also where nothing changed."""


class Prepared(MutableRecord):
    """A variant rendered to TeX.

    `output` is the name of its PDF without the ending, `max_pages` its limit, `profile` the funder's
    profile that it is held against.
    """

    name: str
    output: str
    rendered: RenderedTex
    selected: SelectedCv
    max_pages: int | None = None
    profile: Scalar | None = None
    findings: Findings = field(default_factory=Findings)
    fitted: Fitted | None = None

    @classmethod
    def of(cls, cv: Cv, selected: SelectedCv, rendered: RenderedTex, findings: Findings) -> Prepared:
        """A selected variant of a CV, rendered."""
        limits = selected.variant.max_pages, selected.variant.profile
        return cls(selected.name, cv.output_name(selected.name), rendered, selected, *limits, findings)


def prepare(
    project: Project,
    cv: Cv,
    variant: str,
    options: Options,
    sections: Collection[str] = (),
    cut: Cut | None = None,
    heard: Heard | None = None,
) -> Prepared:
    """Select and render a variant, or these sections of it, but for what is cut.

    The TeX is `heard` while it is being made. Raises UsageProblem where it does not print one of them,
    ContentProblem where a template cannot be filled.
    """
    selected, findings = select(cv, variant, options.new_since, cut or Cut())
    if sections:
        selected = selected.with_sections(sections)
    origin = said_origin(project, selected, options)
    rendered, found = render(selected, project.templates, options.theme, options.language, origin, heard)
    findings.extend(found.items)
    findings.extend(judged(selected, rendered, options))
    return Prepared.of(cv, selected, rendered, findings)


def judged(selected: SelectedCv, rendered: RenderedTex, options: Options) -> list[Diagnostic]:
    """What is wrong with what was rendered: entries without a trace, texts of another language."""
    chosen = f"--lang {rendered.language}" if options.language else f"--variant {selected.name}"
    command = None if options.every_translation else f"cvbuild check {chosen} --lint --format short"
    return [*without_trace(selected, rendered), *missing_translations(selected, rendered, command)]


def said_origin(project: Project, selected: SelectedCv, options: Options) -> Origin | None:
    """The origin, where neither the variant nor its funder's profile keeps it out of the metadata."""
    named = selected.variant.profile
    if not selected.variant.origin or named is None:
        return options.origin if selected.variant.origin else None
    from cvbuild.funders.profile import find_profile

    profile, _ = find_profile(project, named)
    return options.origin if profile is None or profile.may_say_origin else None


def formats_of(project: Project, epoch: int) -> Formats:
    """The formats for a project's documents, whose date is `epoch`; none lie in the project itself."""
    folder = folder_for(KIND)
    if folder is not None and folder.resolve().is_relative_to(project.root.resolve()):
        folder = None
    own = project.templates.rglob("*.tex") if project.templates is not None else ()
    # Templates of sections and entries print nothing before the document begins.
    preamble = [path for path in own if path.parent.name not in {"sections", "publications"}]
    has_own_preamble = any(not is_shipped(path) for path in preamble)
    return Formats(folder, epoch if has_own_preamble else None, project.is_trusted)


def prepare_fitted(
    project: Project,
    cv: Cv,
    variant: str,
    options: Options,
    progress: Progress = lambda message: None,
    heard: Heard | None = None,
) -> Prepared:
    """As `prepare`; of a variant fitted to pages what fits. Raises EngineProblem without an engine."""
    asked = cv.variants[variant].fit
    most = options.fit or (asked.pages if asked is not None else None)
    if most is None:
        return prepare(project, cv, variant, options, heard=heard)
    from cvbuild.fit.fit import fit
    from cvbuild.fit.measure import Setting

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
