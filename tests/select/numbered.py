"""A bibliography with permanent numbers: what `cvbuild number` gives, and what is printed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from cvbuild.commands.lists import keep_numbers
from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.loading import load_cv
from cvbuild.project import find_project
from cvbuild.read.numberlock import load_numbers
from cvbuild.select import permanent_numbers, select
from cvbuild.source import SourceFile
from tests.projects import write_project

TODAY = date(2026, 11, 25)
SETTINGS = """\
owner: {name: Ada Example}
variants:
  full: {}
  short: {sections: [{section: publications, grouped: false, limit: 2}]}
"""
SECTION = """\
kind: publications
title: Publications
numbering: permanent
categories:
  - {id: journal, title: Articles, match: {type: article}, prefix: J}
  - {id: conference, title: Papers, match: {type: inproceedings}, prefix: C}
"""


def entry(key: str, year: str | int, kind: str = "article", title: str = "", more: str = "") -> str:
    title = title or f"On {key.capitalize()}"
    return f"@{kind}{{{key}, author={{Example, Ada}}, title={{{title}}}, year={{{year}}}{more}}}\n"


FIRST = entry("b", 2020) + entry("a", 2018) + entry("c", 2020) + entry("p", 2019, "inproceedings")


def files(bib: str, lock: str | None = None, section: str = SECTION) -> Mapping[str, str | None]:
    return {
        "content/cv.yaml": SETTINGS,
        "content/publications.yaml": section,
        "bib/all.bib": bib,
        "bib/numbers.lock": lock,
    }


def number(folder: Path, bib: str, today: date = TODAY) -> tuple[dict[str, str], list[Diagnostic]]:
    """What the file holds after `cvbuild number` with this bibliography; the file stays as it was left."""
    lock = folder / "bib" / "numbers.lock"
    write_project(folder, files(bib, lock.read_text(encoding="utf-8") if lock.is_file() else None))
    project = find_project(folder)
    cv, found = load_cv(project)
    assert cv is not None, found
    findings = Findings()
    keep_numbers(project, cv, permanent_numbers(cv, findings), today)
    return held(lock), [item for item in findings.items if item.code != "unnumbered"]


def held(lock: Path) -> dict[str, str]:
    """The numbers of a file, several of a key joined."""
    read, found = load_numbers(SourceFile("numbers.lock", lock.read_text(encoding="utf-8")))
    assert found.items == []
    numbers: dict[str, str] = {}
    for line in read.lines:
        numbers[str(line.key)] = " ".join(filter(None, (numbers.get(str(line.key)), line.number)))
    return numbers


def printed(folder: Path, variant: str = "full") -> tuple[list[str], list[Diagnostic]]:
    """The numbers and keys that a variant prints, in order."""
    cv, found = load_cv(find_project(folder))
    assert cv is not None, found
    selected, findings = select(cv, variant)
    publications = [item for category in selected.sections[0].categories for item in category.publications]
    return [f"{item.number} {item.key}" for item in publications], findings.items
