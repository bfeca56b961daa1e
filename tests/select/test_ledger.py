from __future__ import annotations

import json
from pathlib import Path

import pytest

from cvbuild.commands.lists import ledger_lines as as_lines
from cvbuild.content.cv import Cv
from cvbuild.content.kinds import Section
from cvbuild.select.selection import _entries_of, select
from cvbuild.select.types import Account, Entry, Ledger, LeftOut
from cvbuild.source import SourceFile, Span
from tests.conftest import RunCli
from tests.projects import adds_up, load, write_project

SOURCE = SourceFile("content/a.yaml", "one\ntwo\nthree\n")
ONE, TWO, THREE = (
    Entry(word, Span(SOURCE, SOURCE.text.index(word), SOURCE.text.index(word) + len(word)))
    for word in ("one", "two", "three")
)

FILES: dict[str, str | bytes | None] = {
    "content/cv.yaml": (
        "owner: {name: Ada Example}\nvariants:\n  full: {}\n  short:\n    sections:\n"
        "      - {section: talks, since: 2020, limit: 1}\n"
    ),
    "content/bio.yaml": "kind: text\ntitle: Short Bio\ntext: Ada.\n",
    "bib/none.bib": None,
    "content/talks.yaml": (
        "kind: talks\ntitle: Talks\nitems:\n"
        "  - {title: First, date: 2024}\n  - {title: Second, date: 2022}\n  - {title: Third, date: 2010}\n"
    ),
}


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


def test_a_ledger_that_is_off_stops_the_build(
    tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_twice(cv: Cv, section: Section) -> tuple[Entry, ...]:
        return (*_entries_of(cv, section), *_entries_of(cv, section)[-1:])

    monkeypatch.setattr("cvbuild.select.selection._entries_of", read_twice)
    write_project(tmp_path, FILES)
    for command in ("pdf", "tex", "check", "audit"):
        outcome = run_cli("-C", tmp_path, command)
        assert outcome.code == 1
        assert "error[ledger]: the ledger of `full` does not add up in `talks`: `Third`" in outcome.err
    assert not (tmp_path / "build" / "cv-full.pdf").exists()


def test_the_audit_groups_what_is_left_out_by_its_reason(tmp_path: Path) -> None:
    cv, _ = load(tmp_path, FILES)
    assert list(as_lines({name: select(cv, name)[0].ledger for name in ("full", "short")})) == [
        "full: 4 read = 4 printed + 0 left out",
        "  bio    1 read = 1 printed + 0 left out",
        "  talks  3 read = 3 printed + 0 left out",
        "",
        "short: 4 read = 1 printed + 3 left out",
        "  talks  3 read = 1 printed + 2 left out",
        "    over the limit of 1:",
        "      content/talks.yaml:5:5  Second",
        "    older than 2020:",
        "      content/talks.yaml:6:5  Third",
        "  bio    1 read = 0 printed + 1 left out",
        "    the variant does not have the section `bio`:",
        "      content/bio.yaml:1:1  Short Bio",
    ]


def test_the_audit_of_one_variant_for_programs(tmp_path: Path, run_cli: RunCli) -> None:
    write_project(tmp_path, FILES)
    outcome = run_cli("-C", tmp_path, "audit", "--variant", "short", "--json")
    assert outcome.code == 0
    told = json.loads(outcome.out)
    assert (told["errors"], told["warnings"]) == (0, 0)
    (short,) = told["variants"]
    assert (short["variant"], short["read"], short["printed"], short["left_out"]) == ("short", 4, 1, 3)
    talks = short["sections"][0]
    assert (talks["section"], talks["title"], talks["read"], talks["printed"]) == ("talks", "Talks", 3, 1)
    assert [(item["summary"], item["reason"], item["place"]["line"]) for item in talks["left_out"]] == [
        ("Second", "over the limit of 1", 5),
        ("Third", "older than 2020", 6),
    ]


LISTS = """\
@article{first, author = {Example, Ada}, title = {First}, journal = {J}, year = 2020}
@article{first, author = {Example, Ada}, title = {First}, journal = {J}, year = 2020}
@inproceedings{paper, author = {Example, Ada}, title = {Paper}, crossref = {volume}, year = 2021}
@proceedings{volume, title = {Volume}, year = 2021}
@article{unclosed, title = {Never, year = 2019}
@xdata{shared, publisher = {Press}}
@article{last, author = {Example, Ada}, title = {Last}, journal = {J}, year = 2018}
"""
PUBLICATIONS = """\
kind: publications
title: Publications
categories:
  - {id: all, title: All, match: {}}
"""


def test_every_entry_of_the_bibliography_is_accounted_for(tmp_path: Path, run_cli: RunCli) -> None:
    write_project(tmp_path, {"content/publications.yaml": PUBLICATIONS, "bib/all.bib": LISTS})
    outcome = run_cli("-C", tmp_path, "audit")
    assert outcome.code == 1
    assert "error[bib-broken-entry]" in outcome.err
    assert outcome.out.splitlines() == [
        "full: 7 read = 3 printed + 4 left out",
        "  publications  7 read = 3 printed + 4 left out",
        "    a copy of the entry at bib/all.bib:1:1:",
        "      bib/all.bib:2:1  first",
        "    only a parent of `paper`:",
        "      bib/all.bib:4:1  volume",
        "    holds data for other entries:",
        "      bib/all.bib:6:1  shared",
        "    this entry cannot be read: the next entry begins before this one is closed"
        " (a missing brace or quotation mark):",
        "      bib/all.bib:5:1  unclosed",
    ]


def test_publications_that_no_section_prints_are_in_the_ledger(tmp_path: Path, run_cli: RunCli) -> None:
    write_project(tmp_path, {**FILES, "bib/none.bib": "@misc{one, title = {One}, author = {A}, year = 2020}"})
    outcome = run_cli("-C", tmp_path, "audit", "--variant", "full")
    assert outcome.code == 0
    assert outcome.out.splitlines()[-3:] == [
        "  bib    1 read = 0 printed + 1 left out",
        "    no section prints publications: give one the kind `publications`:",
        "      bib/none.bib:1:1  One",
    ]
