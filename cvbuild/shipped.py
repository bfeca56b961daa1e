"""The folders of texts that come with the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def shipped_folder(name: str) -> Traversable:
    """A folder of the package; within an archive too, from which Python can import."""
    folder = Path(__file__).with_name(name)
    if folder.is_dir():
        return folder
    from importlib.resources import files  # takes longer than what most calls do with a folder

    return files("cvbuild") / name
