"""`batch`: many projects in one call."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from cvbuild.batch import Batch, BuiltProject, Task, build_all, dask_cluster, find_projects, own_processes
from cvbuild.build import cores
from cvbuild.commands import cli
from cvbuild.commands.shared import EXIT_CONTENT, Progress, options, report_file, with_request
from cvbuild.record import as_builtins
from cvbuild.report import Json, harmless
from cvbuild.request import Request


@cli.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FOLDER…")
@options("variant engine")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="So many at once; as many as there are processors.",
)
@click.option(
    "-k", "--keep-going", is_flag=True, help="Begin others after one has failed, as `make -k` does."
)
@click.option(
    "--dask", "address", metavar="ADDRESS", help="Hand the work to a Dask cluster: tcp://10.0.0.1:8786."
)
@click.option(
    "--format", "style", type=click.Choice(["human", "json"]), default="human", help="A table, or a report."
)
@options("untrusted")
@with_request
def batch(
    directory: Path,
    request: Request,
    folders: tuple[Path, ...],
    jobs: int | None,
    keep_going: bool,
    address: str | None,
) -> None:
    """Build many CV projects: the folders named, or all in them.

    Each project's PDFs go into its own build/. A CV that is broken or takes its process
    down does not disturb the others.

    \b
    Examples:
      cvbuild batch ~/cvs
      cvbuild batch staff/* -j 4 --keep-going
      cvbuild batch department --variant short --format json
      cvbuild batch /shared/cvs --dask tcp://10.0.0.1:8786
    """
    started = time.perf_counter()
    found = find_projects([directory / folder for folder in folders])
    tasks = [Task(name, root, request) for name, root in found.items()]
    at_once = min(jobs or cores(), len(tasks))
    ended = failed = 0
    title = f"batch of {len(tasks)}"
    with (
        Progress() as progress,
        dask_cluster(address) if address else own_processes(at_once) as (executor, most),
    ):

        def show(project: BuiltProject) -> None:
            nonlocal ended, failed
            ended += 1
            failed += project.failed
            progress.show(title, _progress(ended, failed, len(tasks), project.name))

        progress.show(title, _progress(0, 0, len(tasks), ""))
        made = build_all(tasks, executor, min(jobs or most, most), keep_going=keep_going, done=show)
    seconds = time.perf_counter() - started
    if request.style == "json":
        click.echo(json.dumps(_as_json(made, seconds), ensure_ascii=False, indent=2))
    else:
        _print_table(made, seconds)
    if traces := [f"{project.root}\n{project.trace}\n" for project in made.built if project.trace]:
        report = report_file(traces)
        click.echo(f"please report the mistakes in cvbuild, with the file {report}", err=True)
    if made.failed:
        raise click.exceptions.Exit(EXIT_CONTENT)


def _progress(ended: int, failed: int, number: int, name: str) -> str:
    width = 20
    full = width * ended // number
    said = f"[{'#' * full}{'.' * (width - full)}] {ended} of {number}"
    return f"{said}, {failed} failed  {name}" if failed else f"{said}  {name}"


def _print_table(made: Batch, seconds: float) -> None:
    """A row on each project, in order; under it the first error of one that failed."""
    rows = [("project", "built", "up to date", "failed", "seconds", "")]
    for project in made.built:
        counts = [str(project.count(state)) for state in ("built", "up to date", "failed")]
        if project.failed and not project.variants:
            counts[2] = "all"
        seconds_of_it, error = f"{project.seconds:.1f}", _first_error(project)
        rows.append((harmless(project.name), counts[0], counts[1], counts[2], seconds_of_it, harmless(error)))
    not_begun = "not begun: one before it failed; `--keep-going` goes on"
    rows += [(harmless(task.name), "-", "-", "-", "-", not_begun) for task in made.not_started]
    first, *widths, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    for name, *numbers, error in rows:
        cells = [number.rjust(width) for number, width in zip(numbers, widths, strict=True)]
        click.echo("  ".join([name.ljust(first), *cells, error]).rstrip())
    failed = sum(project.failed for project in made.built)
    number = len(made.built) + len(made.not_started)
    summary = f"{len(made.built) - failed} of {number} projects done in {seconds:.1f} s"
    click.echo(f"{summary}; {failed} failed" if failed else summary)


def _first_error(project: BuiltProject) -> str:
    """The first error and its first hint, and how many more there are."""
    error = project.first_error
    if error is None:
        return ""
    number = sum(item.severity == "error" for item in project.complaints)
    code = f"error[{error.code}]: " if error.code else ""
    more = f" (and {number - 1} more)" if number > 1 else ""
    return f"{code}{error.text}{more}"


def _as_json(made: Batch, seconds: float) -> Json:
    """The report: every project with its variants and all that was said of it."""
    projects: list[Json] = [
        {
            "project": project.name,
            "folder": str(project.root),
            "failed": project.failed,
            "variants": [
                {**as_builtins(variant), "pdf": variant.pdf or None, "seconds": round(variant.seconds, 3)}
                for variant in project.variants
            ],
            "diagnostics": [as_builtins(item) for item in project.complaints],
            "seconds": round(project.seconds, 3),
        }
        for project in made.built
    ]
    return {
        "projects": projects,
        "not_started": [str(task.root) for task in made.not_started],
        "failed": sum(project.failed for project in made.built),
        "seconds": round(seconds, 3),
    }
