"""Build many CV projects in one call, each as an independent task.

Tasks and results are plain data that can be pickled, so that any executor of `concurrent.futures` can run
them: processes of this machine, or a cluster that sees the same files.
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
from typing import Any, Literal, ParamSpec, TypeVar

from cvbuild.build import build
from cvbuild.diagnostics import ContentProblem, Diagnostic, EngineProblem, UsageProblem
from cvbuild.loading import chosen_variants, load_cv, origin_of
from cvbuild.project import SETTINGS, asked_epoch, find_project
from cvbuild.read.comments import without_silenced
from cvbuild.record import Record, replace
from cvbuild.report import in_order
from cvbuild.request import Request

P = ParamSpec("P")
T = TypeVar("T")
State = Literal["built", "up to date", "failed"]

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals that end a process."""
_ADDRESS = re.compile(r"(?:(?:tcp|tls|ucx|ws|wss)://)?[^\s/]+:\d+/?")
_CONNECTING = 15
"""Maximum time that a cluster may take to answer, in seconds."""
_NOT_SEARCHED = frozenset({"build", "node_modules", "__pycache__"})


class Task(Record):
    """A project to build, and how; `name` is unique in the call."""

    name: str
    root: Path
    request: Request = Request()


class Complaint(Record):
    """A diagnostic without its source, or without a `code` if it is not about the content.

    Line and column are 1-based; 0 means the whole file or no position.
    """

    severity: str
    code: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    hints: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """`file:line:column: message`."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {self.message}" if place else self.message


class BuiltVariant(Record):
    """The result for a variant; `pdf` is empty if it failed."""

    name: str
    state: State
    pdf: str = ""
    pages: int = 0
    engine: str = ""
    seconds: float = 0.0


class BuiltProject(Record):
    """The result for a project, without variants if it could not be loaded.

    `trace` is the traceback of a bug in cvbuild.
    """

    name: str
    root: Path
    variants: tuple[BuiltVariant, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    seconds: float = 0.0
    trace: str = ""

    @property
    def first_error(self) -> Complaint | None:
        """The first error, or None."""
        return next((item for item in self.complaints if item.severity == "error"), None)

    @property
    def failed(self) -> bool:
        """Whether the project or one of its variants was not built."""
        return self.first_error is not None or self.count("failed") > 0

    def count(self, state: State) -> int:
        """Return the number of variants in a state."""
        return sum(variant.state == state for variant in self.variants)


class Batch(Record):
    """The results in the order of the tasks, and the tasks that were never begun."""

    built: tuple[BuiltProject, ...]
    not_started: tuple[Task, ...]

    @property
    def failed(self) -> bool:
        """Whether one failed; then some may not have been begun."""
        return any(project.failed for project in self.built)


def find_projects(folders: Sequence[Path]) -> dict[str, Path]:
    """Return the projects that folders are, or hold at any depth, each once, in the order given and by path.

    Their names are their paths below the folder that holds all of them. Projects themselves, hidden folders,
    `build` and virtual environments are not searched. A link to a project counts as one and is not followed
    otherwise. Raises UsageProblem for a folder without a project.
    """
    found: dict[Path, None] = {}
    for folder in folders:
        if not folder.is_dir():
            raise UsageProblem(f"there is no folder {folder}")
        inside: list[Path] = []
        for name, below, _ in os.walk(folder):
            path = Path(name)
            if (path / SETTINGS).is_file():
                below.clear()
                inside.append(path.resolve())
                continue
            below.sort()
            links = [path / inner for inner in below if (path / inner).is_symlink()]
            inside += [link.resolve() for link in links if (link / SETTINGS).is_file()]
            below[:] = [
                inner
                for inner in below
                if not inner.startswith(".")
                and inner not in _NOT_SEARCHED
                and not (path / inner / "pyvenv.cfg").is_file()
            ]
        if not inside:
            hint = f"a project is a folder with {SETTINGS} in it; `cvbuild init` makes one"
            raise UsageProblem(f"there is no CV project in {folder}", hint)
        found.update(dict.fromkeys(inside))
    above = os.path.commonpath(found) if len(found) > 1 else next(iter(found)).parent
    return {root.relative_to(above).as_posix(): root for root in found}


def build_project(task: Task) -> BuiltProject:
    """Build a project's variants. Every problem is in the result; none is raised."""
    started, trace = time.perf_counter(), ""
    variants: list[BuiltVariant] = []
    complaints: list[Complaint] = []
    try:
        _build(task, variants, complaints)
    except ContentProblem as problem:
        complaints.extend(map(_complaint, problem.diagnostics))
    except (UsageProblem, EngineProblem) as problem:
        complaints.append(Complaint("error", "", problem.message, hints=problem.hints))
    except OSError as problem:
        where = f": {os.fsdecode(problem.filename)}" if problem.filename else ""
        complaints.append(Complaint("error", "", (problem.strerror or str(problem)).lower() + where))
    except Exception as problem:  # a bug in one project must not stop the others; the trace is reported
        message = f"this is a mistake in cvbuild, not in the CV ({type(problem).__name__})"
        complaints.append(Complaint("error", "", message))
        trace = traceback.format_exc()
    seconds = time.perf_counter() - started
    return BuiltProject(task.name, task.root, tuple(variants), tuple(complaints), seconds, trace)


def _build(task: Task, variants: list[BuiltVariant], complaints: list[Complaint]) -> None:
    # `find_project` would also take a project above the folder.
    if not (task.root / SETTINGS).is_file():
        raise UsageProblem(f"the project is gone: there is no {SETTINGS} in {task.root} any more")
    project = find_project(task.root, is_trusted=not task.request.is_untrusted)
    cv, found = load_cv(project)

    def add(diagnostics: Sequence[Diagnostic]) -> None:
        kept, _ = without_silenced(diagnostics, cv.settings.ignore if cv is not None else ())
        complaints.extend(map(_complaint, in_order(kept)))

    add(found)
    if cv is None:
        return
    request = replace(task.request, epoch=asked_epoch(project)(), origin=origin_of(project)())
    for name in chosen_variants(cv.variants, request.variants):
        started = time.perf_counter()
        built = build(project, cv, name, request)
        seconds = time.perf_counter() - started
        add(built.diagnostics)
        state: State = "failed" if built.pdf is None else "built" if built.passes else "up to date"
        pdf = str(built.pdf or "")
        variants.append(BuiltVariant(name, state, pdf, built.pages, built.engine, seconds))


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
    """Build projects through an executor, at most `at_once` at a time, which it can run.

    Unless `keep_going`, none is begun after the first that fails; those under way are finished. `done` is
    called with each result.
    """
    waiting = list(reversed(tasks))
    under_way: dict[Future[BuiltProject], tuple[Task, float]] = {}
    built: dict[str, BuiltProject] = {}
    may_begin = True
    while under_way or (waiting and may_begin):
        while waiting and may_begin and len(under_way) < at_once:
            task = waiting.pop()
            under_way[executor.submit(build_project, task)] = task, time.perf_counter()
        ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
        for future in ended:
            task, began = under_way.pop(future)
            project = _result(future, task, time.perf_counter() - began)
            built[task.name] = project
            done(project)
            may_begin = may_begin and (keep_going or not project.failed)
    in_order = tuple(built[task.name] for task in tasks if task.name in built)
    return Batch(in_order, tuple(task for task in tasks if task.name not in built))


def _result(future: Future[BuiltProject], task: Task, seconds: float) -> BuiltProject:
    """Return what the executor made of a task; if the executor itself failed, so did the project."""
    try:
        return future.result()
    except BrokenProcessPool:
        message = "the process that built it was killed from outside, as happens when memory is short"
        hint = "build it alone, or fewer at once with `-j`"
    except CancelledError:
        message, hint = "the cluster gave it up", "see the logs of its workers"
    except Exception as problem:  # an executor's own: a worker that died, or lacks cvbuild or the files
        said = "".join(str(problem).splitlines()[:1])[:200]
        message = f"its worker failed: {type(problem).__name__}: {said}"
        hint = "each worker needs this version of cvbuild, and has to see the same files"
    complaint = Complaint("error", "", message, hints=(hint,))
    return BuiltProject(task.name, task.root, (), (complaint,), seconds)


class OwnProcesses(Executor):
    """Independent processes: one that is killed is replaced, and the others keep their work.

    A `ProcessPoolExecutor` ends all of its processes when one of them is killed, so each
    has one of its own. They are spawned: a fork would copy the locks of other threads.
    """

    def __init__(self, number: int) -> None:
        self._idle: SimpleQueue[ProcessPoolExecutor | None] = SimpleQueue()
        for _ in range(number):
            self._idle.put(None)  # the process starts with its first task

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begin a call as soon as a process is idle."""
        context = multiprocessing.get_context("spawn")
        pool = self._idle.get() or ProcessPoolExecutor(1, context, _receive_signals)
        # A process that is just starting would die of Ctrl-C with a traceback, so signals are blocked for it.
        resource_tracker.ensure_running()  # first, as starting it unblocks all signals
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
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
    # Ctrl-C reaches every process of the terminal: a worker ends silently, its parent reports.
    for asked in _ENDING:
        signal.signal(asked, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


@contextmanager
def own_processes(number: int) -> Iterator[tuple[Executor, int]]:
    """Give processes of this machine, and their number; they end with the context, also if interrupted."""
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
    """Give an existing cluster by the address of its scheduler, and the number of tasks it runs at once.

    Raises UsageProblem if Dask is not installed, or no cluster answers there.
    """
    hint = "name its scheduler, as `dask scheduler` prints it: tcp://10.0.0.1:8786"
    # A client with a malformed address leaves threads behind that complain half a minute later.
    if not _ADDRESS.fullmatch(address):
        raise UsageProblem(f"`{address}` is no address of a Dask cluster", hint)
    try:
        from distributed import Client
    except ImportError:
        message = "`--dask` needs the package distributed, which is not installed here"
        cure = f"`{sys.executable} -m pip install distributed` installs it"
        raise UsageProblem(message, cure) from None
    try:
        client = Client(address, timeout=_CONNECTING, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as problem:
        raise UsageProblem(f"no Dask cluster answers at `{address}`: {problem}", hint) from None
    with client:
        number = sum(client.nthreads().values())
        if number == 0:
            raise UsageProblem(f"the Dask cluster at `{address}` has no workers", "start some: `dask worker`")
        # Not `pure`: the same call may give another result, since files change.
        yield client.get_executor(pure=False), number
