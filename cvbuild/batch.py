"""Build many CV projects in one call, each as an independent task.

Tasks and results can be pickled, so any executor of `concurrent.futures` can run them: processes of
this machine, or a cluster that shares its file system.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal, TypeVar

from cvbuild.build import build
from cvbuild.diagnostics import ContentProblem, Diagnostic, EngineProblem, UsageProblem
from cvbuild.loading import chosen_variants, load_cv, origin_of
from cvbuild.project import SETTINGS, asked_epoch, find_project
from cvbuild.read.comments import without_silenced
from cvbuild.record import Record, replace
from cvbuild.report import in_order
from cvbuild.select.request import Request

T = TypeVar("T")
State = Literal["built", "up to date", "failed"]

_END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end a process; they are blocked while a worker starts."""
_ADDRESS = re.compile(r"(?:(?:tcp|tls|ucx|ws|wss)://)?[^\s/]+:\d+/?")
_NOT_SEARCHED = frozenset({"build", "node_modules", "__pycache__"})


class Task(Record):
    """A project to build, with the options to build it with. `name` is unique in the call."""

    name: str
    root: Path
    request: Request = Request()


class Complaint(Record):
    """A diagnostic that can be pickled, without its source. `code` is empty if it is not about content."""

    severity: str
    code: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    """Line and column are 1-based; 0 means the whole file or no position."""
    hints: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """`file:line:column: message`."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {self.message}" if place else self.message


class BuiltVariant(Record):
    """The result of building a variant; `pdf` is None if that failed. `seconds` is wall time."""

    name: str
    state: State
    pdf: str | None = None
    pages: int = 0
    engine: str = ""
    seconds: float = 0.0


class BuiltProject(Record):
    """The result of building a project; without variants if loading failed. `trace` is of a bug of ours."""

    name: str
    root: Path
    variants: tuple[BuiltVariant, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    seconds: float = 0.0
    trace: str = ""

    @property
    def first_error(self) -> Complaint | None:
        """The first error; None if there is none."""
        return next((item for item in self.complaints if item.severity == "error"), None)

    @property
    def failed(self) -> bool:
        """Whether the project or one of its variants was not built."""
        return self.first_error is not None or self.count("failed") > 0

    def count(self, state: State) -> int:
        """Return the number of variants in a state."""
        return sum(variant.state == state for variant in self.variants)


class Batch(Record):
    """The results in the order of the tasks, and the tasks that were never started."""

    built: tuple[BuiltProject, ...]
    not_started: tuple[Task, ...]


def find_projects(folders: Sequence[Path]) -> dict[str, Path]:
    """Return the projects in folders, at any depth, without duplicates; a folder may be a project itself.

    They come in the order of the folders, then of their paths. A project's name is its path below the common
    parent folder. The search skips the insides of projects, hidden folders, `build` and virtual environments,
    and follows a link only to a project. Raises UsageProblem for a folder without a project.
    """
    found: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise UsageProblem(f"there is no folder {folder}")
        number = len(found)
        for name, below, _ in os.walk(folder):
            path = Path(name)
            if (path / SETTINGS).is_file():
                below.clear()
                found.append(path.resolve())
            inner = [path / name for name in sorted(below)]
            found += [link.resolve() for link in inner if link.is_symlink() and (link / SETTINGS).is_file()]
            below[:] = [
                path.name
                for path in inner
                if not (path.name.startswith(".") or path.name in _NOT_SEARCHED)
                and not (path / "pyvenv.cfg").is_file()
            ]
        if len(found) == number:
            hint = f"a project is a folder with {SETTINGS} in it; `cvbuild init` makes one"
            raise UsageProblem(f"there is no CV project in {folder}", hint)
    roots = list(dict.fromkeys(found))
    above = os.path.commonpath(roots) if len(roots) > 1 else roots[0].parent
    return {root.relative_to(above).as_posix(): root for root in roots}


def build_project(task: Task) -> BuiltProject:
    """Build a project's variants. Problems are reported in the result; no exception is raised."""
    started, trace = time.perf_counter(), ""
    variants: list[BuiltVariant] = []
    complaints: list[Complaint] = []
    try:
        # `find_project` would also accept a project in a parent folder.
        if not (task.root / SETTINGS).is_file():
            raise UsageProblem(f"the project is gone: there is no {SETTINGS} in {task.root} any more")
        project = find_project(task.root, is_trusted=not task.request.is_untrusted)
        cv, found = load_cv(project)
        ignored = cv.settings.ignore if cv is not None else ()
        complaints += map(_complaint, in_order(without_silenced(found, ignored)[0]))
        if cv is not None:
            request = replace(task.request, epoch=asked_epoch(project)(), origin=origin_of(project)())
            for name in chosen_variants(cv.variants, request.variants):
                began = time.perf_counter()
                built = build(project, cv, name, request)
                seconds = round(time.perf_counter() - began, 3)
                complaints += map(_complaint, in_order(without_silenced(built.diagnostics, ignored)[0]))
                state: State = "failed" if built.pdf is None else "built" if built.passes else "up to date"
                pdf = str(built.pdf) if built.pdf is not None else None
                variants.append(BuiltVariant(name, state, pdf, built.pages, built.engine, seconds))
    except ContentProblem as problem:
        complaints += map(_complaint, problem.diagnostics)
    except (UsageProblem, EngineProblem) as problem:
        complaints.append(Complaint("error", "", problem.message, hints=problem.hints))
    except OSError as problem:
        where = f": {os.fsdecode(problem.filename)}" if problem.filename else ""
        complaints.append(Complaint("error", "", (problem.strerror or str(problem)).lower() + where))
    except Exception as problem:  # a bug in one project must not stop the others; the trace is reported
        message = f"this is a mistake in cvbuild, not in the CV ({type(problem).__name__})"
        complaints.append(Complaint("error", "", message))
        trace = traceback.format_exc()
    seconds = round(time.perf_counter() - started, 3)
    return BuiltProject(task.name, task.root, tuple(variants), tuple(complaints), seconds, trace)


def _complaint(item: Diagnostic) -> Complaint:
    file, line, column = "", 0, 0
    if item.span is not None:
        file = item.span.source.name
        if item.span.source.text:
            line, column = item.span.line + 1, item.span.column + 1
    return Complaint(item.severity, item.code, item.message, file, line, column, item.hints)


def build_all(
    tasks: Sequence[Task],
    executor: Executor,
    at_once: int,
    *,
    keep_going: bool = False,
    done: Callable[[BuiltProject], None] = lambda project: None,
) -> Batch:
    """Build projects with an executor, at most `at_once` at a time, and call `done` with each result.

    After the first failure running builds finish; no other build starts, unless `keep_going`.
    """
    waiting = list(reversed(tasks))
    under_way: dict[Future[BuiltProject], tuple[Task, float]] = {}
    built: dict[str, BuiltProject] = {}
    not_started: tuple[Task, ...] = ()
    while under_way or waiting:
        while waiting and len(under_way) < at_once:
            task = waiting.pop()
            under_way[executor.submit(build_project, task)] = task, time.perf_counter()
        ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
        for future in ended:
            task, began = under_way.pop(future)
            built[task.name] = _result(future, task, time.perf_counter() - began)
            done(built[task.name])
            if built[task.name].failed and not keep_going:
                not_started += tuple(reversed(waiting))
                waiting.clear()
    return Batch(tuple(built[task.name] for task in tasks if task.name in built), not_started)


def _result(future: Future[BuiltProject], task: Task, seconds: float) -> BuiltProject:
    """Return the result of a task. If the executor failed, the project counts as failed."""
    try:
        return future.result()
    except BrokenProcessPool:
        message = "the process that built it was killed from outside, as happens when memory is short"
        hint = "build it alone, or fewer at once with `-j`"
    except CancelledError:
        message, hint = "the cluster gave it up", "see the logs of its workers"
    except Exception as problem:  # from the executor: a worker died, or lacks cvbuild or the files
        said = "".join(str(problem).splitlines()[:1])[:200]
        message = f"its worker failed: {type(problem).__name__}: {said}"
        hint = "each worker needs this version of cvbuild, and has to see the same files"
    complaint = Complaint("error", "", message, hints=(hint,))
    return BuiltProject(task.name, task.root, (), (complaint,), round(seconds, 3))


class OwnProcesses(Executor):
    """An executor that replaces a killed process; the other processes keep their work.

    When a process is killed, its `ProcessPoolExecutor` ends all others. So each process has its own pool.
    """

    def __init__(self, number: int) -> None:
        self._idle: SimpleQueue[ProcessPoolExecutor | None] = SimpleQueue()
        for _ in range(number):
            self._idle.put(None)  # the process starts with its first task

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Wait for an idle process and start a call in it."""
        context = multiprocessing.get_context("spawn")  # a fork would copy the locks of other threads
        pool = self._idle.get() or ProcessPoolExecutor(1, context, _receive_signals)
        # Block signals while the process starts: Ctrl-C would end it with a traceback.
        resource_tracker.ensure_running()  # before blocking, since it unblocks all signals
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _END_SIGNALS)
        try:
            future = pool.submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

        def free(ended: Future[Any]) -> None:
            is_dead = not ended.cancelled() and isinstance(ended.exception(), BrokenProcessPool)
            if is_dead:
                pool.shutdown(wait=False)
            self._idle.put(None if is_dead else pool)

        future.add_done_callback(free)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the idle processes."""
        while not self._idle.empty():
            if (pool := self._idle.get()) is not None:
                pool.shutdown(wait, cancel_futures=cancel_futures)


def _receive_signals() -> None:
    # Ctrl-C reaches every process of the terminal. A worker ends silently; its parent reports.
    for number in _END_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _END_SIGNALS)


@contextmanager
def own_processes(number: int) -> Iterator[tuple[Executor, int]]:
    """Yield an executor of local processes, and their number. On an exception they are terminated."""
    executor = OwnProcesses(number)
    try:
        yield executor, number
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        executor.shutdown()


@contextmanager
def dask_cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """Yield an executor of a Dask cluster, and the number of its threads.

    Raises UsageProblem if Dask is not installed, or no cluster with workers answers at the address.
    """
    hint = "name its scheduler, as `dask scheduler` prints it: tcp://10.0.0.1:8786"
    # For a malformed address, `Client` leaves threads that print errors half a minute later.
    if not _ADDRESS.fullmatch(address):
        raise UsageProblem(f"`{address}` is no address of a Dask cluster", hint)
    try:
        from distributed import Client
    except ImportError:
        message = "`--dask` needs the package distributed, which is not installed here"
        cure = f"`{sys.executable} -m pip install distributed` installs it"
        raise UsageProblem(message, cure) from None
    try:
        client = Client(address, timeout=15, set_as_default=False)  # seconds
    except (OSError, ValueError, TimeoutError) as problem:
        raise UsageProblem(f"no Dask cluster answers at `{address}`: {problem}", hint) from None
    with client:
        number = sum(client.nthreads().values())
        if number == 0:
            raise UsageProblem(f"the Dask cluster at `{address}` has no workers", "start some: `dask worker`")
        # Not `pure`, or Dask would reuse the result of an equal call although files have changed.
        yield client.get_executor(pure=False), number
