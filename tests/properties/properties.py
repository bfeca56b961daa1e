"""Properties and the number of examples each is tried on, for the tests and for `python -m tests.fuzz`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pkgutil import walk_packages
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import cvbuild

T = TypeVar("T")

# Hypothesis also draws strings that stand in the modules loaded so far. The stages are
# loaded as they are needed, so that the order of the tests would choose the examples.
for _module in walk_packages(cvbuild.__path__, "cvbuild."):
    if not _module.name.endswith("__main__"):
        import_module(_module.name)

TESTED = settings(
    derandomize=True,  # the same examples every time: a test fails or it does not
    database=None,
    deadline=None,  # the first call imports what later ones find loaded
    # Texts are long and thrown away where a loader refuses them; both is meant.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
"""What `make test` runs with."""

AT_RANDOM = settings(TESTED, derandomize=False)
"""What `make fuzz` runs with."""


@dataclass(frozen=True)
class Property:
    """What has to hold, and for how many examples it is tried in one round."""

    name: str
    examples: int
    _run: Callable[[settings, int], None]

    def hold(self, how: settings = TESTED, examples: int | None = None) -> None:
        """Try it. Raises AssertionError, with the smallest example, where it does not hold."""
        self._run(how, examples or self.examples)


PROPERTIES: list[Property] = []
"""All of them, as their modules are imported."""


def holds_for(strategy: st.SearchStrategy[T], examples: int) -> Callable[[Callable[[T], None]], Property]:
    """A function that asserts something of one example becomes a property."""

    def registered(check: Callable[[T], None]) -> Property:
        def run(how: settings, count: int) -> None:
            settings(how, max_examples=count)(given(strategy)(check))()

        return _registered(check.__name__.replace("_", " "), examples, run)

    return registered


def holds_for_all(
    strategy: st.SearchStrategy[T], examples: int, name: str
) -> Callable[[Callable[[Sequence[T]], None]], Property]:
    """A function that asserts something of many examples at once becomes a property.

    Hypothesis draws them; what finds the smallest one is the function's own affair.
    """

    def registered(check: Callable[[Sequence[T]], None]) -> Property:
        def run(how: settings, count: int) -> None:
            drawn: list[T] = []

            def draw(example: T) -> None:
                drawn.append(example)

            settings(how, max_examples=count, phases=[Phase.generate])(given(strategy)(draw))()
            check(drawn)

        return _registered(name, examples, run)

    return registered


def _registered(name: str, examples: int, run: Callable[[settings, int], None]) -> Property:
    PROPERTIES.append(Property(name, examples, run))
    return PROPERTIES[-1]
