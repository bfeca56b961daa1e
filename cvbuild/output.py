"""The output folder: its work folders, atomic writes, and cleaning."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from cvbuild.project import Project
from cvbuild.typeset.process import LOCK, held

WORK_FOLDER = ".work"
"""Folder within the output folder where engines run and keep their .aux and .log."""

RECORD = "made.txt"
"""File in the work folder that lists the files that cvbuild wrote into the output folder."""

_OLD = f"{WORK_FOLDER}.old-"
"""Beginning of the name of a work folder that is being deleted; the process id follows."""

_TRIES = 100
"""Maximum number of attempts to delete a folder while other processes write to it."""


def work_folder(project: Project, name: str = "") -> Path:
    """Return the work folder, or the named folder within it. Delete a link or a file at its path.

    Through a link, an engine would write into a folder outside the project.
    """
    work = project.output / WORK_FOLDER
    for path in (work, work / name):
        if path.is_symlink() or path.is_file():
            path.unlink()
    return work / name


def empty_work_folder(folder: Path) -> None:
    """Delete everything in a work folder except its lock file."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def write_in_place(content: bytes, target: Path) -> None:
    """Write a file atomically: readers never see a partial file.

    After a crash or a power failure the target is the complete old or new file. Raises OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _forget_leftovers(target)
    beside = target.with_name(f".{target.name}.part-{os.getpid()}")
    try:
        # "x" fails for an existing file or link.
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except OSError as error:
        # Name the target in the error: the system names the temporary file.
        raise OSError(error.errno, error.strerror, str(target)) from error
    finally:
        beside.unlink(missing_ok=True)


def _forget_leftovers(target: Path) -> None:
    """Delete the temporary files that killed builds left beside the target."""
    for path in target.parent.iterdir():
        process = path.name.removeprefix(f".{target.name}.part-")
        if process == path.name or not process.isdigit():
            continue
        try:
            os.kill(int(process), 0)
            is_running = int(process) != os.getpid()
        except (ProcessLookupError, OverflowError):
            is_running = False
        except PermissionError:  # it runs as another user
            is_running = True
        if not is_running:
            path.unlink(missing_ok=True)


def deliver(project: Project, made: Path, target: Path) -> None:
    """Copy a finished file to the target atomically, and record it for `clean`."""
    write_in_place(made.read_bytes(), target)
    record(project, target)


def record(project: Project, made: Path) -> None:
    """Record a file in the output folder, so that `clean` deletes it; ignore files elsewhere."""
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
    """Delete the recorded files, the work folders and empty folders in the output folder; return their paths.

    Waits for running builds.
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
            # Rename before deleting: a build that waits for the lock starts with a new folder.
            work.rename(output / f"{_OLD}{os.getpid()}")
        deleted.append(work)
    _sweep(output)
    for name, _, _ in os.walk(output, topdown=False):
        # A folder with files stays, even if a build has just created them.
        with contextlib.suppress(OSError):
            Path(name).rmdir()
            deleted.append(Path(name))
    return deleted


def _sweep(output: Path) -> None:
    """Delete renamed work folders, including those of killed processes."""
    for old in output.glob(f"{_OLD}*"):
        if old.name.removeprefix(_OLD).isdigit() and old.is_dir() and not old.is_symlink():
            # Another process may delete it too, or an engine may still write to it.
            for _ in range(_TRIES):
                shutil.rmtree(old, ignore_errors=True)
                if not old.exists():
                    break
            else:
                shutil.rmtree(old)  # raises the reason


def _recorded(output: Path, work: Path) -> list[Path]:
    """Return the recorded files that exist within the output folder."""
    try:
        lines = (work / RECORD).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    whole = os.path.realpath(output)
    found = []
    for name in filter(str.isprintable, dict.fromkeys(lines)):
        path = output / name
        with contextlib.suppress(OSError):  # a name that is too long was not recorded
            # Check the resolved folder: `..` and links may lead out of the output folder.
            inside = Path(os.path.realpath(path.parent)).is_relative_to(whole)
            if inside and path.name != ".." and (path.is_symlink() or path.is_file()):
                found.append(path)
    return found
