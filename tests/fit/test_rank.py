"""The order in which entries are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.fit.fit import ranked
from cvbuild.select.selection import choices_of, select
from tests.projects import load

TALKS = """\
kind: talks
title: Talks
items:
  - {title: T2020, date: 2020}
  - {title: T2024, date: 2024}
  - {title: T2022, date: 2022}
  - {title: T2018, date: 2018}
"""
JOBS = """\
kind: positions
title: Jobs
items:
  - organisation: Old
    roles: [{title: J2010, period: 2005 – 2010}]
  - organisation: New
    roles:
      - {title: J2015, period: 2011 – 2015}
      - {title: JNow, period: 2016 – present}
      - {title: JNewest, period: 2020 – present}
"""
NOTES = """\
kind: list
title: Notes
items: [{text: one}, {text: two}, {text: three}]
"""


def order(folder: Path, sections: str, bib: str = "", **files: str) -> str:
    settings = f"owner: {{name: Ada Example}}\nvariants:\n  short:\n    sections: [{sections}]\n"
    written: dict[str, str | bytes | None] = {"content/cv.yaml": settings, "bib/all.bib": bib}
    cv, _ = load(folder, written | {f"content/{name}.yaml": text for name, text in files.items()})
    chosen = select(cv, "short")[0].sections
    return " ".join(entry.summary for entry in ranked(chosen, choices_of(cv, "short")))


FEW = "kind: list\ntitle: Notes\nitems: [{text: one}, {text: two}]\n"
DATED = "[{text: a, date: 2020}, {text: b}, {text: c, date: 2024}, {text: d}]"
FIRST = NOTES.replace("{text: two}", "{text: two, priority: 2}").replace("three}", "three, priority: 1}")
THIRD = NOTES.replace("{text: two}", "{text: two, priority: 3}")


ORDERS = {
    "newest first within a section": ("talks", {"talks": TALKS}, "T2024 T2022 T2020 T2018"),
    "what goes on is newest, and of that what was written first": (
        "jobs", {"jobs": JOBS}, "JNow JNewest J2015 J2010",
    ),
    "what has no date stays in the order written": ("notes", {"notes": NOTES}, "one two three"),
    "an undated item stays behind what it was written behind": (
        "notes", {"notes": f"kind: list\ntitle: N\nitems: {DATED}\n"}, "c d a b",
    ),
    "sections take turns in proportion to their length": (
        "talks, notes", {"talks": TALKS, "notes": FEW}, "T2024 one T2022 T2020 two T2018",
    ),
    "priority comes before all else": (
        "talks, notes", {"talks": TALKS, "notes": FIRST}, "three two T2024 one T2022 T2020 T2018",
    ),
    "a section's priority is that of its items which have none": (
        "talks, {section: notes, priority: 1}", {"talks": TALKS, "notes": THIRD},
        "one three two T2024 T2022 T2020 T2018",
    ),
    "a text is one entry": ("bio", {"bio": "kind: text\ntitle: Bio\ntext: Ada.\n"}, "Bio"),
}  # fmt: skip
"""The sections of a variant, their files, and the order of their entries."""


@pytest.mark.parametrize(("sections", "files", "expected"), ORDERS.values(), ids=ORDERS)
def test_entries_are_ranked(sections: str, files: dict[str, str], expected: str, tmp_path: Path) -> None:
    assert order(tmp_path, sections, **files) == expected


def test_publications_follow_their_date_and_the_field_priority(tmp_path: Path) -> None:
    bib = "".join(
        f"@article{{{key}, author={{Example, Ada}}, title={{{key}}}, journaltitle={{J}}, {fields}}}\n"
        for key, fields in {
            "Old": "year=2001", "New": "year=2020", "Press": "year={in press}",
            "Best": "year=1999, priority={1}", "Jabref": "year=1998, priority={prio1}",
        }.items()
    )  # fmt: skip
    section = "kind: publications\ntitle: P\ncategories: [{id: all, title: All, match: {}}]\n"
    assert order(tmp_path, "pubs", pubs=section, bib=bib) == "Best Press New Old Jabref"
