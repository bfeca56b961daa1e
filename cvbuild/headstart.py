"""Giving an engine a head start: it begins with what the document will begin with, before that is there.

What that is, the last document of the variant says; before there was one, it is the line that all of
them begin with, and then what a glance at cv.yaml tells: the packages. Where no .aux is there, the
second pass gets a head start as well.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from cvbuild import cache
from cvbuild.delivery import work_folder
from cvbuild.diagnostics import ContentProblem, EngineProblem, UsageProblem
from cvbuild.machine import cores
from cvbuild.preparing import Options, formats_of
from cvbuild.project import Project, Reader, document_epoch, find_project
from cvbuild.uptodate import is_as_before, state_of

if TYPE_CHECKING:
    from cvbuild.typeset.ahead import Ahead, Guess
    from cvbuild.typeset.choose import ChosenEngine

FIRST_LINE = "\\errorcontextlines=99\n"
"""What every document begins with for which engines may begin ahead."""

_KIND = "begins"
_NAME = re.compile(r"[\w.+-]+")


class HeadStart:
    """Engines for the passes of a variant, in their order: the first at once, each other when it is time.

    Two that begin together would share a processor, and the one that is needed first be ready last.
    """

    def __init__(self, engines: Iterator[Ahead]) -> None:
        self.ahead: list[Ahead] = []
        self._engines = engines
        self.go_on()

    def go_on(self) -> None:
        """Start the next one, where there is one."""
        from cvbuild.typeset.ahead import CannotWaitError

        # A disk may be full, another build at work; what is wrong with the content is found again,
        # and told, when all of it is read.
        with suppress(OSError, CannotWaitError, ContentProblem, EngineProblem, UsageProblem):
            self.ahead += islice(self._engines, 1)

    def end(self) -> None:
        """Let all engines go."""
        for one in self.ahead:
            one.end()


_early: list[tuple[Project, str, Options, HeadStart]] = []
"""What is under way before it was asked for."""


@contextmanager
def early(folder: str, variants: Sequence[str], jobs: int | None = None) -> Iterator[None]:
    """Engines for variants of the project around a folder, as a call without other options has them.

    They are those of `head_starts`, which is asked later, when more is imported. They end with the context.
    """
    with ExitStack() as stack:
        stack.callback(_early.clear)
        # Whatever goes wrong here does so once more, and is told, where the call itself comes to it.
        with suppress(Exception):
            project = find_project(Path(folder))
            options = Options(epoch=document_epoch(project))
            for variant in _first_at_work(variants, jobs):
                begun = stack.enter_context(head_start(project, variant, options))
                _early.append((project, variant, options, begun))
        yield


@contextmanager
def head_starts(
    project: Project, variants: Sequence[str], options: Options, jobs: int | None = None
) -> Iterator[dict[str, HeadStart]]:
    """Engines (`head_start`) for those of some variants that are at work first, so many `jobs` at a time."""
    with ExitStack() as stack:
        yield {
            variant: stack.enter_context(head_start(project, variant, options))
            for variant in _first_at_work(variants, jobs)
        }


def _first_at_work(variants: Sequence[str], jobs: int | None) -> list[str]:
    """One for each processor; more engines would keep each other from being ready."""
    return list(dict.fromkeys(variants))[: min(jobs or cores(), cores())]


def epoch_for(project: Project) -> int:
    """The document's date (`document_epoch`), which git need not be asked for once more by the same call."""
    known = (options.epoch for begun, _, options, _ in _early if begun == project)
    return next(known, None) or document_epoch(project)


@contextmanager
def head_start(project: Project, variant: str, options: Options) -> Iterator[HeadStart]:
    """Engines for a variant; none where what they need is not known. They end with the context."""
    for known in [item for item in _early if item[:2] == (project, variant)]:
        _early.remove(known)
        if known[2] == options:
            yield known[3]
            return
        known[3].end()
    is_possible = options.fit is None and not options.force and cores() > 1 and _may_begin(project)
    begun = HeadStart(_engines(project, variant, options) if is_possible else iter(()))
    try:
        yield begun
    finally:
        begun.end()


def _may_begin(project: Project) -> bool:
    """Whether preambles read nothing that may still change: those that ship, on a system with pipes."""
    if not project.is_trusted or project.revision or not hasattr(os, "mkfifo"):
        return False
    if project.templates is None:
        return True
    from cvbuild.render.themes import has_own_preamble

    return not has_own_preamble(project.templates)


def _engines(project: Project, variant: str, options: Options) -> Iterator[Ahead]:
    from cvbuild.typeset.ahead import Ahead

    expected = _as_last_time(project, variant, options) or _at_first(project, variant, options)
    if expected is None:
        return
    chosen, begins = expected
    folder = work_folder(project, f"{variant}-{chosen.engine.name}")
    for number, guess in enumerate(_guesses(project, chosen, folder, begins, options)):
        engine = Ahead(guess, work_folder(project, f"{folder.name}-ahead{number}"))
        with ExitStack() as stack:
            stack.callback(engine.end)
            if begins == FIRST_LINE:
                engine.expect(_at_a_glance(project, variant, options))
            stack.pop_all()
        yield engine


def _guesses(
    project: Project, chosen: ChosenEngine, folder: Path, begins: str, options: Options
) -> Iterator[Guess]:
    """What each pass is expected to be."""
    from cvbuild.typeset.ahead import Guess
    from cvbuild.typeset.auxiliary import auxiliary
    from cvbuild.typeset.choose import drafting
    from cvbuild.typeset.formats import as_read_by, look_up

    loaded = look_up(formats_of(project, options.epoch), begins, chosen).format
    chosen = loaded.loaded_by(chosen) if loaded else chosen
    begins = as_read_by(chosen, begins)
    if not auxiliary(folder):
        yield Guess(drafting(chosen), options.epoch, begins)
    yield Guess(chosen, options.epoch, begins)


def _as_last_time(project: Project, variant: str, options: Options) -> tuple[ChosenEngine, str] | None:
    """The engine and the beginning of the variant's last document."""
    # It names a program to run, and so is kept where nobody but the user writes.
    kept = cache.read(_KIND, _key(project, variant, options))
    if kept is None:
        return None
    from cvbuild.typeset.choose import ENGINES, ChosenEngine
    from cvbuild.typeset.engine import Installation

    try:
        known = json.loads(kept)
        installation = Installation(Path(known["executable"]), str(known["version"]))
        expected = ChosenEngine(ENGINES[known["engine"]], installation), str(known["begins"])
        return expected if is_as_before(known["program"]) else None
    except (ValueError, KeyError, TypeError):
        return None  # sound by its checksum, and still none


def _at_first(project: Project, variant: str, options: Options) -> tuple[ChosenEngine, str] | None:
    """The engine and the first line of a first document.

    None where there are formats: only the whole preamble says whether one of them is its own. None
    also for a variant that is nowhere named, so that nothing is left of a slip.
    """
    source = Reader(project).read(project.settings)
    if source is None or variant not in {"full", *_NAME.findall(source.text)}:
        return None
    if formats_of(project, options.epoch).is_there_any:
        return None
    from cvbuild.typeset.choose import choose_engine

    return choose_engine(options.engine, FIRST_LINE), FIRST_LINE


def _at_a_glance(project: Project, variant: str, options: Options) -> str:
    """What a first document begins with, from cv.yaml as it stands.

    Raises CannotWaitError where it tells nothing.
    """
    # The engine is on its way: these take longer to import.
    from cvbuild.loading import tree_of
    from cvbuild.render.beginning import beginning
    from cvbuild.typeset.ahead import CannotWaitError

    source = Reader(project).read(project.settings)
    settings = None if source is None else tree_of(source)[0]
    begins = beginning(settings, variant, project.templates, options.theme, options.language)
    if not begins.startswith(FIRST_LINE):
        raise CannotWaitError("nothing is known of the document")
    return begins


def remember(project: Project, variant: str, chosen: ChosenEngine, document: str, options: Options) -> None:
    """Write down what a document begins with, for the next head start."""
    from cvbuild.typeset.formats import beginning

    begins = beginning(document)
    if not begins:
        return
    program = chosen.installation.executable
    known = {
        "engine": chosen.engine.name,
        "executable": str(program),
        "version": chosen.installation.version,
        "program": state_of([str(program), str(program.resolve())]),
        "begins": begins,
    }
    content = json.dumps(known).encode("utf-8", "surrogatepass")
    key = _key(project, variant, options)
    if cache.read(_KIND, key) != content:
        cache.write(_KIND, key, content)


def _key(project: Project, variant: str, options: Options) -> str:
    asked = (options.engine, options.theme, options.language)
    return repr((str(project.root), str(project.output), variant, *asked))
