"""Running an engine to measure: one pass that makes no PDF."""

from __future__ import annotations

import re
from pathlib import Path

from cvbuild.render.sourcemap import RenderedTex
from cvbuild.typeset.choose import ChosenEngine
from cvbuild.typeset.engine import JOB_NAME, Run
from cvbuild.typeset.passes import lasting, make_private, run_once

_PAGES = re.compile(rb"(\\gdef\s*\\(?:cvlastpage|@abspage@last)\s*)\{-?\d+\}")


def measure(rendered: RenderedTex, chosen: ChosenEngine, folder: Path, epoch: int) -> Run:
    """One run over a document in a folder of its own. Raises EngineProblem where it cannot be started."""
    folder.mkdir(parents=True, exist_ok=True)
    make_private(folder)
    for ending in ("aux", "log"):
        (folder / f"{JOB_NAME}.{ending}").unlink(missing_ok=True)
    (folder / f"{JOB_NAME}.tex").write_text(rendered.text, encoding="utf-8")
    return run_once(chosen, folder, epoch)


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
    expected = _PAGES.sub(rb"\g<1>{%d}" % pages, lasting(known.read_bytes()))
    if is_first:
        expected += b"\\gdef \\@abspage@last{%d}\n" % pages  # LaTeX writes it where there are pages
    last.write_bytes(expected)
