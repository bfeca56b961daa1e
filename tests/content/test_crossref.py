"""What entries take from others: `crossref` and `xdata`. More: tests/cases/tex/crossref.txt."""

from __future__ import annotations

import pytest

from cvbuild.content.values import Date
from cvbuild.read import load_bibtex
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
    assert child.text["publisher"].span.line == 1
    assert problems == []


def test_a_volume_that_the_owner_edited_is_a_publication() -> None:
    found, _ = publications(CROSSREF % "Editor, Eve and Lapuschkin, S.", *OWNERS)
    assert [str(item.key) for item in found] == ["child", "volume"]
    assert found[0].owner_positions == frozenset()


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


@pytest.mark.parametrize("by", ["crossref", "xdata"])
def test_a_childs_year_takes_no_month_of_another(by: str) -> None:
    for child, parent in (("year=2021", "date={2020-05-01}"), ("date={2021}", "year=2020, month=may")):
        found, _ = publications(f"@article{{c, {child}, {by}={{p}}}} @periodical{{p, {parent}}}")
        assert found[0].date == Date(2021)


@pytest.mark.parametrize("by", ["crossref", "xdata"])
def test_near_keys_are_suggested_for_the_first_twenty_wrong_ones(by: str) -> None:
    entries = "".join(f"@misc{{k{at}, title={{T}}, year=2020, {by}={{volume{at}}}}}\n" for at in range(30))
    _, problems = publications(f"{entries}@book{{volumes, title={{T}}, year=2020}}")
    wrong = [item for item in problems if item.code == f"bib-{by}"]
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
