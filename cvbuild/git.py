"""What git knows of a folder, asked so that nothing there is changed or started.

Its configuration can name programs: callers ask for trusted projects only. Hooks, file
system monitors and signatures are off, the index is not refreshed, and what a hook that calls
us has set (`GIT_DIR` and the like) is not taken over.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath

from cvbuild.diagnostics import UsageProblem, did_you_mean
from cvbuild.record import Record

_SECONDS = 30
_DIGITS = 12
"""Of a commit's number; the Linux kernel's history needs no more."""
KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES")
"""The variables of the environment that git is asked with."""
_QUIET = (
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false",
    "-c", "core.quotePath=false", "--no-pager",
)  # fmt: skip


class StoredFile(Record):
    """A file of a commit: its path within the folder asked for, and its object."""

    path: PurePosixPath
    object: str
    size: int
    is_link: bool = False


def commit_time(folder: Path) -> int | None:
    """When the last commit was made, in seconds since 1970; None outside a repository."""
    told = _told(folder, "log", "-1", "--format=%ct")
    return int(told) if told is not None and told.isdigit() else None


def description(folder: Path, sources: Collection[Path]) -> str:
    """The commit as its nearest tag names it: `v2025.1`, `v2025.1-3-gabc…`, without tags its number.

    `-dirty` follows where a source is not as it is in the commit, or one was deleted. Empty
    where git keeps none of the sources: a repository may lie around a folder by chance.
    """
    inside = [path.relative_to(folder) for path in sources if path.is_relative_to(folder)]
    # One that was deleted is found by its folder and ending.
    alike = {f"./{_literal(path.parent.as_posix())}/*{_literal(path.suffix)}" for path in inside}
    kept, named, listed = _asked_at_once(
        folder,
        ("--literal-pathspecs", "ls-files", "--", *(path.as_posix() for path in inside)),
        # A fixed length: git's own grows with the repository, and a clone of it may be smaller.
        ("describe", "--tags", "--always", f"--abbrev={_DIGITS}", "HEAD"),
        (
            "--glob-pathspecs", "status", "--porcelain", "-z", "--no-renames",
            "--ignore-submodules=all", "--untracked-files=all", "--ignored=matching", "--", *sorted(alike),
        ),
    )  # fmt: skip
    if not kept or not named:
        return ""
    name = os.fsdecode(named).strip()
    names = {path.name for path in inside} | {path.parent.name for path in inside}
    is_dirty = listed is None or any(
        # Two letters, a space and a path (git-status, "Short format").
        "D" in line[:2] or PurePosixPath(line[3:]).name in names
        for line in os.fsdecode(listed).split("\0")
        if line
    )
    return f"{name}-dirty" if is_dirty else name


def _literal(text: str) -> str:
    """Text as a pattern of git's that matches it alone (gitglossary, "pathspec")."""
    return re.sub(r"([][*?\\])", r"\\\1", text)


def repository_files(folder: Path) -> list[Path]:
    """The files and folders, present or not, that git's answers depend on besides the sources.

    They are the configuration, the index, HEAD, branches and tags (gitrepository-layout manual).
    """
    home = Path(os.environ.get("HOME", "/"))
    own_settings = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "git")
    found = [
        Path("/etc/gitconfig"),
        home / ".gitconfig",
        own_settings / "config",
        own_settings / "attributes",
    ]
    for top in (folder, *folder.parents):
        own = top / ".git"
        found += [own, top / ".gitattributes"]
        if own.is_file():  # a worktree or submodule names its folder
            own = top / own.read_text("utf-8", "replace").removeprefix("gitdir:").strip()
        shared = own / "commondir"
        common = own / shared.read_text("utf-8", "replace").strip() if shared.is_file() else own
        found += [own / name for name in ("HEAD", "index", "config.worktree")]
        found += [
            common / name
            for name in ("config", "packed-refs", "info/attributes", "shallow", "reftable/tables.list")
        ]
        found += [common / "refs", *(common / "refs").rglob("*")]
    return found


def commit_of(folder: Path, revision: str) -> str:
    """The commit that a revision names. Raises UsageProblem, with the nearest tag or branch."""
    if not revision or revision.startswith("-"):
        raise UsageProblem(f"`{revision}` is not a revision", "name a tag, a branch or a commit")
    _check_repository(folder)
    found = _told(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found:
        return found
    names = (
        _told(folder, "for-each-ref", "--format=%(refname:short)", "refs/tags", "refs/heads") or ""
    ).split()
    hints = list(did_you_mean(revision, names))
    if not hints:
        latest = ", ".join(names[-5:])
        hints.append(f"tags and branches here: {latest}" if names else "there are no tags; name a commit")
    if _told(folder, "rev-parse", "--is-shallow-repository") == "true":
        hints.append("this clone has a part of the history: `git fetch --unshallow --tags` gets the rest")
    raise UsageProblem(f"there is no revision `{revision}`", *hints)


def files_of(folder: Path, commit: str) -> list[StoredFile]:
    """The files of a commit below a folder; submodules are none."""
    listed = _output(folder, "ls-tree", "-r", "-l", "-z", commit)
    found = []
    for line in listed.split(b"\0"):
        if not line:
            continue
        described, _, name = line.partition(b"\t")
        mode, kind, identifier, size = described.decode("ascii").split()
        path = PurePosixPath(os.fsdecode(name))
        if kind == "blob" and size.isdigit() and not path.is_absolute() and ".." not in path.parts:
            found.append(StoredFile(path, identifier, int(size), stat.S_ISLNK(int(mode, 8))))
    return found


def check_out(folder: Path, files: Sequence[StoredFile], target: Path) -> None:
    """Write files of a commit, as they are stored, into an empty folder; no filter is applied."""
    contents = list(_contents(folder, files))
    # Links come last: nothing is written through one.
    for file, content in sorted(zip(files, contents, strict=True), key=lambda pair: pair[0].is_link):
        path = target / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.is_link:
            path.symlink_to(os.fsdecode(content))
        else:
            path.write_bytes(content)


def _contents(folder: Path, files: Sequence[StoredFile]) -> Iterator[bytes]:
    asked = "".join(f"{file.object}\n" for file in files).encode("ascii")
    told = memoryview(_output(folder, "cat-file", "--batch", given=asked))
    at = 0
    for file in files:
        # A line `object type size`, the content, and a line end (git-cat-file, "Batch output").
        head = bytes(told[at : at + 200]).split(b"\n", 1)[0]
        at += len(head) + 1
        if head.split()[-1:] != [str(file.size).encode()]:
            raise UsageProblem(
                f"git has lost a part of its history: the file {file.path}", "`git fsck` says more"
            )
        yield bytes(told[at : at + file.size])
        at += file.size + 1


def _check_repository(folder: Path) -> None:
    try:
        asked = _run(folder, "rev-parse", "--git-dir")
    except (OSError, subprocess.TimeoutExpired):
        raise UsageProblem("git cannot be started", "install git, or look whether it hangs here") from None
    if asked.returncode != 0:
        reason = asked.stderr.decode("utf-8", "replace")
        if "dubious ownership" in reason:
            raise UsageProblem(
                "git does not read this repository: it belongs to somebody else",
                f"`git config --global --add safe.directory {folder}` allows it",
            )
        raise UsageProblem(
            "this project is not in a git repository", "begin one: `git init`, `git add .`, `git commit`"
        )


def _told(folder: Path, *arguments: str) -> str | None:
    """What a git command says; None where it fails or there is no git."""
    asked = _asked(folder, *arguments)
    return None if asked is None else os.fsdecode(asked).strip()


def _asked(folder: Path, *arguments: str) -> bytes | None:
    try:
        asked = _run(folder, *arguments)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout if asked.returncode == 0 else None


def _asked_at_once(folder: Path, *commands: Sequence[str]) -> list[bytes | None]:
    """What several git commands give that run beside each other; None for those that fail."""
    started: list[subprocess.Popen[bytes]] = []
    found: list[bytes | None] = []
    try:
        for command in commands:
            started.append(_start(folder, *command))
        for process in started:
            output, _ = process.communicate(b"", _SECONDS)
            found.append(output if process.returncode == 0 else None)
    except (OSError, subprocess.TimeoutExpired):
        found += [None] * (len(commands) - len(found))
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
                process.communicate()
    return found


def _output(folder: Path, *arguments: str, given: bytes | None = None) -> bytes:
    """What a git command gives. Raises UsageProblem with git's own words where it fails."""
    try:
        asked = _run(folder, *arguments, given=given)
    except subprocess.TimeoutExpired:
        raise UsageProblem(f"`git {arguments[0]}` took more than {_SECONDS} seconds") from None
    if asked.returncode != 0:
        words = asked.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageProblem(f"`git {arguments[0]}` failed: {words[-1] if words else 'no reason given'}")
    return asked.stdout


def _run(folder: Path, *arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        _command(folder, arguments),
        input=given if given is not None else b"",
        capture_output=True,
        check=False,
        timeout=_SECONDS,
        env=_environment(),
    )


def _start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        _command(folder, arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
    )


def _command(folder: Path, arguments: Sequence[str]) -> list[str]:
    return ["git", *_QUIET, "-C", str(folder), *arguments]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in KEPT}
    return kept | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }
