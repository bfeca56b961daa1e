"""An entry with a new key, told from another work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import RunCli
from tests.projects import write_project
from tests.select.numbered import FIRST, entry, files, number, printed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            entry("c", 2020, more=", doi={10.1000/182}"),
            entry("renamed", 2021, title="Another", more=", doi={https://doi.org/10.1000/182}"),
            id="same DOI",
        ),
        pytest.param(
            entry("c", 2020, title="On {C}ommas, and Dots"),
            entry("renamed", 2020, title="On commas and dots"),
            id="same title and year",
        ),
    ],
)
def test_a_renamed_key_is_reported_with_its_cure_and_keeps_its_number(
    tmp_path: Path, run_cli: RunCli, old: str, new: str
) -> None:
    number(tmp_path, entry("a", 2018) + old)
    numbers, findings = number(tmp_path, entry("a", 2018) + new)
    assert numbers == {"a": "J1", "c": "J2"}
    assert [item.code for item in findings] == ["renamed-entry"]
    assert findings[0].hints[0] == "write `renamed` in place of `c` here"
    assert printed(tmp_path)[0] == ["J2 renamed", "J1 a"]
    assert run_cli("-C", tmp_path, "number").code == 1
    lock = tmp_path / "bib" / "numbers.lock"
    lock.write_text(lock.read_text(encoding="utf-8").replace("c |", "renamed |"), encoding="utf-8")
    assert printed(tmp_path) == (["J2 renamed", "J1 a"], [])
    assert run_cli("-C", tmp_path, "number", "--check").code == 0


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(entry("other", 2021, title="On C"), id="another year"),
        pytest.param(entry("other", 2020, title="On See"), id="another title"),
        pytest.param(entry("other", 2020, title="On C", more=", doi={10.1000/2}"), id="another DOI"),
        pytest.param(entry("other", 2020, "inproceedings", title="On C"), id="another category"),
    ],
)
def test_another_work_gets_a_number_of_its_own(tmp_path: Path, new: str) -> None:
    number(tmp_path, FIRST.replace(entry("c", 2020), entry("c", 2020, more=", doi={10.1000/1}")))
    numbers, findings = number(tmp_path, FIRST.replace(entry("c", 2020), new))
    assert numbers["other"] in {"J4", "C2"}
    assert findings == []


def test_a_line_cut_down_to_key_and_number_is_of_another_work(tmp_path: Path) -> None:
    write_project(tmp_path, files("", "gone | J7\n"))
    assert number(tmp_path, entry("a", 2018))[0] == {"gone": "J7", "a": "J8"}


def test_two_entries_cannot_both_be_the_renamed_one(tmp_path: Path) -> None:
    number(tmp_path, entry("a", 2018, title="Same"))
    numbers, findings = number(tmp_path, entry("x", 2018, title="Same") + entry("y", 2018, title="Same"))
    assert numbers == {"a": "J1", "y": "J2"}
    assert [item.code for item in findings] == ["renamed-entry"]
