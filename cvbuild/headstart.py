"""Giving an engine a head start: it begins with what the document will begin with, before that is there.

What that is, the last document of the variant says; before there was one, the theme's templates
filled with the settings alone. Where no .aux is there, the second pass gets a head start as well.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from cvbuild import cache
from cvbuild.delivery import work_folder
from cvbuild.diagnostics import ContentProblem, EngineProblem, Findings, UsageProblem
from cvbuild.filestate import is_as_before, state_of
from cvbuild.machine import cores
from cvbuild.preparing import Options, formats_of
from cvbuild.project import Project, Reader, document_epoch, find_project

if TYPE_CHECKING:
    from cvbuild.typeset.ahead import Ahead, Guess
    from cvbuild.typeset.choose import ChosenEngine

_KIND = "begins"


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
def early(folder: str, variant: str) -> Iterator[None]:
    """Engines for a variant of the project around a folder, as a call without any options has it.

    They are those of `head_start`, which is asked later, when more is imported. They end with the context.
    """
    with ExitStack() as stack:
        # Whatever goes wrong here does so once more, and is told, where the call itself comes to it.
        with suppress(Exception):
            project = find_project(Path(folder))
            options = Options(epoch=document_epoch(project))
            begun = stack.enter_context(head_start(project, variant, options))
            _early.append((project, variant, options, begun))
            stack.callback(_early.clear)
        yield


def epoch_for(project: Project) -> int:
    """The document's date (`document_epoch`), which git need not be asked for once more by the same call."""
    known = (options.epoch for begun, _, options, _ in _early if begun == project)
    return next(known, None) or document_epoch(project)


@contextmanager
def head_start(project: Project, variant: str, options: Options) -> Iterator[HeadStart]:
    """Engines for a variant; none where what they need is not known. They end with the context."""
    while _early:
        *asked, begun = _early.pop()
        if asked == [project, variant, options]:
            yield begun
            return
        begun.end()
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
    expected = _as_last_time(project, variant, options) or _as_settings_say(project, variant, options)
    if expected is None:
        return
    from cvbuild.typeset.ahead import Ahead

    chosen, begins = expected
    folder = work_folder(project, f"{variant}-{chosen.engine.name}")
    for number, guess in enumerate(_guesses(project, chosen, folder, begins, options)):
        yield Ahead(guess, work_folder(project, f"{folder.name}-ahead{number}"))


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


def _as_settings_say(project: Project, variant: str, options: Options) -> tuple[ChosenEngine, str] | None:
    """The engine and the beginning of a document without any section."""
    from cvbuild.loading import load_files_beside

    load_files_beside(project)
    from cvbuild.ledger import Ledger
    from cvbuild.loading import tree_of
    from cvbuild.model.cv import make_settings, owner_names
    from cvbuild.render.document import render
    from cvbuild.typeset.choose import choose_engine
    from cvbuild.typeset.formats import beginning
    from cvbuild.variant.selected import SelectedCv

    source = Reader(project).read(project.settings)
    findings = Findings()
    settings = None if source is None else make_settings(source, tree_of(source)[0], findings)
    chosen = settings.variants.get(variant) if settings is not None else None
    if settings is None or chosen is None or chosen.fit is not None or findings.items:
        return None
    owners = owner_names(settings, findings)
    empty = SelectedCv(variant, chosen, settings, owners, (), (), Ledger(()))
    document, _ = render(empty, project.templates, options.theme, options.language)
    begins = beginning(document.text)
    return (choose_engine(options.engine, document.text), begins) if begins else None


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
