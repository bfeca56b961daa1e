"""Co-authors as files, and from bibliographies of any size. Their cases are text: `cases/commands`."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from pathlib import Path
from time import perf_counter

import pytest

from cvbuild.coauthors import Window, coauthors
from tests.conftest import MakeProject, RunCli
from tests.projects import load

AS_OF = ("--until", "2020-12-31")


def test_a_file_has_the_format_of_its_ending(make_project: MakeProject, run_cli: RunCli) -> None:
    folder = make_project()
    for name, begins in (
        ("a.csv", b"\xef\xbb\xbfName,"),
        ("a.xlsx", b"PK"),
        ("a.json", b"{"),
        ("a.txt", b"name"),
    ):
        found = run_cli("-C", folder, "coauthors", *AS_OF, "-o", name)
        assert found.code == 0
        assert (folder / name).read_bytes().startswith(begins)
    with zipfile.ZipFile(folder / "a.xlsx") as archive:
        assert "Muster, Max" in archive.read("xl/sharedStrings.xml").decode()
    rows = list(csv.DictReader(io.StringIO((folder / "a.csv").read_text(encoding="utf-8-sig"))))
    assert [(row["Name"], row["Last active date"], row["Citation key"]) for row in rows] == [
        ("Muster, Max", "2020", "one")
    ]


def test_csv_on_standard_output_has_no_byte_order_mark(make_project: MakeProject, run_cli: RunCli) -> None:
    assert run_cli("-C", make_project(), "coauthors", *AS_OF, "--format", "csv").out.startswith("Name,")


def test_contacts_are_no_section(make_project: MakeProject, run_cli: RunCli) -> None:
    folder = make_project({"contacts.yaml": "- name: Muster, Max\n"})
    assert run_cli("-C", folder, "check").out == "no problems found\n"


@pytest.mark.parametrize(
    ("until", "months", "first"),
    [
        (date(2025, 6, 30), 48, date(2021, 6, 30)),
        (date(2025, 3, 31), 1, date(2025, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2025, 1, 15), 13, date(2023, 12, 15)),
        (date(2025, 1, 15), 999_996, date(1, 1, 15)),
    ],
)
def test_a_window_begins_months_before_its_last_day(until: date, months: int, first: date) -> None:
    assert Window(months, until).first == first


def test_without_a_day_what_is_dated_later_counts(tmp_path: Path) -> None:
    entry = "@article{%s, author = {Example, Ada and %s}, title = {T}, year = {%s}}\n"
    cv, _ = load(
        tmp_path, {"bib/a.bib": entry % ("one", "Later, Lea", 2022) + entry % ("two", "Old, Otto", 2010)}
    )
    found, _ = coauthors(cv, Window(48, date(2020, 12, 31)))
    assert ([one.name for one in found.listed], found.later) == (["Later, Lea"], 0)


def test_a_bibliography_of_a_large_collaboration_takes_no_time(tmp_path: Path) -> None:
    names = " and ".join(f"Family{at % 300}, {chr(65 + at % 26)}. {chr(65 + at % 7)}." for at in range(3000))
    entries = "".join(
        f"@article{{k{at}, author = {{Example, Ada and {names}}}, title = {{T{at}}}, year = {{2020}}}}\n"
        for at in range(10)
    )
    cv, _ = load(tmp_path, {"bib/a.bib": entries})
    started = perf_counter()
    found, _ = coauthors(cv, Window(48, date(2020, 12, 31)))
    assert len(found.listed) == len(set(names.split(" and ")))
    assert perf_counter() - started < 5


def test_contacts_of_one_family_name_are_not_compared_with_each_other(
    make_project: MakeProject, run_cli: RunCli
) -> None:
    contacts = "".join(f"- name: Muster, M{at}\n" for at in range(4000))
    folder = make_project({"contacts.yaml": contacts})
    started = perf_counter()
    assert "Muster, Max" in run_cli("-C", folder, "coauthors", *AS_OF, "--format", "csv").out
    assert perf_counter() - started < 8
