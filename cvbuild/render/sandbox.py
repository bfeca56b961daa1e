"""What templates may reach and call, and how much they may do.

Jinja's sandbox keeps templates from Python's insides. What its documentation leaves to the host
("Sandbox", security considerations) is done here: no loop without end, no value that fills the memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from types import BuiltinMethodType, MethodType
from typing import Any, ClassVar, TypeVar

import jinja2
from jinja2.filters import do_batch, do_round, do_slice
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from cvbuild.record import MutableRecord, field

MOST_STEPS = 2_000_000
"""Turns of loops, macros, blocks and includes in one filling; an entry takes about 50."""
MOST_SECONDS = 60.0
LONGEST_VALUE = 10_000_000
"""Characters of a text, or items of a list."""
_MOST_BITS = 10_000

_METHODS = frozenset(
    """capitalize casefold count endswith find index isalnum isalpha isdecimal isdigit islower isnumeric
    isspace isupper lower lstrip partition removeprefix removesuffix rpartition rsplit rstrip split
    splitlines startswith strip swapcase title upper
    __getitem__ get items keys values
    changed cycle next reset
    in_language speaks inner_items leaves""".split()
)
"""The methods that a template may call, of texts, mappings, loops and content.

None of them changes the content or makes a much longer value.
"""

_METHOD = (MethodType, BuiltinMethodType)

T = TypeVar("T")


class TooMuchError(Exception):
    """Raised for templates without end, and for values that would fill the memory."""

    def __init__(self, message: str = "the templates print or repeat without end") -> None:
        super().__init__(message)


class UnknownNameError(jinja2.UndefinedError):
    """Raised where a template asks for what is not there; knows what of, and by which name."""

    def __init__(self, message: str, owner: object, name: object) -> None:
        super().__init__(message)
        self.owner, self.name = owner, name


class UnknownValue(jinja2.StrictUndefined):
    """What is not there: an error as soon as it is used."""

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: Callable[[str], Exception] = jinja2.UndefinedError,
    ) -> None:
        if exc is jinja2.UndefinedError and hint is None:
            exc = partial(UnknownNameError, owner=obj, name=name)
        super().__init__(hint, obj, name, exc)  # type: ignore[arg-type]  # Jinja only calls it


class _Work(MutableRecord):
    steps: int = 0
    until: float = field(default_factory=lambda: time.monotonic() + MOST_SECONDS)


_work: ContextVar[_Work] = ContextVar("work")


@contextmanager
def limited() -> Iterator[None]:
    """Fill templates within the limits of steps and time. Outside of this none can be filled."""
    token = _work.set(_Work())
    try:
        yield
    finally:
        _work.reset(token)


def step() -> None:
    """Count a step. Raises TooMuchError beyond the limits, LookupError outside of `limited`."""
    work = _work.get()
    work.steps += 1
    if work.steps > MOST_STEPS:
        raise TooMuchError
    if time.monotonic() > work.until:
        raise TooMuchError(f"the templates take longer than {MOST_SECONDS:.0f} seconds")


def bounded(value: T) -> T:
    """A value that was computed. Raises TooMuchError if it is too large for a CV."""
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise TooMuchError("this number is too large")
    if isinstance(value, str | list | tuple) and len(value) > LONGEST_VALUE:
        raise TooMuchError
    return value


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with the methods that may be called named one by one, and a limit to all work.

    The code of loops is generated to call `turns`.
    """

    intercepted_binops = frozenset({"*", "**", "%", "+"})
    bounded = staticmethod(bounded)
    _safe: ClassVar[set[tuple[type, str]]] = set()

    def wrap_str_format(self, value: object) -> None:
        """`format` can make any length of anything: it is a method like others, and not among `_METHODS`."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """As Jinja's, which looks at the type and the name alone."""
        is_safe = super().is_safe_attribute(obj, attr, value)
        if is_safe:
            self._safe.add((type(obj), attr))
        return is_safe

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As Jinja's, without an error raised for each key of a mapping, and each attribute judged once."""
        if isinstance(obj, dict) and attribute in obj and not hasattr(obj, attribute):
            return obj[attribute]
        value = getattr(obj, attribute, missing) if (type(obj), attribute) in self._safe else missing
        return super().getattr(obj, attribute) if value is missing else value

    def is_safe_callable(self, obj: Any) -> bool:
        """Functions, macros, and the methods that are named above."""
        is_method = isinstance(obj, _METHOD)
        return not is_method or (obj.__name__ in _METHODS and not isinstance(obj.__self__, type))

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic, as long as its result is of a size for a CV."""
        if operator == "%" and isinstance(left, str):
            raise TooMuchError("`%` does not put values into text here: join them with `~`")
        if operator == "**" and _bits_of_power(left, right) > _MOST_BITS:
            raise TooMuchError(f"{left} ** {right} is too large a number")
        if operator == "*" and max(_product(left, right), _product(right, left)) > LONGEST_VALUE:
            raise TooMuchError("a value is repeated here more often than any CV needs")
        return bounded(super().call_binop(context, operator, left, right))

    def join_path(self, template: str, parent: str) -> str:
        """The name of a template that another one includes or imports: a step."""
        step()
        return template

    @staticmethod
    def turns(values: Iterable[Any]) -> Iterator[Any]:
        """What a loop goes through, each turn a step."""
        for value in values:
            step()
            yield value

    @staticmethod
    def concat(pieces: Iterable[str]) -> str:
        """The text of a macro or block, in one piece: a step."""
        step()
        printed = pieces if isinstance(pieces, list) else list(pieces)
        if sum(map(len, printed)) > LONGEST_VALUE:
            raise TooMuchError
        return "".join(printed)


def _bits_of_power(base: object, exponent: object) -> float:
    return base.bit_length() * exponent if isinstance(base, int) and isinstance(exponent, int | float) else 0


def _product(several: object, times: object) -> int:
    return len(several) * times if isinstance(several, str | list | tuple) and isinstance(times, int) else 0


def _at_most(most: int, number: int) -> int:
    if number > most:
        raise TooMuchError(f"{number} is more than any CV needs here; {most} is the most")
    return number


def _batch(value: Iterable[Any], linecount: int, fill_with: Any = None) -> Any:
    return do_batch(value, _at_most(1000, linecount), fill_with)


def _slice(value: Iterable[Any], slices: int, fill_with: Any = None) -> Any:
    return do_slice(value, _at_most(1000, slices), fill_with)


def _round(value: float, precision: int = 0, method: Any = "common") -> float:
    return do_round(value, _at_most(100, precision), method)


SIZED_FILTERS: Mapping[str, Callable[..., Any]] = {"batch": _batch, "slice": _slice, "round": _round}
"""Jinja's filters that make as much as a number says."""
