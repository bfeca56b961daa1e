from __future__ import annotations

import pytest

from cvbuild.content.reader import NOWHERE
from cvbuild.diagnostics import Findings
from cvbuild.read.library import Name, NameList
from cvbuild.read.names import parse_name, parse_names


def name_of(text: str) -> Name:
    findings = Findings()
    name = parse_name(text, NOWHERE, findings)
    assert not findings.items
    return name


def names_of(text: str) -> NameList:
    return parse_names(text, NOWHERE, Findings())


@pytest.mark.parametrize(
    ("text", "parts"),
    [  # The names of Jean de la Fontaine are those of "Tame the BeaST", 11.
        ("Lapuschkin, Sebastian", "Sebastian||Lapuschkin|"),
        ("Sebastian Lapuschkin", "Sebastian||Lapuschkin|"), ("von Neumann, John", "John|von|Neumann|"),
        ("d'Alembert, Jean", "Jean||d’Alembert|"), ("de la Cruz, III, Juana", "Juana|de la|Cruz|III"),
        ("{van} Gogh, Vincent", "Vincent||van Gogh|"), ("jean de la fontaine", "|jean de la|fontaine|"),
        ("Jean de la fontaine", "Jean|de la|fontaine|"), ("Jean {de} la fontaine", "Jean de|la|fontaine|"),
        ("jean {de} {la} fontaine", "|jean|de la fontaine|"),
        ("Jean {de} {la} fontaine", "Jean de la||fontaine|"),
        ("Jean De La Fontaine", "Jean De La||Fontaine|"), ("jean De la Fontaine", "|jean De la|Fontaine|"),
        ("Jean de La Fontaine", "Jean|de|La Fontaine|"), ("de la fontaine, Jean", "Jean|de la|fontaine|"),
        ("De La Fontaine, Jean", "Jean||De La Fontaine|"), ("De la Fontaine, Jean", "Jean|De la|Fontaine|"),
        ("de La Fontaine, Jean", "Jean|de|La Fontaine|"), ("de Freitas", "|de|Freitas|"),
        ("de Freitas, Nando", "Nando|de|Freitas|"),
        ("Charles Louis Xavier de la Vall{\\'e}e Poussin", "Charles Louis Xavier|de la|Vallée Poussin|"),
        ("{Evans}, II, Neal J.", "Neal J.||Evans|II"), ("Neal J. {Evans}, II", "Neal J.||Evans|II"),
        ("Van Gogh, V.", "V.||Van Gogh|"), ("{Rizzo Jr}, Bo", "Bo||Rizzo Jr|"),
        ("{\\O}stergaard Jensen, Ada", "Ada||Østergaard Jensen|"), ("Ada~B. Example", "Ada B.||Example|"),
        ("李 小 龙", "李 小||龙|"), ("\\textbf{Example, Ada}", "Ada||Example|"),
        ("\\underline{Ada Example}", "Ada||Example|"), ("{\\bf Example}, Ada", "Ada||Example|"),
    ],
)  # fmt: skip
def test_a_name_has_given_names_a_particle_a_family_name_and_a_suffix(text: str, parts: str) -> None:
    name = name_of(text)
    assert "|".join((name.given, name.particle, name.family, name.suffix)) == parts
    assert not name.corporate


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
    ("text", "is_body"),
    [("{Fraunhofer HHI}", True), ("{Barnes and Noble, Inc.}", True), ("{{Double}}", True), ("{\\O}", False),
     ("{A} {B}", False)],
)  # fmt: skip
def test_a_name_in_braces_is_a_body_but_not_an_accent(text: str, is_body: bool) -> None:
    name = name_of(text)
    assert name.corporate == is_body
    assert not is_body or (name.family, name.initials) == (text.strip("{}"), "")


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("Example, Ada*", "*"), ("Example, Ada†", "†"), ("Example, Ada$^*$", "*"),
        ("Example, Ada$^{*}$", "*"),
        ("Example, Ada$^\\dagger$", "†"), ("Example, Ada$^{\\ddagger}$", "‡"), ("Example, Ada**", "**"),
        ("Example*, Ada", "*"), ("Ada Example$^{*,1}$", "*,1"), ("Example, Ada\\textsuperscript{*}", "*"),
        ("Example, Ada{\\textasteriskcentered}", "*"), ("Example, Ada{*}", "*"), ("Example, Ada\\dag", "†"),
        ("Example, Ada\\ddag{}", "‡"), ("Example, Ada $^\\ast$", "*"),
        ("\\textbf{Example, Ada}$^\\dagger$", "†"), ("Example, Ada*†", "*†"),
        ("Example, Ada\\textsuperscript{\\textdagger}", "†"),
    ],
)  # fmt: skip
def test_a_trailing_mark_is_no_part_of_the_name(text: str, mark: str) -> None:
    name = name_of(text)
    assert (name.family, name.given, name.mark) == ("Example", "Ada", mark)


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


@pytest.mark.parametrize(
    "text",
    [
        "Example, Ada, ",
        "Example,",
        ", Ada",
        "{Example, Ada",
        "Example}, Ada",
        "{}",
        ",,,",
        "~",
        "\\",
        "$",
        "*",
    ],
)
def test_an_odd_name_loses_no_letter(text: str) -> None:
    people = parse_names(text, NOWHERE, Findings())
    printed = "".join(
        f"{name.particle}{name.family}{name.suffix}{name.given}{name.mark}" for name in people.names
    )
    assert {char for char in text if char.isalnum()} <= set(printed)
