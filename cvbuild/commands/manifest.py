"""The manifest of a call to build PDFs: all that they, and what is printed of them, depend on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from cvbuild import git, uptodate
from cvbuild.project import Project
from cvbuild.typeset.choose import ENGINES
from cvbuild.typeset.engine import STAMP
from cvbuild.typeset.environment import KEPT

_VARIABLES = (
    # The programs on the search path are compared by themselves, and files for a while do not matter.
    *sorted(KEPT - {"PATH", "TMPDIR", "TEMP", "TMP"}),
    *git.KEPT,
    *("SOURCE_DATE_EPOCH", "CVBUILD_TECTONIC_BUNDLE", "XDG_CONFIG_HOME", "GITHUB_WORKSPACE"),
)
_OF_COLOURS = ("TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
"""Variables that rich asks for the colours of a terminal."""


def keep(
    project: Project,
    said: Sequence[uptodate.Line],
    works: Sequence[Path],
    outputs: Sequence[Path],
    patterns: Sequence[str],
    *,
    is_coloured: bool,
) -> None:
    """Keep what this call is to print while nothing changes, of PDFs that were made in work folders."""
    manifests = [uptodate.names_in(str(work / STAMP)) for work in works]
    inputs = [names for names in manifests if names is not None]
    if len(inputs) < len(works):
        return  # nobody knows what an engine read
    try:
        repository = git.repository_files(project.root)
    except OSError:
        return
    of_tex = {path for names in inputs for path in names["files"]}
    names = {
        "patterns": [str(pattern) for pattern in patterns],
        "contents": [path for names in inputs for path in names["contents"]],
        "files": sorted(of_tex.union(_installed(), map(str, repository))),
        "outputs": [str(path.absolute()) for path in outputs],
        "environment": [*_VARIABLES, *(_OF_COLOURS if is_coloured else ())],
        "programs": [*ENGINES, "kpsewhich", "git"],
        "streams": ["stderr"] if is_coloured else [],
    }
    uptodate.remember(sys.argv[1:], names, said)


def _installed() -> Iterator[str]:
    """Yield the package's files and folders, and the folders of libraries, which an upgrade changes."""
    package = Path(__file__).parents[1]
    # In a checkout the templates stand beside the package.
    for root in (package, package.with_name("latex_templates")):
        for place, folders, names in os.walk(root):
            folders[:] = sorted({*folders} - {"__pycache__"})
            yield from (place, *(os.path.join(place, name) for name in sorted(names)))  # noqa: PTH118 - strings
    yield from (path for path in sys.path if path.endswith("-packages"))
