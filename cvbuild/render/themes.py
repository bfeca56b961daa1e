"""The themes: where their templates lie, and which of them are the project's own."""

from __future__ import annotations

from pathlib import Path

from cvbuild.diagnostics import UsageProblem, did_you_mean
from cvbuild.project import OWN_TEMPLATES
from cvbuild.source import SourceFile

BASE_THEME = "classic"
"""The default theme, which lends every other one the files that it does not have."""


def shipped_templates() -> Path:
    """Return the folder of templates that comes with the package, or stands beside it in a checkout."""
    inside = Path(__file__).parents[1] / OWN_TEMPLATES
    return inside if inside.is_dir() else Path(__file__).parents[2] / OWN_TEMPLATES


def is_shipped(path: Path) -> bool:
    """Return whether a template came with the package, and is no work of the user's."""
    return path.is_relative_to(shipped_templates())


def themes(own: Path | None) -> list[str]:
    """Return the names of all themes: folders with a `document.tex` or a `preamble/` of their own."""
    folders = [shipped_templates(), *([own] if own else [])]
    marks = ("*/document.tex", "*/preamble")
    return sorted({path.parent.name for folder in folders for mark in marks for path in folder.glob(mark)})


def template_folders(theme: str, own: Path | None) -> list[Path]:
    """Return the folders of a theme, which each file is looked for in: the project's, its own, classic's.

    Raises UsageProblem if there is no such theme.
    """
    known = themes(own)
    if theme not in known:
        hint = f"the themes are {', '.join(known)}"
        raise UsageProblem(f"there is no theme `{theme}`", *did_you_mean(theme, known), hint)
    shipped = shipped_templates()
    folders = [] if own is None else [own / theme, own]
    return list(dict.fromkeys([*folders, shipped / theme, shipped / BASE_THEME]))


def template_source(path: Path) -> SourceFile:
    """Return a template as a file to point into, named from its folder `latex_templates` on."""
    parts = path.parts
    name = "/".join(parts[parts.index(OWN_TEMPLATES) :]) if OWN_TEMPLATES in parts else path.name
    return SourceFile(name, path.read_text(encoding="utf-8", errors="replace"))
