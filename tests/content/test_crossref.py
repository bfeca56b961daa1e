"""What entries take from others: `crossref` and `xdata`."""

from __future__ import annotations

import pytest

from cvbuild.content.cv import make_cv
from cvbuild.content.values import Date
from cvbuild.read import load_bibtex
from cvbuild.source import SourceFile
from tests.content.entries import CROSSREF, OWNERS, make_publications, publications

TWICE = """\
@xdata{shared, note={N}}
@misc{twice, title={T}, author={Example, Ada}, year=2020}
@misc{twice, title={T}, author={Example, Ada}, year=2020}
@misc{lost, title {T}}
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
    assert child.text["publisher"].span.line == 1
    assert problems == []


def test_a_volume_that_the_owner_edited_is_a_publication() -> None:
    found, _ = publications(CROSSREF % "Editor, Eve and Lapuschkin, S.", *OWNERS)
    assert [str(item.key) for item in found] == ["child", "volume"]
    assert found[0].owner_positions == frozenset()


@pytest.mark.parametrize(("first", "second"), [("b", "a"), ("a", "b")])
def test_a_circle_of_crossrefs_ends_and_loses_nothing(first: str, second: str) -> None:
    text = f"@book{{a, year=2020, crossref={{{first}}}}} @book{{b, year=2021, crossref={{{second}}}}}"
    assert [str(item.key) for item in publications(text)[0]] == ["a", "b"]


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


@pytest.mark.parametrize(
    ("entries", "field", "expected"),
    [
        ("@inbook{c, title={C}, crossref={v}} @book{v, title={V}, subtitle={S}}", "booktitle", "V: S"),
        ("@book{c, title={C}, crossref={m}} @mvbook{m, title={M}, subtitle={S}}", "maintitle", "M: S"),
        ("@inbook{c, title={C}, crossref={v}} @book{v, xdata={d}} @xdata{d, series={S}}", "series", "S"),
        ("@inbook{c, xdata={d}} @xdata{d, title={C}}", "booktitle", "None"),
    ],
)
def test_the_name_of_an_inherited_field(entries: str, field: str, expected: str) -> None:
    child = publications(entries)[0][0]
    assert (str(child.title), str(child.text[field])) == ("C", expected)


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
    printed = [str(child.text[name]) for name in ("publisher", "location", "series", "booktitle")]
    assert printed == ["Own", "Rome", "S", "B"]
    assert child.date == Date(2020)
    assert [str(link.url) for link in child.links] == ["https://example.org/"]
    assert problems == []


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


def test_each_entry_is_a_publication_unlisted_or_broken() -> None:
    text = CROSSREF % "Editor, Eve" + TWICE
    source = SourceFile("content/cv.yaml", "owner:\n  name: Ada Example\n")
    cv, findings = make_cv(source, {}, (SourceFile("bib/a.bib", text),))
    assert cv is not None, findings.items
    assert [str(item.key) for item in cv.publications] == ["child", "twice"]
    assert [(str(item.key), item.span.line, item.reason) for item in cv.unlisted] == [
        ("volume", 1, "only a parent of `child`"),
        ("shared", 3, "holds data for other entries"),
        ("twice", 5, "a copy of the entry at bib/a.bib:5:1"),
    ]
    assert [(item.key, item.span.text) for item in cv.broken] == [("lost", "@misc{lost, title {T}}")]


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
