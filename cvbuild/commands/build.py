"""The commands that make files: `pdf`, `tex`, `clean`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cvbuild.commands.manifest import keep
from cvbuild.commands.program import cli
from cvbuild.commands.shared import (
    EXIT_CONTENT,
    Outcome,
    Progress,
    engine_option,
    fit_option,
    format_option,
    language_option,
    load,
    new_since_option,
    open_project,
    shown,
    sound,
    take_down,
    theme_option,
    untrusted_option,
    variant_option,
)
from cvbuild.diagnostics import ContentProblem, UsageProblem
from cvbuild.jobs import at_once, cores
from cvbuild.loading import origin_of
from cvbuild.output import clean_output, deliver, record
from cvbuild.pipeline import Options, build, chosen_variants, load_cv, prepare_fitted, streams
from cvbuild.project import document_epoch
from cvbuild.record import replace
from cvbuild.words import counted

if TYPE_CHECKING:
    from cvbuild.content.cv import Cv
    from cvbuild.content.values import Date
    from cvbuild.pipeline import Built
    from cvbuild.report import Json, Style


@cli.command()
@variant_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The PDF's path (with one variant), or a folder."
)
@engine_option
@theme_option
@language_option
@new_since_option
@click.option("--open", "open_pdf", is_flag=True, help="Open the PDF when it is done.")
@fit_option
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
@format_option
@untrusted_option
@click.pass_obj
def pdf(
    directory: Path,
    variants: tuple[str, ...],
    output: Path | None,
    engine: str,
    theme: str | None,
    language: str | None,
    new_since: Date | None,
    open_pdf: bool,
    fit: int | None,
    explain: bool,
    jobs: int | None,
    keep_tex: bool,
    force: bool,
    verbose: bool,
    style: Style,
    untrusted: bool,
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
    project = open_project(directory, untrusted=untrusted)
    built_so_far: list[Json] = []
    outcome = Outcome(project, style, results={"built": built_so_far})
    asked = Options(engine, theme, language, document_epoch(project), new_since, fit, force=force)
    waiting = click.get_current_context().with_resource(streams(project, variants, asked, jobs))
    origin = origin_of(project)
    cv, found = load_cv(project)
    options = replace(asked, origin=origin())
    take_down(outcome, cv.settings.ignore if cv is not None else (), found)
    cv = sound(outcome, cv)
    names = chosen_variants(cv.variants, variants)
    targets = _targets(cv, names, directory / output if output else None)
    progress = Progress()

    def make(name: str) -> Built:
        show = partial(progress.show, name)
        try:
            built = build(project, cv, name, options, targets.get(name), show, stream=waiting.get(name))
            if keep_tex and built.pdf is not None:
                deliver(project, _work_tex(built), built.pdf.with_suffix(".tex"))
        finally:
            progress.end(name)
        return built

    failed: list[Built] = []
    made: list[Built] = []
    problems: dict[str, Exception] = {}
    try:
        with progress, at_once(names, jobs or cores(), make) as done:
            for job in done:
                built = job.result
                if isinstance(built, Exception):
                    problems[job.variant] = built
                    continue
                if verbose:
                    with progress.paused():
                        outcome.say(f"{built.variant}: {'; '.join(built.reasons)}", err=True)
                built_so_far.append(_as_json(built, job.seconds))
                outcome.add(built.diagnostics)
                if built.pdf is None:
                    failed.append(built)
                    continue
                made.append(built)
                with progress.paused():
                    for line in _as_lines(built, job.seconds, explain=explain):
                        outcome.say(line)
                if open_pdf:
                    click.launch(str(built.pdf))
    finally:
        # Also where it was stopped: what was found before is not lost.
        printed = outcome.print()
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


def _remember(
    outcome: Outcome,
    made: Sequence[Built],
    patterns: Sequence[str],
    printed: str,
    *,
    keep_tex: bool,
    verbose: bool,
) -> None:
    """Keep what the same call prints while nothing changes: the diagnostics as `printed`, and the lines."""
    said = []
    for built in made:
        if verbose:
            said.append((f"{built.variant}: no pass: nothing changed since the last call\n", True))
        said.append((f"{_line(built, 'up to date')}\n", False))
    said += [(printed, outcome.style != "github"), *((f"{line}\n", True) for line in _logs(made))]
    if outcome.style == "json":
        listed = [_as_json(replace(built, passes=0), 0.0) for built in made]
        said = [(f"{outcome.as_json({'built': listed})}\n", False)]
    outputs = [built.pdf for built in made if built.pdf]
    if keep_tex:
        outputs += [path.with_suffix(".tex") for path in outputs]
    works = [built.log.parent for built in made if built.log]
    is_coloured = outcome.style == "human" and printed != ""
    keep(outcome.project, said, works, outputs, patterns, is_coloured=is_coloured)


def _logs(made: Sequence[Built]) -> Iterator[str]:
    """Where the logs are of variants that TeX complained of."""
    for built in made:
        if built.says_more and built.log:
            yield f"{built.variant}: the log is {shown(built.log)}"


def _line(built: Built, spent: str) -> str:
    """What is said of a variant that was built."""
    assert built.pdf is not None
    pages = counted(built.pages, "page")
    held = f"  {built.held}" if built.held else ""
    return f"{shown(built.pdf)}  {pages}  {spent}{_fit_summary(built)}{held}"


def _as_lines(built: Built, seconds: float, *, explain: bool) -> Iterator[str]:
    """A finished variant for people: its PDF, and with `--explain` how it was fitted."""
    yield _line(built, f"{seconds:.1f} s" if built.passes else "up to date")
    if explain:
        from cvbuild.fit.fit import as_lines

        rows = as_lines(built.fit) if built.fit else ["not fitted to pages; `--fit 2` does that"]
        yield from (f"  {row}" for row in rows)


def _as_json(built: Built, seconds: float) -> Json:
    """A build for programs; `pdf` is null where it failed, `fit` where it is not fitted to pages."""
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


def _fit_summary(built: Built) -> str:
    """What was kept of a variant that is fitted to pages, and in how many passes."""
    if built.fit is None:
        return ""
    passes = counted(built.passes, "pass", "passes")
    return f"  (fit: {built.fit.printed} of {built.fit.entries} items, {passes})"


def _work_tex(built: Built) -> Path:
    assert built.log is not None  # a built PDF has a log, and the .tex lies beside it
    return built.log.with_suffix(".tex")


def _targets(cv: Cv, names: Sequence[str], output: Path | None) -> dict[str, Path]:
    """Where each variant's PDF goes, as far as `-o` says."""
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
    """Raise UsageProblem for the name of a kind of file that is not written; it would be a folder's."""
    if output.suffix.lower() in _OTHER_FILES and not output.is_dir():
        raise UsageProblem(f"`{output.name}` cannot be written", f"name a `{written}`, or a folder")


@cli.command()
@variant_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="A folder, or a .zip; build/tex without it."
)
@theme_option
@language_option
@new_since_option
@format_option
@untrusted_option
@click.pass_obj
def tex(
    directory: Path,
    variants: tuple[str, ...],
    output: Path | None,
    theme: str | None,
    language: str | None,
    new_since: Date | None,
    style: Style,
    untrusted: bool,
) -> None:
    """Write the LaTeX of a variant, ready for Overleaf.

    \b
    Examples:
      cvbuild tex --variant full
      cvbuild tex -v full -o cv.zip
    """
    from cvbuild.export import export_tex, portable  # fonts of other scripts: `pdf` does without

    project = open_project(directory, untrusted=untrusted)
    outcome = Outcome(project, style)
    cv = load(outcome)
    options = Options(theme=theme, language=language, new_since=new_since)
    documents = {}
    for name in chosen_variants(cv.variants, variants):
        try:
            prepared = prepare_fitted(project, cv, name, options)
        except ContentProblem as problem:
            outcome.add(problem.diagnostics)
            continue
        equipped = portable(prepared.rendered)
        outcome.add([*prepared.findings.items, *equipped.diagnostics])
        documents[name] = equipped.rendered
    if outcome.has_errors:
        outcome.print()
        raise click.exceptions.Exit(EXIT_CONTENT)
    folder = project.output / "tex"
    if len(documents) == 1:
        folder /= next(iter(documents))
    if output and output.suffix.lower() != ".zip":
        _refuse_other_files(output, ".zip")
    made = export_tex(documents, directory / output if output else folder)
    for path in made.files:
        record(project, path)
    outcome.results["files"] = [str(path) for path in made.files]
    outcome.print()
    outcome.say(shown(made.place))


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
