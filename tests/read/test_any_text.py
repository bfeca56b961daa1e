"""Whatever a field or a file holds, it is read: no exception, and nothing outside the text is pointed at."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvbuild.diagnostics import Findings
from cvbuild.inline import plain
from cvbuild.read.bibliography import load_bibtex
from cvbuild.read.latex import decode, read_common, without_html
from cvbuild.read.latexnodes import read_in_full
from cvbuild.read.names import parse_names
from cvbuild.read.texletters import LETTERS
from cvbuild.source import SourceFile, Span
from tests.conftest import count_calls
from tests.content.entries import make_publications

_PIECES = [
    *"{}\\$%\"&~^_#@=,()[]<>*-'`\n\t ",
    *"aZéß\u0301†李",
    *(
        '\\"',
        "\\'",
        "\\c ",
        "\\v{",
        "\\L",
        "{\\O}",
        "\\i",
        "\\emph{",
        "\\textbf{",
        "\\em ",
        "\\url{",
        "\\href{",
    ),
    *(
        "\\foo",
        "\\begin{x}",
        "\\sqrt[",
        "\\(",
        "\\)",
        "$$",
        "$x^2$",
        " and ",
        "&amp;",
        "&#8211;",
        "<i>",
        "</i>",
    ),
    *(
        "@article{",
        "\n@article{a,",
        "\n@string{",
        "\n@comment{",
        "\n}",
        "title = {",
        "author = {",
        "\\textless ",
    ),
]
tex = st.lists(st.sampled_from(_PIECES), max_size=30).map("".join)
anything = tex | st.text(max_size=60)
steadily = settings(max_examples=150, deadline=None, derandomize=True)


def whole(text: str) -> Span:
    return Span(SourceFile("a.bib", text), 0, len(text))


@steadily
@given(anything)
def test_any_file_is_read(text: str) -> None:
    library, findings = load_bibtex([SourceFile("a.bib", text)])
    make_publications(library, (), findings)
    for item in findings.items:
        assert item.span is not None
        assert 0 <= item.span.start <= item.span.end <= len(text)


@steadily
@given(anything)
def test_any_field_is_decoded(text: str) -> None:
    decode(without_html(text), whole(text), Findings())


@steadily
@given(anything)
def test_any_list_of_names_is_parsed(text: str) -> None:
    parse_names(text, whole(text), Findings())


@steadily
@given(st.text(alphabet="abcXYZéß李 ,{}~.-*", max_size=30))
def test_a_name_keeps_its_letters(text: str) -> None:
    people = parse_names(text, whole(text), Findings())
    printed = "".join(f"{name.given}{name.particle}{name.family}{name.suffix}" for name in people.names)
    assert sorted(filter(str.isalpha, text)) == sorted(filter(str.isalpha, printed))


common = st.lists(
    st.sampled_from(
        [
            *"ab1.,;:!?()[]@*<>|-'`~^_%&#éß ",
            *(
                "{",
                "}",
                "{",
                "}",
                "--",
                "---",
                "``",
                "''",
                "\\&",
                "\\%",
                "\\_",
                "\\$",
                "\\ ",
                "$x^2$",
                "$\\alpha b$",
            ),
            *(
                '\\"o',
                "\\'{e}",
                "{\\'\\i}",
                "\\c c",
                "\\v{s}",
                "\\H{o}",
                "\\u g",
                "\\emph{",
                "\\textsuperscript{",
            ),
            *(f"\\{name}" for name in LETTERS),
            *("\\ss ", "{\\L}", "\\O{}", "e\u0301"),
        ]
    ),
    max_size=12,
).map("".join)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(common)
def test_the_quick_way_and_the_full_parser_agree(text: str) -> None:
    text = " ".join(text.split())
    quick = read_common(text)
    if quick is not None:
        findings = Findings()
        assert read_in_full(text, whole(text), findings) == quick
        assert findings.items == []


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("{\\\"o} \\'{\\i} {\\L} \\c{s} \\textquotesingle{} é", "ö í Ł ş ' é"),
        ("!`Hola!", "¡Hola!"),
        ("\\Lódź", "Łódź"),
        ("{A {B {C}}}", "A B C"),
        ("{-}{-}", "--"),
    ],
)
def test_letters_are_read_the_quick_way(text: str, read: str) -> None:
    quick = read_common(text)
    assert quick is not None
    assert plain(quick) == read


HARD = (
    "{", "}", "\\", "$", "%", '"', "\\\\", "\\em ", "\\emph{", "\\'", "\\begin{a}", "\\sqrt[", "\\(", "$x",
    "\\foo{", "<i>", "&amp", "* x", "{*", " and ", "a, ", "a = {b} ", "\n@a{", "\n@a(", "\n@comment{",
    "x@a{b,c={d}}", "}}\n", "a{b,\n", "\n@a{b,c={d},\n",
)  # fmt: skip


@pytest.mark.parametrize("piece", HARD)
def test_text_that_is_four_times_as_long_takes_about_four_times_the_work(piece: str) -> None:
    def read(length: int) -> None:
        hard = piece * (length // len(piece))
        entry = (
            f"@a{{k, title = {{{hard}}}, author = {{{hard}}}, url = {{x{hard}}}}}\n\n@b{{l, note = {{M}}}}\n"
        )
        for text in (hard, entry):
            library, findings = load_bibtex([SourceFile("a.bib", text)])
            make_publications(library, (), findings)

    assert count_calls(lambda: read(12_000)) <= 5 * count_calls(lambda: read(3_000))


def test_macros_that_double_each_other_are_cut_off() -> None:
    macros = "".join(f"@string{{m{at + 1} = m{at} # m{at}}}\n" for at in range(60))
    library, findings = load_bibtex(
        [SourceFile("a.bib", f"@string{{m0 = {{ha}}}}\n{macros}@misc{{k, note = m60}}\n")]
    )
    assert len(library.entries[0].fields["note"]) == 100_000
    assert {item.code for item in findings.items} == {"bib-value"}
