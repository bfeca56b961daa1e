"""What of TeX is on this machine, and what each missing piece is for."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from cvbuild import __version__
from cvbuild.typeset.choose import ENGINES
from cvbuild.typeset.fonts import fonts_for, installed_faces


@dataclass(frozen=True)
class Health:
    """The report of `cvbuild doctor`."""

    lines: tuple[str, ...]
    can_build: bool


# A character for each script that asks for a font beside the theme's.
_PROBES = {
    "Cyrillic": ("cyrillic", "Ж"),
    "Greek": ("greek", "ώ"),
    "Chinese": ("chinese", "汉"),
    "Japanese": ("japanese", "あ"),
    "Korean": ("korean", "한"),
    "Arabic": ("arabic", "ع"),
    "Hebrew": ("hebrew", "ש"),
    "emoji": ("symbol", "🎓"),
}


def _scripts_line() -> str | None:
    """For which scripts there is a font; None where fonts cannot be looked up."""
    if not installed_faces():
        return None
    there: list[str] = []
    lacking: list[str] = []
    for name, (script, char) in _PROBES.items():
        (there if fonts_for(script, [char]) else lacking).append(name)
    wanting = f"; none for {', '.join(lacking)}" if lacking else ""
    return f"  fonts for {', '.join(there) or 'no other script'}{wanting}"


def is_ready(engine: str) -> bool:
    """Whether an engine is there and finds all that the theme needs."""
    return ENGINES[engine].find() is not None and not ENGINES[engine].missing()


def diagnose() -> Health:
    """Look at every engine."""
    lines = [f"cvbuild {__version__}, Python {platform.python_version()} on {platform.system()}"]
    ready = False
    for name, engine in ENGINES.items():
        installation = engine.find()
        if installation is None:
            lines.append(f"  – {name:9} not found ({engine.purpose})")
            continue
        missing = engine.missing()
        if missing:
            lines.append(f"  ! {name:9} {installation.version}")
            lines.append(f"    {'':9} does not find {', '.join(missing)}")
            continue
        ready = True
        lines.append(f"  ✓ {name:9} {installation.version}")
    if (scripts := _scripts_line()) is not None:
        lines.append(scripts)
    if ready:
        lines.append("ready: `cvbuild pdf` can build")
    else:
        lines.append("no engine can build yet: `cvbuild doctor --install` installs one")
    return Health(tuple(lines), ready)
