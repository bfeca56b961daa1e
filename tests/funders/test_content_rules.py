from __future__ import annotations

from pathlib import Path

import pytest

from tests.funders.rules import holds, measurements, with_content
from tests.pdfs import page_of

WORKS = """\
kind: publications
title: Works
categories:
  - {id: all, title: All, match: {}}
"""


def bib(*entries: str) -> str:
    """Entries of a type, each with a title of its own: `article`, `online`, `article doi`."""
    written = []
    for number, entry in enumerate(entries):
        kind, *more = entry.split()
        fields = [f"title = {{Example Number {number}}}", "author = {Example, Ada}", "year = 2020"]
        fields += ["journaltitle = {Journal of Examples}"] if kind == "article" else []
        fields += [f"doi = {{10.1000/{number}}}"] if "doi" in more else []
        fields += ["eprint = {2001.00001}", "eprinttype = {arxiv}"] if "eprint" in more else []
        written.append(f"@{kind}{{key{number}, {', '.join(fields)}}}\n")
    return "".join(written)


GROUPS = """{rule: max_items, in_one_only: true, groups: [
      {name: A, max: 2, types: [article, book]},
      {name: B, max: 1, types: [preprint, online], kinds: [patents]}]}"""


ARXIV = bib("article").replace("Journal of Examples", "arXiv preprint arXiv:2001.00001")
TWICE = bib("article") + bib("online eprint").replace("key0", "other")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (bib("article", "book", "online eprint"), [(True, "2"), (True, "1"), (True, "none is")]),
        (bib("article", "book", "online eprint", "article"), [(False, "3"), (True, "1"), (True, "none is")]),
        (ARXIV, [(True, "0"), (True, "1"), (True, "none is")]),
        (TWICE, [(True, "1"), (True, "1"), (False, "one is in two")]),
    ],
    ids=["as many as allowed", "one more", "a preprint whatever its type", "a preprint and its article"],
)
def test_works_count_in_their_groups(tmp_path: Path, entries: str, expected: list[tuple[bool, str]]) -> None:
    files = {"content/works.yaml": WORKS, "bib/works.bib": entries}
    found = measurements(GROUPS, with_content(tmp_path, files, page_of()))
    assert [(item.holds, item.measured) for item in found] == expected
    places = [item.span.place.split(":")[0] for item in found if item.holds is False and item.span]
    assert places == ["bib/works.bib"] * [holds for holds, _ in expected].count(False)


def test_patents_count_where_their_kind_does(tmp_path: Path) -> None:
    files = {
        "content/works.yaml": WORKS,
        "content/patents.yaml": "kind: patents\ntitle: Patents\n"
        "items: [{title: An Example, filings: [{number: EP 1}]}]\n",
        "bib/works.bib": bib("online eprint"),
    }
    [_, second, _] = measurements(GROUPS, with_content(tmp_path, files, page_of()))
    assert (second.holds, second.measured) == (False, "2")


def test_a_category_comes_before_the_type(tmp_path: Path) -> None:
    rule = "{rule: max_items, groups: [{name: A, max: 0, types: online}, {name: B, max: 5, categories: all}]}"
    files = {"content/works.yaml": WORKS, "bib/works.bib": bib("online")}
    found = measurements(rule, with_content(tmp_path, files, page_of()))
    assert [item.measured for item in found] == ["0", "1"]


BIO = "kind: text\ntitle: Life\ntext: One **two** three.\n"


@pytest.mark.parametrize(
    ("rule", "most"),
    [
        ("{{rule: max_words, section: bio, words: {}}}", 3),
        ("{{rule: max_characters, section: text, characters: {}}}", 14),
    ],
)
def test_the_length_of_a_section(tmp_path: Path, rule: str, most: int) -> None:
    subject = with_content(tmp_path, {"content/bio.yaml": BIO}, page_of())
    assert holds(rule.format(most), subject) is True
    assert holds(rule.format(most - 1), subject) is False
    assert holds(rule.format(most).replace("bio", "none").replace("text", "none"), subject) is None


@pytest.mark.parametrize(
    ("sections", "expected"), [("Life, publications", True), ("works, bio", False), ("bio, awards", False)]
)
def test_sections_in_their_order(tmp_path: Path, sections: str, expected: bool) -> None:
    rule = f"{{rule: require_sections, sections: [{sections}]}}"
    files = {"content/bio.yaml": BIO, "content/works.yaml": WORKS, "bib/works.bib": bib("article")}
    assert holds(rule, with_content(tmp_path, files, page_of())) is expected


def test_unwanted_words_have_their_place_in_the_content(tmp_path: Path) -> None:
    rule = "{rule: forbid_patterns, patterns: {h-index: h-index}}"
    files = {"content/bio.yaml": "kind: text\ntitle: Life\ntext: My h-index is high.\n"}
    [found] = measurements(rule, with_content(tmp_path, files, page_of("My h-index is high.")))
    assert found.span is not None
    assert found.span.place == "content/bio.yaml:3:7"


@pytest.mark.parametrize(
    ("field", "owner", "text", "expected"),
    [
        ("birth date", "", "An airborne, newborn address", True),
        ("home address", "", "An airborne, newborn address", True),
        ("marital status", "", "An airborne, newborn address", True),
        ("birth date", "  born: 1 May 1990\n", "Ada Example", True),
        ("birth date", "  born: 1 May 1990\n", "Ada Example, 1 May 1990", False),
        ("home address", "  address: 1 Example Road\n", "1 Example Road", None),
    ],
)
def test_personal_fields(tmp_path: Path, field: str, owner: str, text: str, expected: bool | None) -> None:
    """A printed birth date is found without a word for it; an address may be a home's."""
    files = {"content/cv.yaml": f"owner:\n  name: Ada Example\n{owner}"}
    [found] = measurements(
        f"{{rule: forbid_fields, fields: [{field}]}}", with_content(tmp_path, files, page_of(text))
    )
    assert found.holds is expected
    if expected is False:
        assert found.span is not None
        assert found.span.place == "content/cv.yaml:3:3"


def test_a_doi_for_every_publication(tmp_path: Path) -> None:
    rule = "{rule: require_identifier, identifier: doi}"
    files = {"content/works.yaml": WORKS, "bib/works.bib": bib("article doi", "book doi")}
    assert holds(rule, with_content(tmp_path, files, page_of())) is True
    files["bib/works.bib"] = bib("article doi", "book")
    [found] = measurements(rule, with_content(tmp_path, files, page_of()))
    assert (found.holds, found.measured, found.where) == (False, "1 of 2 without", "“Example Number 1”")
    assert found.span is not None
    assert found.span.place == "bib/works.bib:2:7"


def test_the_language_of_the_variant(tmp_path: Path) -> None:
    assert holds("{rule: language, languages: [de, en]}", with_content(tmp_path, {}, page_of())) is True


@pytest.mark.parametrize(
    ("section", "words"),
    [
        # With `detail: brief` the role and the organisation; without, the text as well, and no `brief`.
        ("brief", 2),
        ("jobs", 5),
        # The labels of a table, each once.
        ("counts", 2),
        # The title and the note, not the abstract, nor an annotation that nobody asked for.
        ("works", 4),
    ],
)
def test_what_templates_do_not_print_is_not_counted(tmp_path: Path, section: str, words: int) -> None:
    jobs = """\
kind: positions
title: Posts
items:
  - organisation: University
    roles: [{title: Lecturer, period: 2020, text: Teaches and writes, brief: Teaches}]
"""
    files = {
        "content/cv.yaml": "owner: {name: Ada Example}\nsections: [jobs, brief, counts, works]\n"
        "variants:\n  full:\n    sections: [jobs, {section: brief, detail: brief}, counts, works]\n",
        "content/jobs.yaml": jobs,
        "content/brief.yaml": jobs,
        "content/counts.yaml": "kind: metrics\ntitle: Counts\nsince: 2020\n"
        "rows: [{label: Works, all: 3}, {label: Citations, all: 9}]\n",
        "content/works.yaml": WORKS,
        "bib/works.bib": "@misc{a, author = {Example, Ada}, title = {An Example}, year = 2020,"
        " note = {In part}, abstract = {One two three four five}, annotation = {Six seven}}\n",
    }
    subject = with_content(tmp_path, files, page_of())
    [found] = measurements(f"{{rule: max_words, section: {section}, words: 1}}", subject)
    assert found.measured == f"{words} words"
