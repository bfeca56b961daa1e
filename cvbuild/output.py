"""The output folder: work folders within it, atomic writes, and cleaning."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from cvbuild.project import Project
from cvbuild.typeset.process import LOCK, held

WORK_FOLDER = ".work"
"""The folder within the output folder in which engines run and keep their .aux and .log."""

RECORD = "made.txt"
"""The file in the work folder that lists the files in the output folder that are ours."""

_OLD = f"{WORK_FOLDER}.old-"
"""The name of a work folder that is being deleted; the number of the process follows."""

_TRIES = 100
"""Maximum number of attempts to delete a folder that others write to."""


def work_folder(project: Project, name: str = "") -> Path:
    """The work folder, or the named folder within it; a link or a file in its place is deleted.

    An engine that ran behind a link would write into somebody else's folder.
    """
    work = project.output / WORK_FOLDER
    for path in (work, work / name):
        if path.is_symlink() or path.is_file():
            path.unlink()
    return work / name


def empty_work_folder(folder: Path) -> None:
    """Delete everything in a work folder except its lock."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def write_in_place(content: bytes, target: Path) -> None:
    """Write a file in one step: readers never see a part of it.

    After a crash or a power failure the target is either the old file or the new one.
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
        # The system names the copy, which the user does not know.
        raise OSError(error.errno, error.strerror, str(target)) from error
    finally:
        beside.unlink(missing_ok=True)


def _forget_leftovers(target: Path) -> None:
    """Delete the unfinished copies that killed builds left beside the target."""
    for path in target.parent.iterdir():
        process = path.name.removeprefix(f".{target.name}.part-")
        if process == path.name or not process.isdigit():
            continue
        try:
            os.kill(int(process), 0)
            is_running = int(process) != os.getpid()
        except (ProcessLookupError, OverflowError):
            is_running = False
        except PermissionError:  # it runs, as another user
            is_running = True
        if not is_running:
            path.unlink(missing_ok=True)


def deliver(project: Project, made: Path, target: Path) -> None:
    """Copy a finished file to its place in one step, and record it as ours."""
    write_in_place(made.read_bytes(), target)
    record(project, target)


def record(project: Project, made: Path) -> None:
    """Record a file in the output folder as ours: `clean` deletes it."""
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
    """Delete the files of builds and exports in the output folder, and nothing else; return their paths.

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
            # Renamed first: a build that waits for the lock begins with a new folder.
            work.rename(output / f"{_OLD}{os.getpid()}")
        deleted.append(work)
    _sweep(output)
    for name, _, _ in os.walk(output, topdown=False):
        # A folder with files stays, also one in which a build begins this moment.
        with contextlib.suppress(OSError):
            Path(name).rmdir()
            deleted.append(Path(name))
    return deleted


def _sweep(output: Path) -> None:
    """Delete the renamed work folders, also those that a killed process left."""
    for old in output.glob(f"{_OLD}*"):
        if old.name.removeprefix(_OLD).isdigit() and old.is_dir() and not old.is_symlink():
            # Another process may delete it too, or an engine write there.
            for _ in range(_TRIES):
                shutil.rmtree(old, ignore_errors=True)
                if not old.exists():
                    break
            else:
                shutil.rmtree(old)  # and say why not


def _recorded(output: Path, work: Path) -> list[Path]:
    """The recorded files that exist within the output folder."""
    try:
        lines = (work / RECORD).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    whole = os.path.realpath(output)
    found = []
    for name in filter(str.isprintable, dict.fromkeys(lines)):
        path = output / name
        with contextlib.suppress(OSError):  # a name too long for a file is none of ours
            # The folder that the name leads to counts: `..` and links may lead anywhere.
            inside = Path(os.path.realpath(path.parent)).is_relative_to(whole)
            if inside and path.name != ".." and (path.is_symlink() or path.is_file()):
                found.append(path)
    return found
