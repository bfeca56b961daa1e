"""The file of numbers: what is written into it, and what may be wrong in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvbuild.commands.lists import keep_numbers
from cvbuild.diagnostics import Findings
from cvbuild.read.numberlock import load_numbers, with_lines
from cvbuild.select.numbers import permanent_numbers
from cvbuild.source import SourceFile
from tests.projects import commit, git, load_project, write_project
from tests.select.test_numbers import FIRST, TODAY, entry, files, number


def test_the_day_is_kept_of_what_joins_a_numbered_list_only(tmp_path: Path) -> None:
    number(tmp_path, FIRST, date(2025, 1, 31))
    number(tmp_path, FIRST + entry("d", 2021) + entry("s", 2021, "software"), date(2026, 2, 1))
    lines = (tmp_path / "bib" / "numbers.lock").read_text(encoding="utf-8").splitlines()
    assert all(line.startswith("# ") for line in lines[:3])
    assert "`cvbuild number`" in lines[0]
    assert lines[3:] == [
        "a | J1 | - | 2018 | - | On A",
        "b | J2 | - | 2020 | - | On B",
        "c | J3 | - | 2020 | - | On C",
        "d | J4 | 2026-02-01 | 2021 | - | On D",
        "p | C1 | - | 2019 | - | On P",
        "s | 1 | - | 2021 | - | On S",
    ]


def test_what_a_person_wrote_into_the_file_stays(tmp_path: Path) -> None:
    typed = "# Mine.\r\n\r\n  z | J3\r\n# about b\r\nb|J9|2020-02-02 # no\r\n"
    typed = typed.replace(" # no", " | 2020 | - | A Title | with a bar")
    write_project(tmp_path, {**files(FIRST), "bib/numbers.lock": typed.encode()})
    project, cv = load_project(tmp_path)
    keep_numbers(project, cv, permanent_numbers(cv, Findings()), TODAY)
    lines = (tmp_path / "bib" / "numbers.lock").read_bytes().decode().split("\r\n")
    assert [line for line in lines if line in typed.split("\r\n")] == typed.split("\r\n")
    assert [line.split(" | ")[:2] for line in lines if "2026-11-25" in line] == [["a", "J10"], ["c", "J11"]]


def test_with_nothing_new_the_file_is_not_touched(tmp_path: Path) -> None:
    write_project(tmp_path, files(entry("a", 2018), "b | J2\na | J1"))
    number(tmp_path, entry("a", 2018))
    assert (tmp_path / "bib" / "numbers.lock").read_bytes() == b"b | J2\na | J1"


def test_lines_are_added_in_the_order_of_their_keys() -> None:
    source = SourceFile("numbers.lock", "# head\nb | J1\n# of d\nd | J2\n")
    added, _ = load_numbers(SourceFile("new", "e | J6\na | J3\nc | J4\nb | C1\n"))
    assert with_lines(source, added.lines).splitlines() == [
        "# head", "a | J3 | - | - | - | -", "b | J1", "b | C1 | - | - | - | -", "c | J4 | - | - | - | -",
        "# of d", "d | J2", "e | J6 | - | - | - | -",
    ]  # fmt: skip


def problems(lock: str) -> list[tuple[str, str]]:
    _, found = load_numbers(SourceFile("numbers.lock", lock))
    assert all(item.severity == "error" and item.hints for item in found.items)
    return [(item.code, item.span.place) for item in found.items if item.span]


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        ("a | J1\nb | J1\n", [("duplicate-number", "numbers.lock:2:1")]),
        ("a | J1\n a | J2\n", [("duplicate-number", "numbers.lock:2:2")]),
        ("a | J1\na | J1 | 2026-01-01\n", [("duplicate-number", "numbers.lock:2:1")]),
        ("a | J1\na | C1\nb | 1\n", []),
        ("a J1\n", [("number-line", "numbers.lock:1:1")]),
        ("\n\n   a | J\n", [("number-line", "numbers.lock:3:4")]),
        ("a | J01\n", [("number-line", "numbers.lock:1:1")]),
        ("a | J0\n", [("number-line", "numbers.lock:1:1")]),
        (f"a | J{'9' * 5000}\n", [("number-line", "numbers.lock:1:1")]),
        ("| J1\n", [("number-line", "numbers.lock:1:1")]),
        ("a | J1 | yesterday\n", [("number-line", "numbers.lock:1:1")]),
        ("a | J1 | 2025-02-30\n", [("number-line", "numbers.lock:1:1")]),
        ("a | A1.1\n# a | A1.1\nb | Ω-2 | - | - | - | -\n", []),
        ("<<<<<<< HEAD\na | J1\n=======\nb | J1\n>>>>>>> x\n", [("number-conflict", "numbers.lock:1:1")]),
        ("a | J1\n=======\nb | J1\n", [("number-conflict", "numbers.lock:2:1")]),
    ],
)
def test_what_is_wrong_in_the_file_has_its_line(lock: str, expected: list[tuple[str, str]]) -> None:
    assert problems(lock) == expected


def test_branches_that_add_entries_merge_and_a_number_given_twice_is_found(tmp_path: Path) -> None:
    lock = tmp_path / "bib" / "numbers.lock"
    number(tmp_path, FIRST)
    commit(tmp_path)
    for branch, added in (("left", entry("aa", 2021)), ("right", entry("zz", 2021))):
        git(tmp_path, "checkout", "-q", "-f", "-b", branch, "main")
        number(tmp_path, FIRST + added)
        git(tmp_path, "commit", "-q", "-m", branch, "bib/numbers.lock")
    git(tmp_path, "checkout", "-q", "-f", "right")
    git(tmp_path, "merge", "-q", "-m", "both", "left")
    assert problems(lock.read_text(encoding="utf-8")) == [("duplicate-number", "numbers.lock:9:1")]


FILE = st.text(st.sampled_from("ab #|-J10\n\r\t<=>é\x85"), max_size=80)


@settings(max_examples=150, deadline=None)
@given(FILE)
def test_any_file_is_read_and_nothing_in_it_is_lost(text: str) -> None:
    source = SourceFile("numbers.lock", text)
    load_numbers(source)
    added, _ = load_numbers(SourceFile("new", "ab | J77\nb | J78\n"))
    written = with_lines(source, added.lines).split("\n")
    for line in added.lines:
        written.remove(str(line))
    assert [line for line in written if line.strip()] == [line for line in text.split("\n") if line.strip()]
