"""The stages of a build, top to bottom.

    discover   project.py            folder -> Project, its files read through reading.py
    load       load/                 bytes -> trees and library, with spans
    model      model/                -> Cv, checked
    lint       lint/                 Cv -> what looks wrong, where it is asked for
    select     variant/              -> SelectedCv with its ledger
    render     render/               -> RenderedTex with its source map
    fit        fitting/              -> both again, with what fits on the pages asked for
    equip      typeset/scriptfonts.py  -> RenderedTex with fonts for all its characters
    typeset    typeset/              -> TypesetResult
    inspect    pdf/, conformance/    -> Measured, against the variant's limits and its funder's rules
    deliver    delivery.py           a whole PDF -> the output folder

The first three are called by loading.py, the next three by preparing.py, the rest here. Each
stage returns its value with what it found; nothing is printed here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cvbuild.diagnostics import ContentProblem, Diagnostic
from cvbuild.jobs import cores
from cvbuild.loading import BROKEN_ENTRY, chosen_variants, load_cv
from cvbuild.output import deliver_accepted, deliver_refused, empty_work_folder, work_folder
from cvbuild.preparing import (
    Options,
    Prepared,
    Progress,
    formats_of,
    prepare,
    prepare_fitted,
    with_cut,
)
from cvbuild.project import Project
from cvbuild.record import Record, replace
from cvbuild.render.escape import is_drawn_by_pdflatex
from cvbuild.typeset.choose import better_engine, choose_engine
from cvbuild.typeset.lastengine import begin, remember
from cvbuild.typeset.lock import held
from cvbuild.typeset.log import pages_written
from cvbuild.typeset.manifest import Typeset
from cvbuild.typeset.passes import typeset

if TYPE_CHECKING:
    from cvbuild.content.cv import Cv
    from cvbuild.fit.fit import Fitted
    from cvbuild.funders.profile import Profile, Verdict
    from cvbuild.render.sourcemap import RenderedTex
    from cvbuild.select import Cut
    from cvbuild.typeset.choose import ChosenEngine
    from cvbuild.typeset.format import Formats
    from cvbuild.typeset.stream import Stream

__all__ = [
    "BROKEN_ENTRY", "Built", "Compiled", "Options", "Prepared", "Progress", "build", "chosen_variants",
    "compiled", "conform", "conform_content", "load_cv", "prepare", "prepare_fitted",
]  # fmt: skip


class Built(Record):
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
    fit: Fitted | None = None
    reasons: tuple[str, ...] = ()
    """Why each pass was made, and whether a format was loaded."""


class Compiled(Record):
    """A variant typeset in its work folder. `built` is the outcome so far; `pdf` is None where it failed."""

    built: Built
    prepared: Prepared | None = None
    pdf: Path | None = None


@contextmanager
def compiled(
    project: Project,
    cv: Cv,
    variant: str,
    options: Options,
    progress: Progress,
    prepared: Prepared | None = None,
    stream: Stream | None = None,
) -> Iterator[Compiled]:
    """Select, render and typeset a variant; its work folder is held until the context is left.

    `prepared` is the variant where it is rendered already; an engine may wait for it in a `stream`.
    A variant that is fitted to pages, and has more of them on paper, loses the entries that matter
    least until it has not.
    """
    formats = formats_of(project, options.epoch)
    try:
        if prepared is None:
            heard = stream.hear if stream is not None else None
            prepared = prepare_fitted(project, cv, variant, options, progress, heard)
    except ContentProblem as problem:
        yield Compiled(Built(variant, problem.diagnostics))
        return
    if prepared.findings.has_errors:
        yield Compiled(Built(variant, tuple(prepared.findings.items)))
        return
    fitted = prepared.fitted
    chosen = fitted.engine if fitted else choose_engine(options.engine, prepared.rendered.text)
    folder = _folder(project, variant, chosen.engine.name)
    with (
        held(work_folder(project), lambda: progress("waiting for `cvbuild clean`"), shared=True),
        held(folder, lambda: progress("waiting for another build of this variant")),
    ):
        if not project.is_trusted:
            empty_work_folder(folder)  # TeX reads an .aux as a program
        if fitted is None:
            with formats:
                yield _typeset(project, prepared, chosen, folder, options, formats, progress, stream)
            return
        passes, reasons = fitted.passes, ["measured"]
        while True:
            fitted.expect_in(folder)
            made = _typeset(project, prepared, chosen, folder, options, formats, progress)
            passes += made.built.passes
            reasons += made.built.reasons
            built = replace(made.built, passes=passes, reasons=tuple(reasons), fit=fitted)
            tighter = fitted.tighter() if built.pages > fitted.most else None
            if tighter is None:
                break
            fitted, prepared = tighter, with_cut(project, options, tighter)
        over = (fitted.too_long(built.pages),) if built.pages > fitted.most else ()
        built = replace(built, diagnostics=(*built.diagnostics, *over))
        with formats:
            yield Compiled(built, prepared, None if over else made.pdf)


@contextmanager
def streams(
    project: Project, variants: Sequence[str], options: Options, jobs: int | None = None
) -> Iterator[dict[str, Stream]]:
    """The engines of last time for the variants that are at work first, one for each core."""
    first = list(dict.fromkeys(variants))[: min(jobs or cores(), cores())]
    with ExitStack() as stack:
        found: dict[str, Stream] = {}
        for name in first:
            if (stream := stream_for(project, name, options)) is not None:
                stack.callback(stream.end)
                found[name] = stream
        yield found


def stream_for(
    project: Project, variant: str, options: Options, *, anew: bool = False, expected: str = ""
) -> Stream | None:
    """An engine that waits for a variant's document: that of last time, or `anew` one that knows nothing.

    It typesets what the document is `expected` to begin with. None where it would not be used, or has
    no core to itself.
    """
    is_plain = options.fit is None and not options.force and project.is_trusted and not project.revision
    if not is_plain or cores() < 2 or not hasattr(os, "mkfifo"):
        return None
    key, folder = _key(project, variant, options), partial(_folder, project, variant)
    formats = formats_of(project, options.epoch)
    return begin(key, options.engine, formats, options.epoch, folder, anew=anew, expected=expected)


def _key(project: Project, variant: str, options: Options) -> str:
    asked = (options.engine, options.theme, options.language)
    return repr((str(project.root), str(project.output), variant, *asked))


@contextmanager
def _streaming(
    project: Project, cv: Cv | None, variant: str, options: Options, stream: Stream | None
) -> Iterator[Stream | None]:
    """The engine that waits for a variant, or a new one to hear the CV rendered; it ends with the context."""
    if stream is None and cv is not None and cv.variants[variant].fit is None:
        stream = stream_for(project, variant, options, anew=True)
    try:
        yield stream
    finally:
        if stream is not None:
            stream.end()


def _folder(project: Project, variant: str, engine: str) -> Path:
    """Where an engine typesets a variant."""
    return work_folder(project, f"{variant}-{engine}")


def _typeset(
    project: Project,
    prepared: Prepared,
    chosen: ChosenEngine,
    folder: Path,
    options: Options,
    formats: Formats,
    progress: Progress,
    stream: Stream | None = None,
) -> Compiled:
    """Typeset what is rendered, in a folder that is held."""
    findings, variant = prepared.findings, prepared.name
    rendered = _equipped(prepared, chosen)
    if findings.has_errors:
        return Compiled(Built(variant, tuple(findings.items), engine=chosen.engine.name))
    asked = Typeset.now(rendered, chosen, folder, options.epoch, stream)
    result = asked.again() if formats.is_trusted and not options.force else None
    if result is None:
        result = typeset(rendered, chosen, folder, options.epoch, progress, formats, stream)
        if formats.is_trusted:
            formats.records.append(partial(asked.remember, result, project.root))
        if formats.is_trusted and prepared.fitted is None:
            key = _key(project, variant, options)
            formats.records.append(partial(remember, key, chosen, rendered.text))
    findings.extend(result.diagnostics)
    built = Built(
        variant,
        tuple(findings.items),
        passes=result.passes,
        engine=result.engine,
        log=result.log,
        says_more=bool(result.diagnostics),
        reasons=result.reasons,
    )
    if result.pdf is None or findings.has_errors:
        return Compiled(built, prepared)
    try:
        built = replace(built, pages=pages_written(result.log) or _counted(result.pdf))
    except ValueError:
        broken = Diagnostic("tex-error", f"{result.engine} ended well, but made a broken PDF")
        return Compiled(replace(built, diagnostics=(*built.diagnostics, broken)), prepared)
    return Compiled(built, prepared, result.pdf)


def _counted(pdf: Path) -> int:
    """The pages of a PDF whose log does not say how many. Raises ValueError for a broken one."""
    from cvbuild.pdf.read import page_count  # PDFium takes longer to import than it counts

    return page_count(pdf)


def _equipped(prepared: Prepared, chosen: ChosenEngine) -> RenderedTex:
    """The document with fonts for all its characters; what has none is among the findings."""
    rendered = prepared.rendered
    if not chosen.engine.is_unicode and is_drawn_by_pdflatex(rendered.text):
        return rendered
    from cvbuild.typeset.scriptfonts import equip

    equipped = equip(rendered, chosen.engine, better_engine(chosen.engine, rendered.text))
    prepared.findings.extend(equipped.diagnostics)
    return equipped.rendered


def conform_content(
    project: Project, cv: Cv, variant: str, options: Options, profile: Profile, cut: Cut
) -> list[Verdict]:
    """Hold what a variant prints against the rules of a portal, which makes the document itself."""
    from cvbuild.funders.profile import check
    from cvbuild.limits import content_alone

    prepared = prepare(project, cv, variant, options, cut=cut)
    return check(profile, content_alone(prepared.selected, prepared.rendered))


def conform(
    project: Project, cv: Cv, variant: str, options: Options, profile: Profile, progress: Progress
) -> tuple[Built, list[Verdict] | None]:
    """Compile a variant and hold it against a funder's profile; nothing is put in place.

    The verdicts are None where it failed before there was a PDF to measure.
    """
    from cvbuild.funders.profile import check
    from cvbuild.limits import read_pdf

    with compiled(project, cv, variant, options, progress) as made:
        if made.pdf is None or made.prepared is None:
            return made.built, None
        name = f"{cv.output_name(variant)}.pdf"
        subject = read_pdf(made.pdf, name, made.prepared.selected, made.prepared.rendered)
        return made.built, check(profile, subject)


class Held(Record):
    """A PDF held against its variant's limits: what breaks them, and what could not be measured.

    `summary` says what the profile's rules came to, where it has one.
    """

    diagnostics: tuple[Diagnostic, ...] = ()
    summary: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether the PDF is not to be put in place."""
        return any(item.severity == "error" for item in self.diagnostics)


def _held(project: Project, made: Compiled, prepared: Prepared, pdf: Path, name: str) -> Held:
    """A PDF held against its variant's limits; `name` is the file name that it is to have."""
    is_within = prepared.max_pages is None or made.built.pages <= prepared.max_pages
    if is_within and prepared.profile is None:
        return Held()
    from cvbuild.limits import broken_limits  # funders' rules and PDFium: few builds need them

    return Held(*broken_limits(project, prepared, pdf, name))


def build(
    project: Project,
    cv: Cv,
    variant: str,
    options: Options,
    target: Path | None,
    progress: Progress,
    prepared: Prepared | None = None,
    stream: Stream | None = None,
) -> Built:
    """Compile a variant and hold it against its limits; only a whole PDF within them is put in place.

    `prepared` is the variant where it is rendered already.
    """
    with (
        _streaming(project, None if prepared else cv, variant, options, stream) as waiting,
        compiled(project, cv, variant, options, progress, prepared, waiting) as made,
    ):
        if made.pdf is None or made.prepared is None:
            return made.built
        output = target or project.output / f"{made.prepared.output}.pdf"
        held = _held(project, made, made.prepared, made.pdf, output.name)
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
