"""The stages of a build, top to bottom.

    discover   project.py            folder -> Project, its files read through reading.py
    load       load/                 bytes -> trees and library, with spans
    model      model/                -> Cv, checked
    lint       lint/                 Cv -> what looks wrong, where it is asked for
    select     variant/              -> SelectedCv with its ledger
    render     render/               -> RenderedTex with its source map
    fit        fitted.py             -> both again, with what fits on the pages asked for
    equip      typeset/scriptfonts.py  -> RenderedTex with fonts for all its characters
    typeset    typeset/              -> TypesetResult
    inspect    pdf/, conformance/    -> Measured, against the variant's limits and its funder's rules
    deliver    delivery.py           a whole PDF -> the output folder

Each stage returns its value with what it found; nothing is printed here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from cvbuild.delivery import deliver_accepted, deliver_refused, empty_work_folder, work_folder
from cvbuild.diagnostics import ContentProblem, Diagnostic, Findings, UsageProblem, did_you_mean
from cvbuild.explain import codes
from cvbuild.project import (
    Origin,
    Project,
    Reader,
    all_bibliographies,
    bibliography_files,
    refused_output,
    refused_templates,
)
from cvbuild.silencing import unknown_codes
from cvbuild.source import Scalar, SourceFile, Span

if TYPE_CHECKING:
    from cvbuild.conformance.subject import Verdict
    from cvbuild.fitted import Fitted
    from cvbuild.fitting.report import FitReport
    from cvbuild.load.yaml import Tree
    from cvbuild.model.cv import Cv
    from cvbuild.model.dates import Date
    from cvbuild.model.profile import Profile
    from cvbuild.render.sourcemap import RenderedTex
    from cvbuild.typeset.choose import ChosenEngine
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


@dataclass(frozen=True)
class Built:
    """What became of a variant. `pdf` is None where it failed; `pages` counts the PDF's.

    `says_more` is true where TeX complained, so that its log is worth reading.
    """

    variant: str
    diagnostics: tuple[Diagnostic, ...]
    pdf: Path | None = None
    pages: int = 0
    passes: int = 0
    engine: str = ""
    log: Path | None = None
    says_more: bool = False
    held: str = ""
    """What the rules of the variant's profile came to."""
    fit: FitReport | None = None


@dataclass
class Prepared:
    """A variant rendered to TeX."""

    selected: SelectedCv
    rendered: RenderedTex
    findings: Findings = field(default_factory=Findings)
    fitted: Fitted | None = None


BROKEN_ENTRY = "bib-broken-entry"
"""The error that leaves the rest of the CV readable, for the ledger at least."""


def load_cv(project: Project, despite: Collection[str] = ()) -> tuple[Cv | None, list[Diagnostic]]:
    """Discover, load and model: the whole CV, or None where an error stands in the way.

    `despite` are codes of errors that do not.
    """
    from cvbuild.load.bibtex import load_bibtex
    from cvbuild.load.numberlock import NO_NUMBERS, load_numbers
    from cvbuild.load.yaml import load_yaml, refused_tex
    from cvbuild.model.cv import LoadedContent, make_cv

    reader = Reader(project)
    findings = reader.findings
    findings.extend([*refused_output(project), *refused_templates(project)])
    settings_source = reader.read(project.settings)
    if settings_source is None:
        return None, findings.items
    settings, found = load_yaml(settings_source)
    findings.extend(found.items)
    sections = {}
    for path in project.sections:
        if path.stem in sections:
            findings.error(
                "duplicate-section",
                f"there are two files for the section `{path.stem}`; delete one",
                Span(SourceFile(project.shown(path), ""), 0, 0),
            )
        elif source := reader.read(path):
            tree, found = load_yaml(source)
            findings.extend(found.items)
            sections[path.stem] = source, tree
        else:
            sections[path.stem] = SourceFile(project.shown(path), ""), None
    if not project.is_trusted:
        trees = [settings, *(tree for _, tree in sections.values())]
        findings.extend(item for tree in trees for item in refused_tex(tree))
    files, problems = bibliography_files(project, _bibliography(settings))
    findings.extend(problems)
    bibliography = [source for path in files if (source := reader.read(path))]
    library, found = load_bibtex(bibliography)
    findings.extend(found.items)
    numbers = NO_NUMBERS
    if os.path.lexists(project.numbers) and (source := reader.read(project.numbers)):
        numbers, found = load_numbers(source)
        findings.extend(found.items)
    loaded = LoadedContent(settings_source, settings, sections, library, project.own_kinds(), numbers)
    cv, found = make_cv(loaded)
    findings.extend(found.items)
    sources = (settings_source, *(source for source, _ in sections.values()), *bibliography)
    findings.extend(unknown_codes(sources, codes()))
    named = [chosen.profile for chosen in cv.variants.values() if chosen.profile] if cv is not None else []
    for name in dict.fromkeys(named):
        findings.extend(_profile_problems(project, name))
    for code in cv.settings.ignore if cv is not None else ():
        if code not in codes():
            findings.error(
                "unknown-code",
                f"no message has the code `{code}`",
                code.span,
                *did_you_mean(code, codes()),
            )
    hindered = any(item.severity == "error" and item.code not in despite for item in findings.items)
    return (None if hindered else cv), findings.items


def lint_cv(project: Project, cv: Cv, today: date) -> list[Diagnostic]:
    """What looks wrong in a CV that has no errors, on a day."""
    from cvbuild.lint.registry import lint
    from cvbuild.lint.subject import Subject

    read, _ = bibliography_files(project, cv.settings.bibliography)
    unread = tuple(project.shown(path) for path in all_bibliographies(project) if path not in read)
    return lint(Subject(cv, today, unread))


def _profile_problems(project: Project, name: Scalar) -> list[Diagnostic]:
    """What is wrong with the profile that a variant names."""
    from cvbuild.conformance.library import find_profile

    return find_profile(project, name, name.span)[1]


def _bibliography(settings: Tree) -> list[Scalar]:
    """The patterns of `bibliography`, as far as they can be read before the model checks them."""
    value = settings.get("bibliography") if isinstance(settings, dict) else None
    patterns = value if isinstance(value, list) else [value]
    return [pattern for pattern in patterns if isinstance(pattern, Scalar)]


def chosen_variants(cv: Cv, names: tuple[str, ...]) -> list[str]:
    """The variants asked for, each once; all of them where none is named."""
    for name in names:
        if name not in cv.variants:
            raise UsageProblem(
                f"there is no variant `{name}`",
                *did_you_mean(name, cv.variants),
                f"the variants are {', '.join(cv.variants)}",
            )
    return list(dict.fromkeys(names)) or list(cv.variants)


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
    origin = options.origin if selected.variant.origin else None
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
        project, options.engine, options.theme, options.language, options.epoch, options.new_since
    )
    return _with_cut(project, options, fit(cv, variant, most, setting, progress))


def _with_cut(project: Project, options: Options, fitted: Fitted) -> Prepared:
    return replace(prepare(project, fitted.cv, fitted.variant, options, cut=fitted.cut), fitted=fitted)


@dataclass(frozen=True)
class Compiled:
    """A variant typeset in its work folder. `built` is the outcome so far; `pdf` is None where it failed."""

    built: Built
    prepared: Prepared | None = None
    pdf: Path | None = None


@contextmanager
def compiled(
    project: Project, cv: Cv, variant: str, options: Options, progress: Progress
) -> Iterator[Compiled]:
    """Select, render and typeset a variant; its work folder is held until the context is left.

    One that is fitted to pages and has more of them on paper loses what matters least until it has not.
    """
    from cvbuild.typeset.choose import choose_engine
    from cvbuild.typeset.lock import held

    try:
        prepared = prepare_fitted(project, cv, variant, options, progress)
        problems = tuple(prepared.findings.items) if prepared.findings.has_errors else ()
    except ContentProblem as problem:
        problems = problem.diagnostics
    if problems:
        yield Compiled(Built(variant, problems))
        return
    fitted = prepared.fitted
    chosen = fitted.engine if fitted else choose_engine(options.engine, prepared.rendered.text)
    folder = work_folder(project, f"{variant}-{chosen.engine.name}")
    with (
        held(work_folder(project), lambda: progress("waiting for `cvbuild clean`"), shared=True),
        held(folder, lambda: progress("waiting for another build of this variant")),
    ):
        if not project.is_trusted:
            empty_work_folder(folder)  # TeX reads an .aux as a program
        if fitted is None:
            yield _typeset(prepared, chosen, folder, options, progress)
            return
        passes = fitted.passes
        while True:
            fitted.expect_in(folder)
            made = _typeset(prepared, chosen, folder, options, progress)
            passes += made.built.passes
            built = replace(made.built, passes=passes, fit=fitted.report)
            tighter = fitted.tighter() if built.pages > fitted.most else None
            if tighter is None:
                break
            fitted, prepared = tighter, _with_cut(project, options, tighter)
        over = (fitted.too_long(built.pages),) if built.pages > fitted.most else ()
        built = replace(built, diagnostics=(*built.diagnostics, *over))
        yield Compiled(built, prepared, None if over else made.pdf)


def _typeset(
    prepared: Prepared, chosen: ChosenEngine, folder: Path, options: Options, progress: Progress
) -> Compiled:
    """Typeset what is rendered, in a folder that is held."""
    from cvbuild.pdf import page_count
    from cvbuild.typeset.choose import better_engine
    from cvbuild.typeset.passes import typeset
    from cvbuild.typeset.scriptfonts import equip

    findings, rendered, variant = prepared.findings, prepared.rendered, prepared.selected.name
    equipped = equip(rendered, chosen.engine, better_engine(chosen.engine, rendered.text))
    findings.extend(equipped.diagnostics)
    if findings.has_errors:
        return Compiled(Built(variant, tuple(findings.items), engine=chosen.engine.name))
    result = typeset(equipped.rendered, chosen, folder, options.epoch, progress)
    findings.extend(result.diagnostics)
    built = Built(variant, tuple(findings.items), passes=result.passes, engine=result.engine, log=result.log)
    built = replace(built, says_more=bool(result.diagnostics))
    if result.pdf is None or findings.has_errors:
        return Compiled(built, prepared)
    try:
        built = replace(built, pages=page_count(result.pdf))
    except ValueError:
        broken = Diagnostic("tex-error", f"{result.engine} ended well, but made a broken PDF")
        return Compiled(replace(built, diagnostics=(*built.diagnostics, broken)), prepared)
    return Compiled(built, prepared, result.pdf)


def conform_content(cv: Cv, variant: str, options: Options, profile: Profile) -> list[Verdict]:
    """Hold what a variant prints against the rules of a portal, which makes the document itself."""
    from cvbuild.conformance.reading import content_alone
    from cvbuild.conformance.registry import check
    from cvbuild.render.document import language_of
    from cvbuild.variant import select

    selected, _ = select(cv, variant)
    return check(profile, content_alone(selected, language_of(selected, options.language)))


def conform(
    project: Project, cv: Cv, variant: str, options: Options, profile: Profile, progress: Progress
) -> tuple[Built, list[Verdict] | None]:
    """Compile a variant and hold it against a funder's profile; nothing is put in place.

    The verdicts are None where it failed before there was a PDF to measure.
    """
    from cvbuild.conformance.reading import read_pdf
    from cvbuild.conformance.registry import check
    from cvbuild.render.document import language_of

    with compiled(project, cv, variant, options, progress) as made:
        if made.pdf is None or made.prepared is None:
            return made.built, None
        selected = made.prepared.selected
        name = f"{cv.output_name(variant)}.pdf"
        subject = read_pdf(made.pdf, name, selected, language_of(selected, options.language))
        return made.built, check(profile, subject)


def build(
    project: Project, cv: Cv, variant: str, options: Options, target: Path | None, progress: Progress
) -> Built:
    """Compile a variant and hold it against its limits; only a whole PDF within them is put in place."""
    from cvbuild.limits import check_limits

    output = target or project.output / f"{cv.output_name(variant)}.pdf"
    with compiled(project, cv, variant, options, progress) as made:
        if made.pdf is None or made.prepared is None:
            return made.built
        held = check_limits(project, made.prepared.selected, options.language, made.pdf, output.name)
        found = list(held.diagnostics)
        if held.is_refused:
            kept = deliver_refused(project, made.pdf, output)
            first = next(item for item in found if item.severity == "error")
            hint = f"the refused PDF is kept as {project.shown(kept)}"
            found[found.index(first)] = replace(first, hints=(*first.hints, hint))
        else:
            deliver_accepted(project, made.pdf, output)
    built = replace(made.built, diagnostics=(*made.built.diagnostics, *found), held=held.summary)
    return built if held.is_refused else replace(built, pdf=output)
