"""Lists of names. The parts of single names: tests/cases/tex/name-parts.txt."""

from __future__ import annotations

import pytest

from cvbuild.diagnostics import Findings
from cvbuild.read.names import parse_names
from cvbuild.read.parsed import Name, NameList
from cvbuild.source import NOWHERE


def names_of(text: str) -> NameList:
    return parse_names(text, NOWHERE, Findings())


@pytest.mark.parametrize(
    ("given", "initials"),
    [
        ("Sebastian", "S"), ("Klaus-Robert", "K-R"), ("K.-R.", "K-R"), ("K-R", "K-R"), ("M. M.-C.", "M M-C"),
        ("M.M.-C.", "M M-C"), ("Johannes Diderik", "J D"), ("J.D.", "J D"), ("Émile", "É"), ("", ""),
        ("Jean-Luc Marie", "J-L M"), ("Øyvind", "Ø"), ("’t", "t"),
    ],
)  # fmt: skip
def test_initials_keep_their_hyphens(given: str, initials: str) -> None:
    assert Name("Family", given).initials == initials


@pytest.mark.parametrize(
    ("text", "families", "others"),
    [
        ("Example, Ada and {Barnes and Noble} and\n  Anders Andersson",
         ["Example", "Barnes and Noble", "Andersson"], False),
        ("Example, Ada and others", ["Example"], True), ("Example, Ada and Others", ["Example"], True),
        ("Example, Ada and et al.", ["Example"], True),
        ('Example, Ada and \\"Ozg\\"ur, Can and \\c{C}elik, Deniz', ["Example", "Özgür", "Çelik"], False),
    ],
)  # fmt: skip
def test_names_are_split_at_and_and_others_is_no_name(text: str, families: list[str], others: bool) -> None:
    people = names_of(text)
    assert ([name.family for name in people.names], people.others) == (families, others)
    assert len(people) == len(families)


@pytest.mark.parametrize("text", ["", "   ", "others"])
def test_no_names_are_no_list(text: str) -> None:
    assert not names_of(text)


@pytest.mark.parametrize(
    "text", ["A, B, C, D", "A, B, C, D, E", "Ada Example, Eve Editor, Mal Ory, Bob Builder"]
)
def test_a_name_with_too_many_commas_is_reported_and_printed_as_typed(text: str) -> None:
    findings = Findings()
    people = parse_names(text, NOWHERE, findings)
    assert [item.code for item in findings.items] == ["bib-name"]
    assert people.names[0].family == text


ODD = "Example, Ada, |Example,|, Ada|{Example, Ada|Example}, Ada|{}|,,,|~|\\|$|*".split("|")


@pytest.mark.parametrize("text", ODD)
def test_an_odd_name_loses_no_letter(text: str) -> None:
    people = parse_names(text, NOWHERE, Findings())
    printed = "".join(
        f"{name.particle}{name.family}{name.suffix}{name.given}{name.mark}" for name in people.names
    )
    assert {char for char in text if char.isalnum()} <= set(printed)
