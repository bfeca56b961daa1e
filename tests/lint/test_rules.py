"""What holds for all the rules: their codes and their cost. What each one finds: tests/cases/lint/."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from cvbuild.explain import codes
from cvbuild.lint import lint_cv
from cvbuild.scaffold import create_project
from cvbuild.words import is_one_slip_apart, neighbours, with_a_letter_less
from tests.conftest import count_calls
from tests.projects import load_project, write_project
from tests.test_cases import cases_in

CODES = [code for code in codes() if code.startswith("lint-")]
TODAY = date(2030, 1, 1)


@pytest.mark.parametrize("code", CODES)
def test_each_code_has_a_case_in_which_it_is_printed(code: str) -> None:
    assert any(f"[{code}]" in case.expected for case in cases_in("lint"))


def test_half_of_the_cases_are_near_misses() -> None:
    silent = [case for case in cases_in("lint") if case.expected.startswith("no problems found\n")]
    assert len(silent) >= 15


def test_the_starter_has_nothing_to_complain_of(tmp_path: Path) -> None:
    create_project(tmp_path / "cv")
    assert lint_cv(*load_project(tmp_path / "cv"), TODAY) == []


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("Achtibat", "Achtabat", True),
        ("Neuroscience", "Neurosceince", True),
        ("tide", "tides", True),
        ("tides", "tide", True),
        ("tide", "tide", False),
        ("Geology", "Zoology", False),
        ("", "a", True),
        ("ab", "cd", False),
    ],
)
def test_one_slip_is_a_letter_more_less_or_other_or_two_swapped(one: str, other: str, apart: bool) -> None:
    assert is_one_slip_apart(one, other) is apart
    if apart:
        assert with_a_letter_less(one) & with_a_letter_less(other)


def test_neighbours_are_few_and_come_once() -> None:
    items = list(range(1000))
    pairs = list(neighbours(items, [lambda item: item % 7, lambda item: -item], reach=5))
    assert len(pairs) == len(set(pairs)) <= 2 * 5 * len(items)
    assert all(one < other for one, other in pairs)
    assert (10, 11) in pairs


def _alike(count: int) -> Iterator[str]:
    """Entries that look as much like each other as they can: one title, one family, one kind of venue."""
    for at in range(count):
        yield (
            f"@article{{a{at}, title = {{Deep Tides}}, year = {{2020}},"
            f" journal = {{Journal of Tides A{at:05}}}, author = {{Example, Ada and"
            f" Muster, A. {chr(65 + at % 26)}. and Mu{chr(97 + at % 26)}ster, B.}}}}\n"
        )


def _different(count: int) -> Iterator[str]:
    """Entries with little in common but their words."""
    words = "tide storm gauge ferry chart buoy river marsh dune coast".split()
    for at in range(count):
        title = " ".join(words[(at // 10**place) % 10] for place in range(4))
        yield (
            f"@inproceedings{{b{at}, title = {{On {title}}}, year = {{{1950 + at % 70}}},"
            f" doi = {{10.5555/{at}}}, booktitle = {{Conference on {title}}},"
            f" author = {{Example, Ada and Person{at:04}, P. and Other{at % 50}, O.}}}}\n"
        )


@pytest.mark.parametrize("entries", [_alike, _different])
def test_the_cost_grows_with_the_entries(entries: Callable[[int], Iterator[str]], tmp_path: Path) -> None:
    calls = []
    for count in (200, 400):
        folder = write_project(tmp_path / str(count), {"bib/a.bib": "".join(entries(count))})
        calls.append(count_calls(partial(lint_cv, *load_project(folder), TODAY)))
    assert 10_000 < calls[1] < 2.5 * calls[0], calls
