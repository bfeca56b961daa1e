from __future__ import annotations

import pytest

from cvbuild.diagnostics import Diagnostic, Findings
from cvbuild.load.bibtex import load_bibtex
from cvbuild.load.names import Name, parse_name
from cvbuild.model.base import NOWHERE
from cvbuild.model.dates import Date
from cvbuild.model.publications import Publication, is_same_person, make_publications, newest_first
from cvbuild.source import SourceFile

OWNERS = ("Sebastian Lapuschkin", "Bach, Sebastian")


def name(text: str) -> Name:
    return parse_name(text, NOWHERE, Findings())


def publications(text: str, *owners: str) -> tuple[list[Publication], list[Diagnostic]]:
    library, findings = load_bibtex([SourceFile("bib/a.bib", text)])
    made = make_publications(library, [name(owner) for owner in owners], findings)
    return list(made), findings.items


def one(fields: str, *owners: str) -> Publication:
    found, _ = publications(f"@article{{key, {fields}}}", *owners)
    return found[0]


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
        ("year = 2020", Date(2020), "2020"),
        ("date = {2020-06-23}", Date(2020, 6, 23), "2020"),
        ("date = {2020-06/2020-07}", Date(2020, 6), "2020"),
        ("year = 2020, month = jun", Date(2020, 6), "2020"),
        ("year = 2020, month = {June}", Date(2020, 6), "2020"),
        ("year = 2020, month = 6", Date(2020, 6), "2020"),
        ("year = {in press}", None, "in press"),
        ("year = {2020, in press}", Date(2020), "2020, in press"),
        ("year = {to appear 2026}", Date(2026), "to appear 2026"),
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


CROSSREF = """\
@inproceedings{child, title={C}, author={Example, Ada}, pages={1--2}, crossref={volume}}
@proceedings{volume, title={Proceedings of Examples}, editor={%s}, publisher={Press}, year=2020,
  doi={10.5555/v}, url={https://example.org}, keywords={selected}, eprint={2001.00001}}
"""


def test_a_child_inherits_what_is_not_its_parents_own() -> None:
    found, problems = publications(CROSSREF % "Editor, Eve")
    assert [str(item.key) for item in found] == ["child"]
    child = found[0]
    assert str(child.text["booktitle"]) == "Proceedings of Examples"
    assert str(child.text["publisher"]) == "Press"
    assert str(child.title) == "C"
    assert child.date == Date(2020)
    assert [item.family for item in child.editors.names] == ["Editor"]
    assert (child.doi, child.links, child.keywords, child.eprint_url) == (None, (), (), None)
    assert problems == []


def test_an_inherited_value_knows_its_own_place() -> None:
    found, _ = publications(CROSSREF % "Editor, Eve")
    assert found[0].text["publisher"].span.line == 1


def test_a_volume_that_the_owner_edited_is_a_publication() -> None:
    found, _ = publications(CROSSREF % "Editor, Eve and Lapuschkin, S.", *OWNERS)
    assert [str(item.key) for item in found] == ["child", "volume"]
    assert found[0].owner_positions == frozenset()


def test_a_circle_of_crossrefs_ends_and_loses_nothing() -> None:
    found, _ = publications(
        "@book{a, title={A}, year=2020, crossref={b}} @book{b, title={B}, year=2021, crossref={a}}"
    )
    assert [str(item.key) for item in found] == ["a", "b"]


def test_an_entry_that_names_itself_is_not_lost() -> None:
    found, _ = publications("@book{a, title={A}, year=2020, crossref={a}}")
    assert [str(item.key) for item in found] == ["a"]


def test_a_parent_in_another_file_is_found() -> None:
    library, findings = load_bibtex(
        [
            SourceFile("bib/a.bib", "@inbook{a, title={A}, author={X}, crossref={b}}"),
            SourceFile("bib/b.bib", "@book{b, title={B}, author={Y}, year=2020}"),
        ]
    )
    found = make_publications(library, (), findings)
    assert [str(item.text["booktitle"]) for item in found if "booktitle" in item.text] == ["B"]
    assert [item.file for item in found] == ["a.bib", "b.bib"]


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
