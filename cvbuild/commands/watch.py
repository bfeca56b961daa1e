"""The command `watch`: build again whenever a file is saved."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from cvbuild.commands import cli
from cvbuild.commands.shared import (
    Outcome,
    Progress,
    complain_of,
    load_if_sound,
    open_project,
    options,
    shown,
    with_request,
)
from cvbuild.diagnostics import Diagnostic, EngineProblem, UsageProblem
from cvbuild.loading import chosen_variants, origin_of
from cvbuild.project import asked_epoch
from cvbuild.record import MutableRecord, field, replace
from cvbuild.select.request import Request
from cvbuild.typeset.engines import ENGINES
from cvbuild.watch import Rebuilder, bursts, described, looked_at, watched
from cvbuild.words import counted


@cli.command()
@options("variant engine theme language new_since fit")
@click.option("--open", "open_pdf", is_flag=True, help="Open the PDF when it is first there.")
@click.option("--poll", is_flag=True, help="Look at the files again and again: for folders on a network.")
@options("untrusted")
@with_request
def watch(directory: Path, request: Request, open_pdf: bool, poll: bool) -> None:
    """Build, and build again whenever a file is saved, until Ctrl-C.

    The last good PDF stays while the content has errors. A variant is typeset only where
    its pages change.

    \b
    Examples:
      cvbuild watch
      cvbuild watch -v short --open
      cvbuild watch -v full --engine lualatex
    """
    rebuilder = Rebuilder()
    try:
        project = open_project(directory, request)
        rounds = _Rounds(project.root, request, open_pdf, rebuilder)
        for changed in bursts(project.root, project.output, looked_at if poll else watched):
            rounds.run(described(changed, project.root) if changed else "start")
    except KeyboardInterrupt:
        click.echo("\nstopped watching", err=True)
    finally:
        rebuilder.end()
        gc.enable()


class _Rounds(MutableRecord):
    """The rounds of building in one call; keeps what earlier rounds printed and opened."""

    root: Path
    request: Request
    open_pdf: bool
    rebuilder: Rebuilder
    told: set[tuple[str, str, str]] = field(default_factory=set)
    """The warnings and notes of the last round; the next round does not print them again."""
    opened: set[Path] = field(default_factory=set)
    is_first: bool = True
    get_ready: Callable[[], None] = lambda: None

    def run(self, cause: str) -> None:
        """Run one round, and print its problems. In the first round, raise usage and engine problems."""
        try:
            self._build(cause)
        except Exception as problem:  # watching goes on: the next save may cure it
            is_of_the_call = isinstance(problem, UsageProblem | EngineProblem)
            if is_of_the_call and self.is_first:
                raise
            complain_of(problem)
            _wait(cause, "not built")
            for engine in ENGINES.values() if is_of_the_call else ():
                engine.forget()  # it may be installed before the next round
        self.is_first = False
        self.get_ready()
        # Collect garbage between rounds only: during a build it would take a fifth of the time.
        gc.disable()
        gc.collect()

    def _build(self, cause: str) -> None:
        started = time.perf_counter()
        project = open_project(self.root, self.request)
        if project.root != self.root:
            raise UsageProblem(f"there is no content/cv.yaml in {shown(self.root)} any more")
        outcome = Outcome(project)
        epoch, origin = asked_epoch(project), origin_of(project)
        cv = load_if_sound(outcome)
        request = replace(self.request, epoch=epoch(), origin=origin())
        self.get_ready = partial(self.rebuilder.get_ready, project, request)
        if cv is None:
            outcome.print()
            _wait(cause, f"{outcome.summary}; nothing was built")
            return
        names = chosen_variants(cv.variants, request.variants)
        failed: list[str] = []
        up_to_date = 0
        try:
            for name in names:
                with Progress() as progress:
                    show = partial(progress.show, name)
                    built, is_new = self.rebuilder.rebuild(project, cv, name, request, show)
                outcome.add(built.diagnostics)
                if built.pdf is None:
                    failed.append(name)
                elif is_new:
                    held = f"  {built.held}" if built.held else ""
                    seconds = time.perf_counter() - started
                    line = f"{shown(built.pdf)}  {counted(built.pages, 'page')}  {seconds:.1f} s{held}"
                    _say(cause, line)
                    if self.open_pdf and built.pdf not in self.opened:
                        self.opened.add(built.pdf)
                        click.launch(str(built.pdf))
                else:
                    up_to_date += 1
                started = time.perf_counter()
        finally:
            self._keep_news(outcome)
            outcome.print()
        if failed:
            _wait(cause, f"not built: {', '.join(failed)}")
        elif up_to_date and up_to_date == len(names):
            _say(cause, "nothing to build: the PDFs are up to date")

    def _keep_news(self, outcome: Outcome) -> None:
        """Drop the warnings and notes that the last round also had; keep errors."""

        def same(item: Diagnostic) -> tuple[str, str, str]:
            """Return a key that ignores the line, since edits move messages to other lines."""
            return item.code, item.message, item.span.source.name if item.span else ""

        before, found = self.told, outcome.diagnostics
        self.told = {same(item) for item in found if item.severity != "error"}
        outcome.diagnostics = [item for item in found if item.severity == "error" or same(item) not in before]


def _wait(cause: str, what: str) -> None:
    _say(cause, f"{what}; waiting for a change", err=True)


def _say(cause: str, what: str, *, err: bool = False) -> None:
    click.echo(f"{time.strftime('%H:%M:%S')}  {cause}  {what}", err=err)
