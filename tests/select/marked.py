"""A CV with students whose publications are marked, and what was marked of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cvbuild.content.values import Date
from cvbuild.diagnostics import Diagnostic
from cvbuild.select import SelectedSection, select
from tests.projects import load

SECTION = """\
kind: publications
title: Publications
categories: [{id: all, title: All, match: {}}]
"""
STUDENTS = """\
kind: students
title: Supervision
items:
  - {name: Li Örnek, degree: PhD, period: 2019-10 – 2022-03}
  - {name: Jan van Voorbeeld, period: 2023 – present, also_published_as: "Specimen, Jan"}
"""


def entry(key: str, authors: str, year: str | int = 2020, more: str = "") -> str:
    return f"@article{{{key}, author={{{authors}}}, title={{On {key}}}, year={{{year}}}{more}}}\n"


def chosen(
    folder: Path,
    bib: str,
    section: str = "",
    students: str = STUDENTS,
    *,
    since: str = "",
    choice: str = "publications",
    lock: str | None = None,
) -> tuple[SelectedSection, list[Diagnostic]]:
    """The section of publications as selected, and what was found on the way."""
    cv, found = load(
        folder,
        {
            "content/cv.yaml": f"owner: {{name: Ada Example}}\nvariants:\n  full: {{sections: [{choice}]}}\n",
            "content/publications.yaml": SECTION + section,
            "content/students.yaml": students,
            "bib/all.bib": bib,
            "bib/numbers.lock": lock,
        },
    )
    selected, findings = select(cv, "full", Date.parse(since) if since else None)
    return selected.sections[0], [*found, *findings.items]


def marks(section: SelectedSection) -> dict[str, Mapping[int, str]]:
    return {str(item.key): item.marks for item in section.publications}


def new(section: SelectedSection) -> list[str]:
    return [str(item.key) for item in section.publications if item.is_new]


def legend(section: SelectedSection) -> list[tuple[str, str, int, int]]:
    return [(line.meaning, line.sign, line.count, line.total) for line in section.legend]


ALL = "mark: [students, equal, corresponding]\n"
