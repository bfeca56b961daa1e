"""Attributes that are computed when they are first asked for."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 12):
    from functools import cached_property
else:
    from collections.abc import Callable
    from typing import Any, Generic, TypeVar, overload

    _Value = TypeVar("_Value")

    class cached_property(Generic[_Value]):  # noqa: N801 - the name of Python's own
        """As `functools` has it from Python 3.12 on: without a lock.

        The one before holds a lock for all instances while it computes. A thread that gives its
        turn away in there (`cvbuild.typeset.turns`) would keep it from the thread whose turn it is then,
        and both would wait for ever.
        """

        def __init__(self, compute: Callable[[Any], _Value]) -> None:
            self._compute = compute
            self.__doc__ = compute.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        @overload
        def __get__(self, instance: None, owner: type) -> cached_property[_Value]: ...
        @overload
        def __get__(self, instance: object, owner: type) -> _Value: ...

        def __get__(self, instance: object | None, owner: type) -> cached_property[_Value] | _Value:
            if instance is None:
                return self
            # Where an instance has the attribute itself, Python asks no more here; frozen ones get it too.
            value = instance.__dict__[self._name] = self._compute(instance)
            return value


__all__ = ["cached_property"]
