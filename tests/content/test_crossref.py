"""What entries take from others: `crossref` and `xdata`."""

from __future__ import annotations

import pytest

from cvbuild.content.bibliography import unlisted_entries
from cvbuild.content.values import Date
from cvbuild.read.bibliography import load_bibtex
from cvbuild.source import SourceFile
from tests.content.entries import CROSSREF, OWNERS, make_publications, publications


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


def test_a_parents_subtitle_becomes_the_booksubtitle() -> None:
    found, problems = publications(
        "@inbook{c, title={C}, author={A}, crossref={v}}"
        " @book{v, title={V}, subtitle={S}, author={B}, year=2020}"
    )
    child = found[0]
    assert (str(child.title), str(child.text["booktitle"])) == ("C", "V: S")
    assert problems == []


def test_the_title_of_a_work_in_volumes_becomes_the_maintitle() -> None:
    found, _ = publications(
        "@book{c, title={C}, author={A}, volume=2, crossref={m}}"
        " @mvbook{m, title={M}, subtitle={S}, year=2020}"
    )
    assert (str(found[0].title), str(found[0].text["maintitle"])) == ("C", "M: S")


@pytest.mark.parametrize(
    ("child", "parent"),
    [
        ("journal={Own}, year=2021", "journaltitle={Other}, date={2020-05-01}"),
        ("journaltitle={Own}, date={2021}", "journal={Other}, year=2020, month=may"),
    ],
)
@pytest.mark.parametrize("by", ["crossref", "xdata"])
def test_a_childs_field_wins_under_either_name(by: str, child: str, parent: str) -> None:
    found, _ = publications(
        f"@article{{c, title={{C}}, author={{A}}, {child}, {by}={{p}}}}"
        f" @periodical{{p, title={{P}}, {parent}}}"
    )
    assert str(found[0].text["journaltitle"]) == "Own"
    assert found[0].date == Date(2021)


def test_xdata_gives_its_fields_under_their_own_names() -> None:
    found, problems = publications(
        "@inproceedings{c, title={C}, author={A}, publisher={Own}, xdata={one, two}}"
        " @xdata{one, publisher={Press}, address={Rome}, xdata={three}}"
        " @xdata{two, location={Paris}, year=2020, url={https://example.org/}}"
        " @xdata{three, series={S}, booktitle={B}}"
    )
    child = found[0]
    assert [str(item.key) for item in found] == ["c"]
    assert {name: str(child.text[name]) for name in ("publisher", "location", "series", "booktitle")} == {
        "publisher": "Own",
        "location": "Rome",
        "series": "S",
        "booktitle": "B",
    }
    assert child.date == Date(2020)
    assert [str(link.url) for link in child.links] == ["https://example.org/"]
    assert problems == []


def test_xdata_is_not_renamed() -> None:
    found, _ = publications("@inbook{c, author={A}, year=2020, xdata={d}} @xdata{d, title={Shared}}")
    assert str(found[0].title) == "Shared"
    assert found[0].text["booktitle"] is None


def test_what_a_parent_has_by_xdata_is_inherited() -> None:
    found, _ = publications(
        "@inbook{c, title={C}, author={A}, crossref={v}} @xdata{d, publisher={Press}}"
        " @book{v, title={V}, author={B}, year=2020, xdata={d}}"
    )
    assert [str(item.text["publisher"]) for item in found] == ["Press", "Press"]


def test_a_circle_of_xdata_ends() -> None:
    found, problems = publications(
        "@misc{c, title={C}, author={A}, xdata={a, c}} @xdata{a, year=2020, xdata={b}}"
        " @xdata{b, note={N}, xdata={a}}"
    )
    assert (str(found[0].text["note"]), problems) == ("N", [])


def test_an_unknown_key_in_xdata_is_reported_with_a_suggestion() -> None:
    _, problems = publications(
        "@misc{c, title={C}, author={A}, year=2020, xdata={sharde}} @xdata{shared, note={N}}"
    )
    assert [(item.code, item.hints) for item in problems] == [("bib-xdata", ("did you mean `shared`?",))]
    assert problems[0].span is not None
    assert problems[0].span.text == "sharde"


@pytest.mark.parametrize("by", ["crossref", "xdata"])
def test_an_unknown_key_is_reported_once_however_many_take_from_its_entry(by: str) -> None:
    _, problems = publications(
        f"@misc{{a, title={{A}}, author={{A}}, {by}={{p}}}} @misc{{b, title={{B}}, author={{A}}, {by}={{p}}}}"
        f" @misc{{p, title={{P}}, author={{A}}, year=2020, {by}={{nobody}}}}"
    )
    assert [item.code for item in problems] == [f"bib-{by}"]


def test_a_field_that_children_inherit_is_reported_at_one_place() -> None:
    _, problems = publications(
        "@inbook{a, title={A}, author={A}, crossref={v}} @inbook{b, title={B}, author={A}, crossref={v}}"
        " @book{v, title={V}, editor={E}, year=2020, impact={1}}"
    )
    assert [item.message for item in problems] == ["`impact` is not printed"]


def test_what_is_no_publication_is_unlisted_with_its_place_and_reason() -> None:
    text = CROSSREF % "Editor, Eve" + "@xdata{shared, note={N}}"
    library, findings = load_bibtex([SourceFile("bib/a.bib", text)])
    made = make_publications(library, (), findings)
    unlisted = unlisted_entries(library, ())
    assert [(str(item.key), item.span.line, item.reason) for item in unlisted] == [
        ("volume", 1, "only a parent of `child`"),
        ("shared", 3, "holds data for other entries"),
    ]
    assert len(made) + len(unlisted) == len(library.entries)


def test_near_keys_are_suggested_for_the_first_twenty_wrong_ones() -> None:
    entries = "".join(
        f"@misc{{k{at}, title={{T}}, year=2020, crossref={{volume{at}}}}}\n" for at in range(30)
    )
    _, problems = publications(f"{entries}@book{{volumes, title={{T}}, year=2020}}")
    wrong = [item for item in problems if item.code == "bib-crossref"]
    assert [bool(item.hints) for item in wrong] == [True] * 20 + [False] * 10


@pytest.mark.parametrize("by", ["crossref", "xdata"])
def test_a_chain_is_followed_for_fifty_entries_and_reported_where_it_is_longer(by: str) -> None:
    entries = "".join(
        f"@misc{{k{at}, title={{T}}, author={{A}}, year=2020, {by}={{k{at + 1}}}}}\n" for at in range(1200)
    )
    found, problems = publications(
        f"{entries}@misc{{k1200, title={{T}}, author={{A}}, note={{N}}, year=2020}}"
    )
    assert len(found) == 1201
    noted = [item for item in found if "note" in item.text]
    assert len(noted) >= 50
    assert len(noted) + len(problems) == len(found)
    assert {item.code for item in problems} == {f"bib-{by}"}
