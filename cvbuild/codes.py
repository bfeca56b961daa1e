"""The codes that the program's messages carry: each has an explanation, a file of its name."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def known_codes() -> frozenset[str]:
    """All codes, from `explanations/CODE.md`."""
    folder = files("cvbuild").joinpath("explanations")
    return frozenset(
        entry.name.removesuffix(".md") for entry in folder.iterdir() if entry.name.endswith(".md")
    )
