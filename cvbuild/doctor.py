"""What of TeX is on this machine, and what each missing piece is for."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from cvbuild import __version__
from cvbuild.typeset.choose import ENGINES
from cvbuild.typeset.process import run_process

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


@dataclass(frozen=True)
class Health:
    """The report of `cvbuild doctor`."""

    lines: tuple[str, ...]
    can_build: bool


def missing_files(engine: str) -> list[str]:
    """The files an installed TeX Live engine needs and cannot find."""
    kpsewhich = shutil.which("kpsewhich")
    if kpsewhich is None or engine not in REQUIRED_FILES:
        return []
    wanted = [*REQUIRED_FILES["pdflatex"][1:], *REQUIRED_FILES[engine]]
    finished = run_process([kpsewhich, f"-engine={engine}", *wanted], Path.cwd(), os.environ, 30)
    found = {Path(line).name for line in finished.output.splitlines()}
    return [name for name in dict.fromkeys(wanted) if name not in found]


def is_ready(engine: str) -> bool:
    """Whether an engine is there and finds all that the theme needs."""
    return ENGINES[engine].find() is not None and not missing_files(engine)


def diagnose() -> Health:
    """Look at every engine."""
    lines = [f"cvbuild {__version__}, Python {platform.python_version()} on {platform.system()}"]
    ready = False
    for name, engine in ENGINES.items():
        installation = engine.find()
        if installation is None:
            lines.append(f"  – {name:9} not found ({engine.purpose})")
            continue
        missing = missing_files(name)
        if missing:
            lines.append(f"  ! {name:9} {installation.version}")
            lines.append(f"    {'':9} does not find {', '.join(missing)}")
            continue
        ready = True
        lines.append(f"  ✓ {name:9} {installation.version}")
    if ready:
        lines.append("ready: `cvbuild pdf` can build")
    else:
        lines.append("no engine can build yet: `cvbuild doctor --install` installs one")
    return Health(tuple(lines), ready)
