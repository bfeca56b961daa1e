"""The command line: parses options, calls one function, prints, picks the exit code.

Exit codes: 0 done, 1 the content has problems, 2 usage, 3 engine, 70 a bug of ours.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cvbuild import __version__
from cvbuild.diagnostics import ContentProblem, Diagnostic, EngineProblem, UsageProblem

if TYPE_CHECKING:
    from cvbuild.model.cv import Cv
    from cvbuild.pipeline import Built
    from cvbuild.project import Project

EXIT_CONTENT, EXIT_USAGE, EXIT_ENGINE, EXIT_BUG = 1, 2, 3, 70


class _Commands(click.Group):
    """Lists the commands in the order in which a newcomer needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, message="cvbuild %(version)s")
@click.option(
    "-C", "--directory", type=click.Path(path_type=Path, file_okay=False), default=Path(),
    help="Work in this folder instead of the current one.",
)  # fmt: skip
@click.pass_context
def cli(context: click.Context, directory: Path) -> None:
    """Compile an academic CV from YAML and BibTeX, through LaTeX, into PDF.

    \b
    Start with:
      cvbuild init my-cv && cd my-cv
      cvbuild pdf
    """
    context.obj = directory


def main() -> None:
    """The entry point: runs the command line and turns problems into messages and exit codes."""
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except ContentProblem as problem:
        _print(problem.diagnostics)
        sys.exit(EXIT_CONTENT)
    except UsageProblem as problem:
        _complain(problem.message, problem.hints)
        sys.exit(EXIT_USAGE)
    except EngineProblem as problem:
        _complain(problem.message, problem.hints)
        sys.exit(EXIT_ENGINE)
    except OSError as problem:
        where = f": {problem.filename}" if problem.filename else ""
        _complain(f"{(problem.strerror or str(problem)).lower()}{where}", ("nothing was changed there",))
        sys.exit(EXIT_CONTENT)
    except Exception as problem:  # the last line: whatever arrives here is our own mistake
        _report_bug(problem)
        sys.exit(EXIT_BUG)


def _complain(message: str, hints: Sequence[str]) -> None:
    click.echo(click.style("error", fg="red", bold=True) + f": {message}", err=True)
    for hint in hints:
        click.echo(click.style("   = ", fg="blue") + hint, err=True)


def _report_bug(problem: Exception) -> None:
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="cvbuild-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(f"cvbuild {__version__}, Python {sys.version}\n")
        file.writelines(traceback.format_exception(problem))
    _complain(
        f"this is a mistake in cvbuild, not in your CV ({type(problem).__name__})",
        (f"please report it, with the file {file.name}",),
    )


def _print(diagnostics: Sequence[Diagnostic]) -> None:
    from cvbuild.report import print_diagnostics

    print_diagnostics(diagnostics, sys.stderr)


def _project(directory: Path) -> Project:
    from cvbuild.project import find_project

    if not directory.is_dir():
        raise UsageProblem(f"there is no folder {directory}")
    return find_project(directory)


def _load(project: Project) -> Cv:
    """The checked CV, its warnings printed. Raises ContentProblem."""
    from cvbuild.pipeline import load_cv
    from cvbuild.report import summary

    cv, diagnostics = load_cv(project)
    _print(diagnostics)
    if cv is None:
        click.echo(f"{summary(diagnostics)}; nothing was built", err=True)
        raise click.exceptions.Exit(EXIT_CONTENT)
    return cv


variant_option = click.option(
    "-v",
    "--variant",
    "variants",
    multiple=True,
    metavar="NAME",
    help="A variant of cv.yaml; again for several. All without it.",
)
theme_option = click.option("--theme", metavar="NAME", help="A theme in place of the variant's.")
language_option = click.option(
    "--lang", "language", metavar="CODE", help="A language in place of the variant's: en, de, …"
)


@cli.command()
@variant_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The PDF's path (with one variant), or a folder."
)
@click.option(
    "--engine", default="auto", metavar="NAME", help="pdflatex, xelatex, lualatex, tectonic or auto."
)
@theme_option
@language_option
@click.option("--open", "open_pdf", is_flag=True, help="Open the PDF when it is done.")
@click.option("--keep-tex", is_flag=True, help="Keep the .tex beside the PDF.")
@click.pass_obj
def pdf(
    directory: Path,
    variants: tuple[str, ...],
    output: Path | None,
    engine: str,
    theme: str | None,
    language: str | None,
    open_pdf: bool,
    keep_tex: bool,
) -> None:
    """Build PDFs: every variant, or those named.

    \b
    Examples:
      cvbuild pdf
      cvbuild pdf --variant short
      cvbuild pdf -v full -v short --engine lualatex
      cvbuild pdf -v short -o ~/Desktop/cv.pdf --open
    """
    from cvbuild.pipeline import Options, build, chosen_variants
    from cvbuild.project import document_epoch

    project = _project(directory)
    cv = _load(project)
    names = chosen_variants(cv, variants)
    options = Options(engine, theme, language, document_epoch(project.root))
    targets = _targets(cv, names, output)
    failed: list[Built] = []
    for name in names:
        started = time.perf_counter()
        with _ProgressLine(name) as line:
            built = build(project, cv, name, options, targets.get(name), line.show)
        _print(built.diagnostics)
        if built.pdf is None:
            failed.append(built)
            log = f"; the log is {_shown(built.log)}" if built.log else ""
            click.echo(f"{name}: not built{log}", err=True)
            continue
        if keep_tex:
            from cvbuild.pipeline import put_in_place

            put_in_place(_work_tex(built), built.pdf.with_suffix(".tex"))
        pages = "1 page" if built.pages == 1 else f"{built.pages} pages"
        click.echo(f"{_shown(built.pdf)}  {pages}  {time.perf_counter() - started:.1f} s")
        if open_pdf:
            click.launch(str(built.pdf))
    if failed:
        raise click.exceptions.Exit(EXIT_CONTENT)


def _work_tex(built: Built) -> Path:
    assert built.log is not None  # a built PDF has a log, and the .tex lies beside it
    return built.log.with_suffix(".tex")


def _targets(cv: Cv, names: Sequence[str], output: Path | None) -> dict[str, Path]:
    """Where each variant's PDF goes, as far as `-o` says."""
    from cvbuild.pipeline import output_name

    if output is None:
        return {}
    if output.suffix.lower() == ".pdf":
        if len(names) > 1:
            raise UsageProblem("`-o FILE.pdf` goes with one variant", "name a folder, or one `--variant`")
        return {names[0]: output}
    return {name: output / f"{output_name(cv, name)}.pdf" for name in names}


def _shown(path: Path) -> str:
    """A path relative to the current folder where that is shorter."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


class _ProgressLine:
    """One line that says what is going on, on a terminal only."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.live = sys.stderr.isatty()

    def __enter__(self) -> _ProgressLine:
        return self

    def show(self, message: str) -> None:
        if self.live:
            click.echo(f"\r\x1b[K{self.name}: {message} …", err=True, nl=False)

    def __exit__(self, *_: object) -> None:
        if self.live:
            click.echo("\r\x1b[K", err=True, nl=False)


@cli.command()
@variant_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="A folder, or a .zip; build/tex without it."
)
@theme_option
@language_option
@click.pass_obj
def tex(
    directory: Path, variants: tuple[str, ...], output: Path | None, theme: str | None, language: str | None
) -> None:
    """Write the LaTeX of a variant with all it needs, ready for Overleaf.

    \b
    Examples:
      cvbuild tex --variant full
      cvbuild tex -v full -o cv.zip
    """
    from cvbuild.export import export_tex
    from cvbuild.pipeline import Options, chosen_variants, prepare

    project = _project(directory)
    cv = _load(project)
    for name in chosen_variants(cv, variants):
        prepared = prepare(project, cv, name, Options(theme=theme, language=language))
        _print(prepared.findings.items)
        click.echo(_shown(export_tex(prepared.rendered, name, output or project.output / "tex")))


@cli.command()
@variant_option
@theme_option
@language_option
@click.pass_obj
def check(directory: Path, variants: tuple[str, ...], theme: str | None, language: str | None) -> None:
    """Check everything but typesetting: content, bibliography, references, templates.

    \b
    Examples:
      cvbuild check
      cvbuild check --variant short
    """
    from cvbuild.pipeline import Options, chosen_variants, load_cv, prepare
    from cvbuild.report import summary

    project = _project(directory)
    cv, diagnostics = load_cv(project)
    if cv is not None:
        for name in chosen_variants(cv, variants):
            try:
                diagnostics += prepare(
                    project, cv, name, Options(theme=theme, language=language)
                ).findings.items
            except ContentProblem as problem:
                diagnostics += problem.diagnostics
    _print(diagnostics)
    click.echo(summary(diagnostics) or "no problems found")
    if any(item.severity == "error" for item in diagnostics):
        raise click.exceptions.Exit(EXIT_CONTENT)


@cli.command()
@click.option("--since", type=int, metavar="YEAR", help="The year of the second count.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def stats(directory: Path, since: int | None, as_json: bool) -> None:
    """Count publications, by category, and the items of every section.

    \b
    Examples:
      cvbuild stats
      cvbuild stats --since 2022 --json
    """
    from cvbuild.stats import as_lines, count

    counted = count(_load(_project(directory)), since)
    if as_json:
        import dataclasses
        import json

        click.echo(json.dumps(dataclasses.asdict(counted), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(as_lines(counted)))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="The names alone, for programs.")
@click.pass_obj
def variants(directory: Path, as_json: bool) -> None:
    """List the variants of cv.yaml and what they print."""
    import json

    from cvbuild.pipeline import output_name
    from cvbuild.variant import select

    cv = _load(_project(directory))
    if as_json:
        click.echo(json.dumps(list(cv.variants)))
        return
    width = max(len(name) for name in cv.variants)
    for name, variant in cv.variants.items():
        selected, _ = select(cv, name)
        ledger = selected.ledger
        limit = f", at most {variant.max_pages} pages" if variant.max_pages else ""
        click.echo(
            f"{name:{width}}  {output_name(cv, name)}.pdf: {len(selected.sections)} sections,"
            f" {ledger.printed} of {ledger.read} items{limit}"
            + (f"  ({variant.description})" if variant.description else "")
        )


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Start a new CV project in FOLDER: content, a bibliography, a workflow that builds it.

    \b
    Example:
      cvbuild init my-cv && cd my-cv && cvbuild pdf
    """
    from cvbuild.scaffold import create_project

    create_project(folder)
    click.echo(f"{folder} is a CV project now. What to do next:")
    click.echo(f"  cd {folder}")
    click.echo("  cvbuild pdf            builds every variant into build/")
    click.echo("  content/cv.yaml        is the file to begin with")


@cli.command()
@click.option("--install", is_flag=True, help="Install what is missing, after asking.")
@click.option(
    "--engine",
    "engines",
    multiple=True,
    metavar="NAME",
    help="The engine to install; again for several. pdflatex without it.",
)
@click.option("--yes", is_flag=True, help="Do not ask before installing.")
def doctor(install: bool, engines: tuple[str, ...], yes: bool) -> None:
    """Say which TeX engines are there, what is missing, and for what.

    \b
    Examples:
      cvbuild doctor
      cvbuild doctor --install
      cvbuild doctor --install --engine xelatex --engine lualatex --yes
    """
    from cvbuild.doctor import diagnose
    from cvbuild.install import plan, run_plan

    if install:
        planned = plan(engines or ("pdflatex",))
        if not planned.steps:
            click.echo("nothing is missing")
        else:
            click.echo("these commands will run:")
            for step in planned.steps:
                click.echo(f"  {step.shown}")
            if not yes and not click.confirm("go on?", default=True):
                raise click.Abort
            run_plan(planned)
    report = diagnose()
    click.echo("\n".join(report.lines))
    if not report.can_build:
        raise click.exceptions.Exit(EXIT_ENGINE)


@cli.command()
@click.argument("which", type=click.Choice(["cv", "section"]), required=False)
@click.option(
    "--write", is_flag=True, help="Write both into content/schema, where the content files look for them."
)
@click.pass_obj
def schema(directory: Path, which: str | None, write: bool) -> None:
    """Print the JSON Schema of cv.yaml or of section files, for editors.

    \b
    Examples:
      cvbuild schema section
      cvbuild schema --write
    """
    import json

    from cvbuild.schema import schemas, write_schemas

    if write:
        for path in write_schemas(_project(directory).root / "content"):
            click.echo(_shown(path))
        return
    if which is None:
        raise UsageProblem("which schema: `cv` or `section`?", "or `--write` for both, into content/schema")
    click.echo(json.dumps(schemas()[which], ensure_ascii=False, indent=2))


@cli.command()
@click.pass_obj
def clean(directory: Path) -> None:
    """Delete what cvbuild made in build/; other files there stay."""
    from cvbuild.pipeline import clean_output, load_cv

    project = _project(directory)
    cv, _ = load_cv(project)
    for path in clean_output(project, cv):
        click.echo(f"deleted {_shown(path)}")
