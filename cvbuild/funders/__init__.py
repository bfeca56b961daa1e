"""Check funders' rules on a compiled PDF and its content. This module lists the names of profiles."""

from __future__ import annotations

from pathlib import Path

from cvbuild.project import Project

SHIPPED = Path(__file__).parents[1] / "profiles"
"""Folder of the shipped profiles."""
OWN_PROFILES = "profiles"
"""Folder of the project's own profiles, within the project."""


def shipped_names() -> tuple[str, ...]:
    """Return the sorted names of the shipped profiles."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def own_names(project: Project | None) -> tuple[str, ...]:
    """Return the sorted names of the project's own profiles."""
    files = (project.root / OWN_PROFILES).glob("*.yaml") if project is not None else ()
    return tuple(sorted(path.stem for path in files))


def profile_names(project: Project | None) -> tuple[str, ...]:
    """Return the names of all profiles; the project's own come first and replace shipped ones."""
    return tuple(dict.fromkeys((*own_names(project), *shipped_names())))


def is_known_sound(project: Project, name: str) -> bool:
    """Whether a profile needs no check: it is shipped, and the project has no profiles of its own."""
    return name in shipped_names() and not own_names(project)
