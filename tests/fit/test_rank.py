"""The order in which entries are kept."""

from __future__ import annotations

from pathlib import Path

from cvbuild.fit.rank import ranked
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


def order(folder: Path, sections: str, **files: str) -> str:
    settings = f"owner: {{name: Ada Example}}\nvariants:\n  short:\n    sections: [{sections}]\n"
    written: dict[str, str | bytes | None] = {"content/cv.yaml": settings, "bib/all.bib": ""}
    written |= {
        f"content/{name.replace('_', '.')}.yaml": text for name, text in files.items() if name != "bib"
    }
    if "bib" in files:
        written["bib/all.bib"] = files["bib"]
    cv, _ = load(folder, written)
    selected, _ = select(cv, "short")
    choices = choices_of(cv, "short")
    return " ".join(
        entry.summary for entry in ranked([(item, choices[item.at]) for item in selected.sections])
    )


def test_newest_first_within_a_section(tmp_path: Path) -> None:
    assert order(tmp_path, "talks", talks=TALKS) == "T2024 T2022 T2020 T2018"


def test_what_goes_on_is_newest_and_of_that_what_was_written_first(tmp_path: Path) -> None:
    assert order(tmp_path, "jobs", jobs=JOBS) == "JNow JNewest J2015 J2010"


def test_what_has_no_date_stays_in_the_order_written(tmp_path: Path) -> None:
    assert order(tmp_path, "notes", notes=NOTES) == "one two three"


def test_an_undated_item_stays_behind_what_it_was_written_behind(tmp_path: Path) -> None:
    items = "[{text: a, date: 2020}, {text: b}, {text: c, date: 2024}, {text: d}]"
    assert order(tmp_path, "notes", notes=f"kind: list\ntitle: N\nitems: {items}\n") == "c d a b"


def test_sections_take_turns_in_proportion_to_their_length(tmp_path: Path) -> None:
    short = "kind: list\ntitle: Notes\nitems: [{text: one}, {text: two}]\n"
    assert order(tmp_path, "talks, notes", talks=TALKS, notes=short) == "T2024 one T2022 T2020 two T2018"


def test_priority_comes_before_all_else(tmp_path: Path) -> None:
    notes = NOTES.replace("{text: two}", "{text: two, priority: 2}").replace(
        "{text: three}", "{text: three, priority: 1}"
    )
    assert order(tmp_path, "talks, notes", talks=TALKS, notes=notes).startswith("three two T2024 one")


def test_a_sections_priority_is_that_of_its_items_which_have_none(tmp_path: Path) -> None:
    notes = NOTES.replace("{text: two}", "{text: two, priority: 3}")
    assert order(tmp_path, "talks, {section: notes, priority: 1}", talks=TALKS, notes=notes) == (
        "one three two T2024 T2022 T2020 T2018"
    )


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


def test_a_text_is_one_entry(tmp_path: Path) -> None:
    assert order(tmp_path, "bio", bio="kind: text\ntitle: Bio\ntext: Ada.\n") == "Bio"
