from __future__ import annotations

from pathlib import Path

import pytest

from tests.funders.rules import holds, measurements, subject_of, with_content
from tests.pdfs import Sheet, page_of

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


def test_works_are_counted_in_their_groups(tmp_path: Path) -> None:
    files = {"content/works.yaml": WORKS, "bib/works.bib": bib("article", "book", "online eprint")}
    found = measurements(GROUPS, with_content(tmp_path, files, page_of()))
    assert [(item.holds, item.measured) for item in found] == [(True, "2"), (True, "1"), (True, "none is")]
    files["bib/works.bib"] = bib("article", "book", "online eprint", "article")
    found = measurements(GROUPS, with_content(tmp_path, files, page_of()))
    assert [item.holds for item in found] == [False, True, True]
    assert found[0].measured == "3"
    assert found[0].span is not None
    assert found[0].span.place.startswith("bib/works.bib:")


def test_patents_count_where_their_kind_does(tmp_path: Path) -> None:
    files = {
        "content/works.yaml": WORKS,
        "content/patents.yaml": "kind: patents\ntitle: Patents\n"
        "items: [{title: An Example, filings: [{number: EP 1}]}]\n",
        "bib/works.bib": bib("online eprint"),
    }
    [_, second, _] = measurements(GROUPS, with_content(tmp_path, files, page_of()))
    assert (second.holds, second.measured) == (False, "2")


def test_a_preprint_counts_as_one_whatever_its_type(tmp_path: Path) -> None:
    entry = bib("article").replace("Journal of Examples", "arXiv preprint arXiv:2001.00001")
    files = {"content/works.yaml": WORKS, "bib/works.bib": entry}
    [first, second, _] = measurements(GROUPS, with_content(tmp_path, files, page_of()))
    assert (first.measured, second.measured) == ("0", "1")


def test_a_work_in_two_groups_fails(tmp_path: Path) -> None:
    """The preprint and the article of one title are the same work."""
    entries = bib("article") + bib("online eprint").replace("key0", "other")
    files = {"content/works.yaml": WORKS, "bib/works.bib": entries}
    [*_, once] = measurements(GROUPS, with_content(tmp_path, files, page_of()))
    assert (once.holds, once.measured) == (False, "one is in two")


def test_a_category_comes_before_the_type(tmp_path: Path) -> None:
    rule = "{rule: max_items, groups: [{name: A, max: 0, types: online}, {name: B, max: 5, categories: all}]}"
    files = {"content/works.yaml": WORKS, "bib/works.bib": bib("online")}
    assert [item.measured for item in measurements(rule, with_content(tmp_path, files, page_of()))] == [
        "0",
        "1",
    ]


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


def test_sections_in_their_order(tmp_path: Path) -> None:
    files = {"content/bio.yaml": BIO, "content/works.yaml": WORKS, "bib/works.bib": bib("article")}
    subject = with_content(tmp_path, files, page_of())
    assert holds("{rule: require_sections, sections: [Life, publications]}", subject) is True
    assert holds("{rule: require_sections, sections: [works, bio]}", subject) is False
    assert holds("{rule: require_sections, sections: [bio, awards]}", subject) is False


def test_sections_of_a_pdf_made_elsewhere_are_found_by_their_titles(tmp_path: Path) -> None:
    sheet = (
        Sheet().text(100, 700, 13, "Life").text(100, 600, 11, "Works are many").text(100, 500, 13, "Works")
    )
    subject = subject_of(tmp_path, sheet)
    assert holds("{rule: require_sections, sections: [Life, Works]}", subject) is True
    assert holds("{rule: require_sections, sections: [Works, Life]}", subject) is False
    assert holds("{rule: require_sections, sections: [Awards]}", subject) is None


@pytest.mark.parametrize(
    "rule",
    [
        GROUPS.replace("in_one_only: true, ", ""),
        "{rule: max_words, section: bio, words: 3}",
        "{rule: max_characters, section: bio, characters: 3}",
        "{rule: require_identifier, identifier: doi}",
        "{rule: forbid_fields, fields: [birth date]}",
    ],
)
def test_what_needs_the_content_is_not_measurable_on_a_pdf_alone(tmp_path: Path, rule: str) -> None:
    found = measurements(rule, subject_of(tmp_path, page_of()))
    assert {item.holds for item in found} == {None}


PATTERN = r"{rule: forbid_patterns, patterns: {h-index: '\bh[- ]index\b', rank: '\b(top|leading) journal'}}"


def test_unwanted_words(tmp_path: Path) -> None:
    found = measurements(
        PATTERN, subject_of(tmp_path, page_of("The hindex of a top-journal, desktop journals"))
    )
    assert [item.holds for item in found] == [True, True]
    pages = [page_of(), page_of("in three Leading Journals with an H-index of 3")]
    found = measurements(PATTERN, subject_of(tmp_path, *pages))
    assert [item.holds for item in found] == [False, False]
    assert (found[0].measured, found[0].where) == (
        "“H-index”",
        "page 2: “Journals with an H-index of”",
    )


def test_unwanted_words_across_a_line_end(tmp_path: Path) -> None:
    sheet = Sheet().text(100, 700, 11, "published in leading").text(100, 686, 11, "journals of the field")
    assert [item.holds for item in measurements(PATTERN, subject_of(tmp_path, sheet))] == [True, False]


def test_unwanted_words_have_their_place_in_the_content(tmp_path: Path) -> None:
    files = {"content/bio.yaml": "kind: text\ntitle: Life\ntext: My h-index is high.\n"}
    [found, _] = measurements(PATTERN, with_content(tmp_path, files, page_of("My h-index is high.")))
    assert found.span is not None
    assert found.span.place == "content/bio.yaml:3:7"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("birth date", "born 1 May 1990"),
        ("birth date", "Date of birth: 1990-05-01"),
        ("birth date", "geboren am 1. Mai 1990"),
        ("home address", "Home address: 1 Example Road"),
        ("home address", "Privatanschrift: Beispielweg 1"),
        ("marital status", "Marital status: married"),
        ("marital status", "verheiratet, zwei Kinder"),
    ],
)
def test_fields_are_known_by_their_words(tmp_path: Path, field: str, text: str) -> None:
    rule = f"{{rule: forbid_fields, fields: [{field}]}}"
    assert holds(rule, subject_of(tmp_path, page_of(text))) is False
    files = {"content/bio.yaml": BIO}
    assert holds(rule, with_content(tmp_path, files, page_of("An airborne, newborn address"))) is True


def test_a_printed_birth_date_is_found_without_a_word_for_it(tmp_path: Path) -> None:
    rule = "{rule: forbid_fields, fields: [birth date]}"
    files = {"content/cv.yaml": "owner:\n  name: Ada Example\n  born: 1 May 1990\n"}
    assert holds(rule, with_content(tmp_path, files, page_of("Ada Example"))) is True
    [found] = measurements(rule, with_content(tmp_path, files, page_of("Ada Example, 1 May 1990")))
    assert found.holds is False
    assert found.span is not None
    assert found.span.place == "content/cv.yaml:3:3"


def test_an_address_may_be_a_home_and_is_not_measurable(tmp_path: Path) -> None:
    files = {"content/cv.yaml": "owner:\n  name: Ada Example\n  address: 1 Example Road\n"}
    subject = with_content(tmp_path, files, page_of("1 Example Road"))
    assert holds("{rule: forbid_fields, fields: [home address]}", subject) is None


def test_photos(tmp_path: Path) -> None:
    rule = "{rule: forbid_fields, fields: [photo]}"
    assert holds(rule, subject_of(tmp_path, page_of().image(400, 700, 39, 39))) is True
    assert holds(rule, subject_of(tmp_path, page_of().image(400, 700, 60, 80))) is False
    assert holds(rule, subject_of(tmp_path, page_of().image(400, 700, 160, 80))) is None
    assert holds(rule, subject_of(tmp_path, page_of(), page_of().image(400, 700, 60, 80))) is None


@pytest.mark.parametrize("text", ["Example A. et al. (2020)", "Muster u. a.", "Example and others"])
def test_cut_lists_of_authors(tmp_path: Path, text: str) -> None:
    rule = "{rule: et_al_forbidden}"
    assert holds(rule, subject_of(tmp_path, page_of(text))) is False
    assert holds(rule, subject_of(tmp_path, page_of("Metal alloys, Alan and Otherside"))) is True


def test_no_links(tmp_path: Path) -> None:
    rule = "{rule: links, allowed: none}"
    assert holds(rule, subject_of(tmp_path, page_of("example dot org"))) is True
    assert holds(rule, subject_of(tmp_path, page_of("see www.example.org."))) is False
    [found] = measurements(rule, subject_of(tmp_path, page_of(), page_of().link("mailto:ada@example.org")))
    assert (found.holds, found.measured, found.where) == (False, "1 link", "page 2: “mailto:ada@example.org”")


def test_links_that_a_person_has_to_look_at(tmp_path: Path) -> None:
    rule = "{rule: links, allowed: none, unless: permitted audio or video}"
    assert holds(rule, subject_of(tmp_path, page_of())) is True
    assert holds(rule, subject_of(tmp_path, page_of().link("https://example.org/talk.mp4"))) is None
    assert holds(rule, subject_of(tmp_path, page_of().link("https://doi.org/10.1000/1"))) is False


def test_links_to_dois_only(tmp_path: Path) -> None:
    rule = "{rule: links, allowed: doi}"
    sheet = page_of("https://doi.org/10.1000/1").link("https://doi.org/10.1000/1")
    assert holds(rule, subject_of(tmp_path, sheet)) is True
    assert holds(rule, subject_of(tmp_path, sheet.link("https://example.org/doi.org/10.1"))) is False


def test_an_orcid(tmp_path: Path) -> None:
    rule = "{rule: require_identifier, identifier: orcid}"
    assert holds(rule, subject_of(tmp_path, page_of("0000-0002-1825-0097"))) is True
    assert holds(rule, subject_of(tmp_path, page_of().link("https://orcid.org/0000-0002-1694-233X"))) is True
    assert holds(rule, subject_of(tmp_path, page_of("0000-0002-1825-009"))) is False


def test_a_doi_for_every_publication(tmp_path: Path) -> None:
    rule = "{rule: require_identifier, identifier: doi}"
    files = {"content/works.yaml": WORKS, "bib/works.bib": bib("article doi", "book doi")}
    assert holds(rule, with_content(tmp_path, files, page_of())) is True
    files["bib/works.bib"] = bib("article doi", "book")
    [found] = measurements(rule, with_content(tmp_path, files, page_of()))
    assert (found.holds, found.measured, found.where) == (False, "1 of 2 without", "“Example Number 1”")
    assert found.span is not None
    assert found.span.place == "bib/works.bib:2:7"


def test_the_language(tmp_path: Path) -> None:
    rule = "{rule: language, languages: [de, en]}"
    assert holds(rule, subject_of(tmp_path, page_of(), catalog="/Lang(en-GB)")) is True
    assert holds(rule, subject_of(tmp_path, page_of(), catalog="/Lang(fr)")) is False
    assert holds(rule, subject_of(tmp_path, page_of())) is None
    assert holds(rule, with_content(tmp_path, {}, page_of())) is True


def test_what_a_person_has_to_see_to_never_passes(tmp_path: Path) -> None:
    assert holds("{rule: by_eye, what: dates stand newest first}", subject_of(tmp_path, page_of())) is None


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
