"""Whether an engine finds the files of TeX that the theme needs; some come with a package of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

from cvbuild.typeset.environment import tex_environment
from cvbuild.typeset.process import Limits, run_process

# What the classic theme asks TeX for (see its preamble.tex), by the engine that needs it.
REQUIRED_FILES = {
    "pdflatex": (
        "tgpagella.sty",
        "lmodern.sty",
        "babel.sty",
        "microtype.sty",
        "hyperref.sty",
        "bookmark.sty",
        "iftex.sty",
        "xcolor.sty",
    ),
    "xelatex": ("fontspec.sty", "texgyrepagella-regular.otf", "texgyrecursor-regular.otf"),
    "lualatex": ("fontspec.sty", "luaotfload.sty", "texgyrepagella-regular.otf", "texgyrecursor-regular.otf"),
}


def missing_files(engine: str) -> list[str]:
    """The files an installed TeX Live engine needs and cannot find."""
    kpsewhich = shutil.which("kpsewhich")
    if kpsewhich is None or engine not in REQUIRED_FILES:
        return []
    wanted = [*REQUIRED_FILES["pdflatex"][1:], *REQUIRED_FILES[engine]]
    finished = run_process(
        [kpsewhich, f"-engine={engine}", *wanted], Path.cwd(), tex_environment(), Limits(30)
    )
    found = {Path(line).name for line in finished.output.splitlines()}
    return [name for name in dict.fromkeys(wanted) if name not in found]
