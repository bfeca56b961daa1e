"""What of a git repository the name of its commit depends on, read without starting git.

`description` and `commit_time` in git.py say more, and take longer than a call with nothing to
do may. Where the files listed here are as they were, and the sources too, git says what it
said (gitrepository-layout manual). They may also change where git's answer does not.
"""

# Paths are strings: pathlib takes longer to import than a call with nothing to do may.
# ruff: noqa: PTH113, PTH118, PTH120, PTH123

from __future__ import annotations

import os
from collections.abc import Iterator

VARIABLES = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES")
"""Those of the environment that git is asked with."""

_MOST_TAGS = 2000
_OWN = ("HEAD", "index", "config.worktree")
_COMMON = ("config", "packed-refs", "info/attributes", "shallow", "reftable/tables.list")


def repository_files(folder: str) -> list[str]:
    """The files of git that count around a folder, there or not. Raises OSError or ValueError in doubt."""
    config = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    found = ["/etc/gitconfig", *map(os.path.expanduser, ("~/.gitconfig", f"{config}/git/config"))]
    while True:
        top = f"{folder.rstrip(os.sep)}{os.sep}"
        found.append(f"{top}.git")
        if os.path.lexists(f"{top}.git"):
            found += [f"{top}.gitattributes", *_repository(top)]
        if folder == os.path.dirname(folder):
            return found
        folder = os.path.dirname(folder)


def _repository(top: str) -> Iterator[str]:
    own = f"{top}.git"
    if os.path.isfile(own):  # a worktree or submodule names its folder
        own = os.path.join(top, _text(own).removeprefix("gitdir:").strip())
    common = own
    if os.path.isfile(f"{own}/commondir"):
        common = os.path.join(own, _text(f"{own}/commondir"))
    yield from (f"{own}/{name}" for name in _OWN)
    yield from (f"{common}/{name}" for name in _COMMON)
    if (head := _text(f"{own}/HEAD")).startswith("ref:"):
        name = head.removeprefix("ref:").strip()
        yield from (f"{own}/{name}", f"{common}/{name}")
    count = 0
    for place, _, names in os.walk(f"{common}/refs/tags"):
        yield place
        count += len(names)
        if count > _MOST_TAGS:
            raise ValueError("too many tags to look at each")
        yield from (f"{place}/{name}" for name in names)


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read().strip()
