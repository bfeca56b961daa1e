"""Co-authors as files, and from bibliographies of any size. Their cases are text: `cases/commands`."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cvbuild import name_matching
from cvbuild.coauthors import Window, as_csv, as_xlsx, coauthors
from cvbuild.read.parsed import Name
from tests.conftest import MakeProject, RunCli
from tests.projects import load

AS_OF = ("--until", "2020-12-31")
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ROWS = [("Name", "Note"), ("Müller, Jörg", '<a> & "b"'), ("李, 明", "=1+1")]


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
    printed = run_cli("-C", folder, "coauthors", *AS_OF, "--format", "csv").out
    assert printed.startswith("Name,"), "without a byte order mark"
    with zipfile.ZipFile(folder / "a.xlsx") as archive:
        assert "Muster, Max" in archive.read("xl/sharedStrings.xml").decode()
    rows = list(csv.DictReader(io.StringIO((folder / "a.csv").read_text(encoding="utf-8-sig"))))
    assert [(row["Name"], row["Last active date"], row["Citation key"]) for row in rows] == [
        ("Muster, Max", "2020", "one")
    ]


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


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """An element for each pair of names whose family names are compared."""
    pairs: list[int] = []
    compare = name_matching._have_one_family

    def counting(name: Name, other: Name) -> bool:
        pairs.append(1)
        return compare(name, other)

    monkeypatch.setattr(name_matching, "_have_one_family", counting)
    return pairs


def test_in_a_large_collaboration_few_names_are_compared(tmp_path: Path, compared: list[int]) -> None:
    """500 people are 124,750 pairs; of one family name and initial there are at most 7."""
    names = " and ".join(f"Family{at % 50}, {chr(65 + at % 26)}. {chr(65 + at % 7)}." for at in range(500))
    entries = "".join(
        f"@article{{k{at}, author = {{Example, Ada and {names}}}, title = {{T{at}}}, year = {{2020}}}}\n"
        for at in range(3)
    )
    cv, _ = load(tmp_path, {"bib/a.bib": entries})
    found, _ = coauthors(cv, Window(48, date(2020, 12, 31)))
    assert len(found.listed) == len(set(names.split(" and ")))
    assert len(compared) < 5_000


def test_contacts_of_one_family_name_are_not_compared_with_each_other(
    make_project: MakeProject, run_cli: RunCli, compared: list[int]
) -> None:
    """Each of them is compared with the one author who may be this person."""
    folder = make_project({"contacts.yaml": "".join(f"- name: Muster, M{at}\n" for at in range(200))})
    assert "Muster, Max" in run_cli("-C", folder, "coauthors", *AS_OF, "--format", "csv").out
    assert len(compared) < 5 * 200


def parts(book: bytes) -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        assert archive.testzip() is None
        return {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()}


def cells(found: dict[str, ElementTree.Element]) -> list[list[str]]:
    """The texts of the sheet; each cell names its own in the list of all."""
    texts = ["".join(text.itertext()) for text in found["xl/sharedStrings.xml"].iter(f"{MAIN}si")]
    rows = found["xl/worksheets/sheet1.xml"].iter(f"{MAIN}row")
    return [[texts[int(cell.findtext(f"{MAIN}v", ""))] for cell in row] for row in rows]


def test_a_workbook_holds_the_rows_as_text_under_a_frozen_bold_header() -> None:
    book = as_xlsx(ROWS)
    assert book == as_xlsx(ROWS), "the same rows are the same bytes"
    found = parts(book)
    sheet, styles = found["xl/worksheets/sheet1.xml"], found["xl/styles.xml"]
    assert cells(found) == [list(row) for row in ROWS]
    assert [cell.get("r") for cell in sheet.iter(f"{MAIN}c")] == ["A1", "B1", "A2", "B2", "A3", "B3"]
    assert {cell.get("t") for cell in sheet.iter(f"{MAIN}c")} == {"s"}
    assert list(sheet.iter(f"{MAIN}f")) == []
    formats = list(next(styles.iter(f"{MAIN}cellXfs")))
    used = [formats[int(cell.get("s", ""))] for cell in sheet.iter(f"{MAIN}c")]
    assert {style.get("numFmtId") for style in used} == {"49"}
    fonts = [font.find(f"{MAIN}b") is not None for font in styles.iter(f"{MAIN}font")]
    assert [fonts[int(style.get("fontId", ""))] for style in used] == [True, True, False, False, False, False]
    [pane] = sheet.iter(f"{MAIN}pane")
    assert (pane.get("state"), pane.get("ySplit"), pane.get("topLeftCell")) == ("frozen", "1", "A2")
    # Beside its characters a column has a margin, less than one of them.
    assert [int(float(column.get("width", ""))) for column in sheet.iter(f"{MAIN}col")][:2] == [30, 40]


def test_what_xml_cannot_hold_is_left_out() -> None:
    found = parts(as_xlsx([("Name",), ("bell\a \ud800 end\nline",)]))
    assert cells(found) == [["Name"], ["bell end line"]]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", " +", "＝", "＠"])
def test_a_cell_of_csv_that_begins_like_a_formula_is_text(sign: str) -> None:
    [row] = csv.reader(io.StringIO(as_csv([(f"{sign}1", "plain")])))
    assert row == [f"'{sign.strip()}1", "plain"]


def test_csv_is_quoted_and_its_lines_end_as_rfc_4180_says() -> None:
    assert as_csv([("a,b", 'c"d'), ("e\nf", "g")]) == '"a,b","c""d"\r\ne f,g\r\n'
