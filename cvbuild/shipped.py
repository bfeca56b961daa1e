"""What is installed: the folders of texts that come with the package, and all that a build runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
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


def installed() -> Iterator[str]:
    """The package's files and folders, and the folders of libraries, which change with each upgrade."""
    package = Path(__file__).parent
    # In a checkout the templates stand beside the package.
    for root in (package, package.with_name("latex_templates")):
        for place, folders, names in os.walk(root):
            folders[:] = sorted({*folders} - {"__pycache__"})
            yield from (place, *(os.path.join(place, name) for name in sorted(names)))  # noqa: PTH118 - strings
    yield from (path for path in sys.path if path.endswith("-packages"))
