"""Funders' rules, measured on a compiled PDF and its content; here, the names of the profiles."""

from __future__ import annotations

from pathlib import Path

from cvbuild.project import Project

SHIPPED = Path(__file__).parents[1] / "profiles"
"""Folder of the profiles that ship."""
OWN_PROFILES = "profiles"
"""Folder of the project's own profiles."""


def shipped_names() -> tuple[str, ...]:
    """Return the names of the profiles that ship, sorted."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def own_names(project: Project | None) -> tuple[str, ...]:
    """Return the names of the project's own profiles, sorted."""
    files = (project.root / OWN_PROFILES).glob("*.yaml") if project is not None else ()
    return tuple(sorted(path.stem for path in files))


def profile_names(project: Project | None) -> tuple[str, ...]:
    """Return the names of all profiles; the project's own come first and replace shipped ones."""
    return tuple(dict.fromkeys((*own_names(project), *shipped_names())))


def is_known_sound(project: Project, name: str) -> bool:
    """Whether a profile needs no check: it ships, and none of the project's own replaces one it extends."""
    return name in shipped_names() and not own_names(project)
