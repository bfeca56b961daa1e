"""`watch`: builds again whenever a file is saved."""

from __future__ import annotations

import gc
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cvbuild.commands.program import cli
from cvbuild.commands.shared import (
    Outcome,
    ProgressLine,
    complain_of,
    engine_option,
    fit_option,
    language_option,
    load_if_sound,
    new_since_option,
    open_project,
    shown,
    theme_option,
    untrusted_option,
    variant_option,
)
from cvbuild.diagnostics import EngineProblem, UsageProblem
from cvbuild.filewatch import looked_at, watched
from cvbuild.loading import origin_of
from cvbuild.pipeline import Options, chosen_variants
from cvbuild.project import asked_epoch
from cvbuild.rebuilding import Rebuilder
from cvbuild.record import MutableRecord, field
from cvbuild.typeset.engines import ENGINES
from cvbuild.watching import bursts, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cvbuild.content.values import Date
    from cvbuild.diagnostics import Diagnostic
    from cvbuild.pipeline import Built


@cli.command()
@variant_option
@engine_option
@theme_option
@language_option
@new_since_option
@fit_option
@click.option("--open", "open_pdf", is_flag=True, help="Open the PDF when it is first there.")
@click.option("--poll", is_flag=True, help="Look at the files again and again: for folders on a network.")
@untrusted_option
@click.pass_obj
def watch(
    directory: Path,
    variants: tuple[str, ...],
    engine: str,
    theme: str | None,
    language: str | None,
    new_since: Date | None,
    fit: int | None,
    open_pdf: bool,
    poll: bool,
    untrusted: bool,
) -> None:
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
        project = open_project(directory, untrusted=untrusted)
        rounds = _Rounds(
            project.root, variants, engine, theme, language, new_since, fit, open_pdf, untrusted, rebuilder
        )
        for changed in bursts(project.root, project.output, looked_at if poll else watched):
            rounds.run(described(changed, project.root) if changed else "start")
    except KeyboardInterrupt:
        click.echo("\nstopped watching", err=True)
    finally:
        rebuilder.end()
        gc.enable()


class _Rounds(MutableRecord):
    """The rounds of one call: what it asked for, and what was said before."""

    root: Path
    variants: tuple[str, ...]
    engine: str
    theme: str | None
    language: str | None
    new_since: Date | None
    fit: int | None
    open_pdf: bool
    untrusted: bool
    rebuilder: Rebuilder
    told: set[tuple[str, str, str]] = field(default_factory=set)
    """The warnings and notes of the last round: each is printed when it comes, not every time."""
    opened: set[Path] = field(default_factory=set)
    is_first: bool = True
    get_ready: Callable[[], None] = lambda: None

    def run(self, cause: str) -> None:
        """One round; all that goes wrong is said, and only a wrong call ends the first of them."""
        try:
            self._build(cause)
        except (UsageProblem, EngineProblem) as problem:
            if self.is_first:
                raise
            complain_of(problem)
            self._wait(cause, "not built")
            self._look_for_engines()
        except Exception as problem:  # whatever it was, the next save may be without it
            complain_of(problem)
            self._wait(cause, "not built")
        self.is_first = False
        self.get_ready()
        # Not while somebody waits for a PDF: the collector takes a fifth of the time of a build.
        gc.disable()
        gc.collect()

    def _build(self, cause: str) -> None:
        started = time.perf_counter()
        project = open_project(self.root, untrusted=self.untrusted)
        if project.root != self.root:
            raise UsageProblem(f"there is no content/cv.yaml in {shown(self.root)} any more")
        outcome = Outcome(project)
        epoch, origin = asked_epoch(project), origin_of(project)
        cv = load_if_sound(outcome)
        options = Options(
            self.engine, self.theme, self.language, epoch(), self.new_since, self.fit, origin=origin()
        )
        self.get_ready = partial(self.rebuilder.get_ready, project, options)
        if cv is None:
            outcome.print()
            self._wait(cause, f"{outcome.summary}; nothing was built")
            return
        failed: list[str] = []
        up_to_date = 0
        try:
            for name in chosen_variants(cv.variants, self.variants):
                with ProgressLine(name) as line:
                    rebuilt = self.rebuilder.rebuild(project, cv, name, options, line.show)
                outcome.add(rebuilt.built.diagnostics)
                if rebuilt.built.pdf is None:
                    failed.append(name)
                elif rebuilt.is_new:
                    _say(cause, _summary(rebuilt.built, time.perf_counter() - started))
                    self._open(rebuilt.built.pdf)
                else:
                    up_to_date += 1
                started = time.perf_counter()
        finally:
            outcome.diagnostics = self._news(outcome.diagnostics)
            outcome.print()
        if failed:
            self._wait(cause, f"not built: {', '.join(failed)}")
        elif up_to_date and up_to_date == len(chosen_variants(cv.variants, self.variants)):
            _say(cause, "nothing to build: the PDFs are up to date")

    def _news(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """The errors, and of the rest what the last round did not have."""
        found = list(diagnostics)
        before = self.told
        self.told = {_told(item) for item in found if item.severity != "error"}
        return [item for item in found if item.severity == "error" or _told(item) not in before]

    def _open(self, pdf: Path) -> None:
        if self.open_pdf and pdf not in self.opened:
            self.opened.add(pdf)
            click.launch(str(pdf))

    def _wait(self, cause: str, what: str) -> None:
        _say(cause, f"{what}; waiting for a change", err=True)

    def _look_for_engines(self) -> None:
        """Forget which engines there are: one may be installed until the next round."""
        for engine in ENGINES.values():
            engine.forget()


def _say(cause: str, what: str, *, err: bool = False) -> None:
    click.echo(f"{time.strftime('%H:%M:%S')}  {cause}  {what}", err=err)


def _summary(built: Built, seconds: float) -> str:
    assert built.pdf is not None  # said of what was built
    pages = "1 page" if built.pages == 1 else f"{built.pages} pages"
    held = f"  {built.held}" if built.held else ""
    return f"{shown(built.pdf)}  {pages}  {seconds:.1f} s{held}"


def _told(item: Diagnostic) -> tuple[str, str, str]:
    """What makes a message the same as before, on whatever line it stands now."""
    return item.code, item.message, item.span.source.name if item.span else ""
