"""Running an engine to measure: one pass that makes no PDF."""

from __future__ import annotations

from pathlib import Path

from cvbuild.record import replace
from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.auxiliary import PAGES, forget_auxiliary, lasting
from cvbuild.typeset.choose import ChosenEngine
from cvbuild.typeset.engine import JOB_NAME, Run
from cvbuild.typeset.format import Formats, look_up
from cvbuild.typeset.passes import make_private, run_pass, said_nothing


def measure(
    rendered: RenderedTex, chosen: ChosenEngine, folder: Path, epoch: int, formats: Formats | None = None
) -> Run:
    """One run over a document in a folder of its own. Raises EngineProblem where it cannot be started."""
    folder.mkdir(parents=True, exist_ok=True)
    make_private(folder)
    loaded = look_up(formats, rendered.text, chosen).format
    for attempt in (loaded, None) if loaded else (None,):
        forget_auxiliary(folder)
        run = run_pass(attempt.loaded_by(chosen) if attempt else chosen, folder, epoch, rendered.text)
        if attempt is None or not said_nothing(run):
            break
    return replace(run, log=f"{attempt.log}\n{run.log}") if attempt and attempt.log else run


def expect_pages(measured: Path, folder: Path, pages: int) -> None:
    """Put the .aux that a document of so many pages will write where it is read.

    It is that of the last time, or of the run that measured it in another folder, but for
    the number of pages. Where the guess is right, one pass is enough; else it is no help.
    """
    folder.mkdir(parents=True, exist_ok=True)
    make_private(folder)
    last = folder / f"{JOB_NAME}.aux"
    is_first = not last.is_file()
    known = measured / f"{JOB_NAME}.aux" if is_first else last
    if not known.is_file():
        return
    expected = PAGES.sub(rb"\g<1>{%d}" % pages, lasting(known.read_bytes()))
    if is_first:
        expected += b"\\gdef \\@abspage@last{%d}\n" % pages  # LaTeX writes it where there are pages
    last.write_bytes(expected)
