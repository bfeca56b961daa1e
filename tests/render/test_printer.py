from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from markupsafe import Markup

from cvbuild.content.values import Date, Period, Text
from cvbuild.diagnostics import Findings
from cvbuild.inline import RichText, Str, Styled
from cvbuild.read.names import parse_names
from cvbuild.render.labels import hyphenations, labels_for
from cvbuild.render.printer import Printer
from cvbuild.render.sourcemap import without_marks
from cvbuild.render.templates import template_folders
from cvbuild.source import NOWHERE, Scalar
from tests.projects import prepare_variant, write_project

FOLDERS = template_folders("classic", None)


def printer(language: str = "en") -> Printer:
    return Printer(language, labels_for(language, FOLDERS))


def scalar(text: str, tag: str = "str") -> Scalar:
    return Scalar(text, NOWHERE, tag)


def names(text: str, bold: set[int], longest: int | None = None) -> str:
    """The list as printed, stars around the bold names, without commands."""
    people = parse_names(text, NOWHERE, Findings())
    tex = without_marks(printer().names(people, bold, longest))
    for name in people.names:
        tex = tex.replace(rf"\cvname{{{name.family}~{name.initials}}}", name.family)
    return tex.replace(r"\textbf{", "*").replace("}", "*").replace(r"\dots", "…").replace("\\", "")


FIVE = "Ada, A. and Bob, B. and Cyd, C. and Dan, D. and Eve, E."


@pytest.mark.parametrize(
    ("people", "bold", "longest", "printed"),
    [
        ("Ada, A.", {0}, None, "*Ada*"),
        ("Ada, A. and Bob, B.", {1}, None, "Ada and *Bob*"),
        (FIVE, {2}, None, "Ada, Bob, *Cyd*, Dan and Eve"),
        (FIVE, {0, 4}, None, "*Ada*, Bob, Cyd, Dan and *Eve*"),
        (FIVE, {0}, 5, "*Ada*, Bob, Cyd, Dan and Eve"),
        (FIVE, {0}, 3, "*Ada*, Bob, Cyd, et al."),
        (FIVE, set(), 3, "Ada, Bob, Cyd, et al."),
        (f"{FIVE} and Fay, F.", {4}, 3, "Ada, Bob, Cyd, …, *Eve*, et al."),
        (FIVE, {3}, 3, "Ada, Bob, Cyd, *Dan*, et al."),
        (FIVE, {4}, 3, "Ada, Bob, Cyd and …, *Eve*"),
        (f"{FIVE} and others", {0}, None, "*Ada*, Bob, Cyd, Dan, Eve, et al."),
        (f"{FIVE} and others", {0}, 3, "*Ada*, Bob, Cyd, et al."),
    ],
)
def test_a_list_of_names(people: str, bold: set[int], longest: int | None, printed: str) -> None:
    assert names(people, bold, longest) == printed


def test_names_of_east_asia_are_not_cut_down_to_initials() -> None:
    people = parse_names("王, 小明 and 홍, 길동 and Пример, Андрей", NOWHERE, Findings()).names
    printed = [rf"\cvname{{{name}}}" for name in ("王小明", "홍길동", "Пример~А")]
    assert [printer().name(person) for person in people] == printed


@pytest.mark.parametrize("value", [True, object(), [], {}, b"x", date(2020, 1, 1)])
def test_what_is_not_meant_to_be_printed_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no printed form"):
        printer().tex(value)


@pytest.mark.parametrize(
    ("value", "tex"),
    [
        (Markup(r"\x{}"), r"\x{}"),
        ("50%", r"50\%"),
        (None, ""),
        (7, "7"),
        (19278, "19278"),
        (Date(2025, 6), "Jun 2025"),
        (Period(Date(2021), None), "2021 – present"),
        (scalar("*a*"), r"\emph{a}"),
        (scalar(r"\x", "tex"), r"\x"),
        (RichText((Styled("smallcaps", (Str("a&b"),)),), NOWHERE), r"\textsc{a\&b}"),
        (Text.of(scalar("_a_")), r"\emph{a}"),
    ],
)
def test_each_type_has_its_form(value: object, tex: str) -> None:
    assert without_marks(printer().tex(value)) == tex


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (scalar("*a* $x$ [b](https://example.org)"), "a x b"),
        (Text({"en": scalar("one"), "de": scalar("eins")}), "eins"),
        (RichText((Str("a"), Styled("emph", (Str("b"),))), NOWHERE), "ab"),
        (2020, "2020"),
    ],
)
def test_plain_text_for_the_outline(value: object, text: str) -> None:
    assert printer("de").plain(value) == text


def test_the_outline_is_escaped() -> None:
    assert printer().outline(scalar("*R&D* 100%")) == r"R\&D 100\%"
    assert printer().outline(scalar("a---b")) == "a-{}-{}-b", "hyperref makes dashes of hyphens"


@pytest.mark.parametrize(
    ("parts", "tex"),
    [
        (["A", "B"], "A. B."),
        (["A.", "B!", "C?"], "A. B! C?"),
        (["", None, "A"], "A."),
        ([], ""),
        ([scalar("*A.*"), "B"], r"\emph{A.} B."),
    ],
)
def test_sentences_end_once(parts: list[object], tex: str) -> None:
    assert without_marks(printer().sentences(parts)) == tex


def test_joined_leaves_out_what_is_empty() -> None:
    assert printer().joined(["a", None, "", "b & c"], " | ") == r"a \textbar{} b \& c"


def test_paragraphs_are_separated_by_blank_lines() -> None:
    found = printer().paragraphs(Text.of(scalar("one\ntwo\n\n  \nthree *x*\n")))
    assert [without_marks(part) for part in found] == ["one two", r"three \emph{x}"]
    assert printer().paragraphs(None) == []


@pytest.mark.parametrize("language", ["de", "de-AT", "de-CH"])
def test_a_language_stands_in_for_its_regions(language: str) -> None:
    made = printer(language)
    assert without_marks(made.tex(Text({"en": scalar("one"), "de": scalar("eins")}))) == "eins"
    assert not made.findings.items


def test_what_stands_in_is_broken_as_its_own_language() -> None:
    made = Printer("de", labels_for("de", FOLDERS), main="en", hyphenations=hyphenations(FOLDERS))
    french = Text({"fr": scalar("un"), "en": scalar("one")})
    assert without_marks(made.tex(french)) == r"\cvin{french}{un}"
    assert without_marks(made.tex(Text.of(scalar("one")))) == r"\cvin{english}{one}"
    assert without_marks(made.tex(Text({"de": scalar("eins")}))) == "eins"
    assert [without_marks(part) for part in made.paragraphs(french)] == [r"\cvin{french}{un}"]


OWNER = """\
owner:
  name: Example, Ada
  degree: Dr.
  suffix: PhD
  position: Professor
  email: ada_b@example.org
  phone: +49 (30) 31002-371
  mobile: 0177 123
  website: https://example.org/~ada
  nationality: none
  profiles:
    github: ada_b
    elsewhere: https://example.org/x
"""


def test_the_header_names_the_owner_and_links_every_contact(tmp_path: Path) -> None:
    tex = prepare_variant(write_project(tmp_path, {"content/cv.yaml": OWNER})).rendered.text
    assert r"\textbf{Ada Example}" in tex
    addresses = "mailto:ada_b@example.org tel:+493031002371 tel:0177123 https://github.com/ada_b"
    for address in (*addresses.split(), r"https://example.org/\%7Eada", "https://example.org/x"):
        assert rf"\href{{{address}}}" in tex, address
    assert "mobile" in tex
