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
    ("text", "particle", "family", "suffix", "given"),
    [
        ("Lapuschkin, Sebastian", "", "Lapuschkin", "", "Sebastian"),
        ("Sebastian Lapuschkin", "", "Lapuschkin", "", "Sebastian"),
        ("van der Waals, Johannes Diderik", "van der", "Waals", "", "Johannes Diderik"),
        ("Johannes Diderik van der Waals", "van der", "Waals", "", "Johannes Diderik"),
        ("Van Gogh, Vincent", "", "Van Gogh", "", "Vincent"),
        ("von Neumann, John", "von", "Neumann", "", "John"),
        ("d'Alembert, Jean", "", "d’Alembert", "", "Jean"),
        ("King, Jr., Martin Luther", "", "King", "Jr.", "Martin Luther"),
        ("de la Cruz, III, Juana", "de la", "Cruz", "III", "Juana"),
        ("Plato", "", "Plato", "", ""),
        ("{van} Gogh, Vincent", "", "van Gogh", "", "Vincent"),
        ("M{\\\"u}ller, Jos{\\'e}", "", "Müller", "", "José"),
        ("Meyer-Landrut, Lena", "", "Meyer-Landrut", "", "Lena"),
        # What BibTeX makes of them: "Tame the BeaST", 11.
        ("jean de la fontaine", "jean de la", "fontaine", "", ""),
        ("Jean de la fontaine", "de la", "fontaine", "", "Jean"),
        ("Jean {de} la fontaine", "la", "fontaine", "", "Jean de"),
        ("jean {de} {la} fontaine", "jean", "de la fontaine", "", ""),
        ("Jean {de} {la} fontaine", "", "fontaine", "", "Jean de la"),
        ("Jean De La Fontaine", "", "Fontaine", "", "Jean De La"),
        ("jean De la Fontaine", "jean De la", "Fontaine", "", ""),
        ("Jean de La Fontaine", "de", "La Fontaine", "", "Jean"),
        ("de la fontaine, Jean", "de la", "fontaine", "", "Jean"),
        ("De La Fontaine, Jean", "", "De La Fontaine", "", "Jean"),
        ("De la Fontaine, Jean", "De la", "Fontaine", "", "Jean"),
        ("de La Fontaine, Jean", "de", "La Fontaine", "", "Jean"),
        ("de Freitas", "de", "Freitas", "", ""),
        ("de Freitas, Nando", "de", "Freitas", "", "Nando"),
        ("Charles Louis Xavier Joseph de la Vall{\\'e}e Poussin", "de la", "Vallée Poussin", "",
         "Charles Louis Xavier Joseph"),
        ("{Evans}, II, Neal J.", "", "Evans", "II", "Neal J."),
        ("Neal J. {Evans}, II", "", "Evans", "II", "Neal J."),
        ("Van Gogh, V.", "", "Van Gogh", "", "V."),
        ("{Rizzo Jr}, Bo", "", "Rizzo Jr", "", "Bo"),
        ("{\\O}stergaard Jensen, Ada", "", "Østergaard Jensen", "", "Ada"),
        ("Ada~B. Example", "", "Example", "", "Ada B."),
        ("李 小 龙", "", "龙", "", "李 小"),
        ("\\textbf{Example, Ada}", "", "Example", "", "Ada"),
        ("\\underline{Ada Example}", "", "Example", "", "Ada"),
        ("{\\bf Example}, Ada", "", "Example", "", "Ada"),
    ],
)  # fmt: skip
def test_a_name_has_four_parts(text: str, particle: str, family: str, suffix: str, given: str) -> None:
    name = name_of(text)
    assert (name.particle, name.family, name.suffix, name.given) == (particle, family, suffix, given)
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


@pytest.mark.parametrize("text", ["{Fraunhofer HHI}", "{Barnes and Noble, Inc.}", "{{Double}}"])
def test_a_name_in_braces_is_a_body(text: str) -> None:
    name = name_of(text)
    assert name.corporate
    assert name.family == text.strip("{}")
    assert name.initials == ""


def test_braces_around_an_accent_make_no_body() -> None:
    assert not name_of("{\\O}").corporate
    assert not name_of("{A} {B}").corporate


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


def test_names_are_split_at_and() -> None:
    people = names_of("Example, Ada and {Barnes and Noble} and\n  Anders Andersson")
    assert [name.family for name in people.names] == ["Example", "Barnes and Noble", "Andersson"]
    assert (len(people), people.others) == (3, False)


@pytest.mark.parametrize("word", ["others", "Others", "et al."])
def test_and_others_is_no_name(word: str) -> None:
    people = names_of(f"Example, Ada and {word}")
    assert (len(people), people.others) == (1, True)


def test_a_name_may_begin_with_an_accent_in_tex() -> None:
    people = names_of('Example, Ada and \\"Ozg\\"ur, Can and \\c{C}elik, Deniz')
    assert [name.family for name in people.names] == ["Example", "Özgür", "Çelik"]


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


def test_a_hundred_and_forty_authors_are_all_read() -> None:
    people = names_of(" and ".join(f"Author{at}, A. {{\\'E}}." for at in range(140)) + " and others")
    assert [name.family for name in people.names] == [f"Author{at}" for at in range(140)]
    assert people.names[-1].initials == "A É"
    assert people.others
