"""The commands that make files: `pdf`, `tex`, `clean`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import click

from cvbuild import git, uptodate
from cvbuild.build import Built, at_once, build, cores, deliver_to, prepare, streams
from cvbuild.commands import cli
from cvbuild.commands.shared import (
    EXIT_CONTENT,
    Outcome,
    Progress,
    load,
    load_if_sound,
    open_project,
    options,
    shown,
    sound,
    with_request,
)
from cvbuild.content.cv import Cv
from cvbuild.diagnostics import ContentProblem, UsageProblem
from cvbuild.loading import chosen_variants, origin_of
from cvbuild.output import clean_output, deliver, record
from cvbuild.project import asked_epoch
from cvbuild.record import replace
from cvbuild.report import Json
from cvbuild.select.request import Request
from cvbuild.typeset.engine import STAMP
from cvbuild.typeset.engines import ENGINES
from cvbuild.typeset.texlive import KEPT
from cvbuild.words import counted

_VARIABLES = (
    # Manifests compare the programs instead of the search path; temporary folders change no result.
    *sorted(KEPT - {"PATH", "TMPDIR", "TEMP", "TMP"}),
    *git.KEPT,
    *("SOURCE_DATE_EPOCH", "CVBUILD_TECTONIC_BUNDLE", "XDG_CONFIG_HOME", "GITHUB_WORKSPACE"),
)
"""Environment variables that a PDF depends on."""
_COLOUR_VARIABLES = ("TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
"""Environment variables by which rich decides whether to print colours."""


@cli.command()
@options("variant")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The PDF's path (with one variant), or a folder."
)
@options("engine theme language new_since")
@click.option("--open", "open_pdf", is_flag=True, help="Open the PDF when it is done.")
@options("fit")
@click.option("--explain", is_flag=True, help="With `fit`: the space of each section, and what comes next.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="So many variants at a time; else as many as cores.",
)
@click.option("--keep-tex", is_flag=True, help="Keep the .tex beside the PDF.")
@click.option("--force", is_flag=True, help="Build also what is up to date.")
@click.option("--verbose", is_flag=True, help="Say why each pass of the engine was made.")
@options("format untrusted")
@with_request
def pdf(
    directory: Path,
    request: Request,
    output: Path | None,
    open_pdf: bool,
    explain: bool,
    jobs: int | None,
    keep_tex: bool,
    verbose: bool,
) -> None:
    """Build PDFs: every variant, or those named, several at a time.

    \b
    Examples:
      cvbuild pdf
      cvbuild pdf --variant short
      cvbuild pdf -v full -v short --engine lualatex
      cvbuild pdf -v short -o ~/Desktop/cv.pdf --open
      cvbuild pdf -v full --new-since 2025-06
      cvbuild pdf -v full --fit 2 --explain
      cvbuild pdf --force --verbose
      cvbuild pdf --format github
    """
    project = open_project(directory, request)
    listed: list[Json] = []
    outcome = Outcome(project, request.style, results={"built": listed})
    request = replace(request, epoch=asked_epoch(project)())
    jobs = jobs or cores()
    with streams(project, request, jobs) as waiting:
        origin = origin_of(project)  # git runs while the content is read
        cv = load_if_sound(outcome)
        request = replace(request, origin=origin())
        cv = sound(outcome, cv)
        names = chosen_variants(cv.variants, request.variants)
        targets = _targets(cv, names, directory / output if output else None)
        progress = Progress()

        def make(name: str) -> Built:
            show, end = partial(progress.show, name), deliver_to(targets.get(name))
            try:
                built = build(project, cv, name, request, show, end, stream=waiting.get(name))
                if keep_tex and built.pdf is not None:
                    assert built.log is not None  # every PDF has a log, and the .tex lies beside it
                    deliver(project, built.log.with_suffix(".tex"), built.pdf.with_suffix(".tex"))
            finally:
                progress.end(name)
            return built

        made: list[Built] = []
        problems: dict[str, Exception] = {}
        try:
            with progress, at_once(names, jobs, make) as done:
                for job in done:
                    if isinstance(job.result, Exception):
                        problems[job.variant] = job.result
                        continue
                    made.append(job.result)
                    listed.append(_as_json(job.result, job.seconds))
                    outcome.add(job.result.diagnostics)
                    with progress.paused():
                        _report(outcome, job.result, job.seconds, verbose=verbose, explain=explain)
                    if open_pdf and job.result.pdf is not None:
                        click.launch(str(job.result.pdf))
        finally:
            # Print even after Ctrl-C, so that no diagnostic is lost.
            printed = outcome.print()
    failed = [built for built in made if built.pdf is None]
    made = [built for built in made if built.pdf is not None]
    for line in _logs(made):
        outcome.say(line, err=True)
    for built in failed:
        log = f"; the log is {shown(built.log)}" if built.log else ""
        outcome.say(f"{built.variant}: not built{log}", err=True)
    if problems:
        first = next(iter(problems.values()))
        for name, problem in problems.items():
            if len(names) > 1:
                why = "" if str(problem) == str(first) else f": {problem}"
                outcome.say(f"{name}: not built{why}", err=True)
        raise first
    if failed:
        raise click.exceptions.Exit(EXIT_CONTENT)
    _remember(outcome, made, cv.settings.bibliography, printed, keep_tex=keep_tex, verbose=verbose)


def _report(outcome: Outcome, built: Built, seconds: float, *, verbose: bool, explain: bool) -> None:
    """Print the lines on a built variant: its PDF; with `verbose` its passes, with `explain` its fitting."""
    if verbose:
        outcome.say(f"{built.variant}: {'; '.join(built.reasons)}", err=True)
    if built.pdf is None:
        return
    outcome.say(_line(built, f"{seconds:.1f} s" if built.passes else "up to date"))
    if explain:
        from cvbuild.fit.fit import as_lines  # few variants are fitted

        rows = as_lines(built.fit) if built.fit else ["not fitted to pages; `--fit 2` does that"]
        for row in rows:
            outcome.say(f"  {row}")


def _remember(
    outcome: Outcome,
    made: Sequence[Built],
    patterns: Sequence[str],
    printed: str,
    *,
    keep_tex: bool,
    verbose: bool,
) -> None:
    """Write the manifest of this call: its inputs, and the lines to print while they are unchanged."""
    works = [built.log.parent for built in made if built.log]
    manifests = [uptodate.names_in(str(work / STAMP)) for work in works]
    inputs = [names for names in manifests if names is not None]
    if len(inputs) < len(works):
        return  # without its manifest, the files that an engine read are unknown
    try:
        repository = git.repository_files(outcome.project.root)
    except OSError:
        return
    outputs = [built.pdf.absolute() for built in made if built.pdf]
    if keep_tex:
        outputs += [path.with_suffix(".tex") for path in outputs]
    is_coloured = outcome.style == "human" and printed != ""
    files = {path for names in inputs for path in names["files"]}
    names = {
        "patterns": [str(pattern) for pattern in patterns],
        "contents": [path for names in inputs for path in names["contents"]],
        "files": sorted(files.union(_installed(), map(str, repository))),
        "outputs": [str(path) for path in outputs],
        "environment": [*_VARIABLES, *(_COLOUR_VARIABLES if is_coloured else ())],
        "programs": [*ENGINES, "kpsewhich", "git"],
        "streams": ["stderr"] if is_coloured else [],
    }
    said = []
    for built in made:
        if verbose:
            said.append((f"{built.variant}: no pass: nothing changed since the last call\n", True))
        said.append((f"{_line(built, 'up to date')}\n", False))
    said += [(printed, outcome.style != "github"), *((f"{line}\n", True) for line in _logs(made))]
    if outcome.style == "json":
        listed = [_as_json(replace(built, passes=0), 0.0) for built in made]
        said = [(f"{outcome.as_json({'built': listed})}\n", False)]
    uptodate.remember(sys.argv[1:], names, said)


def _installed() -> Iterator[str]:
    """Yield the package's files and folders, and the folders of libraries: an upgrade changes their times."""
    package = Path(__file__).parents[1]
    # In a checkout the templates lie beside the package.
    for root in (package, package.with_name("latex_templates")):
        for place, folders, names in os.walk(root):
            folders[:] = sorted({*folders} - {"__pycache__"})
            yield from (place, *(os.path.join(place, name) for name in sorted(names)))  # noqa: PTH118 - strings
    yield from (path for path in sys.path if path.endswith("-packages"))


def _logs(made: Sequence[Built]) -> Iterator[str]:
    """Yield the log's path for each variant about which TeX reported something."""
    for built in made:
        if built.has_messages and built.log:
            yield f"{built.variant}: the log is {shown(built.log)}"


def _line(built: Built, spent: str) -> str:
    """Return the line on a variant that was built; `spent` is its time or `up to date`."""
    assert built.pdf is not None  # only such a variant has a line
    line = f"{shown(built.pdf)}  {counted(built.pages, 'page')}  {spent}"
    if built.fit is not None:
        passes = counted(built.passes, "pass", "passes")
        line += f"  (fit: {built.fit.printed} of {built.fit.entries} items, {passes})"
    return f"{line}  {built.held}" if built.held else line


def _as_json(built: Built, seconds: float) -> Json:
    """Return a build as JSON; `pdf` is null if it failed, `fit` is null if it is not fitted."""
    if built.fit:
        from cvbuild.fit.fit import for_programs

    return {
        "variant": built.variant,
        "pdf": str(built.pdf) if built.pdf else None,
        "pages": built.pages,
        "engine": built.engine,
        "passes": built.passes,
        "seconds": round(seconds, 3),
        "log": str(built.log) if built.log else None,
        "profile": built.held or None,
        "fit": for_programs(built.fit) if built.fit else None,
    }


def _targets(cv: Cv, names: Sequence[str], output: Path | None) -> dict[str, Path]:
    """Return each variant's PDF path from `-o`; empty without `-o`. Raises UsageProblem."""
    if output is None:
        return {}
    if output.suffix.lower() == ".pdf":
        if len(names) > 1:
            raise UsageProblem("`-o FILE.pdf` goes with one variant", "name a folder, or one `--variant`")
        return {names[0]: output}
    _refuse_other_files(output, ".pdf")
    return {name: output / f"{cv.output_name(name)}.pdf" for name in names}


_OTHER_FILES = frozenset(".doc .docx .odt .html .tex .gz .tgz .tar .zip .pdf".split())


def _refuse_other_files(output: Path, written: str) -> None:
    """Raise UsageProblem if a folder to be made is named like a file of another kind, such as `cv.docx`."""
    if output.suffix.lower() in _OTHER_FILES and not output.is_dir():
        raise UsageProblem(f"`{output.name}` cannot be written", f"name a `{written}`, or a folder")


@cli.command()
@options("variant")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="A folder, or a .zip; build/tex without it."
)
@options("theme language new_since format untrusted")
@with_request
def tex(directory: Path, request: Request, output: Path | None) -> None:
    """Write the LaTeX of a variant, ready for Overleaf.

    \b
    Examples:
      cvbuild tex --variant full
      cvbuild tex -v full -o cv.zip
    """
    from cvbuild.export import export_tex, portable  # imported late: `pdf` does not need it

    project = open_project(directory, request)
    outcome = Outcome(project, request.style)
    cv = load(outcome)
    documents = {}
    for name in chosen_variants(cv.variants, request.variants):
        try:
            prepared = prepare(project, cv, name, request)
        except ContentProblem as problem:
            outcome.add(problem.diagnostics)
            continue
        equipped = portable(prepared.rendered)
        outcome.add([*prepared.findings.items, *equipped.diagnostics])
        documents[name] = equipped.rendered
    if outcome.has("error"):
        outcome.print()
        raise click.exceptions.Exit(EXIT_CONTENT)
    folder = project.output / "tex"
    if len(documents) == 1:
        folder /= next(iter(documents))
    if output and output.suffix.lower() != ".zip":
        _refuse_other_files(output, ".zip")
    place = directory / output if output else folder
    made = export_tex(documents, place)
    for path in made:
        record(project, path)
    outcome.results["files"] = [str(path) for path in made]
    outcome.print()
    outcome.say(shown(place))


@cli.command()
@click.pass_obj
def clean(directory: Path) -> None:
    """Delete what cvbuild made in build/; other files there stay.

    \b
    Example:
      cvbuild clean
    """
    for path in clean_output(open_project(directory)):
        click.echo(f"deleted {shown(path)}")
