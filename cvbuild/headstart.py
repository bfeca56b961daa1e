"""Giving an engine a head start: it begins with what the document will begin with, before that is there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvbuild import cache
from cvbuild.delivery import work_folder
from cvbuild.filestate import is_as_before, state_of
from cvbuild.preparing import Options, formats_of
from cvbuild.project import Project
from cvbuild.typeset.lock import held

if TYPE_CHECKING:
    from cvbuild.typeset.ahead import Ahead, Guess
    from cvbuild.typeset.choose import ChosenEngine

_KIND = "begins"


@dataclass
class HeadStart:
    """An engine that was started for a variant, and the locks of its folder, until somebody takes both."""

    folder: Path
    ahead: Ahead | None
    locks: ExitStack = field(default_factory=ExitStack)

    def taken(self, folder: Path, locks: ExitStack) -> Ahead | None:
        """The engine for a folder; else it is let go.

        It ends with the locks given, which the folder's are among from now on.
        """
        if self.ahead is None or folder != self.folder:
            self.end()
            return None
        locks.push(self.locks.pop_all())
        locks.callback(self.ahead.end)
        taken, self.ahead = self.ahead, None
        return taken

    def end(self) -> None:
        """Let the engine go, where nobody took it."""
        if self.ahead is not None:
            self.ahead.end()
            self.ahead = None
        self.locks.close()


@contextmanager
def head_start(project: Project, variant: str, options: Options) -> Iterator[HeadStart | None]:
    """Start an engine for a variant as it was typeset the last time; None where that is not known.

    It is let go at the end where nobody took it.
    """
    begun = None
    with suppress(
        OSError, ValueError, KeyError, TypeError, AttributeError
    ):  # damaged, or a disk that is full
        begun = _begun(project, variant, options)
    try:
        yield begun
    finally:
        if begun is not None:
            begun.end()


def _begun(project: Project, variant: str, options: Options) -> HeadStart | None:
    """An engine started in the folder where the variant was typeset the last time."""
    if options.fit is not None or options.force or not project.is_trusted or not hasattr(os, "mkfifo"):
        return None
    # It names a program to run, and so is kept where nobody but the user writes.
    kept = cache.read(_KIND, _key(project, variant, options))
    known = None if kept is None else json.loads(kept)
    if known is None or not is_as_before(known["program"]):
        return None
    from cvbuild.typeset.ahead import Ahead
    from cvbuild.typeset.passes import make_private

    with ExitStack() as locks:
        folder = work_folder(project, f"{variant}-{known['engine']}")
        locks.enter_context(held(work_folder(project), _rather_not, shared=True))
        locks.enter_context(held(folder, _rather_not))
        make_private(folder)
        return HeadStart(folder, Ahead(_guess(project, folder, known, options)), locks.pop_all())


def _rather_not() -> None:
    raise BlockingIOError("another build is at work here")


def _guess(project: Project, folder: Path, known: dict[str, Any], options: Options) -> Guess:
    from cvbuild.typeset.ahead import Guess
    from cvbuild.typeset.choose import ENGINES, ChosenEngine
    from cvbuild.typeset.engine import Installation
    from cvbuild.typeset.formats import look_up
    from cvbuild.typeset.passes import as_read_by

    begins = str(known["begins"])
    chosen = ChosenEngine(
        ENGINES[known["engine"]], Installation(Path(known["executable"]), str(known["version"]))
    )
    loaded = look_up(formats_of(project, options.epoch), begins, chosen).format
    chosen = loaded.loaded_by(chosen) if loaded else chosen
    return Guess(chosen, folder, options.epoch, as_read_by(chosen, begins))


def remember(project: Project, variant: str, chosen: ChosenEngine, document: str, options: Options) -> None:
    """Write down what a document begins with, for the next head start."""
    from cvbuild.typeset.formats import beginning
    from cvbuild.typeset.texlive import TexLiveEngine

    begins = beginning(document)
    engine = chosen.engine
    if not begins or not (isinstance(engine, TexLiveEngine) and engine.reads_pipes):
        return
    program = chosen.installation.executable
    known = {
        "engine": engine.name,
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
    return repr(
        (str(project.root), str(project.output), variant, options.engine, options.theme, options.language)
    )
