"""Which profiles there are, by name: the project's own in `profiles/`, and those that ship."""

from __future__ import annotations

from pathlib import Path

from cvbuild.project import Project

SHIPPED = Path(__file__).parents[1] / "profiles"
"""The folder of those that ship."""
OWN_PROFILES = "profiles"
"""The folder of the project that holds profiles of the user's own."""


def shipped_names() -> tuple[str, ...]:
    """The names of the profiles that ship, sorted."""
    names = (file.name for file in SHIPPED.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def own_names(project: Project | None) -> tuple[str, ...]:
    """The names of the project's own profiles, sorted."""
    if project is None:
        return ()
    return tuple(sorted(path.stem for path in (project.root / OWN_PROFILES).glob("*.yaml")))


def profile_names(project: Project | None) -> tuple[str, ...]:
    """All names there are: the project's own first."""
    own = own_names(project)
    return (*own, *(name for name in shipped_names() if name not in own))


def is_known_sound(project: Project, name: str) -> bool:
    """Whether a profile needs no look: the tests read each that ships, with what it extends.

    A project's own of the same name as one of those would come before it.
    """
    return name in shipped_names() and not own_names(project)
