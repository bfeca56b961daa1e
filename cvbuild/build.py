"""Build a variant: from the checked CV to the PDF in the output folder. Start reading at `build`.

    loading.py                 project -> Cv
    select/                    Cv -> SelectedCv with its ledger
    fit/                       Cv and a number of pages -> Cut, the entries that select leaves out
    render/                    SelectedCv -> RenderedTex with its source map
    typeset/                   RenderedTex -> TypesetResult
    pdf/, funders/             PDF -> verdicts on the variant's limits and its funder's rules
    output.py                  a PDF within its limits -> the output folder

Each stage returns its value and its diagnostics; this module prints nothing.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from cvbuild.cache import folder_for
from cvbuild.diagnostics import ContentProblem, Diagnostic, Findings
from cvbuild.output import deliver, empty_work_folder, work_folder
from cvbuild.project import Project
from cvbuild.record import MutableRecord, Record, field, replace
from cvbuild.render.checks import missing_translations, without_trace
from cvbuild.render.document import render
from cvbuild.render.escape import is_drawn_by_pdflatex
from cvbuild.render.templates import is_shipped
from cvbuild.select.request import Request
from cvbuild.select.selection import select
from cvbuild.select.types import Cut
from cvbuild.typeset.engines import better_engine, choose_engine
from cvbuild.typeset.format import KIND, Formats
from cvbuild.typeset.log import pages_written
from cvbuild.typeset.passes import Job as TypesetJob
from cvbuild.typeset.process import go_on, held, stopping
from cvbuild.typeset.stream import begin, remember

if TYPE_CHECKING:
    from cvbuild.content.cv import Cv
    from cvbuild.content.settings import Variant
    from cvbuild.fit.fit import Fitted
    from cvbuild.fit.measure import Setting
    from cvbuild.render.sourcemap import RenderedTex
    from cvbuild.select.types import SelectedCv
    from cvbuild.typeset.engines import ChosenEngine
    from cvbuild.typeset.stream import Stream

T = TypeVar("T")

Progress = Callable[[str], None]
"""Called with a short description of each step when it starts."""
Hear = Callable[[str], None]
"""Called with each piece of a document's TeX during rendering, except the last piece."""


class Document(MutableRecord):
    """A variant rendered to TeX; `fitted` holds the entries chosen by fitting, None without `fit`."""

    selected: SelectedCv
    rendered: RenderedTex
    output: str
    """The PDF's file name without its ending."""
    findings: Findings = field(default_factory=Findings)
    fitted: Fitted | None = None

    @property
    def variant(self) -> str:
        """The variant's name."""
        return self.selected.name


class Built(Record):
    """The outcome of a build. `pdf` is the delivered PDF; None if the build failed."""

    variant: str
    diagnostics: tuple[Diagnostic, ...]
    pdf: Path | None = None
    pages: int = 0
    passes: int = 0
    engine: str = ""
    log: Path | None = None
    has_messages: bool = False
    """Whether TeX reported errors or warnings, which its log explains."""
    held: str = ""
    """A summary of the verdicts on the variant's profile; empty without a profile."""
    fit: Fitted | None = None
    reasons: tuple[str, ...] = ()
    """Why each pass was made, and whether a format was loaded."""
    made: Made | None = None


class Made(Record):
    """A document and its complete PDF in the work folder; valid only while the folder is locked."""

    document: Document
    pdf: Path


End = Callable[[Project, Built, Made], Built]
"""The last step of a build; it runs while the work folder is locked."""


def build(
    project: Project,
    cv: Cv,
    variant: str,
    request: Request,
    progress: Progress = lambda message: None,
    end: End | None = None,
    *,
    stream: Stream | None = None,
    document: Document | None = None,
) -> Built:
    """Build a variant: select, fit, render, typeset, and deliver the PDF if it is within its limits.

    `end` replaces delivery. `document` is the variant if it is already rendered. `stream` is a running
    engine that waits for the document. Raises EngineProblem if no engine is installed, and OSError.
    """
    with ExitStack() as stack:
        if stream is None and document is None and cv.variants[variant].fit is None:
            stream = stream_for(project, variant, request, anew=True)
        if stream is not None:
            stack.callback(stream.end)
        if document is None:
            hear = stream.hear if stream is not None else None
            try:
                document = prepare(project, cv, variant, request, progress, hear)
            except ContentProblem as problem:
                return Built(variant, problem.diagnostics)
        if document.findings.has_errors:
            return Built(variant, tuple(document.findings.items))
        fitted, text = document.fitted, document.rendered.text
        chosen = fitted.engine if fitted is not None else choose_engine(request.engine, text)
        folder = _work_folder(project, variant, chosen.engine.name)
        stack.enter_context(
            held(work_folder(project), lambda: progress("waiting for `cvbuild clean`"), shared=True)
        )
        stack.enter_context(held(folder, lambda: progress("waiting for another build of this variant")))
        if not project.is_trusted:
            empty_work_folder(folder)  # TeX executes the .aux files in it
        formats = formats_of(project, request.epoch)
        run = _Run(project, request, chosen, folder, formats, progress, stream if fitted is None else None)
        built = _typeset(run, document) if fitted is None else _typeset_fitted(run, document, fitted)
        if built.made is not None:
            built = (end or _deliver)(project, built, built.made)
        formats.make()  # last, when the PDF is delivered
        return built


def prepare(
    project: Project,
    cv: Cv,
    variant: str,
    request: Request,
    progress: Progress = lambda message: None,
    hear: Hear | None = None,
) -> Document:
    """Select, fit and render a variant. Raises ContentProblem, and EngineProblem if no engine can measure."""
    asked = cv.variants[variant].fit
    most = request.fit or (asked.pages if asked is not None else None)
    if most is None:
        return render_variant(project, cv, variant, request, hear=hear)
    from cvbuild.fit.fit import fit  # few variants are fitted

    return _with_cut(project, request, fit(cv, variant, most, setting_of(project, request, progress)))


def setting_of(project: Project, request: Request, progress: Progress = lambda message: None) -> Setting:
    """Return the setting in which the heights of entries are measured."""
    from cvbuild.fit.measure import Setting  # imported late: few variants are fitted

    return Setting(project, request, formats_of(project, request.epoch), progress)


def render_variant(
    project: Project,
    cv: Cv,
    variant: str,
    request: Request,
    cut: Cut | None = None,
    sections: Collection[str] = (),
    hear: Hear | None = None,
) -> Document:
    """Select and render a variant without the entries in `cut`; with `sections`, only these sections.

    Raises UsageProblem for a section that the variant does not print, and ContentProblem if a template
    fails.
    """
    selected, findings = select(cv, variant, request, cut or Cut())
    if sections:
        selected = selected.with_sections(sections)
    if not _may_say_origin(project, selected.variant):
        selected = replace(selected, request=replace(request, origin=None))
    rendered, found = render(selected, project.templates, hear)
    chosen = f"--lang {rendered.language}" if request.language else f"--variant {selected.name}"
    command = None if request.every_translation else f"cvbuild check {chosen} --lint --format short"
    missing = missing_translations(selected, rendered, command)
    findings.extend([*found.items, *without_trace(selected, rendered), *missing])
    return Document(selected, rendered, cv.output_name(selected.name), findings)


def _with_cut(project: Project, request: Request, fitted: Fitted) -> Document:
    document = render_variant(project, fitted.cv, fitted.variant, request, fitted.cut)
    return replace(document, fitted=fitted)


def _may_say_origin(project: Project, variant: Variant) -> bool:
    """Return whether the variant and its funder's profile both allow the origin in the metadata."""
    if not variant.origin or variant.profile is None:
        return variant.origin
    from cvbuild.funders.profile import find_profile  # few variants have a profile

    profile, _ = find_profile(project, variant.profile)
    return profile is None or profile.may_say_origin


class _Run(Record):
    """The inputs of typesetting besides the document. `folder` is a work folder that is locked."""

    project: Project
    request: Request
    chosen: ChosenEngine
    folder: Path
    formats: Formats
    progress: Progress
    stream: Stream | None = None


def _typeset_fitted(run: _Run, document: Document, fitted: Fitted) -> Built:
    """Typeset a fitted document. While its PDF has too many pages, drop the least important entry."""
    passes, reasons = fitted.passes, ["measured"]
    while True:
        fitted.expect_in(run.folder)
        built = _typeset(run, document)
        passes += built.passes
        reasons += built.reasons
        tighter = fitted.tighter() if built.pages > fitted.most else None
        if tighter is None:
            break
        fitted, document = tighter, _with_cut(run.project, run.request, tighter)
    built = replace(built, passes=passes, reasons=tuple(reasons), fit=fitted)
    if built.pages <= fitted.most:
        return built
    return replace(built, diagnostics=(*built.diagnostics, fitted.too_long(built.pages)), made=None)


def _typeset(run: _Run, document: Document) -> Built:
    """Typeset a document, unless the PDF in the work folder has the same inputs."""
    findings, variant, chosen = document.findings, document.variant, run.chosen
    rendered = document.rendered
    if chosen.engine.is_unicode or not is_drawn_by_pdflatex(rendered.text):
        from cvbuild.typeset.fonts import equip  # imported late: only other scripts need it

        equipped = equip(rendered, chosen.engine, better_engine(chosen.engine, rendered.text))
        findings.extend(equipped.diagnostics)
        rendered = equipped.rendered
    if findings.has_errors:
        return Built(variant, tuple(findings.items), engine=chosen.engine.name)
    formats = run.formats
    job = TypesetJob(rendered, chosen, run.folder, run.request.epoch)
    result = job.again() if formats.is_trusted and not run.request.force else None
    if result is None:
        result = job.typeset(run.progress, formats, run.stream)
        if formats.is_trusted:
            formats.records.append(partial(job.remember, result, run.project.root))
            if document.fitted is None:
                key = _key(run.project, variant, run.request)
                formats.records.append(partial(remember, key, chosen, rendered.text))
    findings.extend(result.diagnostics)
    built = Built(
        variant,
        tuple(findings.items),
        passes=result.passes,
        engine=result.engine,
        log=result.log,
        has_messages=bool(result.diagnostics),
        reasons=result.reasons,
    )
    if result.pdf is None or findings.has_errors:
        return built
    pages = pages_written(result.log)
    if not pages:
        from cvbuild.pdf.read import page_count  # imported late: PDFium is slow to import

        try:
            pages = page_count(result.pdf)
        except ValueError:
            broken = Diagnostic("tex-error", f"{result.engine} ended well, but made a broken PDF")
            return replace(built, diagnostics=(*built.diagnostics, broken))
    return replace(built, pages=pages, made=Made(document, result.pdf))


def deliver_to(target: Path | None) -> End:
    """Return an `End` that delivers the PDF to a path; None means the output folder."""
    return partial(_deliver, target=target)


def _deliver(project: Project, built: Built, made: Made, target: Path | None = None) -> Built:
    """Check the PDF against the variant's limits. Deliver it, or keep it as `*.refused.pdf` if it fails."""
    document, pdf = made.document, made.pdf
    variant = document.selected.variant
    output = target or project.output / f"{document.output}.pdf"
    refused = output.with_name(f"{output.stem}.refused.pdf")
    found: list[Diagnostic] = []
    summary = ""
    is_long = variant.max_pages is not None and built.pages > variant.max_pages
    if is_long or variant.profile is not None:
        from cvbuild.funders.profile import broken_limits  # imported late: it needs PDFium

        found, summary = broken_limits(project, document.selected, document.rendered, pdf, output.name)
    refusal = next((item for item in found if item.severity == "error"), None)
    if refusal is None:
        deliver(project, pdf, output)
        refused.unlink(missing_ok=True)
    else:
        deliver(project, pdf, refused)  # the last good PDF stays
        hint = f"the refused PDF is kept as {project.shown(refused)}"
        found[found.index(refusal)] = replace(refusal, hints=(*refusal.hints, hint))
    delivered = output if refusal is None else None
    return replace(built, diagnostics=(*built.diagnostics, *found), held=summary, pdf=delivered)


@contextmanager
def streams(project: Project, request: Request, jobs: int) -> Iterator[dict[str, Stream]]:
    """Start the last call's engines for the first variants named, at most one for each core.

    Yield the engines by variant; they end with the context.
    """
    first = list(dict.fromkeys(request.variants))[: min(jobs, cores())]
    with ExitStack() as stack:
        found: dict[str, Stream] = {}
        for name in first:
            if (stream := stream_for(project, name, request)) is not None:
                stack.callback(stream.end)
                found[name] = stream
        yield found


def stream_for(
    project: Project, variant: str, request: Request, *, anew: bool = False, expected: str = ""
) -> Stream | None:
    """Start the engine that built this variant last, so that it waits for the document.

    `anew` allows a start without a record of the last build. The engine typesets `expected`, the presumed
    beginning of the document. Return None if the call cannot use the engine, or there is one core only.
    """
    is_plain = request.fit is None and not request.force and project.is_trusted and not project.revision
    if not is_plain or cores() < 2 or not hasattr(os, "mkfifo"):
        return None
    key, folder = _key(project, variant, request), partial(_work_folder, project, variant)
    formats = formats_of(project, request.epoch)
    return begin(key, request, formats, folder, anew=anew, expected=expected)


def _key(project: Project, variant: str, request: Request) -> str:
    asked = (request.engine, request.theme, request.language)
    return repr((str(project.root), str(project.output), variant, *asked))


def _work_folder(project: Project, variant: str, engine: str) -> Path:
    return work_folder(project, f"{variant}-{engine}")


def formats_of(project: Project, epoch: int) -> Formats:
    """Return the formats for a project's documents, dated `epoch`; none is kept inside the project."""
    folder = folder_for(KIND)
    if folder is not None and folder.resolve().is_relative_to(project.root.resolve()):
        folder = None
    own = project.templates.rglob("*.tex") if project.templates is not None else ()
    # Templates of sections and entries print nothing into the preamble.
    preamble = [path for path in own if path.parent.name not in {"sections", "publications"}]
    has_own_preamble = any(not is_shipped(path) for path in preamble)
    return Formats(folder, epoch if has_own_preamble else None, project.is_trusted)


class Job(Record, Generic[T]):
    """The result of the work for a variant, or the exception it raised. `seconds` is wall time."""

    variant: str
    seconds: float
    result: T | Exception


@contextmanager
def at_once(variants: Sequence[str], most: int, work: Callable[[str], T]) -> Iterator[Iterator[Job[T]]]:
    """Run `work` for each variant in threads, at most `most` at a time. Jobs are in the variants' order.

    An exception in one job does not stop the others. If the context is left by an exception, such as
    Ctrl-C, each thread stops at its next wait and ends the program that it waits for.
    """
    if min(most, len(variants)) <= 1:
        yield (_done(variant, work) for variant in variants)
        return
    from concurrent.futures import ThreadPoolExecutor  # imported late: one variant needs no threads

    stop = threading.Event()
    with ThreadPoolExecutor(min(most, len(variants)), "variant", stopping.set, (stop,)) as pool:
        try:
            futures = [pool.submit(_done, variant, work) for variant in variants]
            yield (future.result() for future in futures)
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _done(variant: str, work: Callable[[str], T]) -> Job[T]:
    started = time.perf_counter()
    result: T | Exception
    try:
        go_on()
        result = work(variant)
    except Exception as problem:  # the caller raises it after the other jobs
        result = problem
    return Job(variant, time.perf_counter() - started, result)


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
