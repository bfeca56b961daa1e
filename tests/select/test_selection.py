from __future__ import annotations

from pathlib import Path

import pytest

from cvbuild.diagnostics import Diagnostic
from cvbuild.select.selection import select
from cvbuild.select.types import SelectedCv, SelectedSection
from tests.projects import adds_up, load

SETTINGS = """\
owner: {name: Ada Example}
variants:
  full: {}
  long: {}
"""
POSITIONS = """\
kind: positions
title: Experience
items:
  - organisation: New University
    tags: [current]
    roles:
      - {title: Professor, period: 2021 – present, tags: [core]}
      - {title: Dean, period: 2022 – 2023}
  - organisation: Old University
    roles:
      - {title: Researcher, period: 2015 – 2019, tags: [core]}
      - {title: Assistant, period: 2012 – 2014-06, only: [full, long]}
"""
TALKS = """\
kind: talks
title: Talks
groups:
  - title: Invited
    note: By invitation.
    items:
      - {title: One, date: 2022, tags: [invited]}
      - {title: Two, date: 2020, tags: [invited, private]}
  - title: Lectures
    items:
      - {title: Three, date: 2021, except: short}
      - {title: Four, date: 2018-11}
"""
PUBLICATIONS = """\
kind: publications
title: Publications
numbering: {numbering}
categories:
  - {{id: journal, title: Articles, match: {{type: article}}, prefix: J}}
  - {{id: conference, title: Papers, match: {{type: inproceedings}}, note: Reviewed.}}
"""
BIBLIOGRAPHY = """\
@article{a2018, title={A18}, author={Example, Ada}, year=2018, keywords={selected}}
@article{a2020, title={A20}, author={Other, Bob}, year=2020}
@article{a2022, title={A22}, author={Example, Ada}, year=2022, keywords={selected, top}}
@inproceedings{c2021, title={C21}, author={Example, Ada}, year=2021, keywords={selected}}
@inproceedings{c2019, title={C19}, author={Other, Bob}, year=2019}
@inproceedings{cpress, title={CP}, author={Other, Bob}, year={in press}}
@software{s2023, title={S23}, author={Example, Ada}, year=2023}
"""


def chosen(folder: Path, choice: str, numbering: str = "up") -> tuple[SelectedCv, list[Diagnostic]]:
    """The variant `short`, whose one section is written as in cv.yaml."""
    files = {
        "content/cv.yaml": SETTINGS + f"  short:\n    sections: [{choice}]\n",
        "content/experience.yaml": POSITIONS,
        "content/publications.yaml": PUBLICATIONS.format(numbering=numbering),
        "content/talks.yaml": TALKS,
        "bib/all.bib": BIBLIOGRAPHY,
    }
    cv, _ = load(folder, files)
    selected, findings = select(cv, "short")
    return selected, findings.items


def titles(section: SelectedSection) -> list[str]:
    return [leaf.summary for group in section.groups for item in group.items for leaf in item.leaves()]


def keys(section: SelectedSection) -> list[list[str]]:
    return [[str(item.key) for item in category.publications] for category in section.categories]


def reasons(selected: SelectedCv, section: str) -> dict[str, str]:
    return {item.summary: item.reason for item in selected.ledger.left_out if item.section == section}


@pytest.mark.parametrize(
    ("choice", "printed"),
    [
        ("experience", ["Professor", "Dean", "Researcher"]),
        ("{section: experience, tags: core}", ["Professor", "Researcher"]),
        ("{section: experience, tags: current}", ["Professor", "Dean"]),
        ("{section: experience, tags: [core, current]}", ["Professor", "Dean", "Researcher"]),
        ("{section: experience, without: core}", ["Dean"]),
        ("{section: experience, without: current}", ["Researcher"]),
        ("{section: experience, tags: core, without: current}", ["Researcher"]),
        ("{section: experience, since: 2020}", ["Professor", "Dean"]),
        ("{section: experience, since: 2019-12}", ["Professor", "Dean", "Researcher"]),
        ("{section: experience, since: 2030}", ["Professor"]),
        ("{section: experience, limit: 1}", ["Professor"]),
        ("{section: experience, limit: 2, tags: core}", ["Professor", "Researcher"]),
        ("talks", ["One", "Two", "Four"]),
        ("{section: talks, limit: 2}", ["One", "Two"]),
        ("{section: talks, since: 2020}", ["One", "Two"]),
        ("{section: talks, since: 2018-11}", ["One", "Two", "Four"]),
        ("{section: talks, since: 2018-12}", ["One", "Two"]),
        ("{section: talks, tags: invited, without: private}", ["One"]),
    ],
)
def test_a_variant_chooses_items(tmp_path: Path, choice: str, printed: list[str]) -> None:
    selected, _ = chosen(tmp_path, choice)
    assert titles(selected.sections[0]) == printed
    assert adds_up(selected.ledger)
    assert selected.ledger.printed == len(printed)
    # An organisation without a role left is not printed.
    assert all(list(item.leaves()) for group in selected.sections[0].groups for item in group.items)


def test_choosing_leaves_the_cv_as_it_was(tmp_path: Path) -> None:
    settings = "owner: {name: A}\nvariants: {full: {}, long: {}}\n"
    cv, _ = load(tmp_path, {"content/cv.yaml": settings, "content/experience.yaml": POSITIONS})
    select(cv, "full")
    before = [len(item.inner_items()) for group in cv.sections["experience"].listed for item in group.items]
    select(cv, "long")
    assert before == [2, 2]


def test_headings_of_groups_can_be_left_off(tmp_path: Path) -> None:
    selected, _ = chosen(tmp_path, "talks, {section: talks, grouped: false}")
    grouped, flat = selected.sections
    assert [(str(group.title), str(group.note)) for group in grouped.groups] == [
        ("Invited", "By invitation."),
        ("Lectures", "None"),
    ]
    assert {(group.title, group.note) for group in flat.groups} == {(None, None)}
    assert titles(grouped) == titles(flat)


def test_a_choice_has_a_title_note_and_detail_of_its_own(tmp_path: Path) -> None:
    selected, _ = chosen(
        tmp_path, "{section: talks, title: Some Talks, note: A choice., detail: brief}, talks"
    )
    own, plain = selected.sections
    assert (str(own.title), str(own.note), own.is_brief) == ("Some Talks", "A choice.", True)
    assert (str(plain.title), plain.note, plain.is_brief) == ("Talks", None, False)


@pytest.mark.parametrize(
    ("choice", "printed"),
    [
        ("publications", [["a2022", "a2020", "a2018"], ["cpress", "c2021", "c2019"], ["s2023"]]),
        ("{section: publications, tags: selected}", [["a2022", "a2018"], ["c2021"]]),
        ("{section: publications, tags: [top]}", [["a2022"]]),
        ("{section: publications, without: selected}", [["a2020"], ["cpress", "c2019"], ["s2023"]]),
        ("{section: publications, since: 2021}", [["a2022"], ["cpress", "c2021"], ["s2023"]]),
        ("{section: publications, categories: journal}", [["a2022", "a2020", "a2018"]]),
        ("{section: publications, categories: [conference], since: 2020}", [["cpress", "c2021"]]),
        ("{section: publications, limit: 3}", [["a2022"], ["cpress"], ["s2023"]]),
        ("{section: publications, grouped: false, tags: selected}", [["a2022", "c2021", "a2018"]]),
        (
            "{section: publications, grouped: false}",
            [["cpress", "s2023", "a2022", "c2021", "a2020", "c2019", "a2018"]],
        ),
    ],
)
def test_a_variant_chooses_publications(tmp_path: Path, choice: str, printed: list[list[str]]) -> None:
    selected, _ = chosen(tmp_path, choice)
    assert keys(selected.sections[0]) == printed
    assert adds_up(selected.ledger)


OWN = (
    "{section: publications, categories: ["
    "{id: top, title: Best, prefix: A, match: {keyword: top}}, {id: conference, title: Talks, prefix: B}]}"
)


def test_a_variant_has_categories_of_its_own_and_others_by_another_name(tmp_path: Path) -> None:
    selected, problems = chosen(tmp_path, OWN)
    (section,) = selected.sections
    assert keys(section) == [["a2022"], ["cpress", "c2021", "c2019"]]
    assert [[str(item.title), item.note and str(item.note)] for item in section.categories] == [
        ["Best", None],
        ["Talks", "Reviewed."],
    ]
    assert numbers(section) == [["A1"], ["B1", "B2", "B3"]]
    assert reasons(selected, "publications") == dict.fromkeys(
        ["A20", "A18", "S23"], "in a category that the variant does not have"
    )
    assert adds_up(selected.ledger)
    assert problems == []
    new_rule = "{section: publications, categories: {id: journal, match: {keyword: selected}}}"
    (section,) = chosen(tmp_path, new_rule)[0].sections
    assert (keys(section), numbers(section)) == ([["a2022", "c2021", "a2018"]], [["J1", "J2", "J3"]])


def test_a_section_comes_twice_and_is_counted_once(tmp_path: Path) -> None:
    selected, problems = chosen(
        tmp_path,
        "{section: experience, tags: core}, {section: experience, tags: current},"
        " {section: publications, tags: top}, {section: publications, tags: selected}",
    )
    assert [titles(section) for section in selected.sections[:2]] == [
        ["Professor", "Researcher"],
        ["Professor", "Dean"],
    ]
    assert reasons(selected, "experience") == {"Assistant": "only for full, long"}
    assert reasons(selected, "publications")["A20"] == (
        "without the keyword top; without the keyword selected"
    )
    assert [len(account.printed) for account in selected.ledger.accounts[:2]] == [3, 3]
    assert adds_up(selected.ledger)
    assert problems == []


def test_what_is_odd_in_an_annotation_is_said_where_it_is_printed(tmp_path: Path) -> None:
    files = {
        "content/cv.yaml": SETTINGS + "  short:\n    sections:\n"
        "      - {section: publications, annotations: true}\n      - {section: publications}\n",
        "content/publications.yaml": PUBLICATIONS.format(numbering="up"),
        "bib/all.bib": "@article{a, title={A}, author={Example, Ada}, year=2020, annotation={\\odd{x}}}\n",
    }
    cv, found = load(tmp_path, files)
    assert found == []
    selected, findings = select(cv, "short")
    assert [(item.code, item.span.place if item.span else "") for item in findings.items] == [
        ("bib-macro", "bib/all.bib:1:69")
    ]
    assert [section.annotated for section in selected.sections] == [True, False]


def numbers(section: SelectedSection) -> list[list[str]]:
    return [[item.number for item in category.publications] for category in section.categories]


@pytest.mark.parametrize(
    ("choice", "numbering", "expected"),
    [
        ("publications", "up", [["J1", "J2", "J3"], ["1", "2", "3"], ["1"]]),
        ("publications", "down", [["J3", "J2", "J1"], ["3", "2", "1"], ["1"]]),
        ("publications", "none", [["", "", ""], ["", "", ""], [""]]),
        ("{section: publications, grouped: false, tags: selected}", "up", [["1", "2", "3"]]),
    ],
)
def test_publications_are_numbered_by_category_and_else_through(
    tmp_path: Path, choice: str, numbering: str, expected: list[list[str]]
) -> None:
    selected, problems = chosen(tmp_path, choice, numbering)
    assert numbers(selected.sections[0]) == expected
    if choice == "publications":  # what fits no category comes last, with a warning
        last = selected.sections[0].categories[-1]
        assert (last.id, last.title) == ("other", None)
        assert [(item.code, item.severity) for item in problems] == [("uncategorised", "warning")]


def test_the_ledger_names_the_reason_for_each_item_left_out(tmp_path: Path) -> None:
    selected, _ = chosen(
        tmp_path,
        "{section: experience, since: 2020, without: current},"
        " {section: talks, limit: 1, tags: invited, without: private},"
        " {section: publications, categories: journal, tags: selected, since: 2020}",
    )
    assert reasons(selected, "experience") == {
        "Professor": "with the tag current",
        "Dean": "with the tag current",
        "Researcher": "older than 2020",
        "Assistant": "only for full, long",
    }
    assert reasons(selected, "talks") == {
        "Two": "with the tag private",
        "Three": "not for short",
        "Four": "without the tag invited",
    }
    other = dict.fromkeys(("CP", "S23", "C21", "C19"), "in a category that the variant does not have")
    keywords = {"A20": "without the keyword selected", "A18": "older than 2020"}
    assert reasons(selected, "publications") == other | keywords
    assert (selected.ledger.read, selected.ledger.printed) == (15, 2)


def test_the_ledger_names_the_limit_and_missing_sections(tmp_path: Path) -> None:
    selected, _ = chosen(
        tmp_path, "{section: talks, limit: 1}, {section: publications, without: top, limit: 5}"
    )
    assert reasons(selected, "talks")["Two"] == "over the limit of 1"
    assert reasons(selected, "publications") == {"A22": "with the keyword top", "A18": "over the limit of 5"}
    assert set(reasons(selected, "experience").values()) == {
        "the variant does not have the section `experience`"
    }
    assert adds_up(selected.ledger)


def test_a_variant_without_a_list_prints_the_sections_of_the_cv_in_their_order(tmp_path: Path) -> None:
    files = {
        "content/cv.yaml": SETTINGS + "  short: {}\nsections: [talks, experience]\n",
        "content/experience.yaml": POSITIONS,
        "content/talks.yaml": TALKS,
    }
    cv, _ = load(tmp_path, files)
    assert [section.name for section in select(cv, "full")[0].sections] == ["talks", "experience"]


METRICS = """\
kind: metrics
title: Impact
since: 2020
rows:
  - {label: Publications, count: publications}
  - {label: First-authored, count: first-authored}
  - {label: Selected, count: selected}
  - {label: Citations, all: 19278, since: 17119}
  - {label: h-index, all: 35}
"""


def test_metrics_are_counted_or_given(tmp_path: Path) -> None:
    cv, _ = load(tmp_path, {"content/impact.yaml": METRICS, "bib/all.bib": BIBLIOGRAPHY})
    figures = select(cv, "full")[0].sections[0].figures
    assert [(str(row.label), row.all, row.since) for row in figures] == [
        ("Publications", 7, 4),
        ("First-authored", 4, 3),
        ("Selected", 3, 2),
        ("Citations", 19278, 17119),
        ("h-index", 35, None),
    ]


@pytest.mark.parametrize(
    ("rule", "matched"),
    [
        ("{type: article}", ["a2022", "a2020", "a2018"]),
        ("{type: [software, article]}", ["s2023", "a2022", "a2020", "a2018"]),
        ("{keyword: selected}", ["a2022", "c2021", "a2018"]),
        ("{keyword: selected, type: inproceedings}", ["c2021"]),
        ("{file: other.bib}", ["other"]),
        ("{field: doi}", ["other"]),
        ("{field: [doi, isbn]}", ["other"]),
        ("{type: mastersthesis}", ["other"]),
    ],
)
def test_a_category_matches_by_rule(tmp_path: Path, rule: str, matched: list[str]) -> None:
    files = {
        "content/publications.yaml": "kind: publications\ntitle: P\ncategories:\n"
        f"  - {{id: c, title: C, match: {rule}}}\n  - {{id: rest, title: R, match: {{}}}}\n",
        "bib/all.bib": BIBLIOGRAPHY,
        "bib/other.bib": "@mastersthesis{other, title={O}, author={A}, doi={10.5555/x}, year=2000}",
    }
    cv, _ = load(tmp_path, files)
    selected, problems = select(cv, "full")
    assert keys(selected.sections[0])[0] == matched
    assert not problems.items
