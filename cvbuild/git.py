"""Run git commands that read a repository and change nothing in it.

A repository's configuration and attributes can name programs to run, such as filters of `git archive`,
so callers use these functions for trusted projects only. Hooks, file system monitors and signature checks
are off, and the index is not refreshed. `GIT_DIR` and the like, which a calling hook sets, are removed.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path, PurePosixPath

from cvbuild.diagnostics import UsageProblem, did_you_mean

_SECONDS = 30
"""Maximum time of a git command, in seconds."""
_DIGITS = 12
"""Number of hexadecimal digits of an abbreviated commit; enough for the history of Linux."""
KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES")
"""Environment variables of git's that are passed on; other `GIT_*` are removed."""
_SHARED = ("config", "packed-refs", "info/attributes", "shallow", "reftable/tables.list", "refs")
"""Files and folders that all work trees of a repository share."""
_QUIET = (
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false",
    "-c", "core.quotePath=false", "--no-pager",
)  # fmt: skip


def commit_time(folder: Path) -> Callable[[], int | None]:
    """Ask for the last commit's time, in seconds since 1970. The function returns it, or None without one."""
    answers = _start_all(folder, ("log", "-1", "--format=%ct"))
    return lambda: int(told) if (told := (answers()[0] or b"").strip()).isdigit() else None


def description(folder: Path, sources: Collection[Path]) -> Callable[[], str]:
    """Ask for the commit's name by the nearest tag: `v2025.1`, `v2025.1-3-gabc…`; without tags its hash.

    The function returns the name, with `-dirty` if a source differs from the commit or was deleted. It
    returns an empty string if git tracks none of the sources: the repository may belong to a parent folder.
    """
    inside = [path.relative_to(folder) for path in sources if path.is_relative_to(folder)]
    # A deleted file is not among the sources: match all files of these folders and endings.
    alike = {f"./{_literal(path.parent.as_posix())}/*{_literal(path.suffix)}" for path in inside}
    answers = _start_all(
        folder,
        ("--literal-pathspecs", "ls-files", "--", *(path.as_posix() for path in inside)),
        # By default the length grows with the repository, and may differ in a shallow clone.
        ("describe", "--tags", "--always", f"--abbrev={_DIGITS}", "HEAD"),
        (
            "--glob-pathspecs", "status", "--porcelain", "-z", "--no-renames", "--ignore-submodules=all",
            "--untracked-files=all", "--ignored=matching", "--", *sorted(alike),
        ),
    )  # fmt: skip
    # git lists an ignored folder instead of the files in it.
    names = {path.name for path in inside} | {path.parent.name for path in inside}

    def answer() -> str:
        kept, name, listed = answers()
        if not kept or not name:
            return ""
        is_dirty = listed is None or any(
            # A line is two letters, a space and a path (git-status, "Short format").
            "D" in line[:2] or PurePosixPath(line[3:]).name in names
            for line in os.fsdecode(listed).split("\0")
            if line
        )
        return os.fsdecode(name).strip() + ("-dirty" if is_dirty else "")

    return answer


def _literal(text: str) -> str:
    """Return a git pattern that matches this text only (gitglossary, "pathspec")."""
    return re.sub(r"([][*?\\])", r"\\\1", text)


def repository_files(folder: Path) -> list[Path]:
    """Return the files and folders, present or not, that git's answers depend on besides the sources.

    They are the configuration, the index, HEAD, branches and tags (gitrepository-layout manual).
    """
    home = Path(os.environ.get("HOME", "/"))
    own_settings = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "git")
    found = [Path("/etc/gitconfig"), home / ".gitconfig"]
    found += [own_settings / "config", own_settings / "attributes"]
    for top in (folder, *folder.parents):
        own = top / ".git"
        found += [own, top / ".gitattributes"]
        if own.is_file():  # in a worktree or submodule, `.git` names the real folder
            own = top / own.read_text("utf-8", "replace").removeprefix("gitdir:").strip()
        shared = own / "commondir"
        common = own / shared.read_text("utf-8", "replace").strip() if shared.is_file() else own
        found += [own / name for name in ("HEAD", "index", "config.worktree")]
        found += [common / name for name in _SHARED]
        found += (common / "refs").rglob("*")
    return found


def commit_of(folder: Path, revision: str) -> str:
    """Return the commit that a revision names. Raises UsageProblem; hints name similar tags or branches."""
    if not revision or revision.startswith("-"):
        raise UsageProblem(f"`{revision}` is not a revision", "name a tag, a branch or a commit")
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
    found = _text_of(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found:
        return found
    listed = _text_of(folder, "for-each-ref", "--format=%(refname:short)", "refs/tags", "refs/heads")
    names = (listed or "").split()
    hints = list(did_you_mean(revision, names))
    if not hints:
        latest = ", ".join(names[-5:])
        hints.append(f"tags and branches here: {latest}" if names else "there are no tags; name a commit")
    if _text_of(folder, "rev-parse", "--is-shallow-repository") == "true":
        hints.append("this clone has a part of the history: `git fetch --unshallow --tags` gets the rest")
    raise UsageProblem(f"there is no revision `{revision}`", *hints)


def files_of(folder: Path, commit: str) -> list[PurePosixPath]:
    """Return the paths of a commit's files and submodules below a folder. Raises UsageProblem."""
    listed = os.fsdecode(_output(folder, "ls-tree", "-r", "-z", "--name-only", commit))
    paths = [PurePosixPath(name) for name in listed.split("\0") if name]
    return [path for path in paths if not path.is_absolute() and ".." not in path.parts]


def check_out(folder: Path, commit: str, paths: Iterable[PurePosixPath], target: Path, largest: int) -> None:
    """Write files of a commit as git checks them out; skip files of more than `largest` bytes."""
    import tarfile  # imported late: slow to import, and used only here

    names = [path.as_posix() for path in paths]
    packed = _output(folder, "--literal-pathspecs", "archive", "--format=tar", commit, "--", *names)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        # Links come last, so that no file is written through a link.
        for member in sorted(archive, key=tarfile.TarInfo.issym):
            path = target / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            if member.issym():
                path.symlink_to(member.linkname)
            elif member.size <= largest and (content := archive.extractfile(member)):
                path.write_bytes(content.read())


def _output(folder: Path, *arguments: str) -> bytes:
    """Return the output of a git command. Raises UsageProblem with git's message if it fails."""
    name = next(argument for argument in arguments if not argument.startswith("-"))
    try:
        asked = _run(folder, *arguments)
    except subprocess.TimeoutExpired:
        raise UsageProblem(f"`git {name}` took more than {_SECONDS} seconds") from None
    if asked.returncode != 0:
        words = asked.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageProblem(f"`git {name}` failed: {words[-1] if words else 'no reason given'}")
    return asked.stdout


def _text_of(folder: Path, *arguments: str) -> str | None:
    """Return the output of a git command as text; None if it fails or git is missing."""
    [printed] = _start_all(folder, arguments)()
    return None if printed is None else os.fsdecode(printed).strip()


def _start_all(folder: Path, *commands: Sequence[str]) -> Callable[[], list[bytes | None]]:
    """Start git commands in parallel. The function waits for their outputs, None for one that failed."""
    processes: list[subprocess.Popen[bytes]] = []
    with contextlib.suppress(OSError):
        processes += (_start(folder, command) for command in commands)  # keeps those started before an error

    def answers() -> list[bytes | None]:
        found: list[bytes | None] = []
        with contextlib.ExitStack() as running:
            for process in processes:
                running.enter_context(process)
                running.callback(process.kill)
            with contextlib.suppress(subprocess.TimeoutExpired):
                for process in processes:
                    printed, _ = process.communicate(timeout=_SECONDS)
                    found.append(printed if process.returncode == 0 else None)
        return found + [None] * (len(commands) - len(found))

    return answers


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run a git command to its end. Raises OSError without git, and TimeoutExpired after `_SECONDS`."""
    with _start(folder, arguments) as process:
        try:
            output, errors = process.communicate(timeout=_SECONDS)
        finally:
            process.kill()
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


def _start(folder: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in KEPT}
    ours = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    return subprocess.Popen(
        ["git", *_QUIET, "-C", str(folder), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=kept | ours,
    )
