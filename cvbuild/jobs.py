"""Several variants at once: each is a job in a thread, which takes turns with the others at Python."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

from cvbuild.record import Record

T = TypeVar("T")


class Job(Record, Generic[T]):
    """What became of a variant: its result, or what was raised; `seconds` from its start to its end."""

    variant: str
    seconds: float
    result: T | Exception


@contextmanager
def at_once(variants: Sequence[str], most: int, work: Callable[[str], T]) -> Iterator[Iterator[Job[T]]]:
    """Do the work for each variant, at most so many at a time; gives the jobs in the order of the variants.

    Where the work for one raises, the others go on. When the
    context is left early, by Ctrl-C for one, all that runs is stopped first.
    """
    if min(most, len(variants)) <= 1:
        yield (_done(variant, work) for variant in variants)
        return
    from concurrent.futures import ThreadPoolExecutor

    from cvbuild.typeset.turns import Turns

    turns = Turns()

    def in_turn(variant: str) -> Job[T]:
        with turns.taking():
            return _done(variant, work)

    with ThreadPoolExecutor(min(most, len(variants)), thread_name_prefix="variant") as pool:
        try:
            futures = [pool.submit(in_turn, variant) for variant in variants]
            yield (future.result() for future in futures)
        except BaseException:
            turns.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _done(variant: str, work: Callable[[str], T]) -> Job[T]:
    started = time.perf_counter()
    result: T | Exception
    try:
        result = work(variant)
    except Exception as problem:  # whoever asks for the jobs raises it, when the others are done
        result = problem
    return Job(variant, time.perf_counter() - started, result)
