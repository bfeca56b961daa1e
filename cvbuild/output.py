"""The output folder: work folders within it, putting whole files in place, and cleaning up."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from cvbuild.project import Project
from cvbuild.typeset.process import LOCK, held

WORK_FOLDER = ".work"
"""Within the output folder: where engines run and keep their .aux and .log."""

RECORD = "made.txt"
"""In the work folder: the paths, within the output folder, of the files that are ours."""

_OLD = f"{WORK_FOLDER}.old-"
"""What a work folder is called while it is being deleted, before the number of the process that does so."""

_TRIES = 100


def work_folder(project: Project, name: str = "") -> Path:
    """The work folder, or the one of a name within it; a link or a file in its place is taken away.

    What lies there is ours: an engine that ran behind a link would write into somebody else's folder.
    """
    work = project.output / WORK_FOLDER
    for path in (work, work / name):
        if path.is_symlink() or path.is_file():
            path.unlink()
    return work / name


def empty_work_folder(folder: Path) -> None:
    """Delete all that lies in a work folder but its lock."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def write_in_place(content: bytes, target: Path) -> None:
    """Write a file in one step, so that readers never see a part of it.

    It is on the disk before it takes the old one's place: after a crash or a power failure
    the target is either the old file or the new one.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _forget_leftovers(target)
    beside = target.with_name(f".{target.name}.part-{os.getpid()}")
    try:
        # "x": neither an existing file nor a link is written to.
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except OSError as error:
        # The system names the copy, which the user has never heard of.
        raise OSError(error.errno, error.strerror, str(target)) from error
    finally:
        beside.unlink(missing_ok=True)


def _forget_leftovers(target: Path) -> None:
    """Delete the unfinished copies that killed builds left beside the target."""
    for path in target.parent.iterdir():
        process = path.name.removeprefix(f".{target.name}.part-")
        if process != path.name and process.isdigit() and not _runs_elsewhere(int(process)):
            path.unlink(missing_ok=True)


def _runs_elsewhere(process: int) -> bool:
    """Whether a process other than this one has the number."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return process != os.getpid()


def deliver(project: Project, made: Path, target: Path) -> None:
    """Copy a finished file to its place in one step, and remember it as ours."""
    write_in_place(made.read_bytes(), target)
    record(project, target)


def deliver_refused(project: Project, made: Path, target: Path) -> Path:
    """Keep a PDF that broke a limit beside the target, whose last good one stays; gives its path."""
    kept = _refused_name(target)
    deliver(project, made, kept)
    return kept


def deliver_accepted(project: Project, made: Path, target: Path) -> None:
    """Put a PDF within its limits in place; one that was refused before goes."""
    deliver(project, made, target)
    _refused_name(target).unlink(missing_ok=True)


def _refused_name(target: Path) -> Path:
    return target.with_name(f"{target.stem}.refused.pdf")


def record(project: Project, made: Path) -> None:
    """Remember a file in the output folder as ours, to be deleted by `clean`."""
    try:
        name = made.resolve().relative_to(project.output.resolve())
    except ValueError:
        return
    work = work_folder(project)
    with held(work, shared=True):
        if (work / RECORD).is_symlink():
            (work / RECORD).unlink()
        with (work / RECORD).open("a", encoding="utf-8") as file:
            file.write(f"{name.as_posix()}\n")


def clean_output(project: Project) -> list[Path]:
    """Delete what builds and exports left in the output folder, and nothing else; gives what was deleted.

    Waits for builds that are under way.
    """
    output = project.output
    deleted: list[Path] = []
    work = work_folder(project)
    _sweep(output)
    if work.is_dir():
        with held(work):
            for path in _recorded(output, work):
                path.unlink()
                deleted.append(path)
            # Out of the way at once: a build that waits begins with a new one.
            work.rename(output / f"{_OLD}{os.getpid()}")
        deleted.append(work)
    _sweep(output)
    for name, _, _ in os.walk(output, topdown=False):
        # One with files stays; so it is where a build begins this moment.
        with contextlib.suppress(OSError):
            Path(name).rmdir()
            deleted.append(Path(name))
    return deleted


def _sweep(output: Path) -> None:
    """Delete the work folders that are out of the way, also those that a killed process left."""
    for old in output.glob(f"{_OLD}*"):
        if old.name.removeprefix(_OLD).isdigit() and old.is_dir() and not old.is_symlink():
            # Another process may do the same, or an engine write there.
            for _ in range(_TRIES):
                shutil.rmtree(old, ignore_errors=True)
                if not old.exists():
                    break
            else:
                shutil.rmtree(old)  # and say why not


def _recorded(output: Path, work: Path) -> list[Path]:
    """The files of the record that are there, of those within the output folder."""
    try:
        lines = (work / RECORD).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    whole = os.path.realpath(output)
    found = []
    for name in filter(str.isprintable, dict.fromkeys(lines)):
        path = output / name
        with contextlib.suppress(OSError):  # a name too long for a file's is none of ours
            # The folder that the name leads to counts: `..` and links may lead anywhere.
            inside = Path(os.path.realpath(path.parent)).is_relative_to(whole)
            if inside and path.name != ".." and (path.is_symlink() or path.is_file()):
                found.append(path)
    return found
