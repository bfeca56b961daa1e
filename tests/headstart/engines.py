"""Builds with engines that begin ahead, and how many of them there are."""

from __future__ import annotations

from collections.abc import Sequence

from cvbuild.headstart import head_start
from cvbuild.typeset.ahead import Ahead

from cvbuild.loading import load_cv
from cvbuild.pipeline import build
from cvbuild.preparing import Options
from cvbuild.project import Project
from cvbuild.rebuilding import Rebuilder
from tests.conftest import children

FULL = Options()


def built(project: Project, options: Options = FULL, ahead: Sequence[Ahead] = ()) -> tuple[int, bytes]:
    """How many passes a build took, and the PDF."""
    cv, found = load_cv(project)
    assert cv is not None, found
    made = build(project, cv, "full", options, None, lambda message: None, ahead=ahead)
    assert made.pdf is not None, made.diagnostics
    return made.passes, made.pdf.read_bytes()


def rebuilt(rebuilder: Rebuilder, project: Project) -> None:
    """A round of `watch`."""
    cv, found = load_cv(project)
    assert cv is not None, found
    assert rebuilder.rebuild(project, cv, "full", FULL, lambda message: None).built.pdf
    rebuilder.get_ready(project, FULL)


def started(project: Project, options: Options = FULL, variant: str = "full") -> int:
    """How many engines get a head start."""
    with head_start(project, variant, options) as begun:
        return len(begun.ahead)


def engines() -> int:
    """How many engines this process has begun; each is a shell for a moment."""
    return sum(name in {"pdflatex", "sh"} for name in children())
