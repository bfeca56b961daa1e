"""Where the work of a batch is done: processes of this machine, or a cluster of Dask's."""

from __future__ import annotations

import multiprocessing
import re
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from cvbuild.diagnostics import UsageProblem

P = ParamSpec("P")
T = TypeVar("T")

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_ADDRESS = re.compile(r"(?:(?:tcp|tls|ucx|ws|wss)://)?[^\s/]+:\d+/?")

CONNECTING = 15
"""Seconds that a cluster has to answer."""


class OwnProcesses(Executor):
    """Processes that each stand alone: one that is killed takes nobody's work with it, and is replaced.

    A `ProcessPoolExecutor` ends all of its processes when one of them is killed, so each
    has one of its own. They are spawned: a fork would copy the locks of other threads.
    """

    def __init__(self, number: int) -> None:
        self._idle: SimpleQueue[ProcessPoolExecutor | None] = SimpleQueue()
        for _ in range(number):
            self._idle.put(None)  # begun when there is work for it

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begin a call as soon as a process has nothing to do."""
        lane = self._idle.get() or ProcessPoolExecutor(
            1, mp_context=multiprocessing.get_context("spawn"), initializer=_begin
        )
        # Held back from a process that is just beginning: it would die of Ctrl-C with a traceback.
        resource_tracker.ensure_running()  # which ends with all signals let through
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            future = lane.submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        future.add_done_callback(lambda ended: self._free(lane, ended))
        return future

    def _free(self, lane: ProcessPoolExecutor, ended: Future[Any]) -> None:
        is_dead = not ended.cancelled() and isinstance(ended.exception(), BrokenProcessPool)
        if is_dead:
            lane.shutdown(wait=False)
        self._idle.put(None if is_dead else lane)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes that have nothing to do."""
        while not self._idle.empty():
            if (lane := self._idle.get()) is not None:
                lane.shutdown(wait, cancel_futures=cancel_futures)


def _begin() -> None:
    # Ctrl-C reaches every process of the terminal: a worker ends without a word, as its parent does.
    for asked in _ENDING:
        signal.signal(asked, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


@contextmanager
def own_processes(number: int) -> Iterator[tuple[Executor, int]]:
    """Processes of this machine, and how many; they end with the context, also when it is interrupted."""
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
    """An existing cluster by the address of its scheduler, and how much it can do at once.

    Raises UsageProblem where Dask is not installed, or no cluster answers there.
    """
    hint = "name its scheduler, as `dask scheduler` prints it: tcp://10.0.0.1:8786"
    # A client that is given something else leaves threads behind that complain half a minute later.
    if not _ADDRESS.fullmatch(address):
        raise UsageProblem(f"`{address}` is no address of a Dask cluster", hint)
    try:
        from distributed import Client
    except ImportError:
        raise UsageProblem(
            "`--dask` needs the package distributed, which is not installed here",
            f"`{sys.executable} -m pip install distributed` installs it",
        ) from None
    try:
        client = Client(address, timeout=CONNECTING, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as problem:
        raise UsageProblem(f"no Dask cluster answers at `{address}`: {problem}", hint) from None
    with client:
        number = sum(client.nthreads().values())
        if number == 0:
            raise UsageProblem(f"the Dask cluster at `{address}` has no workers", "start some: `dask worker`")
        # Not `pure`: the same call again is not the same result, since the files may have changed.
        yield client.get_executor(pure=False), number
