"""What templates may reach and call, and how much they may do.

Jinja's sandbox keeps templates from Python's insides. This one also keeps them from
what its own documentation leaves to the host (Jinja, "Sandbox", security
considerations): loops without end, values that fill the memory, methods that change
the content.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any

import jinja2
import jinja2.sandbox
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.filters import do_batch, do_round, do_slice
from jinja2.runtime import BlockReference, LoopContext, Macro
from jinja2.utils import Cycler, Joiner, Namespace

from cvbuild.record import MutableRecord, field
from cvbuild.render.refusals import TooMuchError

MOST_CHARACTERS = 100_000_000
"""What one document's templates may print, each pass through a macro or block counted."""
STEP = 40
"""Characters that a turn of a loop or a call counts for."""
MOST_SECONDS = 60.0
LONGEST_VALUE = 1_000_000
_MOST_BITS = 10_000
_MOST_JUDGED = 10_000

_METHODS: tuple[tuple[type, frozenset[str]], ...] = (
    (
        str,
        frozenset(
            """capitalize casefold count endswith find index isalnum isalpha isdecimal isdigit islower
            isnumeric isspace isupper lower lstrip partition removeprefix removesuffix rpartition rsplit
            rstrip split splitlines startswith strip swapcase title upper""".split()
        ),
    ),
    (Mapping, frozenset("__getitem__ get items keys values".split())),
    (list, frozenset({"count", "index"})),
    (tuple, frozenset({"count", "index"})),
    (LoopContext, frozenset({"changed", "cycle"})),
    (Cycler, frozenset({"next", "reset"})),
)
"""The methods that a template may call; none of them changes a value or makes a much longer one."""
_CONTENT_METHODS = frozenset("in_language speaks inner_items leaves".split())


class _Budget(MutableRecord):
    left: int = MOST_CHARACTERS
    until: float = field(default_factory=lambda: time.monotonic() + MOST_SECONDS)


_budget: ContextVar[_Budget] = ContextVar("budget")


@contextmanager
def counted() -> Iterator[None]:
    """Fill the templates of one document, all that is done for it counted.

    Outside of this none can be filled: one that nobody counts could go on for ever.
    """
    token = _budget.set(_Budget())
    try:
        yield
    finally:
        _budget.reset(token)


def charge(characters: int) -> None:
    """Count something done for the document at hand. Raises TooMuchError where it is too much.

    Raises LookupError outside of `counted`.
    """
    budget = _budget.get()
    budget.left -= characters
    if budget.left < 0:
        raise TooMuchError("the templates print or repeat without end")
    if time.monotonic() > budget.until:
        raise TooMuchError(f"the templates take longer than {MOST_SECONDS:.0f} seconds")


def charged(text: str) -> str:
    """A text, counted."""
    charge(len(text))
    return text


class _Turns:
    """What a loop goes through, each turn counted; `weight` is the text of its body."""

    def __init__(self, values: Iterable[Any], weight: int) -> None:
        self.values = values
        self.cost = STEP + weight

    def __iter__(self) -> Iterator[Any]:
        for value in self.values:
            charge(self.cost)
            yield value

    def __len__(self) -> int:
        return len(self.values)  # type: ignore[arg-type]  # Jinja expects the TypeError of what has no length


class GuardedCodeGenerator(CodeGenerator):
    """Has the turns of every loop counted."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - Jinja's name
        """Give every loop its counter before anything is compiled."""
        for loop in node.find_all(nodes.For):
            weight = sum(len(text.data) for text in loop.find_all(nodes.TemplateData))
            loop.iter = nodes.Filter(
                loop.iter, "turns", [nodes.Const(weight)], [], None, None, lineno=loop.iter.lineno
            )
        super().visit_Template(node, frame)


class GuardedEnvironment(jinja2.sandbox.ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with the methods that may be called named one by one, and all work counted."""

    code_generator_class = GuardedCodeGenerator
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        del self.globals["lipsum"]  # it prints HTML at random
        self._judged: dict[tuple[type, str], bool] = {}

    charged = staticmethod(charged)

    def wrap_str_format(self, value: Any) -> Any:
        """`format` can make any length of anything: it is a method like others, and not on the list."""
        return None

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As Jinja's, which asks anew at every value and has an error raised for each key of a mapping."""
        # Tens of times for each publication: `suppress` would take longer than what it is for.
        try:
            if self._judged.get((type(obj), attribute)):
                return getattr(obj, attribute)
            if isinstance(obj, dict) and not hasattr(obj, attribute):
                return obj[attribute]
        except (AttributeError, LookupError):
            pass  # Jinja says what is missing
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Not the private ones."""
        # What is judged is the type and the name: each pair once, as a long list asks for it at every item.
        judged = self._judged.get((type(obj), attr))
        if judged is None:
            judged = super().is_safe_attribute(obj, attr, value)
            if len(self._judged) < _MOST_JUDGED:
                self._judged[type(obj), attr] = judged
        return judged

    def is_safe_callable(self, obj: Any) -> bool:
        """Macros, the functions given to templates, and the methods on the list."""
        if isinstance(obj, jinja2.Undefined) or not callable(obj):
            return True  # calling it says what it is
        if isinstance(obj, MethodType | BuiltinMethodType):
            of = obj.__self__
            if isinstance(of, type):
                return False
            allowed = (names for kind, names in _METHODS if isinstance(of, kind))
            return obj.__name__ in next(allowed, _CONTENT_METHODS)
        if isinstance(obj, type):
            return obj in {dict, Namespace, Cycler, Joiner}
        return isinstance(obj, FunctionType | Macro | LoopContext | BlockReference | Joiner)

    def call(*arguments: Any, **more: Any) -> Any:
        """A call of a template's, counted; its keywords may be called `self`."""
        charge(STEP)
        return jinja2.sandbox.SandboxedEnvironment.call(*arguments, **more)

    def get_template(self, *arguments: Any, **more: Any) -> jinja2.Template:
        """A template, counted, as includes can multiply."""
        charge(STEP)
        return super().get_template(*arguments, **more)

    def select_template(self, *arguments: Any, **more: Any) -> jinja2.Template:
        """The first template there is, counted."""
        charge(STEP)
        return super().select_template(*arguments, **more)

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic, as long as its result is of a size for a CV."""
        if operator == "%" and isinstance(left, str):
            raise TooMuchError("`%` does not put values into text here: join them with `~`")
        if operator == "**" and _bits_of_power(left, right) > _MOST_BITS:
            raise TooMuchError(f"{left} ** {right} is too large a number")
        if operator == "*" and max(_product(left, right), _product(right, left)) > LONGEST_VALUE:
            raise TooMuchError("a value is repeated here more often than any CV needs")
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int) and result.bit_length() > _MOST_BITS:
            raise TooMuchError("this number is too large")
        if isinstance(result, str | list | tuple):
            charge(STEP * len(result))
        return result


def _bits_of_power(base: object, exponent: object) -> float:
    return base.bit_length() * exponent if isinstance(base, int) and isinstance(exponent, int | float) else 0


def _product(several: object, times: object) -> int:
    return len(several) * times if isinstance(several, str | list | tuple) and isinstance(times, int) else 0


def _at_most(most: int, number: int) -> int:
    if number > most:
        raise TooMuchError(f"{number} is more than any CV needs here; {most} is the most")
    return number


def _batch(value: Iterable[Any], linecount: int, fill_with: Any = None) -> Any:
    return do_batch(list(value), _at_most(1000, linecount), fill_with)


def _slice(value: Iterable[Any], slices: int, fill_with: Any = None) -> Any:
    return do_slice(list(value), _at_most(1000, slices), fill_with)


def _round(value: float, precision: int = 0, method: Any = "common") -> float:
    return do_round(value, _at_most(100, precision), method)


GUARDED_FILTERS: Mapping[str, Callable[..., Any]] = {
    "batch": _batch,
    "slice": _slice,
    "round": _round,
    "turns": _Turns,
}
"""Jinja's filters that make more of a number than they get, and the one that loops are counted by."""
