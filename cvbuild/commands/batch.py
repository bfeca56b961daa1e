"""The command `batch`: build many projects in one call."""

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
from cvbuild.report import harmless
from cvbuild.select.request import Request


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
    roots = find_projects([directory / folder for folder in folders])
    tasks = [Task(name, root, request) for name, root in roots.items()]
    at_once = min(jobs or cores(), len(tasks))
    ended: list[BuiltProject] = []
    with (
        Progress() as progress,
        dask_cluster(address) if address else own_processes(at_once) as (executor, most),
    ):

        def show(*projects: BuiltProject) -> None:
            ended.extend(projects)
            last = ended[-1].name if ended else ""
            failed = sum(project.failed for project in ended)
            progress.show(f"batch of {len(tasks)}", _progress(len(ended), failed, len(tasks), last))

        show()
        made = build_all(tasks, executor, min(jobs or most, most), keep_going=keep_going, done=show)
    seconds = time.perf_counter() - started
    failed = sum(project.failed for project in made.built)
    if request.style == "json":
        projects = []
        for project in made.built:
            about = {"project": project.name, "folder": str(project.root), "failed": project.failed}
            found = {"variants": project.variants, "diagnostics": project.complaints}
            projects.append({**about, **as_builtins(found), "seconds": project.seconds})
        not_started = [str(task.root) for task in made.not_started]
        report = {"projects": projects, "not_started": not_started, "failed": failed}
        click.echo(json.dumps({**report, "seconds": round(seconds, 3)}, ensure_ascii=False, indent=2))
    else:
        _print_table(made)
        summary = f"{len(made.built) - failed} of {len(tasks)} projects done in {seconds:.1f} s"
        click.echo(f"{summary}; {failed} failed" if failed else summary)
    if traces := [f"{project.root}\n{project.trace}\n" for project in made.built if project.trace]:
        file = report_file(traces)
        click.echo(f"please report the mistakes in cvbuild, with the file {file}", err=True)
    if failed:
        raise click.exceptions.Exit(EXIT_CONTENT)


def _progress(ended: int, failed: int, number: int, name: str) -> str:
    width = 20
    full = width * ended // number
    said = f"[{'#' * full}{'.' * (width - full)}] {ended} of {number}"
    return f"{said}, {failed} failed  {name}" if failed else f"{said}  {name}"


def _print_table(made: Batch) -> None:
    """Print a row for each project, in order; a failed project's row ends with its first error."""
    names = ["project", *(project.name for project in made.built), *(task.name for task in made.not_started)]
    width = max(len(harmless(name)) for name in names)
    row = f"{{:{width}}}  {{:>5}}  {{:>10}}  {{:>6}}  {{:>7}}  {{}}".format
    click.echo(row("project", "built", "up to date", "failed", "seconds", "").rstrip())
    for project in made.built:
        failed = str(project.count("failed")) if project.variants or not project.failed else "all"
        said, first = "", project.first_error
        if first is not None:
            others = sum(item.severity == "error" for item in project.complaints) - 1
            code = f"error[{first.code}]: " if first.code else ""
            said = harmless(f"{code}{first.text}" + (f" (and {others} more)" if others else ""))
        counts = project.count("built"), project.count("up to date"), failed, f"{project.seconds:.1f}"
        click.echo(row(harmless(project.name), *counts, said).rstrip())
    for task in made.not_started:
        said = "not begun: one before it failed; `--keep-going` goes on"
        click.echo(row(harmless(task.name), "-", "-", "-", "-", said))
