"""Which files TeX read, and where it looked for them.

A run with `-recorder` lists what it opened (web2c manual, "Recorder"). A file of the same
name, installed where TeX looks before, would be read instead: trees that have an index are
searched by it (`ls-R`; kpathsea manual, "Filename database"), others folder by folder.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from cvbuild.typeset.environment import tex_environment
from cvbuild.typeset.process import Limits, run_process

_MOST_FOLDERS = 500


def inputs(folder: Path, job: str) -> list[str] | None:
    """What a run in a folder read from outside of it, each once; None where it listed nothing."""
    try:
        listed = (folder / f"{job}.fls").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    read = dict.fromkeys(
        line.removeprefix("INPUT ") for line in listed.splitlines() if line.startswith("INPUT ")
    )
    here = f"{folder}{os.sep}"
    return [path for path in read if os.path.isabs(path) and not path.startswith(here)]  # noqa: PTH117 - strings


def times_read(folder: Path, job: str) -> int:
    """How often a run in a folder opened its own document."""
    listed = (folder / f"{job}.fls").read_text(encoding="utf-8", errors="surrogateescape")
    own = os.path.normpath(folder / f"{job}.tex")
    read = (line.removeprefix("INPUT ") for line in listed.splitlines() if line.startswith("INPUT "))
    return sum(os.path.normpath(folder / name) == own for name in read)


def searched() -> list[str] | None:
    """The indexes of TeX's trees, and the folders of those without one; None where nobody can say."""
    kpsewhich = shutil.which("kpsewhich")
    if kpsewhich is None:
        return None
    asked = run_process([kpsewhich, "-expand-braces=$TEXMF"], Path.cwd(), tex_environment(), Limits(30))
    if asked.code != 0 or not asked.output.strip():
        return None
    found: list[str] = []
    for tree in asked.output.splitlines()[-1].split(os.pathsep):
        if tree.startswith("!!"):
            found.append(str(Path(tree.removeprefix("!!"), "ls-R")))
            continue
        found += [tree, str(Path(tree, "ls-R"))]
        for name, _, _ in os.walk(Path(tree, "tex")):
            found.append(name)
            if len(found) > _MOST_FOLDERS:
                return None
    return found
