"""What of a git repository the name of its commit depends on, read without starting git.

`description` and `commit_time` in git.py say more, and take longer than a call with nothing to
do may. Where the files read here are as they were, and the sources too, git says what it
said (gitrepository-layout manual). They may also change where git's answer does not.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

_NAMED = (
    "GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_CONFIG_NOSYSTEM GIT_CEILING_DIRECTORIES XDG_CONFIG_HOME".split()
)
_MOST_REFERENCES = 2000


def git_state(folder: Path) -> list[list[str | int]] | None:
    """The state of the repository around a folder, to be compared; None where it cannot be told."""
    state: list[list[str | int]] = [[name, os.environ.get(name, "")] for name in _NAMED]
    state.append(["git", shutil.which("git") or ""])
    for path in (Path("/etc/gitconfig"), _home() / ".gitconfig", _home() / ".config/git/config"):
        state.append(_now(path))
    for place in (folder, *folder.parents):
        state.append([str(place), int((place / ".git").exists())])
        if not (place / ".git").exists():
            continue
        try:
            found = list(_repository(place))
        except (OSError, ValueError):
            return None
        return state + found
    return state


def _repository(top: Path) -> Iterator[list[str | int]]:
    own = top / ".git"
    if own.is_file():  # a worktree or submodule names its folder
        own = top / own.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
    common = own
    if (own / "commondir").is_file():
        common = own / (own / "commondir").read_text(encoding="utf-8").strip()
    head = (own / "HEAD").read_text(encoding="utf-8").strip()
    yield ["HEAD", head]
    for path in (
        own / "index", own / "config.worktree", own / "shallow", common / "config", common / "packed-refs",
        common / "info/attributes", common / "shallow", common / "reftable/tables.list",
        top / ".gitattributes",
    ):  # fmt: skip
        yield _now(path)
    if head.startswith("ref:"):
        name = head.removeprefix("ref:").strip()
        yield from (_now(path / name) for path in (own, common))
    count = 0
    for place, folders, names in os.walk(common / "refs" / "tags"):
        folders.sort()
        for name in sorted(names):
            count += 1
            if count > _MOST_REFERENCES:
                raise ValueError("too many tags to look at each")
            yield _now(Path(place, name))


def _now(path: Path) -> list[str | int]:
    try:
        status = path.stat()
    except OSError:
        return [str(path), -1, -1, -1]
    return [str(path), status.st_mtime_ns, status.st_size, status.st_ino]


def _home() -> Path:
    return Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none
