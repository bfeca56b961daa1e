from __future__ import annotations

import pytest

from cvbuild.content.persons import is_same_person
from cvbuild.content.publications import newest_first
from cvbuild.content.values import Date
from cvbuild.inline import Placed, plain
from cvbuild.read import load_bibtex
from cvbuild.source import SourceFile
from tests.content.entries import OWNERS, make_publications, name, one, publications


@pytest.mark.parametrize(
    ("author", "positions"),
    [
        ("Lapuschkin, Sebastian and Example, Ada", {0}),
        ("Example, Ada and Lapuschkin, S.", {1}),
        ("Lapuschkin, S. R.", {0}),
        ("Lapuschkin", {0}),
        ("Bach, S. and Example, Ada", {0}),
        ("Bach, Sebastian and Lapuschkin, Sebastian", {0, 1}),
        ("Lapuschkin, Anna", set()),
        ("Bach, Johann Sebastian", set()),
        ("Bach, J. S.", set()),
        ("Bachmann, Sebastian", set()),
        ("von Bach, Sebastian", set()),
        ("{Bach}", set()),
        ("{Lapuschkin Institute}", set()),
        ("LAPUSCHKIN, SEBASTIAN", {0}),
        ("Lapuschkin, Sebastian and others", {0}),
        ("Example, Ada and others", set()),
        ("Lapuschkin*, Sebastian", {0}),
        ("Lapuschkin, Sebastian$^\\dagger$", {0}),
        ("Lapuschkin, Sebastian*", {0}),
        ("Lapuschkin, Sebastian$^*$", {0}),
        ("Lapuschkin, Sebastian\\textsuperscript{*}", {0}),
        ("Lapuschkin, Sebastian{\\textasteriskcentered}", {0}),
        ("Lapuschkin, Sebastian\\ddag", {0}),
        ("S. Lapuschkin†", {0}),
        ("\\textbf{Lapuschkin, Sebastian}", {0}),
        ("\\underline{Sebastian Lapuschkin}", {0}),
        ("\\textbf{\\underline{S. Lapuschkin}}*", {0}),
        ("{\\bf Lapuschkin}, S.", {0}),
        ("{Lapuschkin}, Sebastian", {0}),
    ],
)
def test_the_owner_is_found_by_name(author: str, positions: set[int]) -> None:
    assert one(f"author = {{{author}}}, title={{T}}, year=2020", *OWNERS).owner_positions == positions


@pytest.mark.parametrize(
    ("printed", "owner", "same"),
    [
        ("Müller, K.-R.", "Klaus-Robert Müller", True),
        ("Müller, K. R.", "Klaus-Robert Müller", True),
        ("Müller, K.", "Klaus-Robert Müller", True),
        ("Mueller, K.-R.", "Klaus-Robert Müller", False),
        ("Muller, K.-R.", "Klaus-Robert Müller", True),
        ("Müller, R.", "Klaus-Robert Müller", False),
        ("Müller, Karl", "Klaus-Robert Müller", False),
        ("van der Waals, J. D.", "Johannes Diderik van der Waals", True),
        ("Waals, J. D.", "Johannes Diderik van der Waals", False),
        ("O'Brien, A.", "Ada O’Brien", True),
        ("Meyer-Landrut, L.", "Lena Meyer-Landrut", True),
        ("Plato", "Plato", True),
        ("{Evans}, II, Neal J.", "Neal J. Evans", True),
        ("Neal J. {Evans}, II", "Evans, II, Neal", True),
        ("Evans, N. J.", "{Evans}, II, Neal J.", True),
        ("Evans, III, Neal J.", "Evans, II, Neal J.", False),
        ("{Rizzo Jr}, Bo", "Rizzo, Jr., Bo", True),
        ("{Rizzo Jr}, Bo", "Bo Rizzo", True),
        ("Rizzo, Sr., Bo", "{Rizzo Jr}, Bo", False),
        ("De Freitas, Nando", "Nando de Freitas", True),
        ("{de Freitas}, Nando", "de Freitas, Nando", True),
        ("Freitas, Nando", "de Freitas, Nando", False),
        ("李, 明", "李, 明", True),
        ("李, 明", "李, 明华", False),
        ("김, 수", "김, 수진", False),
        ("Иванов, И.", "Иванов, Игорь", True),
        ("Ørsted, O.", "Øyvind Ørsted", True),
    ],
)
def test_the_same_person(printed: str, owner: str, same: bool) -> None:
    assert is_same_person(name(printed), name(owner)) is same


def test_the_owner_is_found_among_editors_where_there_are_no_authors() -> None:
    assert one(
        "editor = {Example, Ada and Lapuschkin, S.}, title={T}, year=2020", *OWNERS
    ).owner_positions == {1}


def test_an_annotation_names_the_owner() -> None:
    publication = one(
        "author = {Example, A. and Other, B.}, author+an = {2=highlight;1=equal}, title={T}, year=2020"
    )
    assert publication.owner_positions == {1}


def test_first_authored() -> None:
    assert one("author={Bach, S. and Example, A.}, title={T}, year=2020", *OWNERS).is_first_authored
    assert not one("author={Example, A. and Bach, S.}, title={T}, year=2020", *OWNERS).is_first_authored


def test_keywords_are_split() -> None:
    publication = one("keywords = {selected, deep learning; XAI,}, title={T}, year=2020")
    assert publication.tags == ("selected", "deep learning", "XAI")


@pytest.mark.parametrize(
    ("fields", "date", "year"),
    [
        ("date = {2022-00-00}", Date(2022), "2022"),
        ("date = {2022-13}", Date(2022), "2022"),
        ("date = {2020-01-02T00:00:00Z}", Date(2020, 1, 2), "2020"),
        ("year = 2020", Date(2020), "2020"),
        ("date = {2020-06-23}", Date(2020, 6, 23), "2020"),
        ("date = {2020-06/2020-07}", Date(2020, 6), "2020"),
        ("year = 2020, month = jun", Date(2020, 6), "2020"),
        ("year = 2020, month = {June}", Date(2020, 6), "2020"),
        ("year = 2020, month = 6", Date(2020, 6), "2020"),
        ("year = 2020, month = {06}", Date(2020, 6), "2020"),
        ("year = 2020, month = {12}", Date(2020, 12), "2020"),
        ('year = 2020, month = "10~" # jun', Date(2020, 6), "2020"),
        ('year = 2020, month = jun # "~10"', Date(2020, 6), "2020"),
        ("year = 2020, month = {13}", Date(2020), "2020"),
        ("year = {in~press}", None, "in\u00a0press"),
        ("year = {in press}", None, "in press"),
        ("year = {2020, in press}", Date(2020), "2020, in press"),
        ("year = {to appear 2026}", Date(2026), "to appear 2026"),
        ("year = {2021a}", Date(2021), "2021a"),
        ("year = {}", None, None),
    ],
)
def test_the_date_of_an_entry(fields: str, date: Date | None, year: str | None) -> None:
    publication = one(f"title={{T}}, author={{A}}, {fields}")
    assert publication.date == date
    assert (str(publication.year) if publication.year else None) == year


def test_newest_first_with_words_for_a_year_before_all_and_no_year_last() -> None:
    found, _ = publications(
        "@misc{old, year=2010} @misc{none, title={T}} @misc{press, year={in press}} @misc{new, year=2021}"
        " @misc{first, year=2020} @misc{second, year=2020}"
    )
    assert [str(item.key) for item in newest_first(found)] == [
        "press",
        "new",
        "first",
        "second",
        "old",
        "none",
    ]


def test_newest_first_by_month_and_day() -> None:
    found, _ = publications(
        "@misc{may, date={2021-05}} @misc{june2, date={2021-06-02}} @misc{juneA, year=2021, month=jun}"
        " @misc{june20, date={2021-06-20}} @misc{word, year={2021a}} @misc{bare, year=2021}"
        " @misc{juneB, date={2021-06-01}}"
    )
    order = [str(item.key) for item in newest_first(found)]
    assert order == ["june20", "june2", "juneA", "juneB", "may", "word", "bare"]


def test_a_missing_field_is_none() -> None:
    publication = one("title={T}, year=2020")
    assert publication.text["journaltitle"] is None
    assert publication.raw["isbn"] is None


def test_a_bad_address_is_reported_and_kept() -> None:
    found, problems = publications("@misc{a, title={T}, author={A}, year=2020, url={example.org}}")
    assert [str(link.url) for link in found[0].links] == ["example.org"]
    assert [item.code for item in problems] == ["bad-url"]


def test_every_publication_has_a_summary() -> None:
    assert one("title={T}, year=2020").summary == "T"
    assert one("year=2020").summary == "key"


@pytest.mark.parametrize(
    ("fields", "name", "printed"),
    [
        ("title={A}, subtitle={B}", "title", "A: B"),
        ("title={Why?}, subtitle={B}", "title", "Why? B"),
        ("title={{Why?}}, subtitle={B}", "title", "Why? B"),
        ("title={\\emph{Why?}}, subtitle={B}", "title", "Why? B"),
        ("title={A:}, subtitle={B}", "title", "A: B"),
        ("subtitle={B}", "title", "B"),
        ("title={A}, titleaddon={C}", "title", "A"),
        ("booktitle={A}, booksubtitle={B}, booktitleaddon={C}", "booktitle", "A: B. C"),
        ("journal={A}, journalsubtitle={B}", "journaltitle", "A: B"),
        ("maintitle={A}, mainsubtitle={B}", "maintitle", "A: B"),
        ("issuetitle={A}, issuesubtitle={B}", "issuetitle", "A: B"),
    ],
)
def test_a_title_has_its_subtitle_behind_it(fields: str, name: str, printed: str) -> None:
    publication = one(f"author={{A}}, year=2020, {fields}")
    assert str(publication.text[name]) == printed
    assert name != "title" or str(publication.title) == printed


def test_a_field_that_is_not_printed_is_reported_once_with_the_count_of_its_places() -> None:
    _, problems = publications(
        "@misc{a, title={T}, author={A}, year=2020, impact={1}, abstract={B}, mendeley-groups={G}}\n"
        "@misc{b, title={T}, author={A}, year=2020, impact={2}, bdsk-url-1={U}, Date-Added={D}}\n"
        "@misc{c, title={T}, author={A}, year=2020, Impact={3}, issuer={I}, author+an={1=highlight}}\n"
    )
    assert [(item.code, item.message) for item in problems] == [
        ("bib-unprinted-field", "`impact` is not printed, nor in 2 other places"),
        ("bib-unprinted-field", "`issuer` is not printed"),
    ]
    assert [item.span.line for item in problems if item.span] == [0, 2]


@pytest.mark.parametrize(
    ("kind", "warned"),
    [("thesis", False), ("report", False), ("misc", False), ("article", True), ("book", True)],
)
def test_a_type_is_reported_where_it_is_not_printed(kind: str, warned: bool) -> None:
    _, problems = publications(f"@{kind}{{a, title={{T}}, author={{A}}, year=2020, type={{Essay}}}}")
    assert [item.code for item in problems] == ["bib-unprinted-field"] * warned


@pytest.mark.parametrize("value", ["maybe", "Gold OA"])
def test_an_unknown_kind_of_open_access_is_reported(value: str) -> None:
    found, problems = publications(
        f"@misc{{a, title={{T}}, author={{A}}, year=2020, openaccess={{{value}}}}}"
    )
    assert found[0].access is None
    assert [item.code for item in problems] == ["bib-openaccess"]


def test_others_alone_are_no_authors() -> None:
    _, problems = publications("@misc{a, title={T}, author={others}, year=2020}")
    assert [item.code for item in problems] == ["bib-no-author"]


def test_the_owner_is_found_among_the_editors_of_a_book_by_others() -> None:
    publication = one(
        "author={Example, A.}, editor={Other, B. and Lapuschkin, S.}, title={T}, year=2020", *OWNERS
    )
    assert publication.owner_positions == frozenset()
    assert publication.editor_positions == {1}
    assert not publication.is_first_authored


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("\\emph{", "}"), ("{\\em ", "}"), ("\\em ", ""), ("\\(", "\\)")],
)
@pytest.mark.parametrize("depth", [400, 4000])
def test_a_title_nested_too_deep_is_plain_text(opening: str, closing: str, depth: int) -> None:
    found, problems = publications(
        f"@misc{{a, title={{{opening * depth}Deep{closing * depth}}}, author={{A}}, year=2020}}"
    )
    assert "Deep" in found[0].summary
    assert [item.code for item in problems] == ["bib-latex"]


@pytest.mark.parametrize("depth", [40, 4000])
def test_nested_braces_are_read_however_deep(depth: int) -> None:
    found, problems = publications(
        f"@misc{{a, title={{{'{' * depth}Deep{'}' * depth}}}, author={{A}}, year=2020}}"
    )
    assert (found[0].summary, problems) == ("Deep", [])


def test_a_subtitle_and_an_eid_know_their_own_places() -> None:
    typed = "@article{a, title = {One}, subtitle = {Two}, eid = {e7}, pages = {1--2}}"
    library, findings = load_bibtex([SourceFile("a.bib", typed)])
    (publication,) = make_publications(library, (), findings)
    assert publication.page_range is not None
    places = [
        (plain(inline.content), inline.span.text)
        for text in (publication.title, publication.page_range)
        for inline in text.inlines
        if isinstance(inline, Placed)
    ]
    assert places == [("Two", "{Two}"), ("e7", "{e7}")]
    assert str(publication.page_range) == "e7, 1–2"
