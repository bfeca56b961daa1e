"""Whether entries are accounted for once. What `audit` prints: tests/cases/commands/audit.txt."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.content.cv import Cv
from cvbuild.content.kinds import Section
from cvbuild.select.selection import _entries_of
from cvbuild.select.types import Account, Entry, Ledger, LeftOut
from cvbuild.source import SourceFile, Span
from tests.conftest import RunCli
from tests.projects import adds_up, write_project

SOURCE = SourceFile("content/a.yaml", "one\ntwo\nthree\n")
ONE, TWO, THREE = (
    Entry(word, Span(SOURCE, SOURCE.text.index(word), SOURCE.text.index(word) + len(word)))
    for word in ("one", "two", "three")
)


def left_out(entry: Entry, reason: str = "over the limit of 1") -> LeftOut:
    return LeftOut("a", entry.summary, entry.span, reason)


@pytest.mark.parametrize(
    ("printed", "others", "unaccounted"),
    [
        ((ONE,), (left_out(TWO),), []),  # it adds up
        ((ONE,), (), [TWO]),  # lost
        ((ONE, TWO), (left_out(TWO),), [TWO]),  # both printed and left out
        ((ONE, ONE), (), [TWO, ONE]),  # the sum is right, and yet one is lost
        ((ONE, TWO, THREE), (), [THREE]),  # never read
    ],
)
def test_an_account_names_the_entries_that_are_neither_printed_nor_left_out_once(
    printed: tuple[Entry, ...], others: tuple[LeftOut, ...], unaccounted: list[Entry]
) -> None:
    account = Account("a", "A", (ONE, TWO), printed, others)
    assert account.unaccounted == unaccounted
    assert adds_up(Ledger((account,))) == (not unaccounted)


def test_a_wrong_ledger_stops_all(tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_twice(cv: Cv, section: Section) -> tuple[Entry, ...]:
        return (*_entries_of(cv, section), *_entries_of(cv, section)[-1:])

    monkeypatch.setattr("cvbuild.select.selection._entries_of", read_twice)
    write_project(
        tmp_path, {"content/talks.yaml": "kind: talks\ntitle: Talks\nitems: [{title: First, date: 2024}]\n"}
    )
    for command in ("pdf", "tex", "check", "audit"):
        outcome = run_cli("-C", tmp_path, command)
        assert outcome.code == 1
        assert "error[ledger]: the ledger of `full` does not add up in `talks`: `First`" in outcome.err
    assert not (tmp_path / "build" / "cv-full.pdf").exists()
