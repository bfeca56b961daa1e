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
def test_works_are_counted_in_their_groups(
    tmp_path: Path, entries: str, expected: list[tuple[bool, str]]
) -> None:
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
    ("sections", "ours", "theirs"),
    [
        ("Life, publications", True, False),
        ("bio, works", True, False),
        ("Life, Works", True, True),
        ("Works, Life", False, False),
        ("works, bio", False, False),
        ("Awards", False, None),
    ],
)
def test_sections_in_their_order(tmp_path: Path, sections: str, ours: bool, theirs: bool | None) -> None:
    """In a PDF made elsewhere they are found by their titles, as lines of their own."""
    rule = f"{{rule: require_sections, sections: [{sections}]}}"
    files = {"content/bio.yaml": BIO, "content/works.yaml": WORKS, "bib/works.bib": bib("article")}
    assert holds(rule, with_content(tmp_path, files, page_of())) is ours
    sheet = Sheet().text(100, 700, 13, "Life").text(100, 600, 11, "Works are many")
    sheet.text(100, 500, 13, "Works")
    assert holds(rule, subject_of(tmp_path, sheet)) is theirs


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


@pytest.mark.parametrize(
    ("sheets", "expected"),
    [
        ([page_of("The hindex of a top-journal, desktop journals")], [True, True]),
        ([page_of(), page_of("in three Leading Journals with an H-index of 3")], [False, False]),
        ([Sheet().text(100, 700, 11, "in leading").text(100, 686, 11, "journals")], [True, False]),
    ],
    ids=["near misses", "capitals", "across a line end"],
)
def test_unwanted_words(tmp_path: Path, sheets: list[Sheet], expected: list[bool]) -> None:
    found = measurements(PATTERN, subject_of(tmp_path, *sheets))
    assert [item.holds for item in found] == expected
    if len(sheets) == 2:
        assert (found[0].measured, found[0].where) == ("“H-index”", "page 2: “Journals with an H-index of”")


def test_unwanted_words_have_their_place_in_the_content(tmp_path: Path) -> None:
    files = {"content/bio.yaml": "kind: text\ntitle: Life\ntext: My h-index is high.\n"}
    [found, _] = measurements(PATTERN, with_content(tmp_path, files, page_of("My h-index is high.")))
    assert found.span is not None
    assert found.span.place == "content/bio.yaml:3:7"


FORBIDDEN = "{rule: forbid_fields, fields: [%s]}"
NO_LINKS = "{rule: links, allowed: none}"
MEDIA = "{rule: links, allowed: none, unless: permitted audio or video}"
DOIS = "{rule: links, allowed: doi}"
LINKED = page_of("https://doi.org/10.1000/1").link("https://doi.org/10.1000/1")
ORCID = "{rule: require_identifier, identifier: orcid}"
ET_AL = "{rule: et_al_forbidden}"


@pytest.mark.parametrize(
    ("rule", "sheet", "expected"),
    [
        (FORBIDDEN % "birth date", page_of("born 1 May 1990"), False),
        (FORBIDDEN % "birth date", page_of("Date of birth: 1990-05-01"), False),
        (FORBIDDEN % "birth date", page_of("geboren am 1. Mai 1990"), False),
        (FORBIDDEN % "home address", page_of("Home address: 1 Example Road"), False),
        (FORBIDDEN % "home address", page_of("Privatanschrift: Beispielweg 1"), False),
        (FORBIDDEN % "marital status", page_of("Marital status: married"), False),
        (FORBIDDEN % "marital status", page_of("verheiratet, zwei Kinder"), False),
        (FORBIDDEN % "photo", page_of().image(400, 700, 39, 39), True),
        (FORBIDDEN % "photo", page_of().image(400, 700, 60, 80), False),
        (FORBIDDEN % "photo", page_of().image(400, 700, 160, 80), None),
        (ET_AL, page_of("Example A. et al. (2020)"), False),
        (ET_AL, page_of("Muster u. a."), False),
        (ET_AL, page_of("Example and others"), False),
        (ET_AL, page_of("Metal alloys, Alan and Otherside"), True),
        (NO_LINKS, page_of("example dot org"), True),
        (NO_LINKS, page_of("see www.example.org."), False),
        (MEDIA, page_of(), True),
        (MEDIA, page_of().link("https://example.org/talk.mp4"), None),
        (MEDIA, page_of().link("https://doi.org/10.1000/1"), False),
        (DOIS, LINKED, True),
        (DOIS, page_of().link("https://example.org/doi.org/10.1"), False),
        (ORCID, page_of("0000-0002-1825-0097"), True),
        (ORCID, page_of().link("https://orcid.org/0000-0002-1694-233X"), True),
        (ORCID, page_of("0000-0002-1825-009"), False),
        ("{rule: by_eye, what: dates stand newest first}", page_of(), None),
    ],
)
def test_what_is_found_on_a_page(tmp_path: Path, rule: str, sheet: Sheet, expected: bool | None) -> None:
    assert holds(rule, subject_of(tmp_path, sheet)) is expected


def test_places_beyond_the_first_page(tmp_path: Path) -> None:
    """An upright image is a photo on the first page only; a link is named with its page."""
    photo = subject_of(tmp_path, page_of(), page_of().image(400, 700, 60, 80))
    assert holds(FORBIDDEN % "photo", photo) is None
    [found] = measurements(
        NO_LINKS, subject_of(tmp_path, page_of(), page_of().link("mailto:ada@example.org"))
    )
    assert (found.holds, found.measured, found.where) == (False, "1 link", "page 2: “mailto:ada@example.org”")


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
def test_fields_with_the_content(
    tmp_path: Path, field: str, owner: str, text: str, expected: bool | None
) -> None:
    """A printed birth date is found without a word for it; an address may be a home's."""
    files = {"content/cv.yaml": f"owner:\n  name: Ada Example\n{owner}"}
    [found] = measurements(FORBIDDEN % field, with_content(tmp_path, files, page_of(text)))
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


@pytest.mark.parametrize(("catalog", "expected"), [("/Lang(en-GB)", True), ("/Lang(fr)", False), ("", None)])
def test_the_language(tmp_path: Path, catalog: str, expected: bool | None) -> None:
    rule = "{rule: language, languages: [de, en]}"
    assert holds(rule, subject_of(tmp_path, page_of(), catalog=catalog)) is expected
    assert holds(rule, with_content(tmp_path, {}, page_of())) is True


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
