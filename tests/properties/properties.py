"""Properties and the number of examples each is tried on, for the tests and for `python -m tests.fuzz`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import walk_packages
from typing import TypeVar

from hypothesis import HealthCheck, given, settings
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
"""Settings of `make test`."""

AT_RANDOM = settings(TESTED, derandomize=False)
"""Settings of `make fuzz`."""


@dataclass(frozen=True)
class Property:
    """What has to hold, and the number of examples it is tried on in one round."""

    name: str
    examples: int
    run: Callable[[settings, int], None]
    """Tries it on a number of examples; raises AssertionError, with the smallest one, if it does not hold."""


PROPERTIES: list[Property] = []
"""All of them, as their modules are imported."""


def holds_for(strategy: st.SearchStrategy[T], examples: int) -> Callable[[Callable[[T], None]], None]:
    """Register a function that asserts something of one example as a property."""

    def register(check: Callable[[T], None]) -> None:
        def run(how: settings, count: int) -> None:
            settings(how, max_examples=count)(given(strategy)(check))()

        PROPERTIES.append(Property(check.__name__.replace("_", " "), examples, run))

    return register
