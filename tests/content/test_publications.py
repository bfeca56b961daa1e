"""What publications are made of. Names and titles: tests/cases/tex, same-person.txt and titles.txt."""

from __future__ import annotations

import pytest

from cvbuild.content.publications import newest_first
from cvbuild.content.values import Date
from cvbuild.inline import Placed, plain
from cvbuild.read import load_bibtex
from cvbuild.source import SourceFile
from tests.content.entries import OWNERS, make_publications, one, publications


@pytest.mark.parametrize(
    "author",
    [
        "Lapuschkin, Sebastian and Example, Ada", "Lapuschkin, S. R.", "Lapuschkin", "LAPUSCHKIN, SEBASTIAN",
        "Bach, S. and Example, Ada", "Lapuschkin, Sebastian and others", "{Lapuschkin}, Sebastian",
        "Lapuschkin*, Sebastian", "Lapuschkin, Sebastian*", "S. Lapuschkin†", "Lapuschkin, Sebastian$^*$",
        "Lapuschkin, Sebastian$^\\dagger$", "Lapuschkin, Sebastian\\textsuperscript{*}",
        "Lapuschkin, Sebastian{\\textasteriskcentered}", "Lapuschkin, Sebastian\\ddag",
        "\\textbf{Lapuschkin, Sebastian}", "\\underline{Sebastian Lapuschkin}", "{\\bf Lapuschkin}, S.",
        "\\textbf{\\underline{S. Lapuschkin}}*",
    ],
)  # fmt: skip
def test_the_owner_is_found_by_name(author: str) -> None:
    assert one(f"author = {{{author}}}", *OWNERS).owner_positions == {0}


@pytest.mark.parametrize(
    "author",
    [
        "Lapuschkin, Anna", "Bach, Johann Sebastian", "Bach, J. S.", "Bachmann, Sebastian", "{Bach}",
        "von Bach, Sebastian", "{Lapuschkin Institute}", "Example, Ada and others",
    ],
)  # fmt: skip
def test_others_are_not_the_owner(author: str) -> None:
    assert one(f"author = {{{author}}}", *OWNERS).owner_positions == set()


@pytest.mark.parametrize(
    ("fields", "positions"),
    [
        ("author={Bach, Sebastian and Lapuschkin, Sebastian}", {0, 1}),
        ("author={Example, Ada and Lapuschkin, S.}", {1}),
        ("editor={Example, Ada and Lapuschkin, S.}", {1}),
        ("author={Example, A. and Other, B.}, author+an={2=highlight;1=equal}", {1}),
        ("author={Example, A.}, editor={Other, B. and Lapuschkin, S.}", set()),
    ],
)
def test_the_places_of_the_owner(fields: str, positions: set[int]) -> None:
    publication = one(fields, *OWNERS)
    assert publication.owner_positions == positions
    assert publication.editor_positions == ({1} if "editor=" in fields else set())


def test_keywords_are_split() -> None:
    publication = one("keywords = {selected, deep learning; XAI,}, title={T}, year=2020")
    assert publication.keywords == ("selected", "deep learning", "XAI")


@pytest.mark.parametrize(
    ("fields", "date", "year"),
    [
        ("date = {2022-00-00}", Date(2022), "2022"), ("date = {2022-13}", Date(2022), "2022"),
        ("date = {2020-01-02T00:00:00Z}", Date(2020, 1, 2), "2020"), ("year = 2020", Date(2020), "2020"),
        ("date = {2020-06-23}", Date(2020, 6, 23), "2020"),
        ("date = {2020-06/2020-07}", Date(2020, 6), "2020"),
        ("year = 2020, month = jun", Date(2020, 6), "2020"),
        ("year = 2020, month = {June}", Date(2020, 6), "2020"),
        ("year = 2020, month = 6", Date(2020, 6), "2020"),
        ("year = 2020, month = {06}", Date(2020, 6), "2020"),
        ("year = 2020, month = {12}", Date(2020, 12), "2020"),
        ('year = 2020, month = "10~" # jun', Date(2020, 6), "2020"),
        ('year = 2020, month = jun # "~10"', Date(2020, 6), "2020"),
        ("year = 2020, month = {13}", Date(2020), "2020"), ("year = {in~press}", None, "in\u00a0press"),
        ("year = {in press}", None, "in press"), ("year = {2020, in press}", Date(2020), "2020, in press"),
        ("year = {to appear 2026}", Date(2026), "to appear 2026"), ("year = {2021a}", Date(2021), "2021a"),
        ("year = {}", None, None),
    ],
)  # fmt: skip
def test_the_date_of_an_entry(fields: str, date: Date | None, year: str | None) -> None:
    publication = one(f"title={{T}}, author={{A}}, {fields}")
    assert publication.date == date
    assert (str(publication.year) if publication.year else None) == year


def test_newest_first_with_words_for_a_year_before_all_and_no_year_last() -> None:
    found, _ = publications(
        "@misc{old, year=2010} @misc{none, title={T}} @misc{press, year={in press}}"
        " @misc{may, date={2021-05}} @misc{june2, date={2021-06-02}} @misc{juneA, year=2021, month=jun}"
        " @misc{june20, date={2021-06-20}} @misc{word, year={2021a}} @misc{bare, year=2021}"
        " @misc{juneB, date={2021-06-01}}"
    )
    order = " ".join(item.key for item in newest_first(found))
    assert order == "press june20 june2 juneA juneB may word bare old none"


def test_a_missing_field_is_none() -> None:
    publication = one("title={T}, year=2020")
    assert publication.text["journaltitle"] is None
    assert publication.raw["isbn"] is None


def test_every_publication_has_a_summary() -> None:
    assert (one("title={T}").summary, one("year=2020").summary) == ("T", "key")


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("misc{a, author={A}, openaccess={maybe}", "bib-openaccess"),
        ("misc{a, author={A}, openaccess={Gold OA}", "bib-openaccess"),
        ("misc{a, author={others}", "bib-no-author"),
        ("misc{a, author={A}, url={example.org}", "bad-url"),
    ],
)
def test_a_doubtful_field_is_reported(entry: str, code: str) -> None:
    [publication], problems = publications(f"@{entry}, title={{T}}, year=2020}}")
    assert [item.code for item in problems] == [code]
    assert publication.access is None
    assert [str(link.url) for link in publication.links] == ["example.org"] * (code == "bad-url")


@pytest.mark.parametrize(
    ("opening", "closing"), [("\\emph{", "}"), ("{\\em ", "}"), ("\\em ", ""), ("\\(", "\\)")]
)
@pytest.mark.parametrize("depth", [400, 4000])
def test_a_title_nested_too_deep_is_plain_text(opening: str, closing: str, depth: int) -> None:
    title = f"{opening * depth}Deep{closing * depth}"
    found, problems = publications(f"@misc{{a, title={{{title}}}, author={{A}}, year=2020}}")
    assert "Deep" in found[0].summary
    assert [item.code for item in problems] == ["bib-latex"]


@pytest.mark.parametrize("depth", [40, 4000])
def test_nested_braces_are_read_however_deep(depth: int) -> None:
    title = "{" * depth + "Deep" + "}" * depth
    found, problems = publications(f"@misc{{a, title={{{title}}}, author={{A}}, year=2020}}")
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
