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
    names = (file.name for file in SHIPPED.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def own_names(project: Project | None) -> tuple[str, ...]:
    """Return the names of the project's own profiles, sorted."""
    if project is None:
        return ()
    return tuple(sorted(path.stem for path in (project.root / OWN_PROFILES).glob("*.yaml")))


def profile_names(project: Project | None) -> tuple[str, ...]:
    """Return the names of all profiles; the project's own come first and replace shipped ones."""
    return tuple(dict.fromkeys((*own_names(project), *shipped_names())))


def is_known_sound(project: Project, name: str) -> bool:
    """Whether a profile needs no check: tests read each that ships, and the project has none of its own.

    A project's own profile could replace one that a shipped profile extends.
    """
    return name in shipped_names() and not own_names(project)
