"""Several variants at once: a thread for each, as many as the machine has cores."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

from cvbuild.record import Record
from cvbuild.typeset.process import go_on, stopping

T = TypeVar("T")


class Job(Record, Generic[T]):
    """The result of a variant, or what it raised; `seconds` from its start to its end."""

    variant: str
    seconds: float
    result: T | Exception


@contextmanager
def at_once(variants: Sequence[str], most: int, work: Callable[[str], T]) -> Iterator[Iterator[Job[T]]]:
    """Do the work for each variant, at most `most` at a time; gives the jobs in the order of the variants.

    Where the work for one raises, the others go on. When the context is left early, by Ctrl-C for one,
    each thread stops where it waits next, and with it the program that it waits for.
    """
    if min(most, len(variants)) <= 1:
        yield (_done(variant, work) for variant in variants)
        return
    from concurrent.futures import ThreadPoolExecutor  # most calls build one variant

    stop = threading.Event()
    with ThreadPoolExecutor(min(most, len(variants)), "variant", stopping.set, (stop,)) as pool:
        try:
            futures = [pool.submit(_done, variant, work) for variant in variants]
            yield (future.result() for future in futures)
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _done(variant: str, work: Callable[[str], T]) -> Job[T]:
    started = time.perf_counter()
    result: T | Exception
    try:
        go_on()
        result = work(variant)
    except Exception as problem:  # whoever asks for the jobs raises it, when the others are done
        result = problem
    return Job(variant, time.perf_counter() - started, result)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
